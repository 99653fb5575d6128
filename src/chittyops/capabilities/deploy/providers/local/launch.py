"""From a kernel Launch to the program that is started."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import Launch

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_NEEDS_SHELL = re.compile(r"[|&;<>()$`*?\[\]#~{}!\\\n]|^\s*\w+=")
_PROCESS_TYPE = re.compile(r"^(?P<type>[A-Za-z0-9_-]+):\s*(?P<line>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, what it reads from stdin, and variables it gets besides the service's."""

    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


def command_of(launch: Launch, folder: Path, environ: Mapping[str, str], secret: Collection[str]) -> Command:
    """Return what to start for every kind but ``worker``.

    ``$NAME`` in a command line is replaced from ``environ``; not from ``secret`` names, since arguments
    show in the list of processes. Raises Misconfigured.
    """
    match launch.kind:
        case "command":
            argv = split(launch.value)
        case "procfile":
            argv = split(_procfile_line(folder, launch.value))
        case "module":
            argv = ("python", "-m", launch.value)
        case "script":
            return _script(folder, launch.value)
        case _:
            message = "the service does not say how it is started"
            raise Misconfigured(message, hint="set one of command, procfile, script, module, worker under `deploy`")
    return Command(tuple(_expand(word, environ, secret) for word in argv))


def split(line: str) -> tuple[str, ...]:
    """Return the words of a command line as a shell would split it. Raises Misconfigured."""
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        message = f"the command line {line!r} cannot be read: {error}"
        raise Misconfigured(message, hint="close every quote") from error
    if not words:
        raise Misconfigured("the command line is empty", hint="write the program to start")
    return words


def _expand(word: str, environ: Mapping[str, str], secret: Collection[str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name in secret:
            message = f"the command line uses the secret ${name}, which would show in the list of processes"
            raise Misconfigured(message, hint="read it from the environment inside the program")
        return environ.get(name, match[0])

    return _VARIABLE.sub(value, word)


def _procfile_line(folder: Path, kind: str) -> str:
    lines = {match["type"]: match["line"] for match in _PROCESS_TYPE.finditer(_read(folder / "Procfile"))}
    if kind not in lines:
        message = f"the Procfile has no process type {kind}"
        raise Misconfigured(message, hint=f"it has: {', '.join(lines) or 'none'}")
    return lines[kind]


def _script(folder: Path, name: str) -> Command:
    """Return a package.json script as ``npm run`` would start it, without npm in between to swallow signals."""
    path = folder / "package.json"
    try:
        package: Any = json.loads(_read(path))
        scripts = package.get("scripts", {})
        line = scripts.get(name)
    except (ValueError, AttributeError) as error:
        raise Misconfigured("package.json cannot be read", hint=f"check its JSON: {error}") from error
    if not isinstance(line, str) or not line.strip():
        message = f"package.json has no script {name}"
        raise Misconfigured(message, hint=f"it has: {', '.join(scripts) or 'none'}")
    environ = {
        "npm_lifecycle_event": name,
        "npm_lifecycle_script": line,
        "npm_package_json": str(path),
        "npm_package_name": str(package.get("name", "")),
        "npm_package_version": str(package.get("version", "")),
        "INIT_CWD": str(folder),
    }
    argv = ("sh", "-c", line) if _NEEDS_SHELL.search(line) else split(line)
    return Command(argv, environ)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        message = f"the service has no readable {path.name}"
        raise Misconfigured(message, hint="is the file part of the service's folder, and not ignored?") from error
