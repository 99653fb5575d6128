"""The line a shell's prompt shows. Names come from repositories, so only characters that mean nothing to any shell."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from chittyops.capabilities.awareness.model.context import Context
from chittyops.capabilities.awareness.service.choice import ENOUGH

ALLOWED: Final = r"A-Za-z0-9 ._/@+~-"
"""What a line may hold, as the inside of a bracket expression that bash, zsh, fish and Python understand."""
LONGEST: Final = 80
_OTHER: Final = re.compile(f"[^{ALLOWED}]")


def prompt(context: Context) -> str:
    """Return the line for ``context``: ``shop/cart@staging +3 2err``, or "" outside of any project.

    ``@~staging`` is a guess. ``+3`` are files that are not committed, ``2err`` the errors that discovery found,
    ``ill`` a service that is not well. What follows ``@`` depends on the branch.
    """
    if not context.workspace:
        return ""
    name = context.fleet or posixpath.basename(context.workspace)
    line = safe(f"{name}/{context.service.name}" if context.service.name else name)
    doubt = "" if context.environment.sure >= ENOUGH else "~"
    line += f"@{doubt}{safe(context.environment.name)}" if context.environment.name else "@-"
    if context.changes.files:
        line += f" +{len(context.changes.files)}"
    if context.problems and context.problems.errors:
        line += f" {context.problems.errors}err"
    return line + " ill" * bool(context.alerts)


def safe(name: str) -> str:
    """Return ``name`` without anything that a shell, a prompt or a terminal could take for more than a letter."""
    return _OTHER.sub("_", name[:LONGEST]).replace("@", "_")
