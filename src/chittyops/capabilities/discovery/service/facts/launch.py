"""What a start command tells of the program that it starts."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from chittyops.kernel.inventory import Finding

_SOURCE: Final = re.compile(r"[\w@./-]+\.(?:[cm]?[jt]sx?|py|rb|php)")
_APPLICATION: Final = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*):[A-Za-z_][\w.]*(?:\(.*\))?")
_CELERY: Final = re.compile(r"([A-Za-z_][\w.]*):\w+|([A-Za-z_]\w*(?:\.\w+)*?)(?:\.(?:celery|app|celery_app))?")
_WSGI: Final = re.compile(r"[A-Za-z_][\w.]*\.(?:wsgi|asgi)")
_SERVERS: Final = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve", "uwsgi"})
_RUNTIMES: Final = frozenset(
    {"node", "nodejs", "python", "python3", "tsx", "ts-node", "bun", "deno", "ruby", "php", "pm2-runtime", "fastapi"}
)
_INSIDE: Final = re.compile(r"^/(?:usr/src/app|usr/src|usr/app|app|code|srv|workspace|home/node/app|opt/app)/")
_LOCAL: Final = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|\$\{?\w+\}?)(?::[\w${}:-]+)?(/[^\s\"'`|;),\]\\]*)"
)
_CURL: Final = re.compile(r"(?:^|[\s'\"/])curl\s")
_JUDGES: Final = re.compile(
    r"\s(?:-[a-zA-Z]*[fw]\w*|--fail\S*|--write-out)(?:[\s='\"]|$)|(?<!\|)\|(?!\|)|\$\(|`|\b(?:grep|wget|test)\b"
)
"""What makes a check look at the answer."""
_PYTHON: Final = re.compile(r"\b(?:requests|httpx)\.(?:get|head)\(")
_PYTHON_JUDGES: Final = re.compile(r"raise_for_status|status_code|\.ok\b|is_success|\.json\(|\.text\b")
_IDLE: Final = re.compile(r"^(?:/(?:usr/)?bin/)?(?:(?:ba|z|a)?sh|sleep\s+infinity|tail\s+-f\s+/dev/null)\s*$")


def words(command: str | Sequence[object]) -> tuple[str, ...]:
    """Return the words of a command, written as one line or as a list."""
    if not isinstance(command, str):
        return tuple(str(word) for word in command)
    try:
        return tuple(shlex.split(command))
    except ValueError:
        return tuple(command.split())


def line(command: object) -> str:
    """Return a command as one line, whether it is written as a line or as a list; "" for anything else."""
    if isinstance(command, str):
        return command.strip()
    if isinstance(command, list | tuple) and all(isinstance(word, str) for word in command):
        return shlex.join(command)
    return ""


def entrypoint(command: str | Sequence[object], folder: str = "") -> str:
    """Return the source file that a command starts in ``folder``; "" where that is not plain."""
    found = _started(command)
    return posixpath.normpath(posixpath.join(folder, found)) if found else ""


def _started(command: str | Sequence[object]) -> str:
    folder, found = _last(_unwrapped(words(command)))
    programs = {posixpath.basename(word) for word in found}
    path = _application(found) if programs & _SERVERS else _celery(found) if "celery" in programs else ""
    if not path and programs & _RUNTIMES:
        path = next((word for word in found if _SOURCE.fullmatch(word)), "")
    path = posixpath.normpath(posixpath.join(folder, _INSIDE.sub("", path))) if path else ""
    return "" if path.startswith(("/", "..")) else path


def _unwrapped(found: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of the command that a shell is given: ``sh -c 'node a.js'``."""
    match found:
        case (shell, flag, inner) if posixpath.basename(shell) in {"sh", "bash"} and flag.startswith("-"):
            return words(inner)
    return found


def _last(found: Sequence[str]) -> tuple[str, list[str]]:
    """Return the folder that is entered and the words of the last command, which is the one that stays."""
    folder, last = "", list[str]()
    for word in found:
        if word not in {"&&", ";", "||"}:
            last.append(word)
            continue
        if last[:1] == ["cd"]:
            folder = posixpath.join(folder, *last[1:2])
        last = []
    return folder, last


def _application(found: Sequence[str]) -> str:
    """Return the file of ``package.module:application``, as servers of WSGI and ASGI take it."""
    base = next((after for word, after in pairwise(found) if word in {"--app-dir", "--chdir"}), "")
    for word in found[1:]:
        if module := _APPLICATION.fullmatch(word):
            return posixpath.join(base, module[1].replace(".", "/") + ".py")
        if _WSGI.fullmatch(word):
            return posixpath.join(base, word.replace(".", "/") + ".py")
    return ""


def _celery(found: Sequence[str]) -> str:
    """Return the file of Celery's application, which is a module or ``module.application``."""
    for word, after in pairwise(("", *found)):
        name = after if word in {"-A", "--app"} else after.removeprefix("--app=") if after.startswith("--app=") else ""
        if module := _CELERY.fullmatch(name):
            return (module[1] or module[2]).replace(".", "/") + ".py"
    return ""


def health_path(command: object) -> str:
    """Return the path on this machine that a health check asks for, "" where it asks none."""
    found = _LOCAL.search(command if isinstance(command, str) else line(command))
    return found[1].rstrip("/") or "/" if found else ""


def unhealthy(path: str, name: str, command: object, number: int) -> Iterator[Finding]:
    """Yield that the health check of a container passes with any answer: curl fails for an error only with ``-f``."""
    text = command if isinstance(command, str) else line(command)
    asks = _CURL.search(text) and _LOCAL.search(text)
    if asks and not _JUDGES.search(text):
        message = f"the health check of {name} accepts errors: curl succeeds with any answer; only -f makes it fail"
        hint = "use curl --fail"
        yield Finding("health-check-accepts-errors", "warning", path, message, number, 0, hint)
    elif (asks := _PYTHON.search(text)) and _LOCAL.search(text) and not _PYTHON_JUDGES.search(text):
        message = f"the health check of {name} accepts errors: {asks[0]}) raises for no answer's status"
        hint = "call raise_for_status() on the answer"
        yield Finding("health-check-accepts-errors", "warning", path, message, number, 0, hint)


def is_idle(command: str) -> bool:
    """Return whether a command only keeps a container open for someone to work in."""
    return _IDLE.match(command) is not None


def source(command: str) -> str:
    """Return the first word of a command that is a source file, "" where none is."""
    return next((word for word in words(command) if _SOURCE.fullmatch(word)), "")
