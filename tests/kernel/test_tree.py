"""Trees give values, find what stands at a way, and list their leaves."""

from __future__ import annotations

import pytest

from chittyops.kernel import tree
from chittyops.kernel.tree import NOWHERE, Mapping, Scalar, Sequence


def scalar(text: str, *, quoted: bool = False) -> Scalar:
    return Scalar(text, quoted, NOWHERE)


def mapping(**entries: tree.Node) -> Mapping:
    return Mapping(dict(entries), dict.fromkeys(entries, NOWHERE), NOWHERE)


TREE = mapping(
    name=scalar("cart"),
    empty=mapping(),
    wrangler=mapping(
        routes=Sequence((scalar("a.example/*"), mapping(pattern=scalar("b.example/*"), zone=scalar("b"))), NOWHERE),
        kv_namespaces=Sequence((mapping(binding=scalar("CACHE"), id=scalar("7")), Sequence((), NOWHERE)), NOWHERE),
    ),
)


@pytest.mark.parametrize(
    ("text", "quoted", "value"),
    [
        ("8080", False, 8080),
        ("8080", True, "8080"),
        ("0x1F", False, 31),
        ("1.10", False, 1.1),
        (".inf", False, float("inf")),
        ("True", False, True),
        ("yes", False, "yes"),
        ("~", False, None),
        ("", True, ""),
    ],
)
def test_a_scalar_is_what_the_core_schema_makes_of_it(text: str, value: object, *, quoted: bool) -> None:
    assert tree.value(scalar(text, quoted=quoted)) == value


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (("wrangler", "kv_namespaces", "CACHE", "id"), "7"),
        (("wrangler", "kv_namespaces", "0", "id"), "7"),
        (("wrangler", "routes", "b.example/*", "zone"), "b"),
        (("wrangler", "routes", "a.example/*"), "a.example/*"),
        (("name",), "cart"),
    ],
)
def test_items_of_lists_are_found_by_name_and_by_number(keys: tuple[str, ...], found: str) -> None:
    node = tree.at(TREE, keys)
    assert isinstance(node, Scalar)
    assert node.text == found


@pytest.mark.parametrize("keys", [("nope",), ("name", "x"), ("wrangler", "kv_namespaces", "9"), ("empty", "x")])
def test_nothing_is_found_where_nothing_is(keys: tuple[str, ...]) -> None:
    assert tree.at(TREE, keys) is None


def test_leaves_are_what_is_no_map_and_maps_without_entries() -> None:
    found = {".".join(keys): node.type for keys, node in tree.leaves(TREE)}
    assert found == {"name": "text", "empty": "map", "wrangler.routes": "list", "wrangler.kv_namespaces": "list"}
