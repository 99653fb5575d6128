"""The hint for a mistyped name."""

from __future__ import annotations

from chittyops.kernel.nearest import nearest


def test_names_the_one_meant() -> None:
    assert nearest("Catlog", ["cart", "catalog"]) == 'did you mean "catalog"?'


def test_names_some_where_none_is_near() -> None:
    assert nearest("x", ["cart", "catalog"]) == "known here: cart, catalog"
    assert nearest("x", map(str, range(13))).endswith("10, 11, ...")
    assert nearest("x", []) == "none is known here"
