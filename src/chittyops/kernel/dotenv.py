"""The text of a dotenv file (``.env``, ``.dev.vars``) as variables. Pure, and without interpolation."""

from __future__ import annotations

import re

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*
    (?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>[^']*)'|(?P<plain>[^\r\n]*))""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"(^|[ \t])#.*$")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


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
