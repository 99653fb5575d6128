"""The published JSON Schema and the reader, made from one table, agree."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.fileformat import LOCAL, PART, ROOT, json_schema
from chittyops.kernel import tree
from chittyops.kernel.errors import Misconfigured, Problem

VALIDATOR = jsonschema_rs.validator_for(json_schema())
PART_VALIDATOR = jsonschema_rs.validator_for(json_schema(part=True))
LOCAL_VALIDATOR = jsonschema_rs.validator_for(json_schema(local=True))
BROKEN = Path(__file__).parent / "broken"


def _accepted(value: Any, kind: Any = ROOT) -> bool:
    # JSON is YAML; the places do not matter here.
    tree, problems = document.parse(json.dumps(value, ensure_ascii=False).encode(), "chittyops.yaml")
    found: list[Problem] = list(problems)
    kind.read(tree, "", found)
    # That two items have one key is more than a JSON Schema can say.
    return all(each.message.endswith("of an item before it") for each in found)


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(json_schema())
    jsonschema_rs.meta.validate(json_schema(part=True))


def test_every_key_is_described() -> None:
    def undescribed(schema: Any, trail: str) -> list[str]:
        found = []
        if isinstance(schema, dict):
            for key, value in schema.get("properties", {}).items() if "description" in schema else ():
                if not value.get("description"):
                    found.append(f"{trail}.{key}")
            for key, value in schema.items():
                found += undescribed(value, f"{trail}.{key}")
        return found

    assert undescribed(json_schema(), "") == []


KEYS = [
    "fleet", "environments", "defaults", "services", "groups", "path", "platform", "depends_on", "config", "secrets",
    "databases", "health", "deploy", "tests", "command", "module", "worker", "limits", "memory_mb", "env", "engine",
    "provider", "protected", "timeout_seconds", "A", "PORT", "CHITTYOPS_X", "web", "Web", "tags", "a-", "", "1A",
    "wrangler", "vercel", "kv_namespaces", "routes", "binding", "pattern", "$patch", "env", "sinks", "kind", "account",
    "rules", "require", "values", "type", "one_of", "minimum", "recipients", "policies", "rotate", "max_age_days",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 1 << 40),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from([
        "none", "local", "cloudflare", "shop", "Shop", "", "/health", "a/b", "../a",
        "x.y", "x/../y", "file:a#B", "file:a",
        "database:x", "broker:events", "vault:x#y", "postgres", "http", "two words",
        "~", "true", "yes", "12", "a\nb", "é",
    ]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=12,
)
ITEMS = st.lists(
    st.one_of(
        SCALARS,
        st.fixed_dictionaries({}, optional={"binding": SCALARS, "pattern": SCALARS, "id": SCALARS}),
        st.fixed_dictionaries({"$patch": st.sampled_from(["delete", "replace", None])}, optional={"binding": SCALARS}),
    ),
    max_size=3,
)
PLATFORM = st.dictionaries(
    st.sampled_from(["kv_namespaces", "routes", "vars", "env", "durable_objects"]), st.one_of(ITEMS, VALUES), max_size=2
)
POLICY = st.fixed_dictionaries(
    {},
    optional={
        "max_age_days": SCALARS,
        "expires": st.sampled_from(["2027-01-31", "2027-13-01", "soon"]),
        "rotate": st.one_of(
            VALUES, st.fixed_dictionaries({"kind": st.sampled_from(["token", "x"])}, optional={"length": SCALARS})
        ),
    },
)
RULE = st.fixed_dictionaries(
    {},
    optional={
        "require": st.lists(st.sampled_from(["A", "a.b", "a b", ""]), max_size=2),
        "platforms": st.lists(st.sampled_from(["local", "cloudflare", "moon"]), max_size=2),
        "values": st.dictionaries(
            st.sampled_from(["A", "a.b", ""]),
            st.fixed_dictionaries(
                {},
                optional={
                    "type": SCALARS,
                    "pattern": SCALARS,
                    "one_of": st.lists(SCALARS, max_size=2),
                    "minimum": SCALARS,
                },
            ),
            max_size=1,
        ),
    },
)
GROUP = st.one_of(
    st.lists(st.sampled_from(["web", "Web"]), max_size=2),
    st.fixed_dictionaries({}, optional={"services": VALUES, "config": VALUES, "environments": VALUES, "path": SCALARS}),
)
STORE = st.fixed_dictionaries(
    {},
    optional={
        "folder": SCALARS,
        "recipients": st.dictionaries(
            st.sampled_from(["alice", ""]),
            st.sampled_from(["age1" + "q" * 30, "ssh-ed25519 AAAA x", "AGE-SECRET-KEY-1"]),
        ),
        "policies": st.dictionaries(st.sampled_from(["KEY", "no key"]), POLICY, max_size=1),
    },
)
SERVICES = st.dictionaries(
    st.sampled_from(["web", "api", "Web", "a_b"]),
    st.one_of(
        VALUES,
        st.fixed_dictionaries(
            {"path": st.sampled_from(["a", "a/b", "/a", ""])},
            optional={
                "depends_on": st.one_of(st.lists(st.sampled_from(["web", "api", "A"]), max_size=3), VALUES),
                "config": st.one_of(st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=3), VALUES),
                "secrets": st.one_of(st.dictionaries(st.sampled_from(["A", "PORT"]), SCALARS, max_size=2), VALUES),
                "health": st.one_of(st.fixed_dictionaries({"path": SCALARS}), VALUES),
                "deploy": st.one_of(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "command": SCALARS,
                            "module": SCALARS,
                            "worker": SCALARS,
                            "start_timeout_seconds": SCALARS,
                            "limits": st.fixed_dictionaries({"memory_mb": SCALARS}),
                        },
                    ),
                    VALUES,
                ),
                "environments": st.dictionaries(st.just("local"), VALUES, max_size=1),
                "wrangler": st.one_of(VALUES, PLATFORM),
                "sinks": st.dictionaries(
                    st.sampled_from(["edge", "Edge"]),
                    st.one_of(
                        VALUES,
                        st.fixed_dictionaries(
                            {},
                            optional={
                                "kind": st.sampled_from(["cloudflare", "dotenv", "mail"]),
                                "account": SCALARS,
                                "secrets": st.lists(st.sampled_from(["A", "B", "PORT"]), max_size=2),
                            },
                        ),
                    ),
                    max_size=1,
                ),
            },
        ),
    ),
    max_size=2,
)
FLEETS = st.fixed_dictionaries(
    {"fleet": st.sampled_from(["shop", "Shop"]), "services": SERVICES},
    optional={
        "environments": VALUES,
        "defaults": VALUES,
        "groups": st.one_of(VALUES, st.dictionaries(st.just("core"), GROUP, max_size=1)),
        "secrets": st.one_of(VALUES, STORE),
        "rules": st.one_of(VALUES, st.dictionaries(st.just("one"), RULE, max_size=1)),
    },
)


@settings(max_examples=600, deadline=None)
@given(st.one_of(FLEETS, st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=4)))
def test_both_accept_the_same_documents(value: dict[str, Any]) -> None:
    assert _accepted(value) == VALIDATOR.is_valid(value)


@settings(max_examples=200, deadline=None)
@example({"deploy": None})
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=4))
def test_both_accept_the_same_parts(value: dict[str, Any]) -> None:
    assert _accepted(value, PART) == PART_VALIDATOR.is_valid(value)


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({}, optional={"defaults": VALUES, "environments": VALUES, "services": SERVICES}))
def test_both_accept_the_same_local_files(value: dict[str, Any]) -> None:
    assert _accepted(value, LOCAL) == LOCAL_VALIDATOR.is_valid(value)


def _plain(node: tree.Node) -> Any:
    if isinstance(node, tree.Mapping):
        return {key: _plain(value) for key, value in node.entries.items()}
    if isinstance(node, tree.Sequence):
        return [_plain(item) for item in node.items]
    numbers = {"null": None, "boolean": node.text.lower() == "true"}
    if node.type == "number":
        try:
            return json.loads(node.text)
        except ValueError:
            return node.text
    return numbers.get(node.type, node.text)


NOT_IN_JSON = {"memory-huge", "timeout-infinite", "timeout-nan"}


@pytest.mark.parametrize("name", sorted({*tomllib.loads((BROKEN / "expected.toml").read_text())} - NOT_IN_JSON))
def test_both_judge_the_broken_examples_alike(name: str) -> None:
    try:
        tree, problems = document.parse((BROKEN / f"{name}.yaml").read_bytes(), "chittyops.yaml")
    except Misconfigured:
        return
    if problems:
        return
    found: list[Problem] = []
    ROOT.read(tree, "", found)
    assert VALIDATOR.is_valid(_plain(tree)) == (not found)
