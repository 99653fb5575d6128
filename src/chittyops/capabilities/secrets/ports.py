"""What the secrets slice needs from places outside of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from chittyops.capabilities.secrets.model import Missing, Pushed
from chittyops.kernel.secret import Secret, SecretRef, SecretScope


class Store(Protocol):
    """A kind of place that values are read from: a file, a service, a program."""

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> Mapping[str, Secret | Missing]:
        """Return, for each variable, the value its reference stands for, or why it cannot be had. Never raises that."""
        ...


class SinkProvider(Protocol):
    """A place that secrets are pushed to: a file, or what a vendor keeps for a service.

    ``readable``: the values that are there can be compared. ``at_once``: how many values one ``write`` sets or fails
    to set together, so that what was interrupted is known; 0 for any number.
    """

    readable: bool
    at_once: int

    async def names(self) -> Mapping[str, str | None]:
        """Return the names that are there, each with the fingerprint of its value; None where that cannot be read."""
        ...

    async def write(self, values: Mapping[str, Secret]) -> None:
        """Set ``values`` and leave all others alone. Written twice, they are set all the same."""
        ...

    async def remove(self, names: Collection[str]) -> None:
        """Remove ``names``; one that is not there is removed already."""
        ...


class PushRecord(Protocol):
    """What was pushed from this home to one environment, by place and name: fingerprints, never values."""

    def read(self, place: str) -> Mapping[str, Pushed]:
        """Return what is known of the names at ``place``."""
        ...

    def begin(self, place: str, fingerprints: Mapping[str, str]) -> None:
        """Note, before it is done, that values with these fingerprints are being written."""
        ...

    def finish(self, place: str, names: Collection[str]) -> None:
        """Note that the values begun for ``names`` are there."""
        ...

    def forget(self, place: str, names: Collection[str]) -> None:
        """Know nothing of ``names`` any more: they were removed."""
        ...
