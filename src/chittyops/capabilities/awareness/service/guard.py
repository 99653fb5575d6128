"""What is about to be run, judged: few rules, each certain. Whatever is not understood is let through.

A command counts only where it names production itself (``--env production``, ``--prod``).

- block: it deploys to production, or destroys something there, on a branch that does not stand for production;
- block: it does so from the folder of a service that is a copy, legacy or quarantined;
- warn: it destroys something in production, on the right branch;
- warn: it deploys to production with files that are not committed, or on a detached HEAD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.awareness.model.context import Context
from chittyops.capabilities.awareness.service.environments import PRODUCTION, is_production

DEPLOY, DESTROY = "deploys to", "destroys something in"
_ALWAYS: Final = ("--prod", "--production")
_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "wrangler": ("--env", "-e"),
    "railway": ("--environment", "-e"),
    "vercel": ("--target", "--environment"),
    "netlify": ("--context",),
    "chittyops": ("--env",),
}
"""Programs, and their options that name an environment."""
PROGRAMS: Final = tuple(_OPTIONS)
"""Programs that are judged; a command line that names none of them needs no parsing."""
_DEPLOYS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "wrangler": (("deploy",), ("publish",), ("versions", "deploy"), ("rollback",), ("d1", "migrations", "apply")),
    "railway": (("up",), ("redeploy",)),
    "vercel": ((), ("deploy",), ("promote",), ("rollback",)),
    "netlify": (("deploy",),),
    "chittyops": (("deploy",), ("rollback",)),
}
_DESTROYS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "wrangler": (
        ("delete",),
        ("d1", "execute"),
        ("secret", "delete"),
        ("kv", "key", "delete"),
        ("kv", "bulk", "delete"),
    ),
    "railway": (("down",), ("delete",)),
    "vercel": (("env", "rm"), ("env", "remove")),
}
_VALUED: Final = frozenset(
    {"--config", "-c", "--cwd", "--name", "--service", "-s", "--scope", "--site", "--project", "-p"}
)
"""Options whose value is the next word, so that it is taken for no verb."""
_DRY: Final = frozenset({"--dry-run", "--help", "-h", "--local"})
_PASSIVE: Final = frozenset({"copy", "legacy", "quarantined"})


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that does something to production: the verb, and the command as it is named to people."""

    verb: str
    command: str
    environment: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a command: allow, warn or block, and why."""

    action: str = "allow"
    message: str = ""


def intent(words: Sequence[str]) -> Intent | None:
    """Return what ``words``, a simple command, would do to production; None where that is nothing, or not certain."""
    program = words[0].rpartition("/")[2] if words else ""
    if program not in _OPTIONS or _DRY.intersection(words):
        return None
    if words[1:2] == ["d1"] and "--remote" not in words:
        return None  # wrangler's own copy of the database on this machine
    environment, rest = _environment(program, words[1:])
    if program == "vercel" and rest[:1] == ["env"] and any(map(is_production, rest)):
        environment = next(filter(is_production, rest))
    if not is_production(environment):
        return None
    for verb, table in ((DESTROY, _DESTROYS), (DEPLOY, _DEPLOYS)):
        for start in table.get(program, ()):
            if tuple(rest[: len(start)]) == start and (start or not rest):
                return Intent(verb, " ".join((program, *start)), environment)
    return None


def _environment(program: str, words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the environment that options name, and the words that are no options."""
    environment, rest, before = "", [], ""
    for word in words:
        option, equals, value = word.partition("=")
        if before:
            environment, before = word if before in _OPTIONS[program] else environment, ""
        elif option in _OPTIONS[program] or option in _VALUED:
            environment = value if equals and option in _OPTIONS[program] else environment
            before = "" if equals else option
        elif word in _ALWAYS:
            environment = "production"
        elif not word.startswith("-"):
            rest.append(word)
    return environment, rest


def judge(what: Intent, context: Context) -> Verdict:
    """Return the verdict on ``what``, run where ``context`` says."""
    head, where = context.head, context.where
    act = f"`{what.command}` {what.verb} {what.environment}"
    if where and where.status in _PASSIVE and context.service.by == "path":
        return Verdict("block", f"{act}, and {where.path} is not the service in use: its status is {where.status}")
    if head.state in {"branch", "unborn"} and not _stands_for_production(context):
        return Verdict("block", f"{act}, and the branch here is {head.branch}, which does not stand for production")
    if what.verb == DESTROY:
        return Verdict("warn", act)
    if head.state == "detached":
        return Verdict("warn", f"{act}, and HEAD is detached: no branch says that this is meant for it")
    if files := len(context.changes.files):
        return Verdict("warn", f"{act}; files that are not committed: {files}")
    return Verdict()


def _stands_for_production(context: Context) -> bool:
    """Return whether the branch does, by its name or because it was said to (``chittyops context --env``)."""
    learned = context.environment.by in {"use", "option"} and is_production(context.environment.name)
    return learned or PRODUCTION.fullmatch(context.head.branch) is not None


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the gravest of ``verdicts``; Verdict() where there is none."""
    order = ("block", "warn", "allow")
    return min(verdicts, key=lambda each: order.index(each.action), default=Verdict())
