"""Services and problems of a workspace, searched, filtered and in order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.catalog.model import Acceptance, EntryFilter, ProblemFilter
from chittyops.capabilities.catalog.service import (
    COLUMNS,
    Bearers,
    counted,
    entries,
    select_entries,
    select_problems,
    weigh,
    within,
)
from chittyops.kernel.inventory import Dependency, Evidence, Finding, FoundService, Inventory, Suite

TODAY = date(2026, 11, 22)


def service(name: str, path: str = "", *needs: str, status: str = "canonical") -> FoundService:
    depends_on = tuple(Dependency(each, "service-binding", (Evidence(path, 1),)) for each in needs)
    return FoundService(name, path or name, "repo", "node", (), status, depends_on=depends_on)


def finding(name: str, severity: str = "error", path: str = "x", line: int = 1) -> Finding:
    return Finding("code-" + name, severity, path, f"message {name}", line, service=name, fingerprint=name)


SERVICES = (
    service("web", "", "api", "api", "gone"),
    service("api", "", "store"),
    service("api", "old/api", "store", status="copy"),
    service("store", "deep/store", status="legacy"),
)
PROBLEMS = (finding("api", "warning", "old/api/x"), finding("api", "error", "api/x"), finding("store", "info"))
INVENTORY = Inventory("w", SERVICES, PROBLEMS)


def names(wanted: EntryFilter) -> list[str]:
    return [each.service.path for each in select_entries(entries(INVENTORY, weigh(INVENTORY, {}, TODAY)), wanted)]


def test_a_service_knows_what_needs_it_and_what_is_wrong_with_it() -> None:
    web, api, old, store = entries(INVENTORY, weigh(INVENTORY, {}, TODAY))
    assert web.needs == ("api", "gone")
    assert api.needed_by == (SERVICES[0],)
    assert old.needed_by == ()
    assert store.needed_by == (SERVICES[1], SERVICES[2])
    assert (dict(api.problems), dict(old.problems), dict(store.problems)) == ({"error": 1}, {"warning": 1}, {"info": 1})


def test_what_is_accepted_is_not_counted() -> None:
    accepted = {"store": Acceptance("store", "fine", TODAY, "ann", datetime(2026, 11, 1, tzinfo=UTC))}
    assert not entries(INVENTORY, weigh(INVENTORY, accepted, TODAY))[3].problems
    assert entries(INVENTORY, weigh(INVENTORY, accepted, TODAY + timedelta(days=1)))[3].problems


def test_a_name_means_the_living_service_where_there_is_one() -> None:
    bearers = Bearers(SERVICES)
    assert bearers.meant("api") == (SERVICES[1],)
    assert bearers.meant("store") == (SERVICES[3],)
    assert bearers.meant("nobody") == ()
    assert bearers.owner("api", "old/api/src/x.ts") is SERVICES[2]
    assert bearers.owner("api", "elsewhere") is SERVICES[1]
    assert bearers.owner("nobody", "x") is None


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [("a/b", "a", True), ("a", "a", True), ("ab", "a", False), ("x", ".", True), ("x", "", True), ("a", "a/b", False)],
)
def test_within(path: str, folder: str, *, inside: bool) -> None:
    assert within(path, folder) is inside


def test_order_and_filters() -> None:
    assert names(EntryFilter()) == ["api", "old/api", "deep/store", "web"]
    assert names(EntryFilter(sort="-needs")) == ["web", "api", "old/api", "deep/store"]
    assert names(EntryFilter(sort="-problems"))[:2] == ["api", "old/api"]
    assert names(EntryFilter(text="DEEP store")) == ["deep/store"]
    assert names(EntryFilter(text="gone")) == ["web"]
    assert names(EntryFilter(problems="none")) == ["web"]
    assert names(EntryFilter(problems="warning")) == ["old/api"]
    assert names(EntryFilter(status="copy")) == ["old/api"]


@given(st.sampled_from(sorted(COLUMNS)), st.booleans())
def test_every_column_sorts_everything(column: str, downwards: bool) -> None:
    tested = FoundService("t", "t", "r", "node", (), "stub", tests=Suite("vitest", "", 3), owners=("o",), health="/h")
    inventory = Inventory("w", (*SERVICES, tested), PROBLEMS)
    found = select_entries(entries(inventory, []), EntryFilter(sort="-" * downwards + column))
    keys = [COLUMNS[column](each) for each in found]
    assert keys == sorted(keys, reverse=downwards)
    assert len(found) == 5


def test_problems_are_chosen_and_the_gravest_come_first_and_the_accepted_last() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    weighed = weigh(
        Inventory("w", (), (finding("a", "info"), finding("b"), finding("c", "warning"), finding("d", "odd"))),
        {
            "b": Acceptance("b", "known", TODAY, "ann", at),
            "c": Acceptance("c", "old", TODAY - timedelta(days=1), "ann", at),
        },
        TODAY,
    )
    assert [each.finding.service for each in select_problems(weighed, ProblemFilter())] == ["c", "a", "d", "b"]
    assert [each.state for each in select_problems(weighed, ProblemFilter())] == ["expired", "open", "open", "accepted"]

    def chosen(wanted: ProblemFilter) -> str:
        return "".join(each.finding.service for each in select_problems(weighed, wanted))

    assert chosen(ProblemFilter(state="expired")) == "c"
    assert chosen(ProblemFilter(severity="info")) == "a"
    assert chosen(ProblemFilter(code="code-b")) == "b"
    assert chosen(ProblemFilter(service="d")) == "d"
    assert chosen(ProblemFilter(text="MESSAGE b")) == "b"


def test_values_are_counted_by_name() -> None:
    assert counted(["b", "a", "b", ""]) == [("a", 1), ("b", 2)]
