"""The command line of an action, word by word. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from chittyops.kernel.inventory import Action


def words(action: Action) -> list[str]:
    """Return the words of the command line; none where its quotes do not match."""
    try:
        return shlex.split(action.command)
    except ValueError:
        return []


def option(given: Sequence[str], *names: str) -> str:
    """Return the value of the first of the options ``names`` that is given, "" where none is."""
    for at, word in enumerate(given):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(given[at + 1 : at + 2]), "")
    return ""
