"""Which of the twelve capabilities each service has: rules as data, each answer with its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.audit.model import MISSING, NOT_APPLICABLE, PARTIAL, PRESENT, Coverage, Mark
from chittyops.capabilities.audit.service.fleet import Fleet, Subject
from chittyops.kernel.inventory import CAPABILITIES, Evidence

Found = tuple[Evidence, ...]
SHOWN_EVIDENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that speaks for a capability, and how to find it."""

    label: str
    find: Callable[[Subject], Found]


def _always(_subject: Subject) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """A capability is present when all ``needs`` are found and nothing spoils it, partial when anything is.

    ``applies`` tells for which services it makes sense, ``otherwise`` why not for others. ``spoilers`` are codes of
    problems that take the value of what is there.
    """

    needs: tuple[Sign, ...]
    hints: tuple[Sign, ...] = ()
    spoilers: frozenset[str] = frozenset()
    applies: Callable[[Subject], bool] = _always
    otherwise: str = ""


_UNSERVED: Final = frozenset({"mcp-stdio", "static", "pages", "job", "library"})
"""Kinds of services that answer no health request of their own."""
_BY_PUSH: Final = frozenset({"vercel", "netlify", "render", "railway", "replit", "deno"})
"""Platforms that deploy by themselves whatever is pushed."""
_ORDERED: Final = frozenset({"journaled", "files"})
_DECLARES: Final = re.compile(
    r"(?:^|/)(?:\.?(?:env|dev\.vars)[^/]*(?:example|sample|template|dist)[^/]*|(?:example|sample)\.env|[^/]*\.mdx?|"
    r"[^/]*\.(?:sh|ya?ml|toml|jsonc?)|Makefile)$",
    re.IGNORECASE,
)
"""Files that say which secrets a service expects, apart from its code."""
_REGISTRY: Final = re.compile(r"registry|register|consul|eureka|service-discovery", re.IGNORECASE)
_LEAKS: Final = frozenset({"committed-credential", "committed-env-file", "secret-in-vars"})


def _bound(*kinds: str) -> Callable[[Subject], Found]:
    def find(subject: Subject) -> Found:
        service = subject.service
        stages = (service.bindings, *(stage.bindings for stage in service.environments.values()))
        there = any(rows.get(kind) for rows in stages for kind in kinds)
        return (subject.configured()[:1] or (Evidence(service.path, 0),)) if there else ()

    return find


def _acting(category: str, *verbs: str) -> Callable[[Subject], Found]:
    return lambda subject: subject.acting(category, *verbs)


def _registers(subject: Subject) -> Found:
    calls = (e for edge in subject.service.depends_on if _REGISTRY.search(edge.target) for e in edge.evidence)
    return (*subject.acting("registry"), *calls)


def _health(subject: Subject) -> Found:
    service = subject.service
    return service.health_evidence or ((Evidence(service.entrypoint or service.path, 0),) if service.health else ())


def _checked(subject: Subject) -> Found:
    configured = (each for each in subject.service.health_evidence if each.path in subject.service.config_files)
    return (*configured, *subject.acting("health"))


def _declared(subject: Subject) -> Found:
    """Return where secrets are declared, when every one is."""
    declarations = [
        next((e for e in each.evidence if _DECLARES.search(e.path)), None) for each in subject.service.secrets
    ]
    put = subject.acting("secrets", "put secret", "put secrets", "set variables")
    found = tuple(each for each in declarations if each)
    return (*found, *put) if len(found) == len(declarations) or put else ()


def _some_declared(subject: Subject) -> Found:
    return tuple(e for each in subject.service.secrets for e in each.evidence if _DECLARES.search(e.path))


def _deploying(subject: Subject) -> Found:
    by_push = subject.configured()[:1] if subject.service.platform in _BY_PUSH else ()
    return (*subject.acting("deploy"), *by_push)


def _environments(subject: Subject) -> Found:
    return subject.configured()[:1] if subject.service.environments else ()


