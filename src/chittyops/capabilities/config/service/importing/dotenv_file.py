"""A dotenv file, read into the fleet file: plain variables as they are, secrets by a reference to the file."""

from __future__ import annotations

import re
from typing import Any, Final

from chittyops.capabilities.config.service.importing.blocks import scalar
from chittyops.capabilities.config.service.importing.model import Context, Imported
from chittyops.kernel import dotenv
from chittyops.kernel.edit import Edit, Yaml
from chittyops.kernel.errors import Place, Problem

_VARIABLE: Final = re.compile(r"(?!PORT$|HOST$|CHITTYOPS_)[A-Za-z_][A-Za-z0-9_]*")
_KEY: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=")
_INTERPOLATION: Final = re.compile(r"\$\{?[A-Za-z_]")


def read(text: str, path: str, name: str, environment: str, context: Context) -> Imported:
    """Return the edits for the file at ``path``, which is called ``name`` seen from the service's folder.

    They are for one ``environment``, or for all where that is "". No value of a secret is in them.
    """
    found = Imported()
    own = ("services", context.service, *(("environments", environment) if environment else ()))
    above = _comments(text)
    for key, value in dotenv.parse(text).items():
        if not _VARIABLE.fullmatch(key):
            message = (
                f"{key} was not taken over: it is no name that a service can have a variable by, or set by the provider"
            )
            found.remarks.append(Problem(message, Place(path, _line(text, key))))
        elif context.says_secret(key, value):
            if key not in context.secrets:
                found.edits.append(Edit((*own, "secrets", key), f"file:{name}#{key}", "", above.get(key, ())))
        else:
            if _INTERPOLATION.search(value):
                message = f"{key} has a $ in it: some readers of {path} put another variable there, ChittyOps does not"
                hint = "write ${service.NAME} in the fleet file for the value of another variable"
                found.remarks.append(Problem(message, Place(path, _line(text, key)), hint))
            found.edits.append(Edit((*own, "config", key), Yaml(scalar(_typed(value))), "", above.get(key, ())))
    return found


def _typed(value: str) -> Any:
    """Return a number or a boolean where the fleet file says the same text by one, so that it needs no quotes."""
    if value in ("true", "false"):
        return value == "true"
    if re.fullmatch(r"0|-?[1-9][0-9]{0,14}", value):
        return int(value)
    return value


def _comments(text: str) -> dict[str, tuple[str, ...]]:
    """Return the lines of comments right above each variable; a secret in one is nobody's: such lines stay out."""
    found: dict[str, tuple[str, ...]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            if "=" not in stripped:
                lines.append(stripped.lstrip("# ").rstrip())
            continue
        if match := _KEY.match(line):
            found[match[1]] = tuple(lines)
        lines = []
    return found


def _line(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if (match := _KEY.match(line)) and match[1] == key:
            return number
    return 0
