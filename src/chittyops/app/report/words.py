"""The words that every form of the report uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from chittyops.capabilities.audit.model import (
    MISSING,
    NOT_APPLICABLE,
    PARTIAL,
    PRESENT,
    Coverage,
    Function,
    Recommendation,
)
from chittyops.kernel.inventory import Evidence

EFFORTS: Final = ("", "very small", "small", "medium", "large", "very large")
STATES: Final[Mapping[str, str]] = {
    PRESENT: "present",
    PARTIAL: "partial",
    MISSING: "missing",
    NOT_APPLICABLE: "not applicable",
}
SYMBOLS: Final[Mapping[str, str]] = {PRESENT: "●", PARTIAL: "◐", MISSING: "○", NOT_APPLICABLE: "·"}
SHORT: Final[Mapping[str, str]] = {
    "registry": "REG",
    "secrets": "SEC",
    "deploy": "DEP",
    "config": "CFG",
    "health": "HLT",
    "events": "MSG",
    "databases": "DB",
    "testing": "TST",
    "backup": "BAK",
    "performance": "PRF",
    "security": "SCN",
    "resources": "RES",
}
"""The heads of narrow columns, by capability."""


def titles(rows: Sequence[Coverage]) -> dict[tuple[str, str], str]:
    """Return what each service is called, by path and name: with its path where several have its name."""
    times = Counter(row.service for row in rows)
    several = {name for name, count in times.items() if count > 1}
    return {
        (row.path, row.service): f"{row.service} ({row.path})" if row.service in several else row.service
        for row in rows
    }


def place(evidence: Evidence) -> str:
    """Return ``path:line``, or the path where the line is not known."""
    return f"{evidence.path}:{evidence.line}" if evidence.line else evidence.path


def some(words: Sequence[str], most: int) -> str:
    """Return ``words`` with commas, and how many more there are beyond ``most``."""
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown


def replaced_by(each: Function | Recommendation) -> str:
    """Return the command, and whether it is only planned; "" where nothing takes its place."""
    return f"{each.command} (planned)" if each.command and each.planned else each.command


def grouped(functions: Iterable[Function]) -> dict[str, list[Function]]:
    """Return the functions by service, those of no service last under ""."""
    found: dict[str, list[Function]] = {}
    for each in functions:
        found.setdefault(each.service, []).append(each)
    return dict(sorted(found.items(), key=lambda pair: (not pair[0], pair[0])))