def _variables(subject: Subject) -> Found:
    service = subject.service
    return (subject.configured()[:1] or (Evidence(service.path, 0),)) if service.vars or service.secrets else ()


def _migrations(subject: Subject) -> Found:
    folders = (each for store in subject.service.databases for each in store.migrations)
    return tuple(Evidence(each.path, 0) for each in folders if each.count and each.state in _ORDERED)


def _database(subject: Subject) -> Found:
    return tuple(each for store in subject.service.databases for each in store.evidence[:1])


def _tests(subject: Subject) -> Found:
    suite = subject.service.tests
    return (Evidence(subject.service.path, 0),) if suite and suite.command else ()


def _test_files(subject: Subject) -> Found:
    suite = subject.service.tests
    return (Evidence(subject.service.path, 0),) if suite and suite.files else ()


def _serves(subject: Subject) -> bool:
    return subject.service.kind not in _UNSERVED


def _stores(subject: Subject) -> bool:
    return bool(subject.service.databases)


RULES: Final[Mapping[str, Rule]] = {
    "registry": Rule(
        needs=(Sign("a registration", _registers),),
        hints=(Sign("a health path by which it can be found", _health),),
        applies=_serves,
        otherwise="nobody calls it over the network",
    ),
    "secrets": Rule(
        needs=(Sign("a declaration of every secret", _declared),),
        hints=(Sign("a declaration of some secrets", _some_declared),),
        spoilers=_LEAKS,
        applies=lambda subject: bool(subject.service.secrets or _LEAKS & subject.problems.keys()),
        otherwise="it expects no secret",
    ),
    "deploy": Rule(
        needs=(
            Sign("a deploy configuration", Subject.configured),
            Sign("a script, workflow or platform that deploys it", _deploying),
        ),
        spoilers=frozenset(
            [
                "missing-entrypoint",
                "missing-assets-folder",
                "placeholder-id",
                "unknown-environment",
                "unknown-config",
                "unknown-script",
                "several-services-one-name",
                "deploy-ignores-failure",
                "duplicate-binding",
                "unparsable",
                "merge-conflict",
            ]
        ),
        applies=lambda subject: subject.service.kind not in {"mcp-stdio", "library"},
        otherwise="it runs on the machine of its user",
    ),
    "config": Rule(
        needs=(
            Sign("a configuration file", Subject.configured),
            Sign("named environments", _environments),
        ),
        hints=(Sign("variables", _variables),),
        spoilers=frozenset(
            [
                "binding-not-inherited",
                "placeholder-value",
                "misplaced-key",
                "duplicate-key",
                "shadowed-config",
                "unparsable",
                "inherited-route",
                "shared-production-resource",
                "environment-crosses-production",
                "undefined-binding",
            ]
        ),
        applies=lambda subject: bool(subject.service.config_files or _variables(subject)),
        otherwise="there is nothing to configure",
    ),
    "health": Rule(
        needs=(Sign("a health endpoint", _health), Sign("a check that asks it", _checked)),
        spoilers=frozenset({"health-check-accepts-errors"}),
        applies=_serves,
        otherwise="it answers no requests of its own",
    ),
    "events": Rule(
        needs=(Sign("a queue", _bound("queues", "queue_consumers", "pubsub")),),
        hints=(Sign("messages sent by scripts", _acting("events")),),
        applies=lambda subject: subject.coupled or bool(_bound("queues", "queue_consumers", "pubsub")(subject)),
        otherwise="it stands alone",
    ),
    "databases": Rule(
        needs=(
            Sign("migrations in order", _migrations),
            Sign("a command that applies them", _acting("databases", "apply migrations")),
        ),
        hints=(
            Sign("a schema that is pushed", _acting("databases", "push schema")),
            Sign("a database that is declared", _database),
        ),
        spoilers=frozenset(
            [
                "migration-unjournaled",
                "migration-file-missing",
                "migration-duplicate-number",
                "migration-mixed-dialects",
                "push-only-schema",
            ]
        ),
        applies=_stores,
        otherwise="it has no database",
    ),
    "testing": Rule(
        needs=(Sign("a test command", _tests), Sign("test files", _test_files)),
        hints=(Sign("tests in a workflow", _acting("testing", "run tests", "run API tests", "run browser tests")),),
        spoilers=frozenset(
            [
                "no-tests",
                "ignored-test-failure",
                "test-suite-empty",
                "test-without-assertion",
                "ci-tests-nothing",
                "ci-ignores-failure",
            ]
        ),
    ),
    "backup": Rule(
        needs=(Sign("a backup script, job or command", _acting("backup")),),
        applies=_stores,
        otherwise="it has no database",
    ),
    "performance": Rule(
        needs=(Sign("a benchmark, load test or profile", _acting("performance")),),
        hints=(Sign("measurements that it writes", _bound("analytics_engine")),),
        applies=_serves,
        otherwise="it answers no requests of its own",
    ),
    "security": Rule(
        needs=(Sign("a scan in a workflow", lambda subject: subject.acting("security", scripts=False)),),
        hints=(Sign("a scan in a script", _acting("security")),),
        spoilers=_LEAKS,
    ),
    "resources": Rule(
        needs=(Sign("limits or measurements", _bound("analytics_engine", "ratelimits", "tail_consumers")),),
        hints=(Sign("scripts that manage resources", _acting("resources")),),
        applies=lambda subject: subject.service.kind not in {"mcp-stdio", "library"},
        otherwise="it runs on the machine of its user",
    ),
}
"""The rule of each capability, by its name in CAPABILITIES."""


