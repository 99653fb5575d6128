"""Tests, deployments and health checks of scripts and workflows that let failures pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise, takewhile
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command, ScriptFacts
from chittyops.capabilities.discovery.service.facts.command_line import unwrap
from chittyops.capabilities.discovery.service.operations import classify, requests
from chittyops.kernel.inventory import Action, Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "ci-tests-nothing": ("warning", "A job that is called test runs no test."),
    "ci-ignores-failure": ("warning", "Tests run, and the step passes when they fail."),
    "deploy-ignores-failure": ("warning", "A deployment's failure is ignored."),
    "health-check-accepts-errors": ("warning", "A health check passes when the service answers with an error."),
}
_TEST_JOB: Final = re.compile(r"(?:^|[-_ /])(?:unit|integration|e2e|run)?[-_ ]?tests?(?:$|[-_ /])", re.IGNORECASE)
_REPORTS: Final = re.compile(
    r"summary|report|result|notify|status|publish|gate|required|complete|finish|all", re.IGNORECASE
)
"""Jobs that only gather what others found."""
_SAYS_ONLY: Final = frozenset({"echo", "printf", "true", ":", "set", "sleep", "date", "exit", "pwd", "ls", "cat"})
_SETS_UP: Final = re.compile(
    r"actions/(?:checkout|setup-[\w-]+|cache)\b|[\w-]+/setup-[\w-]+|pnpm/action-setup|step-security/"
)
_INSTALLS: Final = re.compile(r"(?:npm|pnpm|yarn|bun)(?: (?:ci|install|i))?(?: --?[\w=-]+)*")
_SAYS_INLINE: Final = re.compile(
    r"(?:node|tsx|ts-node|bun) (?:-e|--eval) console\.log\(([\"'`])[^\"'`$]*\1\);?"
    r"|python3? -c print\(([\"'])[^\"']*\2\)"
)
_TESTS: Final = frozenset({"run tests", "run browser tests", "run API tests"})
_STRICT: Final = re.compile(r"-[a-zA-Z]*f[a-zA-Z]*|--fail(?:-with-body|-early)?")
_PRAISE: Final = re.compile(
    r"\b(?:ok|okay|healthy|passed|passing|succe\w+|running|up|alive|ready)\b|[\u2705\u2713\u2714]", re.IGNORECASE
)
_WHOLE: Final = re.compile(r"-[a-zA-Z]*[wxv][a-zA-Z]*|--(?:word|line)-regexp|--invert-match")
_NEAR: Final = 2
"""Lines between a check and what is said of it."""
_FAILS: Final = frozenset({"exit", "return", "false", "die", "fail", "error"})
"""Commands by which a script ends, or functions that are called as those are."""
_EQUALS: Final = frozenset({"=", "==", "-eq"})
_BAD: Final = re.compile(r"404|5\d\d")
_MIXED: Final = re.compile(r"\^?\(?(?=.*\b200\b)(?=.*\b(?:404|50[0-9])\b)[\d|()]+\$?")
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?")


def find(
    path: str, kind: str, actions: Sequence[tuple[Command, Action]], commands: Sequence[Command]
) -> Iterator[Finding]:
    """Yield what the commands of one script or job let pass; ``actions`` are what each does, by whatever it runs."""
    deploys = kind == "job" or any(action.category == "deploy" for _, action in actions)
    praised = {command for command, following in pairwise(commands) if _praises(command, following)}
    ignored = (each for command, action in actions for each in _ignored(path, kind, command, action))
    # A line that tests by what it runs, such as an npm script, is told of once.
    told: dict[tuple[str, int], Finding] = {}
    for each in ignored:
        told.setdefault((each.code, each.line), each)
    yield from told.values()
    for command, action in actions:
        if deploys and action.category == "health":
            yield from _lenient(path, command, action, judged=kind == "job" or command in praised)
    if deploys:
        yield from _given_up(path, actions, commands)
    yield from _accepting(path, actions, commands)
    yield from _half_read(path, commands)


def _praises(command: Command, following: Command) -> bool:
    """Tell whether what follows takes the command's exit status for the service's health, and says so."""
    near = 0 <= following.line - command.line <= _NEAR
    return near and following.words[0] in {"echo", "printf"} and _PRAISE.search(" ".join(following.words)) is not None


def _ignored(path: str, kind: str, command: Command, action: Action) -> Iterator[Finding]:
    if not command.ignored or command.loop:
        return
    if action.category == "testing" and action.verb in _TESTS and kind == "job":
        message = f"the step passes when {action.tool} fails"
        hint = "let the failure through, or take the step out"
        yield Finding("ci-ignores-failure", "warning", path, message, command.line, 0, hint)
    if action.category == "deploy" and action.verb.startswith("deploy "):
        message = f"what follows runs even when {action.tool} fails to {action.verb}"
        hint = "stop where the deployment fails"
        yield Finding("deploy-ignores-failure", "warning", path, message, command.line, 0, hint)


def tests_nothing(path: str, job: ScriptFacts) -> Iterator[Finding]:
    """Yield the job that is called test and runs none."""
    if not (_TEST_JOB.search(job.name) or _TEST_JOB.search(job.summary)):
        return
    if _REPORTS.search(f"{job.name} {job.summary}"):
        return
    own = [each for each in job.commands if each.words[0] != "uses"]
    used = [each for each in job.commands if each.words[0] == "uses" and not _SETS_UP.match(each.words[1])]
    if own and not used and all(_tests_nothing(each) or _unheeded(each) for each in own):
        message = f'the job "{job.name}" runs no test'
        hint = "run the tests, or give the job another name"
        yield Finding("ci-tests-nothing", "warning", path, message, own[0].line, 0, hint)


def _unheeded(command: Command) -> bool:
    """Tell whether nothing comes of the faults that a command finds; tests of that kind are told of by themselves."""
    return command.ignored and not any("test" in word for word in command.words)


def _tests_nothing(command: Command) -> bool:
    """Tell whether a command can find no fault: it says or prepares something."""
    words = unwrap(command.words)
    line = " ".join(words)
    if words[0] in _SAYS_ONLY:
        return ">" not in words or words[0] == "cat"
    return _INSTALLS.fullmatch(line) is not None or _SAYS_INLINE.fullmatch(line) is not None


def _lenient(path: str, command: Command, action: Action, *, judged: bool) -> Iterator[Finding]:
    """Yield the request whose answer nobody looks at, or whose failure is ignored.

    ``judged`` says whether its exit status decides on what is said of the service.
    """
    words = unwrap(command.words)
    if (
        words[0] != "curl"
        or command.loop
        or command.assigns
        or command.piped_to
        or "health" not in action.verb
        or requests.method(words) != "GET"
    ):
        return
    strict = any(_STRICT.fullmatch(word) for word in words[1:])
    discarded = words[-2:] == (">", "/dev/null") or classify.option(words, ("-o", "--output")) == "/dev/null"
    looks = classify.option(words, ("-w", "--write-out")) or (">" in words and not discarded)
    if command.ignored:
        reason = "its failure is ignored"
    elif judged and not strict and not looks:
        reason = "curl succeeds with any answer; only -f makes it fail for an error"
    else:
        return
    message = f"the health check of {action.target or 'the service'} accepts errors: {reason}"
    hint = "use curl --fail, and stop where it fails"
    yield Finding("health-check-accepts-errors", "warning", path, message, command.line, 0, hint)


def _given_up(path: str, actions: Sequence[tuple[Command, Action]], commands: Sequence[Command]) -> Iterator[Finding]:
    """Yield the checks that are tried some times, after which all goes on as if one of them had passed."""
    for command, action in actions:
        if not command.loop or action.category != "health" or "health" not in action.verb:
            continue
        rest = commands[commands.index(command) + 1 :]
        inside = tuple(takewhile(lambda each: each.loop, rest))
        judged = any(each.words[0] in _FAILS and each.words != ("exit", "0") for each in rest)
        if any(each.words[0] == "break" for each in inside) and not judged:
            name = action.target or "the service"
            message = f"the health check of {name} accepts errors: after the last try all goes on"
            hint = "end with exit 1 where no try has passed"
            yield Finding("health-check-accepts-errors", "warning", path, message, command.line, 0, hint)


def _half_read(path: str, commands: Sequence[Command]) -> Iterator[Finding]:
    """Yield the checks that look for a word in the answer which the word for the opposite contains."""
    for command, following in pairwise(commands):
        words = following.words
        if command.piped_to != "grep" or words[0] != "grep" or unwrap(command.words)[0] != "curl":
            continue
        if "healthy" in words and not any(_WHOLE.fullmatch(word) for word in words):
            message = "the health check looks for healthy, which unhealthy contains"
            hint = """look for the word alone: grep -w healthy, or jq -e '.status == "healthy"'"""
            yield Finding("health-check-accepts-errors", "warning", path, message, command.line, 0, hint)


def _accepting(path: str, actions: Sequence[tuple[Command, Action]], commands: Sequence[Command]) -> Iterator[Finding]:
    """Yield the tests that take 404 or a server's error for as good as 200."""
    statuses = {name for command, action in actions if action.category == "health" for name in command.assigns}
    tests = (each for each in commands if each.words[0] in {"[", "[["})
    for line, group in groupby(tests, key=lambda each: each.line):
        for name, codes in _accepted([each.words for each in group]).items():
            bad = sorted(code for code in codes if _BAD.fullmatch(code))
            if name in statuses and "200" in codes and bad:
                message = f"the health check accepts {', '.join(bad)}"
                hint = "accept 200 alone"
                yield Finding("health-check-accepts-errors", "warning", path, message, line, 0, hint)


def _accepted(tests: Sequence[Sequence[str]]) -> Mapping[str, set[str]]:
    """Return by variable the values that the tests of one line compare it with."""
    found: dict[str, set[str]] = {}
    for words in tests:
        for left, operator, right in zip(words, words[1:], words[2:], strict=False):
            variable = _VARIABLE.fullmatch(left)
            if variable and operator in _EQUALS:
                found.setdefault(variable[1], set()).add(right)
            elif variable and operator == "=~" and _MIXED.fullmatch(right):
                found.setdefault(variable[1], set()).update(("200", *_BAD.findall(right)))
    return found
