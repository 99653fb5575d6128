"""What is wrong with configurations of wrangler, each mistake with its place, and what is no mistake."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capabilities.discovery.wrangler.configs import KINDS, KV, TOP

from chittyops.capabilities.discovery.model.facts import Deployment, Facts
from chittyops.capabilities.discovery.service.facts import (
    wrangler,
    wrangler_environments,
    wrangler_keys,
    wrangler_schema,
    wrangler_stages,
    wrangler_values,
)
from chittyops.capabilities.discovery.service.problems import wrangler as shadows
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

CODES = {**wrangler_environments.CODES, **wrangler_keys.CODES, **wrangler_values.CODES}


def found(text: str, path: str = "wrangler.toml") -> list[Finding]:
    return list(wrangler.read(path, text).problems)


def only(text: str, path: str = "wrangler.toml") -> Finding:
    (finding,) = found(text, path)
    assert finding.hint
    return finding


def test_a_sound_file_has_no_problems() -> None:
    sound = (
        f'{TOP}routes = ["shop.net/*"]\n[vars]\nAUTH_URL = "https://auth.shop.net"\nTOKEN_HEADER = "X-Token"\n'
        f"[[kv_namespaces]]\n{KV}[env.staging]\nroutes = []\n[env.staging.vars]\n"
        'AUTH_URL = "https://auth.staging.shop.net"\nTOKEN_HEADER = "X-Token"\n[[env.staging.kv_namespaces]]\n'
        'binding = "STORE"\nid = "ffffffff00000000ffffffff00000000"\n'
    )
    assert found(sound) == []


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        (
            f"{TOP}[[kv_namespaces]]\n{KV}\nworkers_dev = false\n",
            "misplaced-key",
            (8, 1),
            "[[kv_namespaces]] of line 4",
        ),
        (f'{TOP}[vars]\nA = "1"\nroutes = ["shop.net/*"]\n', "misplaced-key", (6, 1), "[vars] of line 4"),
        (
            f'{TOP}[observability]\nenabled = true\nservices = [{{binding = "A", service = "a"}}]\n',
            "misplaced-key",
            (6, 1),
            "",
        ),
        (f'{TOP}[env.vars]\nA = "1"\n', "misplaced-key", (4, 1), "as if it were an environment"),
        (f'{TOP}[production]\nvars = {{A = "1"}}\n', "misplaced-key", (4, 1), "[production]"),
        (f"{TOP}compatability_flags = []\n", "unknown-key", (4, 1), "compatability_flags"),
        (f"{TOP}[env.live]\nrouts = []\n", "unknown-key", (5, 1), "env.live"),
        (f"{TOP}node_compat = true\n", "deprecated-key", (4, 1), "node_compat"),
        (f'{TOP}[build.upload]\nformat = "modules"\n', "deprecated-key", (4, 1), "upload"),
        (f'{TOP}[[env.dev.kv_namespaces]]\nbinding = "A"\nid = "CREATE_DEV_KV"\n', "placeholder-id", (6, 6), "A (kv)"),
        ('name = "shop"\nmain = "a.js"\n', "missing-compatibility-date", (1, 1), "shop"),
        (f'{TOP}[[kv_namespaces]]\nbinding = "A"\nid = "your-kv-id"\n', "placeholder-id", (6, 6), "the id of A (kv)"),
        (f'{TOP}[[kv_namespaces]]\nbinding = "A"\nid = "shop_sessions"\n', "placeholder-id", (6, 6), "32 hexadecimal"),
        (f'{TOP}[[r2_buckets]]\nbinding = "A"\nbucket_name = "REPLACE_ME"\n', "placeholder-id", (6, 15), "bucket_name"),
        (f'{TOP}account_id = "<your account>"\n', "placeholder-id", (4, 14), "account_id"),
        (f'{TOP}routes = [\n  {{pattern = "a.net/*", zone_id = "zone-id"}}\n]\n', "placeholder-id", (5, 35), "zone_id"),
        (f'{TOP}routes = ["api.example.com/*"]\n', "placeholder-value", (4, 11), "api.example.com"),
        (f'{TOP}[[routes]]\npattern = "api.example.com/*"\n', "placeholder-value", (5, 11), "api.example.com"),
        (f'{TOP}[vars]\nPAGE_ID = "REPLACE_AT_DEPLOY"\n', "placeholder-value", (5, 11), "PAGE_ID"),
        (f'{TOP}[vars]\nJWT_SECRET = "h4rdT0Guess99"\n', "secret-in-vars", (5, 14), "JWT_SECRET"),
        (f'{TOP}[vars]\nFEED = "https://user:pass99@feed.net"\n', "secret-in-vars", (5, 8), "FEED"),
        (f"{TOP}[[kv_namespaces]]\n{KV}[[kv_namespaces]]\n{KV}", "duplicate-binding", (7, 1), "first on line 4"),
        (f'{TOP}[ai]\nbinding = "AI"\n[ai]\nbinding = "AI"\n', "duplicate-key", (6, 1), "first on line 4"),
        (f'{TOP}[env.live]\n[[d1_databases]]\nbinding = "D"\n', "binding-not-inherited", (4, 1), "D"),
        (f'{TOP}[vars]\nA = "1"\nB = "1"\n[env.dev.vars]\nA = "1"\n', "binding-not-inherited", (7, 1), "has: B"),
        (f'{TOP}routes = ["a.net/*"]\n[env.staging]\n', "inherited-route", (5, 1), "a.net/*"),
        (f'{TOP}routes = ["a.net/*"]\n[env.live]\nroute = "b.net/*"\n', "inherited-route", (6, 1), "ignored"),
        (f"{TOP}x = \n", "unparsable", (4, 5), "TOML"),
    ],
    ids=lambda value: None if isinstance(value, tuple) else str(value)[-24:].replace("\n", " "),
)
def test_one_mistake_is_one_finding(text: str, code: str, place: tuple[int, int], words: str) -> None:
    finding = only(text)
    assert (finding.code, (finding.line, finding.column)) == (code, place)
    assert words in finding.message
    severity = CODES.get(code, (finding.severity, ""))[0]
    assert finding.severity == severity or code in {"binding-not-inherited", "deprecated-key", "placeholder-id"}


@pytest.mark.parametrize(
    "text",
    [
        f'{TOP}[vars]\nTOKEN_TTL = "3600"\nAPI_KEY = ""\nPUBLIC_KEY = "abcdef1234567890"\n',
        f'{TOP}[vars]\nJWT_SECRET = "dev-secret-12345"\nAPI_TOKEN = "op://vault/item/field"\n',
        f'{TOP}[vars]\nSESSION_TOKEN = "session-token"\nDATABASE_PASSWORD = "${{PASSWORD}}"\n',
        f'{TOP}[[kv_namespaces]]\nbinding = "A"\nid = "${{KV_ID}}"\n',
        f'{TOP}[[r2_buckets]]\nbinding = "A"\nbucket_name = "todo-example"\n',
        f'{TOP}[[rules]]\ntype = "Text"\nglobs = ["*.md"]\n[build]\ncommand = "make"\n',
        f'{TOP}[[env.local.kv_namespaces]]\nbinding = "A"\nid = "anything"\n',
        f'{TOP}[define]\nmain = "1"\n[alias]\nroutes = "./routes"\n',
    ],
    ids=["no secrets", "dummies", "words", "substituted", "odd names", "tables", "local", "free tables"],
)
def test_what_is_no_mistake(text: str) -> None:
    assert found(text) == []


def test_an_environment_for_trials_shares_what_production_works_on() -> None:
    text = f"{TOP}[[env.production.kv_namespaces]]\n{KV}[[env.staging.kv_namespaces]]\n{KV}"
    finding = only(text)
    assert (finding.code, finding.line, finding.column) == ("shared-production-resource", 9, 6)
    assert "env.staging" in finding.message
    assert "STORE" in finding.message
    preview = KV + 'preview_id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"\n'
    assert only(f"{TOP}[[kv_namespaces]]\n{preview}").line == 7


def test_a_top_level_that_is_for_development_is_not_production() -> None:
    text = (
        f'{TOP}[vars]\nENVIRONMENT = "development"\n[[kv_namespaces]]\n{KV}[env.production.vars]\nENVIRONMENT = "x"\n'
    )
    finding = only(f"{text}[[env.production.kv_namespaces]]\n{KV}")
    assert finding.code == "shared-production-resource"
    assert finding.message.startswith("the top level binds the same kv as env.production")


def test_production_lacks_what_all_others_have() -> None:
    others = "".join(f"[[env.{name}.kv_namespaces]]\n{KV}" for name in ("staging", "qa"))
    finding = next(each for each in found(f'{TOP}{others}[env.production]\nroutes = ["a.net/*"]\n'))
    assert (finding.code, finding.severity, finding.line) == ("binding-not-inherited", "error", 10)


def test_a_secret_is_one_when_it_is_masked() -> None:
    url = 'DATABASE_URL = "postgres://shop:xxxxxxxxxx@db.shop.net/shop"'
    findings = found(
        f'{TOP}[vars]\nJWT_SECRET = "xxxxxxxxxxxxxxxx"\n{url}\nPLAIN = "xxxxxxxxxxxx"\nAPI_TOKEN = "xxxx"\n'
    )
    assert [(each.code, each.line) for each in findings] == [
        ("secret-in-vars", 5),
        ("secret-in-vars", 6),
        ("placeholder-value", 8),
    ]


def test_no_value_of_a_variable_is_told() -> None:
    value = "h4rdT0Guess99"
    facts = wrangler.read("wrangler.toml", f'{TOP}[vars]\nJWT_SECRET = "{value}"\nPLAIN = "{value}"\n')
    assert value not in repr(facts)
    assert facts.secrets[0].name == "JWT_SECRET"


@pytest.mark.parametrize(
    "path",
    ["tests/fixtures/wrangler.toml", "examples/a/wrangler.toml", "wrangler.example.toml", "wrangler.toml.template"],
)
def test_models_and_fixtures_are_not_judged(path: str) -> None:
    facts = wrangler.read(path, 'name = "x"\nmain = "a.js"\naccount_id = "your-account-id"\n')
    assert facts.problems == ()
    assert len(facts.deployments) == 1


def deployment(text: str, path: str = "wrangler.toml") -> Deployment:
    (one,) = wrangler.read(path, text).deployments
    return one


def test_lines_and_references_are_those_of_the_file() -> None:
    one = deployment(
        f'{TOP}[[services]]\nbinding = "AUTH"\nservice = "auth"\n[[env.live.durable_objects.bindings]]\nname = "ROOM"\n'
        'class_name = "Room"\nscript_name = "rooms"\n[env.live.vars]\nPAY_URL = "https://pay.shop.net/v1"\n'
        'CORS_ORIGIN = "https://shop.net"\n'
    )
    assert one.stages[""].lines == {"services/AUTH": 4}
    assert [(each.kind, each.target, each.line, each.environment) for each in one.references] == [
        ("service-binding", "auth", 6, ""),
        ("durable-object", "rooms", 10, "live"),
        ("variable-url", "PAY_URL", 12, "live"),
        ("literal-url", "pay.shop.net", 12, "live"),
        ("variable-url", "CORS_ORIGIN", 13, "live"),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[env.a]\nname = "a"\nmain = "a.js"\n[env.b]\nname = "b"\nmain = "b.js"\n', ["a", "b"]),
        ('[gateway]\nname = "gw"\nmain = "g.js"\n[mail]\nname = "mail"\nmain = "m.js"\n', ["gw", "mail"]),
        ('[[workers]]\nname = "a"\nmain = "a.js"\n[[workers]]\nname = "b"\nmain = "b.js"\n', ["a", "b"]),
        ('main = "a.js"\n[env.staging]\nname = "trial"\n[env.production]\nname = "shop"\n', ["shop"]),
        ('[env.staging]\nname = "trial"\nmain = "a.js"\n[env.production]\nname = "shop"\nmain = "a.js"\n', ["shop"]),
    ],
    ids=["environments", "tables", "list", "one with environments", "one entry point"],
)
def test_one_file_may_define_several_workers(text: str, names: list[str]) -> None:
    facts = wrangler.read("wrangler.toml", f'compatibility_date = "2026-01-01"\n{text}')
    assert [each.name for each in facts.deployments] == names
    assert all(each.entrypoint for each in facts.deployments)


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("wrangler.toml", True),
        ("a/wrangler.jsonc", True),
        ("wrangler.production.toml", True),
        ("deploy/registry-wrangler.toml", True),
        ("api.wrangler.json", True),
        ("wrangler-mail.jsonc", True),
        ("wrangler copy.toml", True),
        ("wrangler.toml copy", True),
        ("wrangler.toml.example", True),
        ("wrangler.md", False),
        ("wrangler-action.ts", False),
        ("src/wrangler.ts", False),
        ("mywrangler.toml", False),
    ],
)
def test_files_are_known_by_their_names(path: str, fits: bool) -> None:
    assert (re.fullmatch(wrangler.PATTERN, path) is not None) is fits


def test_files_with_names_of_their_own_are_known_by_what_they_say() -> None:
    assert wrangler.fits("deploy/edge.toml", TOP)
    assert wrangler.fits("deploy/edge.jsonc", KINDS)
    assert not wrangler.fits("deploy/edge.yaml", TOP)
    assert not wrangler.fits("pyproject.toml", '[project]\nname = "x"\n')
    assert not wrangler.fits("schema.json", '{"properties": {"compatibility_date": {"type": "string"}}}')


def test_ranks_tell_which_file_counts() -> None:
    files = ["wrangler.json", "wrangler.jsonc", "wrangler.toml", "wrangler.edge.toml", "wrangler copy.toml"]
    text = {True: KINDS, False: TOP}
    ranks = [deployment(text["json" in file], file).rank for file in files]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)


def test_a_harness_says_that_it_is_none_to_deploy() -> None:
    assert deployment(f"# Never deploy this: local only.\n{TOP}").local_only
    assert deployment(TOP, "wrangler.test.toml").local_only
    assert not deployment(f"# Deploy with make deploy.\n{TOP}").local_only


def test_a_broken_file_is_a_service_still() -> None:
    facts = wrangler.read("wrangler.toml", f"{TOP}[vars\n")
    assert [each.code for each in facts.problems] == ["unparsable"]
    assert facts.deployments[0].name == "shop"
    assert wrangler.read("wrangler-settings.json", '{"editor": true}') == Facts("wrangler-settings.json")
    assert wrangler.read("wrangler.toml", "") == Facts("wrangler.toml")


KEYS = st.sampled_from(
    [
        *("name", "main", "env", "vars", "routes", "route", "triggers", "crons", "queues", "producers", "binding"),
        *("kv_namespaces", "durable_objects", "bindings", "services", "service", "ai", "assets", "secrets", "required"),
        *("production", "staging", "compatibility_date", "pattern", "id", "legacy_env", "workers", "wasm_modules"),
        *("site", "outbound", "dispatch_namespaces", "tail_consumers", "script_name", "build", "command"),
    ]
)
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "a", "your-id", "https://a:b@c.net", "é\x00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, ODD, max_size=8))
def test_whatever_has_the_wrong_type_is_passed_over(value: dict[str, Any]) -> None:
    facts = wrangler.read("wrangler.jsonc", json.dumps({"compatibility_date": "2026-01-01", **value}))
    assert len(facts.deployments) >= 1
    assert msgspec.msgpack.encode(facts.deployments)


def test_configurations_that_wrangler_never_reads() -> None:
    paths = ["a/wrangler.toml", "a/wrangler.jsonc", "a/wrangler.edge.toml", "b/wrangler.toml"]
    facts = {path: wrangler.read(path, KINDS if "json" in path else TOP) for path in paths}
    findings = list(shadows.find(World("shop", frozenset(paths), (".",), facts)))
    assert [(each.code, each.path) for each in findings] == [("shadowed-config", "a/wrangler.toml")]
    assert "wrangler.jsonc" in findings[0].message


def test_the_kinds_are_those_of_the_schema() -> None:
    first = {str(kind.keys[0]) for kind in wrangler_schema.KINDS.values()}
    assert first <= wrangler_schema.ENVIRONMENT_KEYS <= wrangler_schema.TOP_KEYS
    assert not first & wrangler_schema.REMOVED_KEYS.keys()
    assert wrangler_stages.stages.__doc__


ENVIRONMENTS = (
    '[[kv_namespaces]]\nbinding = "STORE"\nid = "DEV_KV"\n[vars]\nENVIRONMENT = "development"\n'
    'LABEL = "<PLACEHOLDER>"\n'
    'API_TOKEN = "dev-only"\n[env.production]\nname = "shop-live"\n[env.production.vars]\nENVIRONMENT = "production"\n'
    'LABEL = "shop"\n'
    f"[[env.production.kv_namespaces]]\n{KV}"
)


def test_a_top_level_for_trials_may_hold_what_is_filled_in_elsewhere() -> None:
    assert found(TOP + ENVIRONMENTS) == []
    live = found((TOP + ENVIRONMENTS).replace('"development"', '"production"'))
    assert [(each.code, each.line) for each in live] == [("placeholder-id", 6), ("placeholder-value", 9)]


def test_variables_that_are_secrets_elsewhere_are_not_lost() -> None:
    text = f'{TOP}[vars]\nAPI_TOKEN = "dev-only"\nPLAN = "a"\n[env.production.vars]\nMODE = "live"\n'
    assert "lacks vars that the top level has: PLAN" in only(text).message


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("12345678-1234-1234-1234-123456789012", True),
        ("a1b2c3d4-e5f6-7890-abcd-ef1234567890", True),
        ("83821907-97fd-44b4-8f21-e3d6b736e7ef", False),
    ],
)
def test_digits_typed_in_their_order_are_no_id(value: str, wrong: bool) -> None:
    text = f'{TOP}[[d1_databases]]\nbinding = "DB"\ndatabase_name = "shop"\ndatabase_id = "{value}"\n'
    assert [each.code for each in found(text)] == (["placeholder-id"] if wrong else [])


def test_a_mask_within_an_address_is_no_placeholder() -> None:
    assert found(f'{TOP}[vars]\nREPORTS = "https://{"x" * 32}@reports.shop.net/1"\n') == []


def test_keys_of_newer_wranglers_are_known() -> None:
    text = (
        f'{TOP}addresses = ["help@shop.net"]\n[access.dev]\naud = "a"\n[exports]\n[dependencies_instrumentation]\n'
        'enabled = false\n[[agent_memory]]\nbinding = "MEMORY"\nnamespace = "shop"\n'
        '[[k2]]\nbinding = "LOG"\nstream = "a"\n[analytics]\nbinding = "SQL"\n'
    )
    assert found(text) == []
    assert deployment(text).stages[""].bindings["agent_memory"] == ({"binding": "MEMORY", "namespace": "shop"},)


def test_of_a_copy_that_was_put_aside_only_what_it_holds_matters() -> None:
    text = (
        f'{TOP}[[kv_namespaces]]\nbinding = "STORE"\nid = "your-id"\n[vars]\nJWT_SECRET = "q8Zk2LwP0vX7n"\n[vars]\n'
        "[env.staging]\n"
    )
    severities = {(each.code, each.severity) for each in found(text, "wrangler.toml copy")}
    assert severities == {("duplicate-key", "info"), ("secret-in-vars", "error")}
    assert {"placeholder-id", "binding-not-inherited"} <= {each.code for each in found(text)}


def test_the_previews_of_a_worker_for_trials_are_not_those_of_production() -> None:
    text = f"{TOP}[[kv_namespaces]]\n{KV}" + KV.splitlines()[-1].replace("id", "preview_id", 1) + "\n"
    assert only(text).code == "shared-production-resource"
    assert found(text.replace('name = "shop"', 'name = "shop-staging"')) == []


def test_folders_of_migrations_are_told() -> None:
    database = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "shop"\nmigrations_dir = "./db/schema/"\n'
    assert deployment(TOP + database).migrations == ("db/schema",)
    assert deployment(TOP).migrations == ()


def test_trials_that_write_into_the_measurements_of_production() -> None:
    data = '[[env.{}.analytics_engine_datasets]]\nbinding = "A"\ndataset = "requests"\n'
    text = (
        'name = "a"\nmain = "a.ts"\ncompatibility_date = "2025-01-01"\n'
        + data.format("staging")
        + data.format("production")
    )
    assert [(each.code, each.line) for each in found(text)] == [("shared-production-resource", 6)]
