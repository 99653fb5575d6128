"""What to do about each kind of finding, as data: the title, the phase of the plan, how hard and how risky it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STOP, UNITE, CLOSE, OPTIMISE = 1, 2, 3, 4
"""The phases: stop the bleeding, one source, close the gaps, optimise."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One kind of recommendation.

    ``labour`` is added to the effort that follows from how many places change; ``hazard`` is what the change itself
    can break where it is live (0 nothing, 1 a deploy, 2 what runs now); ``urgent`` stands above all: a secret is out.
    """

    title: str
    phase: int
    command: str
    unlocks: str
    labour: int = 0
    hazard: int = 0
    urgent: bool = False


_DEPLOYS: Final = "deploys that do what they say"
_CONFIG: Final = "environments that differ only where they should"
_TESTS: Final = "tests that can stop a bad deploy"
_DATA: Final = "databases that can be changed without fear"

LEAKS: Final = Theme(
    "Rotate committed credentials and take them out of the files",
    STOP,
    "secrets rotate",
    "everything else: until then whoever reads the code has the keys",
    1,
    2,
    urgent=True,
)

PROBLEMS: Final[Mapping[str, Theme]] = {
    # what bleeds
    "committed-credential": Theme(
        "Take committed credentials out of the files", STOP, "secrets set", "rotation that lasts", 1, 2, urgent=True
    ),
    "committed-env-file": Theme(
        "Take committed files of variables out of git", STOP, "secrets import", "rotation that lasts", 0, 1, urgent=True
    ),
    "secret-in-vars": Theme(
        "Make secrets of what stands among plain variables",
        STOP,
        "config import",
        "rotation that lasts",
        0,
        2,
        urgent=True,
    ),
    "placeholder-id": Theme("Fill in resource ids that were never filled in", STOP, "fleet check", _DEPLOYS, 0, 1),
    "missing-entrypoint": Theme(
        "Name entry points that exist in deploy configurations", STOP, "fleet check", _DEPLOYS, 0, 1
    ),
    "missing-assets-folder": Theme(
        "Name folders that exist in deploy configurations", STOP, "fleet check", _DEPLOYS, 0, 1
    ),
    "inert-workflow": Theme("Move or delete workflows that never run", STOP, "adopt", _DEPLOYS, -1, 0),
    "several-services-one-name": Theme(
        "Give names of their own to services that replace each other", STOP, "adopt", _DEPLOYS, 1, 2
    ),
    "route-claimed-twice": Theme(
        "Settle which service has a route that several claim", STOP, "fleet check", _DEPLOYS, 0, 2
    ),
    "unknown-environment": Theme(
        "Correct commands that deploy to an environment that is not there", STOP, "adopt", _DEPLOYS, 0, 1
    ),
    "unknown-config": Theme(
        "Correct commands that name a configuration that is not there", STOP, "adopt", _DEPLOYS, 0, 1
    ),
    "unknown-script": Theme("Correct commands that run what is not there", STOP, "adopt", _DEPLOYS, 0, 0),
    "deploy-ignores-failure": Theme("Let deploys fail when they fail", STOP, "deploy", _DEPLOYS, 0, 1),
    "duplicate-binding": Theme("Rename bindings whose names are taken", STOP, "fleet check", _DEPLOYS, 0, 1),
    "merge-conflict": Theme("Resolve merge conflicts that were committed", STOP, "discover --problems", _DEPLOYS, 0, 1),
    "unparsable": Theme("Mend configuration files that no tool can read", STOP, "discover --problems", _DEPLOYS, 0, 1),
    # one source
    "binding-not-inherited": Theme(
        "Repeat bindings in the environments that lack them", UNITE, "config render", _CONFIG, 0, 1
    ),
    "misplaced-key": Theme("Move keys out of the table that swallows them", UNITE, "config import", _CONFIG, 0, 1),
    "unknown-key": Theme("Correct keys that are ignored", UNITE, "config validate", _CONFIG, -1, 1),
    "deprecated-key": Theme("Replace keys that are no longer read", UNITE, "config validate", _CONFIG, -1, 1),
    "duplicate-key": Theme("Decide between keys that are given twice", UNITE, "discover --problems", _CONFIG, -1, 1),
    "placeholder-value": Theme("Fill in variables that were never filled in", UNITE, "fleet check", _CONFIG, 0, 1),
    "shared-production-resource": Theme(
        "Take trial environments off the resources of production", UNITE, "adopt", _CONFIG, 1, 2
    ),
    "environment-crosses-production": Theme(
        "Let trial environments call others of their kind", UNITE, "adopt", _CONFIG, 1, 1
    ),
    "inherited-route": Theme(
        "Give routes of their own to environments that take over those of others", UNITE, "adopt", _CONFIG, 0, 1
    ),
    "shadowed-config": Theme(
        "Delete configurations that are never read", UNITE, "adopt", "one file that is right", -1, 0
    ),
    "drifted-copy": Theme(
        "Bring copies that drifted apart back into one service", UNITE, "adopt", "changes made once", 1, 1
    ),
    "diverging-config": Theme(
        "Bring configurations of one service together that differ", UNITE, "config import", "changes made once", 1, 2
    ),
    "broken-link": Theme("Mend or delete links that lead nowhere", UNITE, "adopt", "files that are what they say", -1),
    "gitlink-without-submodule": Theme(
        "Say where folders come from that are other repositories", UNITE, "adopt", "a clone that is complete", 0
    ),
    "not-utf-8": Theme(
        "Write configurations as UTF-8", UNITE, "discover --problems", "files that every tool reads alike", -1, 1
    ),
    "unreadable": Theme("Let files be read that nobody may read", UNITE, "discover --problems", "a complete map", -1),
    "undefined-target": Theme(
        "Find or drop bindings to what is nowhere in the workspace", UNITE, "fleet check", "a complete map", 1, 1
    ),
    "undefined-binding": Theme("Define bindings that code calls", UNITE, "fleet check", "calls that do not fail", 0, 1),
    "self-binding": Theme(
        "Correct services that are bound to themselves", UNITE, "fleet check", "a map without circles", 0, 1
    ),
    "dependency-cycle": Theme(
        "Open circles of services that need each other", OPTIMISE, "fleet graph", "an order to deploy in", 2, 2
    ),
    # gaps
    "no-tests": Theme("Write tests where test commands test nothing", CLOSE, "test", _TESTS, 1, 0),
    "test-suite-empty": Theme("Write tests where runners find none", CLOSE, "test", _TESTS, 1, 0),
    "test-without-assertion": Theme("Assert something in test files that cannot fail", CLOSE, "test", _TESTS, 1, 0),
    "ignored-test-failure": Theme("Let test commands fail when tests fail", CLOSE, "test", _TESTS, -1, 0),
    "ci-tests-nothing": Theme("Run tests in jobs that are called test", CLOSE, "test", _TESTS, 0, 0),
    "ci-ignores-failure": Theme("Let steps fail when tests fail", CLOSE, "test", _TESTS, -1, 0),
    "health-check-accepts-errors": Theme(
        "Let health checks refuse errors", CLOSE, "status", "alarms that mean something", 0, 0
    ),
    "migration-unjournaled": Theme("Journal migrations that are never applied", CLOSE, "db migrate", _DATA, 1, 2),
    "migration-file-missing": Theme("Restore migrations that the journal lists", CLOSE, "db migrate", _DATA, 1, 2),
    "migration-duplicate-number": Theme("Number migrations whose order is open", CLOSE, "db migrate", _DATA, 0, 2),
    "migration-mixed-dialects": Theme(
        "Part migrations that are written for different databases", CLOSE, "db migrate", _DATA, 1, 1
    ),
}
"""By code of problem; others are grouped by severity."""

OTHERS: Final[Mapping[str, Theme]] = {
    "error": Theme("Settle {code}", STOP, "discover --problems", _DEPLOYS, 0, 1),
    "warning": Theme("Settle {code}", UNITE, "discover --problems", "a list of problems that stays short", 0, 0),
}
"""For codes without a theme of their own; those that only inform call for nothing."""

FUNCTIONS: Final[Mapping[str, Theme]] = {
    "registry": Theme(
        "Replace registry scripts by what is found", UNITE, "discover", "a catalogue that is true by itself"
    ),
    "secrets": Theme(
        "Bring secret scripts under one set of declarations", UNITE, "adopt", "rotation in one place", 0, 1
    ),
    "deploy": Theme(
        "Replace deploy scripts and workflows by one deploy",
        UNITE,
        "adopt",
        "deploys in order of dependency, with a way back",
        0,
        1,
    ),
    "config": Theme("Replace configuration scripts by the fleet file", UNITE, "config import", "one place to look"),
    "databases": Theme("Bring database scripts under one migration", UNITE, "adopt", _DATA, 0, 1),
    "health": Theme("Replace health scripts by one status", CLOSE, "adopt", "one page that says what is up"),
    "testing": Theme("Run test scripts by one command", CLOSE, "adopt", _TESTS, -1),
    "backup": Theme(
        "Bring backup scripts under one schedule", CLOSE, "adopt", "backups that are known to restore", 0, 1
    ),
    "security": Theme("Bring scan scripts under one command", CLOSE, "adopt", "one list of findings"),
    "events": Theme("Replace notification scripts by events", OPTIMISE, "adopt", "one feed of what happens"),
    "performance": Theme("Bring measuring scripts under one command", OPTIMISE, "adopt", "budgets that are watched"),
    "resources": Theme("Declare what resource scripts create", OPTIMISE, "adopt", "resources that have an owner", 1, 1),
}
"""By capability: its scattered functions become one."""

GAPS: Final[Mapping[str, Theme]] = {
    "secrets": Theme("Declare secrets that only the code knows", UNITE, "adopt", "rotation in one place"),
    "deploy": Theme("Say how services are deployed that have no way yet", UNITE, "adopt", _DEPLOYS, 1, 1),
    "config": Theme("Write down configurations that are nowhere", UNITE, "config set", _CONFIG, 0, 0),
    "health": Theme(
        "Give health endpoints to services that have none",
        CLOSE,
        "status",
        "deploys that notice their own failure",
        1,
        0,
    ),
    "testing": Theme("Give tests to services that have none", CLOSE, "test", _TESTS, 2, 0),
    "backup": Theme(
        "Back up databases that nothing backs up", CLOSE, "backup create", "a way back from every mistake", 1, 0
    ),
    "databases": Theme("Give migrations to databases that have none", CLOSE, "db migrate", _DATA, 1, 1),
    "security": Theme(
        "Scan services that nothing scans", CLOSE, "security scan", "leaks found before they are pushed", 0, 0
    ),
    "registry": Theme(
        "Make services findable that nobody can find", OPTIMISE, "adopt", "callers that need no addresses", 1, 0
    ),
    "performance": Theme(
        "Measure services that nothing measures", OPTIMISE, "performance run", "budgets that are watched", 1, 0
    ),
    "resources": Theme(
        "Set limits for services that have none, and watch them",
        OPTIMISE,
        "resources list",
        "costs without surprises",
        0,
        0,
    ),
    "events": Theme(
        "Uncouple services by queues where calls can wait",
        OPTIMISE,
        "events list",
        "failures that stay where they are",
        2,
        1,
    ),
}
"""By capability: services that lack it."""

DUPLICATES: Final = Theme("Keep one of each group of duplicates", UNITE, "adopt", "changes made once")
GUARD: Final = Theme(
    "Guard the services that much of the fleet needs",
    CLOSE,
    "status",
    "a fleet without a single point of failure",
    1,
    0,
)

PHASES: Final[Mapping[int, tuple[str, str]]] = {
    STOP: ("Stop the bleeding", "No leaked credential works, and what is deployed is what is meant."),
    UNITE: ("One source", "Scripts, secrets and configuration stand in the fleet file, once."),
    CLOSE: ("Close the gaps", "Every service tells its health, is tested before a deploy and can be restored."),
    OPTIMISE: ("Optimise", "Limits, measurements and messages, where they pay."),
}
"""Title and goal of each phase."""
