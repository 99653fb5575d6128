"""What is on the map of a workspace, and how it hangs together."""

from __future__ import annotations

from datetime import date

from tests.app.workspaces import SERVICES, SHOP, generated, needs, service

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.workspaces_map import COLOURS, LARGEST, DependencyMap, Shown, dependency_map, neighbourhood
from chittyops.app.dashboard.workspaces_words import Places
from chittyops.capabilities.catalog.service import entries, weigh
from chittyops.kernel.inventory import Inventory

PLACES = Places("acme", Chosen())
TODAY = date(2026, 11, 22)


def drawn(inventory: Inventory = SHOP, **shown: object) -> DependencyMap:
    """Return the map of ``inventory``."""
    found = entries(inventory, weigh(inventory, {}, TODAY))
    return dependency_map(found, PLACES, Shown(**shown))  # type: ignore[arg-type]  # fields by name


def edges(found: DependencyMap) -> set[tuple[str, str]]:
    """Return the links by names."""
    return {(found.nodes[link.dependent].name, found.nodes[link.needed].name) for link in found.links}


def test_services_alive_are_drawn_by_repository_with_what_was_not_found() -> None:
    found = drawn()
    assert {box.label for box in found.boxes} == {
        "shop", "identity", "payments", "fraud", "web", "Not found",
    }  # fmt: skip
    assert ("orders", "ledger") in edges(found)
    assert ("storefront", "cart") in edges(found)
    assert sum(node.name == "orders" for node in found.nodes) == 1


def test_copies_and_the_outside_are_drawn_where_asked_for() -> None:
    found = drawn(everything=True, outside=True)
    assert sum(node.name == "orders" for node in found.nodes) == 2
    assert ("orders", "api.stripe.com") in edges(found)


def test_what_breaks_is_counted_through_others() -> None:
    breaks = {node.name: node.breaks for node in drawn().nodes}
    assert breaks["catalog"] == 4
    assert breaks["storefront"] == 0
    assert drawn().fragile[0].name in {"catalog", "accounts", "fraud", "payments"}


def test_a_circle_is_marked_and_named() -> None:
    found = drawn()
    assert [{node.name for node in circle} for circle in found.circles] == [{"fraud", "payments"}]
    links = {(found.nodes[x.dependent].name, found.nodes[x.needed].name): x for x in found.links}
    assert links["fraud", "payments"].circular
    assert not links["fraud", "payments"].reachable
    assert not links["orders", "payments"].circular


def test_colours_are_words_too() -> None:
    node = next(n for n in drawn().nodes if n.name == "orders")
    assert {each: node.aspects[each][0] for each in COLOURS} == {
        "platform": "cloudflare", "owner": "@acme/checkout", "status": "canonical", "problems": "errors",
    }  # fmt: skip
    assert dict(drawn().legends["platform"])["cloudflare"] == 0


def test_a_search_keeps_what_it_finds_and_its_neighbours() -> None:
    found = drawn(text="CART")
    assert {node.name for node in found.nodes if node.matches} == {"cart"}
    assert {node.name for node in found.nodes if not node.matches} == {"catalog", "accounts", "orders", "storefront"}
    assert all("cart" in edge for edge in edges(found))


def test_one_repository_is_drawn_in_layers() -> None:
    found = drawn(Inventory("one", (service("a", "r/a"), service("b", "r/b", needs("a", "tail", "r/b/w:1"))), ()))
    assert [box.label for box in found.boxes] == ["layer 1", "layer 2"]


def test_a_map_that_nobody_could_read_is_cut() -> None:
    found = drawn(generated(LARGEST + 300))
    assert len(found.nodes) == LARGEST
    assert found.left_out == 300
    assert all(0 <= link.needed < LARGEST for link in found.links)


def test_the_neighbourhood_has_what_is_needed_left_and_what_needs_it_right() -> None:
    found = entries(SHOP, [])
    entry = next(each for each in found if each.service is SERVICES[5])
    picture = neighbourhood(found, entry, PLACES)
    where = {node.name: node.x for node in picture.nodes}
    assert set(where) == {"orders", "cart", "payments", "ledger", "api.stripe.com", "storefront", "admin"}
    assert where["cart"] < where["orders"] < where["admin"]
    assert all("orders" in edge for edge in edges(picture))


def test_an_empty_workspace_has_an_empty_map() -> None:
    assert drawn(Inventory("none", (), ())).nodes == ()


def test_what_breaks_is_that_of_the_whole_workspace_however_little_is_drawn() -> None:
    whole = {node.name: node.breaks for node in drawn().nodes}
    part = drawn(text="fraud")
    assert {node.name: node.breaks for node in part.nodes} == {"fraud": whole["fraud"], "payments": whole["payments"]}
    assert all(node.circular for node in part.nodes)
    found = entries(SHOP, [])
    entry = next(each for each in found if each.service is SERVICES[2])
    near = {node.name: node.breaks for node in neighbourhood(found, entry, PLACES).nodes}
    assert near == {name: whole[name] for name in ("cart", "catalog", "accounts", "orders", "storefront")}


def test_a_service_with_many_needs_is_drawn_without_the_outside() -> None:
    hosts = [needs(f"host-{number}.example", "literal-url", "r/a.ts:1") for number in range(30)]
    found = entries(
        Inventory("w", (service("a", "r/a", needs("b", "tail", "r/w:1"), *hosts), service("b", "r/b")), ()), []
    )
    assert [node.name for node in neighbourhood(found, found[0], PLACES).nodes] == ["a", "b"]
