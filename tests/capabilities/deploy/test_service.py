"""Plans: what would be deployed, and why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chittyops.capabilities.deploy.model import Check, Deployment, Desired, PlanRequest
from chittyops.capabilities.deploy.service import Planner, base_of, build_id, reload_plan, rollback_plan
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.plan import Action, Change, Plan, digest
from chittyops.kernel.service import Environment, Service

EDGES = {"catalog": (), "orders": ("catalog",), "web": ("orders",)}


def desired(name: str, **changed: str) -> Desired:
    inputs = {"file.main.py": "f1", "config.LEVEL": "c1", **changed}
    service = Service(name, f"services/{name}", depends_on=EDGES.get(name, ()))
    return Desired(service, inputs, "content", digest(inputs), f"/shop/{name}")


def running(wanted: Desired, build: str = "r1-x") -> Deployment:
    return Deployment(
        "shop", "local", wanted.service.name, build, wanted.digest, wanted.inputs, "shop-1", "local", build,
        "http://127.0.0.1:1", Check.BUILD, datetime(2026, 1, 1, tzinfo=UTC), wanted.service,
    )  # fmt: skip


def make(
    wanted: dict[str, Desired],
    active: dict[str, Deployment],
    *select: str,
    changed: bool = False,
    force: bool = False,
    missing: str = "",
) -> Plan:
    request = PlanRequest("/shop", Environment("local"), {}, tuple(wanted.values()), select, changed, force)
    return Planner(wanted, active, lambda _: ("local", missing)).plan("shop", request)


FLEET = {name: desired(name) for name in EDGES}
ACTIVE = {name: running(each) for name, each in FLEET.items()}


def test_everything_new_is_deployed_in_the_order_of_dependencies() -> None:
    plan = make(dict(reversed(FLEET.items())), {})
    assert [s.name for s in plan.deploys] == ["catalog", "orders", "web"]
    assert {c.kind for s in plan.services for c in s.reasons} == {"new"}


def test_nothing_is_deployed_when_nothing_changed() -> None:
    plan = make(FLEET, ACTIVE)
    assert plan.deploys == ()
    assert {s.note for s in plan.services} == {"unchanged since shop-1"}


def test_each_changed_input_is_a_reason() -> None:
    wanted = FLEET | {"orders": desired("orders", **{"file.main.py": "f2", "config.NEW": "c2"})}
    (planned,) = make(wanted, ACTIVE).deploys
    assert planned.name == "orders"
    assert planned.reasons == (Change("config", "NEW", "", "c2"), Change("file", "main.py", "f1", "f2"))


def test_changed_takes_in_everything_downstream_and_says_which_dependency_changed() -> None:
    wanted = FLEET | {"catalog": desired("catalog", **{"file.main.py": "f2"})}
    plan = make(wanted, ACTIVE, changed=True)
    assert [(s.name, s.reasons[0].kind, s.reasons[0].name) for s in plan.deploys] == [
        ("catalog", "file", "main.py"),
        ("orders", "dependency", "catalog"),
        ("web", "dependency", "orders"),
    ]


def test_a_selection_takes_in_dependencies_that_do_not_run_yet() -> None:
    plan = make(FLEET, {"catalog": ACTIVE["catalog"]}, "web")
    assert [s.name for s in plan.services] == ["orders", "web"]


def test_force_deploys_what_has_not_changed() -> None:
    assert {c.kind for s in make(FLEET, ACTIVE, force=True).deploys for c in s.reasons} == {"forced"}


def test_an_unknown_service_is_named_with_the_ones_there_are() -> None:
    with pytest.raises(NotFound, match="no service called wbe") as caught:
        make(FLEET, ACTIVE, "wbe")
    assert "catalog, orders, web" in caught.value.hint


def test_a_cycle_is_refused() -> None:
    circle = {"catalog": Desired(Service("catalog", "c", depends_on=("catalog",)), {}, "", "", "")}
    with pytest.raises(Misconfigured, match="catalog -> catalog"):
        make(circle, {})


def test_what_a_provider_cannot_run_is_unavailable_with_the_reason() -> None:
    plan = make(FLEET, {}, missing="Node.js 20 or newer is not installed")
    assert {(s.action, s.note) for s in plan.services} == {(Action.UNAVAILABLE, "Node.js 20 or newer is not installed")}


def test_a_service_that_left_the_fleet_file_is_shown() -> None:
    plan = make({"catalog": FLEET["catalog"]}, ACTIVE)
    assert [s.name for s in plan.services if "no longer" in s.note] == ["orders", "web"]


def test_the_base_changes_with_what_is_deployed() -> None:
    assert make(FLEET, ACTIVE).base == base_of({name: each.build_id for name, each in ACTIVE.items()})
    moved = ACTIVE | {"catalog": running(FLEET["catalog"], "r2-x")}
    assert make(FLEET, moved).base != make(FLEET, ACTIVE).base


def test_a_rollback_deploys_only_what_differs_from_then() -> None:
    now = ACTIVE | {"orders": running(desired("orders", **{"file.main.py": "f9"}), "r2-y")}
    plan = rollback_plan("shop", "local", 1, FLEET, now, lambda _: ("local", ""))
    assert [s.name for s in plan.deploys] == ["orders"]
    assert plan.deploys[0].reasons[0].name == "shop-1"


def test_build_ids_differ_by_release_and_show_equal_content() -> None:
    one, two = build_id(1, FLEET["web"].digest), build_id(2, FLEET["web"].digest)
    assert one != two
    assert one.split("-")[1] == two.split("-")[1]


def test_a_reload_starts_what_runs_again_and_keeps_all_that_it_depends_on() -> None:
    wanted = {name: FLEET[name] for name in ("web", "orders")}
    plan = reload_plan("shop", "local", wanted, ACTIVE, lambda _: ("local", ""))
    assert [(s.name, s.action, s.depends_on) for s in plan.services] == [
        ("orders", Action.DEPLOY, ("catalog",)),
        ("web", Action.DEPLOY, ("orders",)),
    ]
    assert {reason.kind for s in plan.services for reason in s.reasons} == {"reload"}
    assert plan.base == make(FLEET, ACTIVE).base
