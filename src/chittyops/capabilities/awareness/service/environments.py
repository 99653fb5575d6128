"""Which environment a branch stands for: by its name, by what is configured, by what was said before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from chittyops.capabilities.awareness.model.context import Choice
from chittyops.capabilities.awareness.model.project import Activity, Head

PRODUCTION: Final = re.compile(r"main|master|trunk|prod|production|live|release([/-].+)?", re.IGNORECASE)
"""Branches that stand for production."""
_STAGING: Final = re.compile(r"stag(e|ing)|pre-?prod|develop|dev|development|next|qa|uat", re.IGNORECASE)
_NAMES: Final = (
    (PRODUCTION, ("production", "prod", "live", "main")),
    (_STAGING, ("staging", "stage", "preprod", "develop", "development", "dev", "qa", "test")),
    (re.compile(r".*", re.DOTALL), ("preview", "pr", "local", "development", "dev")),
)
PRODUCTION_NAMES: Final = frozenset({"production", "prod", "live"})
"""What an environment is called that people rely on."""


def environment(head: Head, configured: Sequence[str], said: Iterable[Activity] = ()) -> Choice:
    """Return the environment that ``head`` stands for among the ``configured`` ones.

    ``said`` are the signs of use in this project: what was said of the branch counts before its name.
    """
    learned = [each.environment for each in said if each.environment and each.branch == head.branch]
    if learned:
        return Choice(learned[-1], "use", 0.95)
    if len(configured) == 1:
        return Choice(configured[0], "only", 0.9)
    if head.state in {"branch", "unborn"}:
        return _by_branch(head.branch, configured)
    return Choice("local", "convention", 0.3) if "local" in configured else Choice("", "none", 0.0)


def _by_branch(branch: str, configured: Sequence[str]) -> Choice:
    if branch in configured:
        return Choice(branch, "branch", 1.0)
    names = next(names for pattern, names in _NAMES if pattern.fullmatch(branch))
    found = next((name for name in names if name in configured), "")
    if found:
        return Choice(found, "branch", 0.9 if names is not _NAMES[-1][1] else 0.6)
    return Choice("local", "convention", 0.4) if "local" in configured else Choice(names[0], "convention", 0.3)


def is_production(name: str) -> bool:
    """Return whether an environment called ``name`` is one that people rely on."""
    return name.lower() in PRODUCTION_NAMES
