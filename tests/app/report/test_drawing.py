"""The map: every service has its place, colours and lines mean what they say, and many services are one ring."""

from __future__ import annotations

from tests.capabilities.audit.inventories import inventory, service

from chittyops.app.report.drawing import MOST_SERVICES, Drawing, drawing
from chittyops.capabilities.audit.service import audit
from chittyops.kernel.inventory import Dependency, Evidence, FoundService


def drawn(*services: FoundService) -> Drawing:
    return drawing(audit(inventory(*services)).map)


def test_who_is_needed_stands_left() -> None:
    places = {
        each.name: each.x for each in drawn(service("a"), service("b", needs=("a",)), service("c", needs=("b",))).boxes
    }
    assert places["a"] < places["b"] < places["c"]


def test_platforms_have_colours_and_what_is_nowhere_has_its_own() -> None:
    picture = drawn(service("a"), service("b", needs=("a",), platform="fly"), service("c", needs=("a", "ghost")))
    assert {each.name: each.tone for each in picture.boxes} == {"a": "t1", "b": "t2", "c": "t1", "ghost": "t0"}
    assert {each.kind for each in picture.lines} == {"plain", "undefined"}


def test_a_call_that_nothing_reaches_is_told() -> None:
    idle = Dependency("a", "literal-url", (Evidence("b/old.ts", 1),), reachable=False)
    assert [each.kind for each in drawn(service("a"), service("b", depends_on=(idle,))).lines] == ["unreachable"]


def test_a_circle_is_drawn_whole() -> None:
    picture = drawn(service("a", needs=("c",)), service("b", needs=("a",)), service("c", needs=("b",)))
    assert len(picture.boxes) == 3
    assert sorted(each.kind for each in picture.lines) == ["circle", "plain", "plain"]


def test_what_one_service_alone_misses_is_one_box() -> None:
    (ghosts,) = (each for each in drawn(service("a", needs=("x", "y", "z"))).boxes if each.tone == "t0")
    assert (ghosts.name, ghosts.line) == ("x, y, z", "3 targets, nowhere")


def test_who_has_no_links_is_named_beside_the_picture() -> None:
    picture = drawn(service("a"), service("b", needs=("a",)), service("alone"))
    assert picture.lonely == ("alone",)
    assert {each.name for each in picture.boxes} == {"a", "b"}


def test_many_services_are_a_ring_of_their_repositories() -> None:
    chain = (
        service(f"s{n}", needs=(f"s{n - 1}",) if n else (), repository=f"r{n % 9}") for n in range(MOST_SERVICES + 1)
    )
    picture = drawn(*chain)
    assert (picture.boxes, picture.each) == ((), "repository")
    assert {each.name for each in picture.ring} == {f"r{n}" for n in range(9)}
    assert {each.line for each in picture.ring} == {"7 services", "6 services"}
    assert len({(each.x, each.y) for each in picture.ring}) == 9


def test_many_services_of_one_repository_are_a_ring_of_those_with_most_links() -> None:
    hub = (service(f"s{n}", needs=("s0",) if n else (), repository="mono") for n in range(MOST_SERVICES + 30))
    picture = drawn(*hub)
    assert (picture.each, len(picture.ring), picture.left_out) == ("service", MOST_SERVICES, 30)
    assert len(picture.lines) == MOST_SERVICES - 1


def test_nothing_is_an_empty_picture() -> None:
    picture = drawn()
    assert (picture.boxes, picture.ring, picture.lines) == ((), (), ())
