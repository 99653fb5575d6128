"""Files read into the fleet file: comments carried over, secrets left behind, the traps of wrangler told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.config.service.conftest import FLEET, imported, subject

from chittyops.capabilities.config.service.render import File, Target, render
from chittyops.kernel.errors import Misconfigured

HEAD = 'name = "cart"\nmain = "index.js"\ncompatibility_date = "2026-01-01"\n'


def fleet(root: Path) -> str:
    """Return the fleet file as it is."""
    return (root / "chittyops.yaml").read_text()


def is_token(name: str, value: str) -> bool:
    return name.endswith("_TOKEN") or "ghp_" in value


def test_comments_come_along(tmp_path: Path) -> None:
    text = (
        f"# The cart\n{HEAD}[vars] # plain ones\n# how many\nLIMIT = 3 # entries\n\n# where carts are kept\n"
        '[[kv_namespaces]]\nbinding = "STORE" # of carts\nid = "one"\n[env.staging]\n# trial\nworkers_dev = true\n'
    )
    imported(tmp_path, "wrangler.toml", text)
    assert "      # The cart\n      name: cart\n" in fleet(tmp_path)
    assert "      # how many\n      LIMIT: 3  # entries\n" in fleet(tmp_path)
    assert "        # where carts are kept\n        - binding: STORE  # of carts\n          id: one\n" in fleet(
        tmp_path
    )
    assert "          # trial\n          workers_dev: true\n" in fleet(tmp_path)


def test_comments_of_json_come_along(tmp_path: Path) -> None:
    text = (
        '{\n  // The cart\n  "name": "cart", // its name\n  "vars": { // plain\n    /* how\n     * many */\n'
        '    "LIMIT": 3\n'
        '  },\n  "kv_namespaces": [\n    // carts\n    { "binding": "STORE", "id": "one" } // kept\n  ]\n}\n'
    )
    imported(tmp_path, "wrangler.jsonc", text)
    assert "      # The cart\n      name: cart  # its name\n" in fleet(tmp_path)
    assert "      # how\n      # many\n      LIMIT: 3\n" in fleet(tmp_path)
    assert "        # carts\n        - {binding: STORE, id: one}  # kept\n" in fleet(tmp_path)


def test_what_an_environment_lacks_is_said_and_told(tmp_path: Path) -> None:
    text = (
        f'{HEAD}[vars]\nA = "1"\n[[kv_namespaces]]\nbinding = "STORE"\nid = "one"\n[ai]\nbinding = "AI"\n'
        f"[env.production]\n"
    )
    found = imported(tmp_path, "wrangler.toml", text)
    assert [each.message for each in found.remarks] == [
        "env.production lacks STORE, AI, A, which the top level has: wrangler inherits none of it"
    ]
    assert (
        "          # env.production had no STORE: wrangler does not inherit bindings\n"
        "          kv_namespaces:\n            - {binding: STORE, $patch: delete}\n" in fleet(tmp_path)
    )
    assert "          ai: null\n" in fleet(tmp_path)
    assert "          A: null\n" in fleet(tmp_path)


def test_a_secret_becomes_a_reference_and_its_value_stays_behind(tmp_path: Path) -> None:
    text = (
        f'{HEAD}# old: ghp_0000\n[vars]\nA = "1"\nAPI_TOKEN = "hush" # ghp_1111\nOTHER = "ghp_2222"\n'
        f'[define]\nX = "ghp_3333"\n'
    )
    found = imported(tmp_path, "wrangler.toml", text, is_secret=is_token)
    assert "      API_TOKEN: sops:API_TOKEN\n      OTHER: sops:OTHER\n" in fleet(tmp_path)
    assert "hush" not in fleet(tmp_path)
    assert "ghp_" not in fleet(tmp_path)
    assert "hush" not in str(found.remarks)
    assert [each.message.split(" ")[0] for each in found.remarks] == ["wrangler.define.X", "API_TOKEN", "OTHER"]
    rendered = render(subject(tmp_path), Target.WRANGLER, before=File("wrangler.toml", text)).text
    assert "API_TOKEN" not in rendered


def test_a_declared_secret_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "chittyops.yaml").write_text(f"{FLEET}    secrets: {{PLAIN: sops:OTHER}}\n")
    imported(tmp_path, "wrangler.toml", f'{HEAD}[vars]\nPLAIN = "hush"\n')
    assert "hush" not in fleet(tmp_path)
    assert "PLAIN: sops:OTHER" in fleet(tmp_path)


def test_keys_in_the_wrong_table_and_keys_given_twice_are_told(tmp_path: Path) -> None:
    text = f'{HEAD}[[kv_namespaces]]\nbinding = "STORE"\nid = "one"\nroutes = ["a/*"]\n'
    (remark,) = imported(tmp_path, "wrangler.toml", text).remarks
    assert remark.message == "routes stands in kv_namespaces[0], where wrangler does not look for it"
    (remark,) = imported(tmp_path, "wrangler.json", '{"name": "a",\n "name": "b"}').remarks
    assert remark.message == "name is given twice in one object: the last one counts"
    assert str(remark.place) == "cart/wrangler.json:2:2"


def test_environments_are_found_by_what_people_call_them_and_added_where_they_are_new(tmp_path: Path) -> None:
    imported(tmp_path, "wrangler.toml", f"{HEAD}[env.prod]\nworkers_dev = true\n[env.Preview_1]\nworkers_dev = true\n")
    views = subject(tmp_path).views
    assert views.keys() == {"staging", "production", "preview-1"}
    assert "environment: prod\n" in fleet(tmp_path)
    assert "environment: Preview_1\n" in fleet(tmp_path)


def test_a_text_that_looks_like_a_reference_stays_a_text(tmp_path: Path) -> None:
    text = f'{HEAD}[vars]\nA = "${{HOME}} and $${{x}}"\n'
    imported(tmp_path, "wrangler.toml", text)
    assert 'A: "$${HOME} and $$${x}"' in fleet(tmp_path)
    assert render(subject(tmp_path), Target.WRANGLER, before=File("wrangler.toml", text)).text == text


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [("wrangler.toml", "a = 1\n[t]\n[t]\n", 3), ("wrangler.json", "Deploy with care.\n", 1), ("wrangler.json", "", 1)],
    ids=["a table twice", "prose", "empty"],
)
def test_what_is_no_such_file_is_told_with_its_place(name: str, text: str, line: int, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        imported(tmp_path, name, text)
    assert caught.value.place is not None
    assert (caught.value.place.path, caught.value.place.line) == (f"cart/{name}", line)


def test_a_dotenv_file_gives_variables_and_references(tmp_path: Path) -> None:
    text = (
        "# the level\n# of logs\nLOG_LEVEL=debug\n\n# OLD_TOKEN=x\nAPI_TOKEN=hush\nLIMIT=3\nVERSION=1.10\n"
        "PORT=80\nB=${A}\n"
    )
    found = imported(tmp_path, ".env.staging", text, is_secret=is_token)
    assert "          # the level\n          # of logs\n          LOG_LEVEL: debug\n" in fleet(tmp_path)
    assert "API_TOKEN: file:.env.staging#API_TOKEN" in fleet(tmp_path)
    assert "hush" not in fleet(tmp_path)
    assert 'VERSION: "1.10"' in fleet(tmp_path)
    assert "OLD_TOKEN" not in fleet(tmp_path)
    assert [each.message.split(" ")[0] for each in found.remarks] == ["PORT", "B"]
    views = subject(tmp_path).views
    assert render(subject(tmp_path), Target.DOTENV, ("staging",)).text.startswith("LOG_LEVEL=debug\n")
    assert "LOG_LEVEL" not in str(views["production"].resolved)


def test_a_local_file_wants_to_know_its_environment(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="which environment"):
        imported(tmp_path, ".dev.vars", "A=1\n")


def test_vercel_round_trip(tmp_path: Path) -> None:
    text = (
        '{\n  // how it is built\n  "framework": "vite",\n  "rewrites": [{ "source": "/a", "destination": "/" }],\n'
        '  "crons": [{ "path": "/tick", "schedule": "0 * * * *" }]\n}\n'
    )
    imported(tmp_path, "vercel.json", text)
    assert "      # how it is built\n      framework: vite\n" in fleet(tmp_path)
    assert render(subject(tmp_path), Target.VERCEL, before=File("vercel.json", text)).text == text


RAILWAY_JSON = """\
{
  "build": { "builder": "NIXPACKS" },
  "deploy": { "startCommand": "node .", "numReplicas": 1 },
  "environments": { "staging": { "deploy": { "numReplicas": 1 } }, "production": { "deploy": { "numReplicas": 2 } } }
}
"""
RAILWAY_TOML = """\
# built
[build]
builder = "nixpacks"

