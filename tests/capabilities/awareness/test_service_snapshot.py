"""Discovery and the fleet file made one."""

from __future__ import annotations

from chittyops.capabilities.awareness.model.project import KnownProblem
from chittyops.capabilities.awareness.service.snapshot import KEPT_PROBLEMS, snapshot
from chittyops.kernel.inventory import (
    Dependency,
    Evidence,
    Finding,
    FoundService,
    Inventory,
    Migrations,
    Stage,
    Store,
    Suite,
)
from chittyops.kernel.service import Database, Environment, Fleet, Service

SEEN = (Evidence("w.toml", 1),)


def _found(name: str, path: str, **more: object) -> FoundService:
    return FoundService(name, path, ".", "cloudflare", ("cloudflare",), "canonical", **more)  # type: ignore[arg-type]


def _fleet(*services: Service) -> Fleet:
    return Fleet("shop", "/w", Environment("local"), {each.name: each for each in services}, environments=("local",))


def test_without_a_fleet_file_it_is_what_discovery_found() -> None:
    store = Store("orders", "d1", "DB", (Migrations("api/migrations", "wrangler", 2, "files"),))
    api = _found(
        "api",
        "api",
        environments={"": Stage(), "production": Stage()},
        depends_on=(Dependency("db", "variable-url", SEEN), Dependency("db", "literal-url", SEEN)),
        databases=(store,),
        tests=Suite("vitest", "npm test"),
    )
    found = snapshot("/w", "s", 1.0, Inventory("w", (api,), ()), None)
    known = found.service("api")
    assert known
    assert (known.environments, known.tests, known.in_fleet, found.fleet) == (("production",), "npm test", False, "")
    assert known.depends_on == {"db": ("variable-url", "literal-url")}
    assert [(each.path, each.database) for each in known.migrations] == [("api/migrations", "orders")]


def test_a_service_of_the_fleet_has_what_was_found_in_its_folder_under_its_own_name() -> None:
    found = Inventory(
        "w",
        (
            _found("shop-cart-worker", "cart"),
            _found("web", "web", depends_on=(Dependency("shop-cart-worker", "queue", SEEN),)),
        ),
        (Finding("x", "error", "cart/a", "m", service="shop-cart-worker"),),
    )
    fleet = _fleet(Service("cart", "cart", tests="pytest"), Service("web", "web", depends_on=("cart",)))
    known = snapshot("/w", "s", 1.0, found, fleet)
    assert [(each.name, each.in_fleet) for each in known.services] == [("cart", True), ("web", True)]
    web = known.service("web")
    assert web
    assert web.depends_on == {"cart": ("fleet", "queue")}
    assert known.errors == {"cart": 1}
    assert known.problems[0].service == "cart"


def test_what_only_the_fleet_file_knows_is_a_service_too() -> None:
    service = Service("cart", "cart", databases=(Database("orders", migrations="sql", tool="drizzle"),))
    known = snapshot("/w", "s", 1.0, Inventory("w", (), ()), _fleet(service)).service("cart")
    assert known
    assert known.in_fleet
    assert [(each.path, each.tool) for each in known.migrations] == [("cart/sql", "drizzle")]


def test_a_copy_with_the_name_of_the_original_is_not_taken_for_it() -> None:
    found = Inventory("w", (_found("cart", "old/cart"), _found("cart", "cart")), ())
    known = snapshot("/w", "s", 1.0, found, _fleet(Service("cart", "cart")))
    assert [(each.path, each.in_fleet) for each in known.services] == [("old/cart", False), ("cart", True)]


def test_errors_come_first_and_not_more_are_kept_than_are_shown() -> None:
    problems = [Finding("w", "warning", f"{n}", "m") for n in range(KEPT_PROBLEMS)] + [Finding("e", "error", "z", "m")]
    wrong = KnownProblem("fleet-file", "error", "chittyops.yaml", "unknown key")
    known = snapshot("/w", "s", 1.0, Inventory("w", (), tuple(problems)), None, wrong)
    assert [each.code for each in known.problems[:3]] == ["fleet-file", "e", "w"]
    assert len(known.problems) == KEPT_PROBLEMS
    assert (known.errors, known.warnings) == ({"": 2}, {"": KEPT_PROBLEMS})
