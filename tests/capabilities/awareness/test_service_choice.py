"""Which service or project is meant, learned from use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.awareness.model.project import Activity, KnownService, Snapshot
from chittyops.capabilities.awareness.service.choice import (
    ENOUGH,
    HALF_LIFE_SECONDS,
    WEIGHTS,
    choose,
    looks,
    owner,
    weigh,
    within,
)

NOW = 1_900_000_000.0
NAMES = ("cart", "catalog", "orders")


def _sign(service: str, *, kind: str = "visit", days: float = 0, folder: str = "/w", branch: str = "main") -> Activity:
    return Activity(NOW - days * 86400, "/w", service, folder, branch, kind)


def _weights(*signs: Activity, folder: str = "/w", branch: str = "main") -> dict[str, float]:
    return weigh(signs, NOW, folder, branch, lambda each: each.service)


def test_nothing_is_meant_where_nothing_speaks_for_any() -> None:
    found = choose(NAMES, {})
    assert (found.name, found.by, found.sure) == ("", "none", 0.0)
    assert [each.name for each in found.candidates] == list(NAMES)


def test_one_answer_is_enough_not_to_be_asked_again() -> None:
    found = choose(NAMES, _weights(_sign("orders", kind="answer")))
    assert (found.name, found.by) == ("orders", "use")
    assert found.sure >= ENOUGH


def test_one_visit_is_not() -> None:
    assert 0 < choose(NAMES, _weights(_sign("orders"))).sure < ENOUGH


def test_what_is_used_often_wins_over_what_was_used_last() -> None:
    often = [_sign("cart", kind="command", days=day) for day in range(1, 6)]
    assert choose(NAMES, _weights(*often, _sign("orders", kind="command"))).name == "cart"


def test_what_was_long_ago_fades() -> None:
    old = [_sign("cart", kind="command", days=120) for _ in range(5)]
    assert choose(NAMES, _weights(*old, _sign("orders", kind="command"))).name == "orders"


def test_weight_halves_with_each_half_life() -> None:
    sign = _sign("cart", days=HALF_LIFE_SECONDS / 86400)
    assert _weights(sign) == {"cart": WEIGHTS["visit"] / 2}


def test_the_branch_and_the_folder_decide_between_equals() -> None:
    signs = (_sign("cart", branch="main"), _sign("orders", branch="topic"))
    assert choose(NAMES, _weights(*signs, branch="topic")).name == "orders"
    signs = (_sign("cart", folder="/w/x"), _sign("orders", folder="/w/y"))
    assert choose(NAMES, _weights(*signs, folder="/w/x")).name == "cart"


def test_all_of_them_can_be_the_answer() -> None:
    found = choose(NAMES, _weights(_sign("", kind="answer")))
    assert (found.name, found.by) == ("", "use")
    assert found.sure >= ENOUGH


def test_signs_for_what_is_gone_count_for_nothing() -> None:
    assert choose(NAMES, _weights(_sign("deleted", kind="answer"))).by == "none"


@given(st.dictionaries(st.sampled_from([*NAMES, "", "gone"]), st.floats(0, 1e6)))
def test_being_sure_never_exceeds_one(weights: dict[str, float]) -> None:
    found = choose(NAMES, weights)
    assert 0 <= found.sure <= 1
    assert sum(each.sure for each in found.candidates) <= 1.02


def _snapshot(*services: tuple[str, str, str]) -> Snapshot:
    return Snapshot("/w", "", 0, services=tuple(KnownService(n, p, status=s) for n, p, s in services))


def test_a_folder_stands_for_the_innermost_service_around_it() -> None:
    known = _snapshot(("all", ".", "canonical"), ("api", "api", "canonical"), ("api-v2", "api/v2", "canonical"))
    assert [each.name for each in within(known, "api/v2/src")] == ["api-v2"]
    assert [each.name for each in within(known, "api")] == ["api"]
    assert [each.name for each in within(known, "apis")] == ["all"]
    assert owner(known, "api/v2/x.ts") == "api-v2"


def test_a_folder_above_services_stands_for_those_alive_below_it() -> None:
    known = _snapshot(
        ("a", "s/a", "canonical"), ("b", "s/b", "canonical"), ("old", "s/old", "legacy"), ("c", "t", "canonical")
    )
    assert [each.name for each in within(known, "s")] == ["a", "b"]
    assert [each.name for each in within(known, "s/old/src")] == ["old"]
    assert within(known, "docs") == ()
    assert owner(known, "README.md") == ""


def test_of_several_in_one_folder_the_one_that_is_called_like_it_looks_likeliest() -> None:
    services = (KnownService("shop-mcp", ".", status="variant"), KnownService("shop", "."), KnownService("x", "."))
    found = choose(("shop-mcp", "shop", "x"), {}, looks(services, "shop"))
    assert (found.name, found.by) == ("shop", "convention")
    assert found.sure < ENOUGH
    assert choose(("shop", "x"), {"x": 1.0}, looks(services, "shop")).name == "x", "use counts more than looks"
