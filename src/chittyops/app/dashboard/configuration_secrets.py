"""What the page of all secrets shows: services and their secrets in each environment, never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chittyops.capabilities.config.model import Matrix, SecretMark


@dataclass(frozen=True, slots=True)
class SecretFilter:
    """Which secrets are asked for. What is "" asks for nothing; ``state`` is a state, shared or expired."""

    text: str = ""
    service: str = ""
    state: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret of a service, by environment; None where the service does not declare it there."""

    service: str
    variable: str
    marks: Mapping[str, SecretMark | None]

    @property
    def found(self) -> tuple[SecretMark, ...]:
        """Return where it is declared."""
        return tuple(mark for mark in self.marks.values() if mark)

    @property
    def references(self) -> tuple[str, ...]:
        """Return where its values are kept."""
        return tuple(dict.fromkeys(mark.reference for mark in self.found))

    def fits(self, wanted: SecretFilter) -> bool:
        """Return whether it is asked for."""
        told = f"{self.service} {self.variable} {' '.join(self.references)}".lower()
        return (
            all(word in told for word in wanted.text.lower().split())
            and wanted.service in ("", self.service)
            and (not wanted.state or any(has(mark, wanted.state) for mark in self.found))
            and (not wanted.scheme or any(scheme(mark) == wanted.scheme for mark in self.found))
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """How many secrets of services are, in some environment, in each state that matters."""

    declared: int
    missing: int
    shared: int
    expired: int
    unused: int


def has(mark: SecretMark, state: str) -> bool:
    """Return whether ``state`` can be said of a secret."""
    return mark.state == state or (state == "shared" and mark.shared) or (state == "expired" and mark.expired)


def scheme(mark: SecretMark) -> str:
    """Return which store holds a secret."""
    return mark.reference.partition(":")[0]


def secret_rows(matrix: Matrix, environments: Sequence[str]) -> list[SecretRow]:
    """Return the secrets of a fleet, service by service."""
    by_row: dict[tuple[str, str], dict[str, SecretMark]] = {}
    for mark in matrix.secrets:
        by_row.setdefault((mark.service, mark.variable), {})[mark.environment] = mark
    return [
        SecretRow(service, variable, {name: found.get(name) for name in environments})
        for (service, variable), found in sorted(by_row.items())
    ]


def counted(matrix: Matrix) -> Counted:
    """Return how many there are."""

    def number(state: str) -> int:
        return len({(mark.service, mark.variable) for mark in matrix.secrets if not state or has(mark, state)})

    return Counted(number(""), number("missing"), number("shared"), number("expired"), len(matrix.unused))
