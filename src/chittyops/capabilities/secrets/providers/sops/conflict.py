"""Merge conflicts in a SOPS file: which keys they are about, told from the ciphertexts alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Path, walk
from chittyops.kernel.errors import Misconfigured, Place

_BEGIN = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: (.*))?")


class Sides(NamedTuple):
    """Both versions of a file that git could not merge, and what git calls them."""

    ours: str
    theirs: str
    ours_name: str
    theirs_name: str


def sides(text: str) -> Sides | None:
    """Return both versions where ``text`` has conflict markers."""
    if not _BEGIN.search(text):
        return None
    kept: dict[str, list[str]] = {"<<<<<<<": [], ">>>>>>>": []}
    names, state = {"<<<<<<<": "", ">>>>>>>": ""}, ""
    for line in text.split("\n"):
        if marker := _MARKER.fullmatch(line):
            # what lies between ||||||| and ======= is the common ancestor
            state = {"<<<<<<<": "<<<<<<<", "|||||||": "base", "=======": ">>>>>>>", ">>>>>>>": ""}[marker[1]]
            if marker[1] in names:
                names[marker[1]] = marker[2] or ""
            continue
        for side, lines in kept.items():
            if state in {"", side}:
                lines.append(line)
    return Sides("\n".join(kept["<<<<<<<"]), "\n".join(kept[">>>>>>>"]), names["<<<<<<<"], names[">>>>>>>"])


def differing(one: str, other: str, parser: ModuleType) -> tuple[Path, ...]:
    """Return the keys whose values stand differently in two versions; () where a version cannot be read."""
    try:
        a, b = _values(one, parser), _values(other, parser)
    except Malformed:
        return ()
    return tuple(path for path in dict.fromkeys([*a, *b]) if a.get(path) != b.get(path))


def refuse_conflict(text: str, path: str, parser: ModuleType) -> None:
    """Raise Misconfigured, with the keys that differ, where ``text`` has conflict markers."""
    found = sides(text)
    if found is None:
        return
    keys = [".".join(key) for key in differing(found.ours, found.theirs, parser)]
    about = f" in {', '.join(keys)}" if keys else ""
    raise Misconfigured(
        f"{path} has an unresolved merge conflict{about}",
        hint=f"chittyops secrets resolve {path}",
        place=Place(path, text[: _BEGIN.search(text).start()].count("\n") + 1),  # type: ignore[union-attr]
    )


def _values(text: str, parser: ModuleType) -> Mapping[Path, object]:
    tree = parser.parse(text)[0]
    tree.pop("sops", None)
    return dict(walk(tree))