def coverage(fleet: Fleet) -> tuple[Coverage, ...]:
    """Return the matrix: each service with a mark for each capability."""
    return tuple(
        Coverage(
            subject.service.name,
            subject.service.path,
            subject.service.platform,
            {capability: mark(RULES[capability], subject) for capability in CAPABILITIES},
        )
        for subject in fleet.subjects
    )


def mark(rule: Rule, subject: Subject) -> Mark:
    """Return whether ``subject`` has what ``rule`` asks for."""
    if not rule.applies(subject):
        return Mark(NOT_APPLICABLE, rule.otherwise)
    needs = [(sign.label, sign.find(subject)) for sign in rule.needs]
    hints = [(sign.label, sign.find(subject)) for sign in rule.hints]
    lacking = [label for label, found in needs if not found]
    having = [(label, found) for label, found in needs if found] or [(label, found) for label, found in hints if found]
    if not having:
        return Mark(MISSING, f"no {_listed([each.removeprefix('a ') for each in lacking], 'and no')}")
    evidence = tuple(dict.fromkeys(each for _, found in having for each in found[:SHOWN_EVIDENCE]))[:SHOWN_EVIDENCE]
    has = f"has {_listed([label for label, _ in having], 'and')}"
    if lacking:
        return Mark(PARTIAL, f"{has}; lacks {_listed(lacking, 'and')}", evidence)
    spoiled = [
        problem for code in sorted(rule.spoilers & subject.problems.keys()) for problem in subject.problems[code]
    ]
    if spoiled:
        codes = _listed(list(dict.fromkeys(each.code for each in spoiled)), "and")
        places = tuple(dict.fromkeys(Evidence(each.path, each.line) for each in spoiled))
        return Mark(PARTIAL, f"{has}, but: {codes}", places[:SHOWN_EVIDENCE])
    return Mark(PRESENT, has, evidence)


def _listed(words: list[str], last: str) -> str:
    return f" {last} ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} {last} {words[-1]}"  # noqa: PLR2004 (two need no comma)


def covered(rows: tuple[Coverage, ...]) -> int:
    """Return how many per cent of what applies is there; partial counts half."""
    states = [each.state for row in rows for each in row.marks.values() if each.state != NOT_APPLICABLE]
    points = 2 * states.count(PRESENT) + states.count(PARTIAL)
    return round(50 * points / len(states)) if states else 0
