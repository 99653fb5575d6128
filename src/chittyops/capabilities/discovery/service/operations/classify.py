"""What one command does: its words looked up in the table."""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command
from chittyops.capabilities.discovery.service.facts.command_line import KEPT, layers
from chittyops.capabilities.discovery.service.facts.shell_words import STAGE_NAMES
from chittyops.capabilities.discovery.service.operations import requests, table
from chittyops.capabilities.discovery.service.operations.table import Rule
from chittyops.kernel.inventory import Action

_LONGEST: Final = 300
_SETS_VARIABLES: Final = frozenset({"docker", "docker-compose", "podman"})
"""Programs whose ``--env`` sets a variable."""
_SHELL_WORDS: Final = frozenset(
    [
        "echo",
        "printf",
        "cd",
        "set",
        "export",
        "local",
        "true",
        "false",
        ":",
        "test",
        "[",
        "[[",
        "exit",
        "return",
        "read",
        "shift",
        "sleep",
        "trap",
        "wait",
        "date",
        "source",
        ".",
        "cat",
        "mkdir",
        "touch",
        "grep",
        "sed",
        "awk",
        "cut",
        "tr",
        "sort",
        "head",
        "tail",
        "wc",
        "jq",
        "tee",
        "ls",
        "pwd",
        "dirname",
        "basename",
        "which",
        "command",
        "type",
        "seq",
        "uname",
        "chmod",
        "mv",
        "ln",
        "pushd",
        "popd",
        "hash",
        "getopts",
        "unset",
        "eval",
        "kill",
        "break",
        "continue",
        "uniq",
        "find",
        "xargs",
        "mktemp",
        "realpath",
        "readlink",
        "id",
        "whoami",
        "hostname",
        "let",
        "declare",
        "typeset",
        "shopt",
        "ulimit",
        "umask",
        "sha256sum",
        "md5sum",
        "base64",
        "column",
        "fold",
        "clear",
        "tput",
    ]
)
"""Programs of every shell script that say nothing of what it is for."""


def actions(commands: Sequence[Command]) -> Iterator[Action]:
    """Yield what the commands do, without those that only serve the script itself."""
    for command in commands:
        yield from _actions(command)


@lru_cache(maxsize=1 << 16)
def _actions(command: Command) -> tuple[Action, ...]:
    """Return what one command does; problems and scripts both ask."""
    return tuple(_classified(command))


def _classified(command: Command) -> Iterator[Action]:
    wrapped = layers(command.words)
    for words in wrapped[:-1]:
        if " ".join(words[:2]) in KEPT or words[0] in KEPT:
            yield _action(command, words, _known(words) or ("other", "run program"))
    words = wrapped[-1]
    found = requests.classify(command, words) or _known(words)
    if found:
        yield _action(command, words, found)
    elif words[0] not in _SHELL_WORDS:
        yield _action(command, words, ("other", "run program"))


def _action(command: Command, words: tuple[str, ...], found: tuple[str, str]) -> Action:
    category, verb = found
    program = _program(words)
    return Action(
        category=category,
        verb=verb,
        tool=program,
        command=shown(command.words),
        line=command.line,
        environment=environment(command, words),
        config=option(words, (*table.CONFIG_OPTIONS, *filter(None, (table.SHORT_CONFIG.get(program),)))),
        target=_target(program, words, found),
    )


def shown(words: Sequence[str]) -> str:
    """Return the command line as text, shortened where it is very long."""
    text = " ".join(word if word in {">", "<<", "|"} or word.startswith("$") else shlex.quote(word) for word in words)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _program(words: Sequence[str]) -> str:
    name = words[0].rpartition("/")[2] or words[0]
    return table.ALIASES.get(name, name)


def _known(words: tuple[str, ...]) -> tuple[str, str] | None:
    """Return category and verb of the first rule that fits, None where there is none."""
    program = _program(words)
    named, patterns = table.rules()
    candidates = named.get(program) or tuple(rule for pattern, rule in patterns if pattern.match(program))
    if not candidates:
        return None
    plain = arguments(program, words)
    options = {word.partition("=")[0] for word in words if word.startswith("-")}
    for rule in candidates:
        if options.issuperset(rule.options) and _fits(rule, plain):
            return rule.category, rule.verb
    return None


def _fits(rule: Rule, plain: Sequence[str]) -> bool:
    at, anywhere = 0, False
    for pattern in rule.arguments:
        if pattern is None:
            anywhere = True
            continue
        rest = range(at, len(plain)) if anywhere else range(at, min(at + 1, len(plain)))
        place = next((index for index in rest if pattern.match(plain[index])), None)
        if place is None:
            return False
        at, anywhere = place + 1, False
    return True


def arguments(program: str, words: Sequence[str]) -> list[str]:
    """Return the words that are neither the program, nor options, nor values of options, nor redirections."""
    valued = table.VALUED - table.VALUELESS.get(program, frozenset())
    found: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word == ">":
            skip = True
        elif word.startswith("-") and len(word) > 1:
            skip = word in valued
        elif word != "<<":
            found.append(word)
    return found


def option(words: Sequence[str], names: Sequence[str]) -> str:
    """Return the value of the first option of ``names`` that is given, "" where there is none."""
    return next(options(words, names), "")


def options(words: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """Yield the values of the options of ``names``, "" for one that is given none."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            following = words[at + 1] if at + 1 < len(words) else ""
            yield value if equals else "" if following.startswith("-") else following


def environment(command: Command, words: Sequence[str]) -> str:
    """Return the environment that a command names, "" where it names none."""
    program = _program(words)
    names: list[str] = [] if program in _SETS_VARIABLES else [*table.ENVIRONMENT_OPTIONS]
    if program in table.SHORT_ENVIRONMENT:
        names.append("-e")
    if found := option(words, names):
        return found
    if any(word in table.PRODUCTION_FLAGS.get(program, ()) for word in words):
        return "production"
    given = (each.partition("=") for each in (*command.assigns, *command.words))
    return next((value for name, equals, value in given if equals and name in STAGE_NAMES), "")


def _target(program: str, words: Sequence[str], found: tuple[str, str]) -> str:
    """Return what a command works on: what follows the words that the table knows."""
    if program in {"curl", "wget", "fetch"}:
        return requests.address(words)
    if named := option(words, ("--name", "--project-name", "--app", "--service")):
        return named
    if found[1] == "run program":
        return words[0]
    plain = arguments(program, words)
    return plain[-1] if plain and _is_name(plain[-1], program) else ""


def _is_name(word: str, program: str) -> bool:
    """Tell whether a last argument names a thing: not a part of the command itself, not prose or SQL."""
    named, _ = table.rules()
    own = (p for rule in named.get(program, ()) for p in rule.arguments if p is not None)
    return not any(pattern.match(word) for pattern in own) and fnmatch.fnmatch(word, "?*") and " " not in word
