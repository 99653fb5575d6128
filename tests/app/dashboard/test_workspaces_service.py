"""What the page of a service gathers."""

from __future__ import annotations

import pytest
from tests.app.workspaces import ORDERS, SERVICES, SHOP, service

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.workspaces_service import Line, environments, find, service_view
from chittyops.app.dashboard.workspaces_words import Places
from chittyops.capabilities.catalog.model import Weighed
from chittyops.capabilities.catalog.service import entries
from chittyops.kernel.errors import NotFound
from chittyops.kernel.inventory import FoundService

PLACES = Places("acme", Chosen())


def test_environments_stand_side_by_side() -> None:
    found = environments(ORDERS)
    assert found.names == ("default", "staging", "production")
    assert found.parts["kv"] == (Line("CACHE", ("9ad1ec97", "1ab2c111", "9ad1ec97")),)
    assert found.parts["queues"] == (Line("EVENTS", ("order-events", "", "")),)
    assert found.parts["variables"] == (Line("LOG_LEVEL", ("set", "", "set")),)
    assert found.parts["called"] == (Line("name", ("orders", "", "orders-production")),)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"binding": "AI"}, Line("AI", ("set",))),
        ({"queue": "q", "dead_letter_queue": "dlq"}, Line("q", ("dlq",))),
        ({"binding": "DO", "class_name": "Room", "script_name": "x"}, Line("DO", ("class_name Room, script_name x",))),
        ({"service": "tail"}, Line("tail", ("set",))),
        ({"binding": "A", "id": "", "list": []}, Line("A", ("set",))),
        ({}, Line("", ("set",))),
    ],
    ids=["alone", "queue", "several", "service", "empty values", "nothing"],
)
def test_a_binding_is_named_and_told(row: dict[str, object], line: Line) -> None:
    assert environments(service("x", "x", bindings={"any": (row,)})).parts["any"] == (line,)


def test_what_belongs_to_a_service_of_two_with_one_name_is_told_by_its_folder() -> None:
    found = entries(SHOP, [])

    def view(path: str) -> tuple[FoundService, int, int]:
        entry = find(found, path, "orders")
        shown = service_view(SHOP, found, [Weighed(each) for each in SHOP.problems], entry, PLACES)
        return entry.service, len(shown.scripts), len(shown.problems)

    assert view("shop/workers/orders") == (ORDERS, 1, 3)
    assert view("attic/orders-old") == (SERVICES[-1], 0, 0)


def test_a_copy_and_its_original_know_each_other() -> None:
    found = entries(SHOP, [])
    original = service_view(SHOP, found, [], find(found, "shop/workers/orders", ""), PLACES)
    copy = service_view(SHOP, found, [], find(found, "attic/orders-old", ""), PLACES)
    assert original.copies == (SERVICES[-1],)
    assert original.namesakes == ()
    assert copy.original is ORDERS


def test_a_service_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="no service other in shop"):
        find(entries(SHOP, []), "shop", "other")
