"""A change is told value by value, for every service and environment that sees it."""

from __future__ import annotations

from tests.capabilities.config.conftest import Fleet

from chittyops.capabilities.config.model import Difference
from chittyops.capabilities.config.service.impact import impact

BARE = "fleet: shop\nenvironments: {staging: {}}\nservices: {b: {path: b, config: {NAME: bee}}}\n"
TEXT = """\
fleet: shop
environments: {staging: {}, production: {}}
defaults: {config: {LEVEL: info}}
services:
  a:
    path: a
    config: {URL: "http://${b.NAME}"}
    wrangler: {kv_namespaces: [{binding: A, id: x}, {binding: B, id: y}]}
  b: {path: b, config: {NAME: bee}, environments: {production: {config: {LEVEL: warn}}}}
"""


def changed(fleet: Fleet, old: str, new: str) -> list[Difference]:
    before = dict(fleet(TEXT).views)
    return list(impact(before, fleet(TEXT.replace(old, new)).views))


def test_what_is_shadowed_does_not_change(fleet: Fleet) -> None:
    assert changed(fleet, "LEVEL: info", "LEVEL: debug") == [
        Difference("a", "staging", "config.LEVEL", "info", "debug"),
        Difference("a", "production", "config.LEVEL", "info", "debug"),
        Difference("b", "staging", "config.LEVEL", "info", "debug"),
    ]


def test_what_refers_to_a_value_changes_with_it(fleet: Fleet) -> None:
    found = changed(fleet, "NAME: bee", "NAME: wasp")
    assert [(each.service, each.key, each.after) for each in found if each.environment == "staging"] == [
        ("a", "config.URL", "http://wasp"),
        ("b", "config.NAME", "wasp"),
    ]


def test_the_last_variable_that_goes_leaves_no_empty_section_behind(fleet: Fleet) -> None:
    before = dict(fleet(BARE).views)
    found = impact(before, fleet(BARE.replace("NAME: bee", "NAME: null")).views)
    assert list(found) == [Difference("b", "staging", "config.NAME", "bee", None)]


def test_items_of_a_list_are_told_one_by_one(fleet: Fleet) -> None:
    found = changed(fleet, "{binding: A, id: x}, {binding: B, id: y}", "{binding: B, id: z}, {binding: C, id: c}")
    assert [(each.key, each.before, each.after) for each in found if each.environment == "staging"] == [
        ("wrangler.kv_namespaces.A.binding", "A", None),
        ("wrangler.kv_namespaces.A.id", "x", None),
        ("wrangler.kv_namespaces.B.id", "y", "z"),
        ("wrangler.kv_namespaces.C.binding", None, "C"),
        ("wrangler.kv_namespaces.C.id", None, "c"),
    ]


def test_a_service_that_comes_is_all_change(fleet: Fleet) -> None:
    found = changed(fleet, "  b: {path", "  c: {path: .}\n  b: {path")
    assert {each.service for each in found} == {"c"}
    assert ("config.LEVEL", None, "info") in {(each.key, each.before, each.after) for each in found}


def test_layout_is_no_change(fleet: Fleet) -> None:
    assert changed(fleet, "config: {LEVEL: info}", 'config: {\n    LEVEL: "info" }') == []
