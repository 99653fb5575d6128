"""Ways to values are read and written alike; a view knows where a word leads and who spoke of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.kernel.configuration import Layer, Scope, View, escaped, secret_names, steps, unescaped, way
from chittyops.kernel.tree import NOWHERE, Mapping, Node, Scalar


def mapping(**entries: Node | str) -> Mapping:
    nodes = {
        key: Scalar(each, quoted=True, place=NOWHERE) if isinstance(each, str) else each
        for key, each in entries.items()
    }
    return Mapping(nodes, dict.fromkeys(nodes, NOWHERE), NOWHERE)


WIDE = Layer(Scope.FLEET, "", mapping(config=mapping(LEVEL="info")), "chittyops.yaml", ("defaults",))
NARROW = Layer(Scope.SERVICE, "cart", mapping(config=mapping(LEVEL="debug"), secrets=mapping(KEY="sops:KEY")))
MERGED = mapping(config=mapping(LEVEL="debug", path="x"), secrets=mapping(KEY="sops:KEY"), path="cart")
VIEW = View("cart", "staging", (WIDE, NARROW), MERGED, MERGED)


@pytest.mark.parametrize(
    ("word", "keys"),
    [
        ("LEVEL", ("config", "LEVEL")),
        ("UNKNOWN", ("config", "UNKNOWN")),
        ("KEY", ("secrets", "KEY")),
        ("path", ("path",)),
        ("config.path", ("config", "path")),
        ("wrangler.routes[a.b/*].zone", ("wrangler", "routes", "a.b/*", "zone")),
    ],
)
def test_a_word_is_a_variable_a_section_or_a_way(word: str, keys: tuple[str, ...]) -> None:
    assert VIEW.at(word) == keys


def test_the_chain_begins_with_who_wins() -> None:
    assert [given.layer.title for given in VIEW.chain(("config", "LEVEL"))] == ["service cart", "fleet defaults"]


@given(st.lists(st.text(st.characters(exclude_characters="]", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_a_way_is_read_back(keys: list[str]) -> None:
    assert steps(way(tuple(keys))) == tuple(keys)


def test_an_escaped_reference_is_none() -> None:
    text = "$${secret:A} ${secret:B} ${service.C}"
    assert list(secret_names(text)) == ["B"]


def test_a_plain_text_that_looks_like_a_secret_passes_through_a_resolved_view() -> None:
    text = "${secret:A} $${b} ${c}"
    assert list(secret_names(escaped(text))) == []
    assert unescaped(escaped(text)) == text