[deploy]
healthcheckPath = "/health"

[environments.staging.deploy]
numReplicas = 2 # two
"""


@pytest.mark.parametrize(("name", "text"), [("railway.json", RAILWAY_JSON), ("railway.toml", RAILWAY_TOML)])
def test_railway_round_trip(name: str, text: str, tmp_path: Path) -> None:
    imported(tmp_path, name, text)
    assert render(subject(tmp_path), Target.RAILWAY, before=File(name, text)).text == text


def test_only_what_is_said_of_the_chosen_environment_is_read(tmp_path: Path) -> None:
    text = f'{HEAD}[vars]\nA = "1"\n[env.staging.vars]\nA = "2"\n[env.production.vars]\nA = "3"\n'
    imported(tmp_path, "wrangler.toml", text, "staging")
    assert fleet(tmp_path) == FLEET + '    environments:\n      staging:\n        config:\n          A: "2"\n'
    imported(tmp_path, "vercel.json", '{"framework": "vite"}', "production")
    assert "      production:\n        vercel:\n          framework: vite\n" in fleet(tmp_path)


def test_a_service_on_one_line_is_written_on_several(tmp_path: Path) -> None:
    (tmp_path / "chittyops.yaml").write_text("fleet: shop\nservices:\n  cart: {path: cart} # mine\n")
    text = f'{HEAD}[vars]\nA = "1"\n[[kv_namespaces]]\nbinding = "STORE"\nid = "one"\n'
    imported(tmp_path, "wrangler.toml", text)
    assert render(subject(tmp_path), Target.WRANGLER, before=File("wrangler.toml", text)).text == text


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("wrangler.jsonc", '{"main": "ghp_1", "name": "cart"}', "wrangler.main"),
        ("wrangler.jsonc", '{"name": "cart", "build": {"args": ["-t", ["ghp_1"]]}}', "wrangler.build.args"),
        ("wrangler.jsonc", '{"name": "cart", "compatibility_flags": ["ghp_1"]}', "wrangler.compatibility_flags"),
        ("vercel.json", '{"framework": null, "regions": ["ghp_1"]}', "vercel.regions"),
        ("railway.json", '{"deploy": {"preDeployCommand": ["run --token ghp_1"]}}', "railway.deploy.preDeployCommand"),
    ],
)
def test_a_secret_stays_behind_wherever_it_stands(tmp_path: Path, name: str, text: str, key: str) -> None:
    found = imported(tmp_path, name, text, is_secret=is_token)
    assert "ghp_" not in fleet(tmp_path)
    assert [each.message.split(" ")[0] for each in found.remarks] == [key]
