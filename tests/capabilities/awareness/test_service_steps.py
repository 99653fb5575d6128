"""What is likely to be wanted next."""

from __future__ import annotations

import shlex

import pytest
from tests.capabilities.awareness.samples import a_context

from chittyops.capabilities.awareness.model.context import (
    Base,
    Centre,
    Changes,
    Choice,
    Context,
    Deployed,
    Problems,
    Where,
)
from chittyops.capabilities.awareness.model.project import Commit, FileChange, KnownProblem, KnownService, Snapshot
from chittyops.capabilities.awareness.service.steps import MOST, steps

COMMANDS = frozenset({"deploy", "plan", "logs", "adopt", "up", "discover", "fleet"})
CART = KnownService("cart", "services/cart", tests="npm test", in_fleet=True)
SNAPSHOT = Snapshot("/w", "", 0, "shop", ("local", "production"), (CART,))
COMMITS = (Commit("abc", "2030-01-01T00:00:00+00:00", "s"),)
EDITED = Changes(files=(FileChange("services/cart/a", "modified"),))
DEPLOYED = Deployed("cart", "local", "r3-1", "shop-3", "2029-01-01T00:00:00+00:00")


def _steps(
    context: Context, snapshot: Snapshot | None = SNAPSHOT, commands: frozenset[str] = COMMANDS
) -> dict[str, str]:
    return {each.command: each.reason for each in steps(context, snapshot, commands)}


def test_nothing_is_suggested_where_all_is_well_or_there_is_no_project() -> None:
    running = a_context(centre=Centre("running", "", (DEPLOYED,)))
    assert _steps(running) == {}
    assert _steps(a_context(workspace="")) == {}


def test_commits_since_the_deployment_are_deployed_and_to_production_planned_first() -> None:
    since = Changes(Base("deployment", "shop-3", DEPLOYED.since), COMMITS, more_commits=True)
    there = a_context(centre=Centre("running", "", (DEPLOYED,)), changes=since)
    assert _steps(there) == {"chittyops deploy cart --env local": "1+ commits since it was deployed to local (shop-3)"}
    production = Deployed("cart", "production", "r3-1", "shop-3", DEPLOYED.since)
    there = a_context(
        environment=Choice("production", "branch", 0.9), centre=Centre("running", "", (production,)), changes=since
    )
    assert list(_steps(there)) == ["chittyops plan cart --env production"]


def test_what_is_not_deployed_is_where_that_is_known() -> None:
    assert list(_steps(a_context())) == ["chittyops deploy cart --env local"]
    assert list(_steps(a_context(centre=Centre()))) == ["chittyops up"]


def test_changes_are_tested_and_committed_before_anything_is_deployed() -> None:
    assert list(_steps(a_context(changes=EDITED))) == ["npm test", "git commit -a"]
    above = a_context(changes=EDITED, folder="/w")
    assert next(iter(_steps(above))) == "cd services/cart && npm test"
    assert next(iter(_steps(a_context(changes=EDITED), commands=COMMANDS | {"test"}))) == "chittyops test cart"
    new = a_context(changes=Changes(files=(FileChange("x", "untracked"),)))
    assert "git add . && git commit" in _steps(new)


def test_what_is_ill_comes_first_then_errors() -> None:
    ill = Deployed("cart", "local", "b", health="unhealthy", detail="503")
    problem = KnownProblem("entrypoint-missing", "error", "services/cart/w.toml", "src/x.ts is not there", 3)
    there = a_context(alerts=(ill,), problems=Problems(1, 0, (problem,), "", fresh=True), changes=EDITED)
    assert list(_steps(there).items())[:2] == [
        ("chittyops logs cart --env local", "cart is unhealthy in local: 503"),
        (
            "chittyops discover --service cart ../..",
            "1 error, the first in services/cart/w.toml:3: src/x.ts is not there",
        ),
    ]


def test_a_fleet_file_that_is_wrong_is_checked() -> None:
    problem = KnownProblem("fleet-file", "error", "chittyops.yaml", "unknown key", 2)
    there = a_context(fleet="", problems=Problems(1, 0, (problem,), "", fresh=True))
    assert "chittyops fleet check" in _steps(there)


def test_what_is_in_no_fleet_file_is_adopted() -> None:
    outside = KnownService("beacon", "beacon", "cloudflare")
    snapshot = Snapshot("/w", "", 0, services=(outside,))
    there = a_context(
        fleet="", fleet_file="", where=Where("beacon", "beacon", "cloudflare", "canonical", in_fleet=False)
    )
    assert _steps(there, snapshot) == {"chittyops adopt": "no fleet file; 1 service found"}
    snapshot = Snapshot("/w", "", 0, "shop", services=(outside,))
    there = a_context(where=Where("beacon", "beacon", "cloudflare", "canonical", in_fleet=False))
    assert _steps(there, snapshot) == {"chittyops adopt beacon": "beacon is not in the fleet file"}


def test_only_commands_that_exist_are_suggested() -> None:
    assert _steps(a_context(centre=Centre()), commands=frozenset()) == {}


@pytest.mark.parametrize("name", ["$(reboot)", "a b", "`x`", "a;b", "-x'"])
def test_names_are_quoted(name: str) -> None:
    there = a_context(service=Choice(name, "path", 1.0), where=Where(name, "x", "local", "canonical", in_fleet=True))
    command = next(
        iter(_steps(there, Snapshot("/w", "", 0, "shop", services=(KnownService(name, "x", in_fleet=True),))))
    )
    assert shlex.split(command)[2] == name


def test_there_are_never_many() -> None:
    ill = Deployed("cart", "local", "b", health="unhealthy")
    problem = KnownProblem("c", "error", "p", "m")
    there = a_context(
        alerts=(ill,), problems=Problems(1, 0, (problem,), "", fresh=True), changes=EDITED, centre=Centre()
    )
    assert 4 <= len(_steps(there)) <= MOST
