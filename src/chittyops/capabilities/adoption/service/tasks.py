"""Managed tasks for scripts: where they stand in the fleet file, what they are called, what they hold."""

from __future__ import annotations

import posixpath
import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chittyops.capabilities.adoption.service import inputs
from chittyops.capabilities.adoption.service.names import free
from chittyops.kernel.cron import Cron
from chittyops.kernel.edit import Edit
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.inventory import FoundService, Script

KINDS: Final = {
    "shell": "file",
    "javascript": "file",
    "typescript": "file",
    "python": "file",
    "npm-script": "script",
    "make-target": "target",
}
_LONGEST_DESCRIPTION: Final = 120
_FIELDS: Final = re.compile(r"\s*(?:@[a-z]+|\S+(?:\s+\S+){4})\s+")
_SHELL: Final = re.compile(r"[|&;<>()`$%*?~\n]|\b[A-Z_]+=")


@dataclass(slots=True)
class Board:
    """The tasks of the fleet file, those that are there and those that are added."""

    data: Mapping[str, Any]
    names: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def name(self, scope: tuple[str, ...], own: tuple[str, ...], wanted: tuple[str, ...]) -> str:
        """Return what the task that runs ``own`` (kind, value, folder) is called in ``scope``."""
        if scope not in self.names:
            self.names[scope] = {name: _own(entry) for name, entry in self._present(scope).items()}
        known = self.names[scope]
        found = next((name for name, each in known.items() if each == own), None)
        if found is None:
            found = free(wanted, known)
            known[found] = own
        return found

    def _present(self, scope: tuple[str, ...]) -> Mapping[str, Any]:
        node: Any = self.data
        for key in scope:
            node = node.get(key) if isinstance(node, Mapping) else None
        return (
            {name: entry for name, entry in node.items() if isinstance(entry, Mapping)}
            if isinstance(node, Mapping)
            else {}
        )


def _own(entry: Mapping[str, Any]) -> tuple[str, ...]:
    kind = next((each for each in ("command", "file", "script", "target") if each in entry), "")
    return kind, str(entry.get(kind, "")), posixpath.normpath(str(entry.get("folder", ".")))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task belongs: a service of the fleet file, or the fleet itself with a folder."""

    service: str
    folder: str

    @property
    def scope(self) -> tuple[str, ...]:
        """Return the keys of its map of tasks."""
        return ("services", self.service, "tasks") if self.service else ("tasks",)


def place(script: Script, service: FoundService | None, name: str, repositories: frozenset[str]) -> Place:
    """Return where the task of ``script`` belongs and, relative to the workspace, where it runs."""
    folder = posixpath.dirname(script.path)
    if service:
        return Place(name, service.path if script.kind in _FILES else folder or ".")
    if script.kind not in _FILES:
        return Place("", folder or ".")
    around = [each for each in repositories if script.path.startswith(f"{each}/")]
    return Place("", max(around, key=len, default="."))


_FILES: Final = frozenset({"shell", "javascript", "typescript", "python", "cron"})


def is_schedule(text: str) -> bool:
    """Return whether ``text`` is a cron expression."""
    try:
        Cron.parse(text)
    except Misconfigured:
        return False
    return True


def whole_line(script: Script, text: str) -> str:
    """Return the command line of a cron entry where it needs no shell, "" where it does or is not known as a whole."""
    lines = text.splitlines()
    line = _FIELDS.sub("", lines[script.line - 1], count=1) if 0 < script.line <= len(lines) else ""
    found = script.actions[0].command if len(script.actions) == 1 else ""
    try:
        return found if line and not _SHELL.search(line) and shlex.split(line) == shlex.split(found) else ""
    except ValueError:
        return ""


def task(
    script: Script, where: Place, base: str, text: str, board: Board, schedule: str = ""
) -> tuple[str, list[Edit]]:
    """Return the title of the task that runs ``script`` and what to write for it.

    ``base`` is the folder that the task's own folder is relative to.
    """
    kind, value = _runs(script, where.folder)
    folder = posixpath.relpath(where.folder, base)
    own = (kind, value, posixpath.normpath(folder))
    words = value.split()
    stem = next((word for word in words[1:] if "/" in word), words[0]) if script.kind == "cron" else script.name
    stem = stem.rpartition("/")[2]
    stem = stem.rpartition(".")[0] or stem if kind in {"file", "command"} else stem
    name = board.name(
        where.scope, own, (stem, f"{posixpath.basename(posixpath.dirname(script.path))}-{stem}", script.path)
    )
    at = (*where.scope, name)
    edits = [Edit((*at, kind), value)]
    if folder != ".":
        edits.append(Edit((*at, "folder"), folder))
    edits += _details(script, at, text)
    when = schedule or (script.name if script.kind == "cron" and is_schedule(script.name) else "")
    if when:
        edits.append(Edit((*at, "schedule"), when, "UTC; cron's own zone may be another"))
    return (f"{where.service}/{name}" if where.service else name), edits


def _runs(script: Script, folder: str) -> tuple[str, str]:
    kind = KINDS.get(script.kind)
    if kind == "file":
        return kind, posixpath.relpath(script.path, folder)
    if kind:
        return kind, script.name
    if script.kind == "task":
        return "command", f"task {script.name}"
    return "command", script.actions[0].command


def _details(script: Script, at: tuple[str, ...], text: str) -> Iterator[Edit]:
    if script.summary.strip() and script.summary.isprintable():
        yield Edit((*at, "description"), textwrap.shorten(script.summary, _LONGEST_DESCRIPTION, placeholder=" ..."))
    variables = inputs.variables(script, text)
    if variables:
        yield Edit((*at, "inputs"), variables)
    if count := inputs.arguments(script, text):
        yield Edit((*at, "arguments"), count)
