"""The text of a dotenv file (``.env``, ``.dev.vars``) as variables. Pure, and without interpolation."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chittyops.kernel.errors import Refused

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*
    (?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>[^']*)'|(?P<plain>[^\r\n]*))""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"(^|[ \t])#.*$")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_BARE = re.compile(r"(?![\s'\"`])[^#\r\n]*(?<!\s)")


def parse(text: str) -> dict[str, str]:
    r"""Return the variables of ``text``; of one given twice the last counts.

    Double quotes know ``\n``, ``\t``, ``\"`` and may span lines; single quotes are literal; without quotes a
    blank and ``#`` begin a comment.
    """
    variables = {}
    for match in _LINE.finditer(text.removeprefix("\ufeff")):
        if (double := match["double"]) is not None:
            value = _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), double)
        elif (single := match["single"]) is not None:
            value = single
        else:
            value = _COMMENT.sub("", match["plain"]).strip()
        variables[match["key"]] = value
    return variables


def assignment(key: str, value: str) -> str:
    """Return the line, or lines, that gives ``key`` the ``value``: quoted so that ``parse`` and npm's dotenv agree.

    Neither knows a way to escape quotes that the other does. Raises Refused where no form means the same to both.
    """
    return f"{key}={_quoted(key, value)}"


def _quoted(key: str, value: str) -> str:
    if not value or _PLAIN.fullmatch(value):
        return value
    # npm's dotenv takes \' for a quote that does not end the value, and makes \n of \r.
    if "'" not in value and "\r" not in value and not value.endswith("\\"):
        return f"'{value}'"
    if '"' not in value and "\\" not in value:
        return '"' + value.replace("\r", "\\r").replace("\n", "\\n") + '"'
    if _BARE.fullmatch(value):
        return value
    raise Refused(
        f"the value of {key} cannot be written to a dotenv file: it mixes quotes, line ends and # or \\",
        hint="keep it encoded (base64), and let the service decode it",
    )


def edited(text: str, values: Mapping[str, str | None]) -> str:
    """Return ``text`` with ``values`` set, where they stand or else at its end; None takes a variable away.

    Everything else stays as it is, comments and the order of the variables included. Raises Refused as ``assignment``.
    """
    pieces: list[str] = []
    done: set[str] = set()
    at = 0
    for match in _LINE.finditer(text):
        key = match["key"]
        if key not in values:
            continue
        value = values[key]
        pieces.append(text[at : match.start("key")])
        if value is None or key in done:
            # The whole line goes; of a variable that was given twice, the first place stays.
            pieces[-1] = text[at : match.start()]
            at = _end_of_line(text, match.end())
        else:
            at = _end_of_value(match)
            comment = text[at : match.end()]
            pieces.append(assignment(key, value) + (" " if comment[:1] == "#" else ""))
        done.add(key)
    before = "".join(pieces) + text[at:]
    added = "".join(
        f"{assignment(key, value)}\n" for key, value in values.items() if key not in done and value is not None
    )
    return before + ("\n" if added and before and not before.endswith("\n") else "") + added


def _end_of_value(match: re.Match[str]) -> int:
    """Return where the value ends: before the comment that may follow one without quotes."""
    plain = match["plain"]
    return match.end() if plain is None else match.start("plain") + len(_COMMENT.sub("", plain).rstrip())


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end + 1
