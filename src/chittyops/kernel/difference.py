"""How a text differs from another, as patches say it. Pure."""

from __future__ import annotations

import difflib


def unified(path: str, before: str, after: str) -> str:
    """Return how the file at ``path`` would change, as a unified diff; "" when it would not."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, f"a/{path}" if before else "/dev/null", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
