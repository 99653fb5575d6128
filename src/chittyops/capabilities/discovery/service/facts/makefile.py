"""Makefiles and justfiles: their targets, with the commands of each recipe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command, Facts, ScriptFacts
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.shell_words import SECRET_NAME
from chittyops.kernel.inventory import Finding

PATH: Final = r"(?:.*/)?(?:GNUmakefile|[Mm]akefile(?:\.[\w-]+)?|[^/]+\.mk)"
JUSTFILE: Final = r"(?:.*/)?(?:\.?[Jj]ustfile|[^/]+\.just)"

_VARIABLE: Final = re.compile(r"(?:export\s+|override\s+)*([A-Za-z_][\w.-]*)\s*(?:\?=|:{1,3}=|=)\s*(.*)", re.DOTALL)
_TARGET: Final = re.compile(r"([^\s:=#$][^:=#]*?)\s*::?(?!=)\s*([^#]*)(?:#+\s*(.*))?", re.DOTALL)
_USE: Final = re.compile(r"\$[({]([A-Za-z_][\w.-]*)[)}]")
_FUNCTION: Final = re.compile(r"\$\((?:shell|wildcard|call|foreach|if|patsubst|subst|filter|notdir|dir)\b[^()]*\)")
_RECIPE: Final = re.compile(r"@?([A-Za-z_][\w-]*)((?:[^:\"']|\"[^\"]*\"|'[^']*')*):(?!=)\s*(.*)")
_JUST_VARIABLE: Final = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*:=\s*(.*)")
_JUST_USE: Final = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_JUST_EXPRESSION: Final = re.compile(r"\{\{[^{}]*\}\}")
ANY_TARGET: Final = "%"
"""Stands for targets that the file does not name: those of included files and of pattern rules."""
_MORE_TARGETS: Final = re.compile(r"-?s?include\s|import\s|mod\s|[^:=#]*(?:%|\$\()[^:=#]*:(?!=)")
_NAME: Final = re.compile(r"[A-Za-z0-9_][\w./-]*")
_MAX_EXPANSIONS: Final = 5
_TESTS: Final = frozenset({"test", "tests"})
_SAYS: Final = frozenset({"echo", "printf", "true", ":"})


@dataclass(slots=True)
class _Target:
    name: str
    line: int
    needs: tuple[str, ...] = ()
    said: str = ""
    recipe: list[tuple[str, int]] = field(default_factory=list)


def read(path: str, text: str) -> Facts:
    """Return what a Makefile tells: a script for each target with a recipe or with other targets to make."""
    variables: dict[str, str] = {}
    targets = list(_make_targets(text, variables))
    return _facts(path, (_script(each, variables) for each in targets))


def just(path: str, text: str) -> Facts:
    """Return what a justfile tells: a script for each recipe."""
    variables: dict[str, str] = {}
    targets = list(_just_targets(text, variables))
    return _facts(path, (_just_script(each, variables) for each in targets))


def _facts(path: str, scripts: Iterator[ScriptFacts]) -> Facts:
    found = tuple(scripts)
    secrets = tuple(secret for each in found for secret in shell.secrets_put(each.commands))
    return Facts(path, kind="script", scripts=found, secrets=secrets, problems=tuple(_tests_nothing(path, found)))


def _tests_nothing(path: str, scripts: Iterable[ScriptFacts]) -> Iterator[Finding]:
    """Find the target that is called test and only says something."""
    for each in scripts:
        if each.name in _TESTS and each.commands and all(command.words[0] in _SAYS for command in each.commands):
            message = f"the target {each.name} tests nothing and passes"
            hint = "run the tests, or remove the target"
            yield Finding("no-tests", "warning", path, message, each.commands[0].line, hint=hint)


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield lines with those that they are continued on, each with its number."""
    parts: list[str] = []
    first = 1
    for number, line in enumerate(text.splitlines(), 1):
        first = first if parts else number
        parts.append(line)
        if not line.endswith("\\"):
            yield "\n".join(parts), first
            parts = []
    if parts:
        yield "\n".join(parts), first


