"""Schedules of machines: crontabs, systemd timers and launchd's property lists."""

from __future__ import annotations

import plistlib
import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers.expat import ExpatError

from chittyops.capabilities.discovery.model.facts import Facts, ScriptFacts
from chittyops.capabilities.discovery.service.facts import shell

PATH: Final = r"(?:.*/)?(?:crontab(?:\.(?:txt|example|template))?|[^/]+\.(?:cron|crontab)|cron\.d/[^/.]+)"
TIMER: Final = r".*\.timer"
PLIST: Final = r".*\.plist"

_FIELD: Final = r"[\d*/,A-Za-z?#L-]+"
_ENTRY: Final = re.compile(
    rf"\s*(@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|(?:{_FIELD}\s+){{4}}{_FIELD})\s+(.*\S)"
)
_USER: Final = re.compile(r"(?:root|www-data|nobody|ubuntu|deploy|app|admin)\s+(?=\S)")
_TIMES: Final = ("Minute", "Hour", "Day", "Month", "Weekday")


def read(path: str, text: str) -> Facts:
    """Return what a crontab tells: a script for each entry, named by its schedule."""
    return Facts(path, kind="script", scripts=tuple(_entries(text)))


def _entries(text: str) -> Iterator[ScriptFacts]:
    for number, line in enumerate(text.splitlines(), 1):
        entry = None if line.lstrip().startswith("#") else _ENTRY.fullmatch(line)
        if entry and re.match(r"[\d*@]", entry[1]):
            # In a crontab an unescaped per cent sign ends the command: crontab(5).
            command = re.split(r"(?<!\\)%", _USER.sub("", entry[2], count=1))[0].replace("\\%", "%")
            yield shell.script(" ".join(entry[1].split()), "cron", command, number)


def timer(path: str, text: str) -> Facts:
    """Return what a systemd timer tells: it starts a unit, by default the one of its own name."""
    unit = posixpath.basename(path).removesuffix(".timer") + ".service"
    schedule, line = "", 0
    for number, each in enumerate(text.splitlines(), 1):
        key, _, value = (part.strip() for part in each.partition("="))
        if key == "Unit" and value:
            unit = value
        elif key in {"OnCalendar", "OnUnitActiveSec", "OnBootSec"} and value and not schedule:
            schedule, line = value, number
    started = f"systemctl start {shlex.quote(unit)}"
    found = (shell.script(schedule, "cron", started, line),) if schedule else ()
    return Facts(path, kind="script", scripts=found)


def plist(path: str, text: str) -> Facts:
    """Return what launchd runs at times, where the property list says so."""
    if "StartCalendarInterval" not in text and "StartInterval" not in text:
        return Facts(path)
    try:
        found = plistlib.loads(text.encode("utf-8", "replace"))
    except (plistlib.InvalidFileException, ExpatError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        # the module lets a malformed list raise whatever its reader meets
        return Facts(path)
    words = found.get("ProgramArguments") if isinstance(found, dict) else None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        return Facts(path)
    line = text[: text.find("ProgramArguments")].count("\n") + 1
    return Facts(path, kind="script", scripts=(shell.script(_schedule(found), "cron", shlex.join(words), line),))


def _schedule(found: dict[str, Any]) -> str:
    """Return the times of a property list as cron writes them."""
    times = found.get("StartCalendarInterval")
    times = times[0] if isinstance(times, list) and times else times
    if not isinstance(times, dict):
        return f"every {found.get('StartInterval', '?')} s"
    return " ".join(str(times.get(name, "*")) for name in _TIMES)
