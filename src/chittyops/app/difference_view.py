"""Differences of files as people get to see them: secrets masked, additions and removals in colour."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from chittyops.interface.terminal.text import clean, paint
from chittyops.kernel.difference import unified

if TYPE_CHECKING:
    from chittyops.interface.terminal import Terminal

STYLES = {"+": "green", "-": "red", "@": "cyan"}
MASK = "xxxxxxxx"


def difference(path: str, before: str, after: str, secrets: Collection[str] = ()) -> str:
    """Return how the file at ``path`` would change, as a unified diff; "" when it would not.

    A line that is taken out may hold a secret, and this is shown: what looks like one is masked, and so is what stands
    behind the names of the variables ``secrets``.
    """
    if before == after:
        return ""
    from chittyops.capabilities.discovery.service.credentials.scanning import scan

    return unified(path, *(_without(secrets, scan(path, text, b"")[0]) for text in (before, after)))


def show(terminal: Terminal, changes: str) -> None:
    """Write a unified diff to stdout."""
    for line in changes.splitlines():
        style = "bold" if line.startswith(("+++", "---")) else STYLES.get(line[:1], "")
        terminal.line(paint(clean(line), style, colour=terminal.colour))


def _without(secrets: Collection[str], text: str) -> str:
    """Return ``text`` without what is assigned to one of ``secrets`` on the same line."""
    for name in secrets:
        assigned = re.compile(rf"""(?<![A-Za-z0-9_])({re.escape(name)}['"]?[ \t]*[=:][ \t]*)([^\r\n]+)""")
        text = assigned.sub(rf"\g<1>{MASK}", text)
    return text