def _make_targets(text: str, variables: dict[str, str]) -> Iterator[_Target]:
    """Yield the targets, and fill ``variables``."""
    current: list[_Target] = []
    defining = False
    for line, number in _logical_lines(text):
        if defining or line.startswith(("define ", "endef")):
            defining = not line.startswith("endef")
        elif line.startswith("\t"):
            for each in current:
                each.recipe.append((line[1:], number))
        elif line.strip() and not line.startswith("#"):
            if variable := _VARIABLE.fullmatch(line):
                variables[variable[1]] = _one_line(variable[2])
            elif _MORE_TARGETS.match(line):
                yield _Target(ANY_TARGET, number)
            elif target := _TARGET.fullmatch(line):
                yield from current
                current = _opened(target, number, variables)
    yield from current


def _opened(match: re.Match[str], number: int, variables: Mapping[str, str]) -> list[_Target]:
    needs, _, first = match[2].partition(";")
    needed = tuple(word for word in _expanded(_one_line(needs), variables).split() if _NAME.fullmatch(word))
    names = [name for name in match[1].split() if _NAME.fullmatch(name) and not name.startswith(".")]
    recipe = [(first.strip(), number)] if first.strip() else []
    return [_Target(name, number, needed, (match[3] or "").strip(), list(recipe)) for name in names]


def _one_line(text: str) -> str:
    return " ".join(text.replace("\\\n", " ").split())


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return ``text`` with the variables of make put in; those it does not know become the shell's."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        known = variables.get(name)
        return known if known is not None and not SECRET_NAME.search(name) else f"${{{name}}}"

    for _ in range(_MAX_EXPANSIONS):
        replaced = _USE.sub(value, text)
        if replaced == text or len(replaced) > 4 * len(text) + 2_000:
            break
        text = replaced
    return _FUNCTION.sub("$UNKNOWN", text)


def _script(target: _Target, variables: Mapping[str, str]) -> ScriptFacts:
    # `$$X` is the shell's own variable, and `$(X)` and `${X}` are make's.
    parts = []
    for line, number in target.recipe:
        prefix = line[: len(line) - len(line.lstrip("@-+ \t"))]
        own = (_expanded(each, variables) for each in line[len(prefix) :].replace("$@", target.name).split("$$"))
        parts.append(shell.Part("$".join(own), number, ignored="-" in prefix))
    return _assembled(target, parts, "make")


def _assembled(target: _Target, parts: list[shell.Part], tool: str) -> ScriptFacts:
    """Return the script of a target; what it needs made first is run first."""
    found = shell.assembled(target.name, "make-target", target.line, parts, target.said)
    needed = tuple(Command((tool, name), target.line) for name in target.needs if "/" not in name and "." not in name)
    return ScriptFacts(
        name=found.name,
        kind=found.kind,
        line=found.line,
        commands=(*needed, *found.commands),
        inputs=found.inputs,
        lines=found.lines,
        digest=found.digest,
        shingles=found.shingles,
        summary=found.summary,
    )


def _just_targets(text: str, variables: dict[str, str]) -> Iterator[_Target]:
    current: _Target | None = None
    said = ""
    for line, number in _logical_lines(text):
        if current and line[:1] in {" ", "\t"}:
            current.recipe.append((line.strip(), number))
        elif line.startswith("#"):
            said = line.lstrip("# ")
        elif variable := _JUST_VARIABLE.fullmatch(line):
            variables[variable[1]] = variable[2].strip("\"'")
        elif _MORE_TARGETS.match(line):
            yield _Target(ANY_TARGET, number)
        elif recipe := _RECIPE.fullmatch(line):
            if current:
                yield current
            needs = tuple(word for word in re.split(r"[\s()]+", recipe[3].partition("#")[0]) if _NAME.fullmatch(word))
            current, said = _Target(recipe[1], number, needs, said), ""
    if current:
        yield current


def _just_script(target: _Target, variables: Mapping[str, str]) -> ScriptFacts:
    def value(match: re.Match[str]) -> str:
        known = variables.get(match[1], "")
        return known if known and not SECRET_NAME.search(match[1]) else f"${{{match[1]}}}"

    def plain(line: str) -> str:
        return _JUST_EXPRESSION.sub("$UNKNOWN", _JUST_USE.sub(value, line))

    if target.recipe and target.recipe[0][0].startswith("#!"):
        whole = "\n".join(plain(line) for line, _ in target.recipe)
        return _assembled(
            target, [shell.Part(whole, target.recipe[0][1])] if "sh" in target.recipe[0][0] else [], "just"
        )
    parts = [shell.Part(plain(line.lstrip("@-")), number, ignored="-" in line[:2]) for line, number in target.recipe]
    return _assembled(target, parts, "just")
