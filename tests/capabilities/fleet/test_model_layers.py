"""Layers merge as RFC 7396 has it; lists whose items have a key merge item by item."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.fileformat import SERVICE
from chittyops.capabilities.fleet.model.layers import merge
from chittyops.kernel import tree
from chittyops.kernel.errors import Problem


def node(value: Any) -> tree.Node:
    return document.parse(json.dumps({"it": value}).encode(), "x.yaml")[0].entries["it"]


def merged(base: Any, patch: Any) -> Any:
    return tree.value(merge(node(base), node(patch), SERVICE))


@pytest.mark.parametrize(
    ("base", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396(base: Any, patch: Any, result: Any) -> None:
    """Appendix A, all fifteen."""
    assert tree.value(merge(node(base), node(patch), None)) == result


# A key says what stands there: only then does it not matter which of three is merged first.
SCALARS = st.one_of(st.booleans(), st.integers(-9, 99), st.sampled_from(["a", "${x.Y}", "no"]))
PLAIN = st.recursive(
    st.dictionaries(st.sampled_from(["s1", "s2"]), SCALARS, max_size=2),
    lambda inner: st.builds(
        lambda scalars, maps: {**scalars, **maps},
        st.dictionaries(st.sampled_from(["s1", "s2"]), SCALARS, max_size=2),
        st.dictionaries(st.sampled_from(["m1", "m2"]), inner, max_size=2),
    ),
    max_leaves=6,
)
ANYTHING = st.recursive(
    st.one_of(st.none(), SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(PLAIN, PLAIN, PLAIN)
def test_the_order_of_merging_does_not_matter_where_nothing_is_deleted(one: Any, two: Any, three: Any) -> None:
    left = merge(merge(node(one), node(two), None), node(three), None)
    right = merge(node(one), merge(node(two), node(three), None), None)
    assert tree.value(left) == tree.value(right)


@given(ANYTHING, ANYTHING)
def test_merging_twice_is_merging_once(base: Any, patch: Any) -> None:
    once = merge(node(base), node(patch), None)
    assert tree.value(merge(once, node(patch), None)) == tree.value(once)


@given(ANYTHING, ANYTHING)
def test_what_is_merged_is_left_as_it_was(base: Any, patch: Any) -> None:
    below, above = node(base), node(patch)
    merge(below, above, None)
    assert (tree.value(below), tree.value(above)) == (base, patch)


@given(ANYTHING, ANYTHING)
def test_the_merger_is_the_reference_algorithm_of_the_rfc(base: Any, patch: Any) -> None:
    def reference(target: Any, change: Any) -> Any:
        if not isinstance(change, dict):
            return change
        result = dict(target) if isinstance(target, dict) else {}
        for key, value in change.items():
            if value is None:
                result.pop(key, None)
            else:
                result[key] = reference(result.get(key), value)
        return result

    assert tree.value(merge(node(base), node(patch), None)) == reference(base, patch)


CACHE = {"binding": "CACHE", "id": "one"}
OTHER = {"binding": "OTHER", "id": "two"}


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ([{"binding": "CACHE", "id": "three"}], [{"binding": "CACHE", "id": "three"}, OTHER]),
        ([{"binding": "OTHER", "preview_id": "p"}], [CACHE, {**OTHER, "preview_id": "p"}]),
        ([{"binding": "CACHE", "id": None}], [{"binding": "CACHE"}, OTHER]),
        ([{"binding": "NEW", "id": "n"}], [CACHE, OTHER, {"binding": "NEW", "id": "n"}]),
        ([{"binding": "CACHE", "$patch": "delete"}], [OTHER]),
        ([{"binding": "NONE", "$patch": "delete"}], [CACHE, OTHER]),
        ([{"$patch": "replace"}, {"binding": "NEW"}], [{"binding": "NEW"}]),
        ([{"$patch": "replace"}], []),
        ([], [CACHE, OTHER]),
        (None, None),
    ],
)
def test_items_of_a_keyed_list_change_the_one_of_their_key(patch: Any, result: Any) -> None:
    found = merged({"wrangler": {"kv_namespaces": [CACHE, OTHER]}}, {"wrangler": {"kv_namespaces": patch}})
    assert found["wrangler"].get("kv_namespaces") == result


def test_what_takes_an_item_away_leaves_nothing_where_there_was_none() -> None:
    patch = {"wrangler": {"kv_namespaces": [{"binding": "CACHE", "$patch": "delete"}, OTHER]}}
    assert merged({}, patch) == {"wrangler": {"kv_namespaces": [OTHER]}}


@pytest.mark.parametrize(
    ("section", "lower", "upper", "result"),
    [
        ("durable_objects", {"bindings": [{"name": "A", "class_name": "A"}]},
         {"bindings": [{"name": "A", "script_name": "x"}]},
         {"bindings": [{"name": "A", "class_name": "A", "script_name": "x"}]}),
        ("queues", {"consumers": [{"queue": "q", "max_retries": 1}]}, {"consumers": [{"queue": "q", "max_retries": 2}]},
         {"consumers": [{"queue": "q", "max_retries": 2}]}),
        ("routes", ["a/*", "b/*"], [{"pattern": "a/*", "zone_id": "z"}, "c/*"],
         [{"pattern": "a/*", "zone_id": "z"}, "b/*", "c/*"]),
        ("rules", [{"type": "Text", "globs": ["a"]}], [{"type": "Text", "globs": ["b"]}],
         [{"type": "Text", "globs": ["b"]}]),
    ],
)  # fmt: skip
def test_which_key_tells_the_items_apart_depends_on_the_list(section: str, lower: Any, upper: Any, result: Any) -> None:
    assert merged({"wrangler": {section: lower}}, {"wrangler": {section: upper}}) == {"wrangler": {section: result}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"kv_namespaces": [{"id": "x"}]}, "wrangler.kv_namespaces[0] lacks a text at the key binding"),
        ({"kv_namespaces": [CACHE, CACHE]}, "wrangler.kv_namespaces[1] has the binding of an item before it"),
        ({"kv_namespaces": ["CACHE"]}, "wrangler.kv_namespaces[0] lacks a text at the key binding"),
        ({"kv_namespaces": {}}, "wrangler.kv_namespaces must be a list, not a map"),
        ({"env": {}}, "wrangler.env cannot be given"),
        ([], "wrangler must be a map, not a list"),
    ],
)
def test_a_list_that_cannot_be_merged_is_refused(value: Any, message: str) -> None:
    problems: list[Problem] = []
    SERVICE.fields["wrangler"].read(node(value), "wrangler", problems)
    assert [each.message for each in problems] == [message]
