"""The words of the secrets slice: where a value stands in the fleet's store, and what keeps one from being had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chittyops.kernel.errors import Misconfigured, Place, Problem
from chittyops.kernel.secret import Secret, SecretScope

EVERY = "all"
"""What the file for every environment is called; no environment can be."""


class Level(StrEnum):
    """Whom a stored value is meant for, from the widest to the narrowest."""

    FLEET = "fleet"
    GROUP = "group"
    SERVICE = "service"


_FOLDERS = {Level.FLEET: "fleet", Level.GROUP: "groups", Level.SERVICE: "services"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the store: the values of one file that are meant for the fleet, a group or a service.

    ``owner`` is the group or the service, ``environment`` is EVERY for the file of all environments.
    """

    level: Level
    owner: str
    environment: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys that lead to it in its file."""
        return (_FOLDERS[self.level], self.owner) if self.owner else (_FOLDERS[self.level],)

    @property
    def title(self) -> str:
        """Return what people call it: ``fleet, all environments``, ``group core, staging``."""
        where = "all environments" if self.environment == EVERY else self.environment
        return f"{self.level} {self.owner}".strip() + f", {where}"

    @property
    def words(self) -> str:
        """Return what names it on the command line: ``--fleet --all``, ``cart --env staging``."""
        who = {Level.FLEET: "--fleet", Level.GROUP: f"--group {self.owner}", Level.SERVICE: self.owner}[self.level]
        return f"{who} {'--all' if self.environment == EVERY else f'--env {self.environment}'}"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one value stands in the store."""

    part: Part
    name: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys that lead to it in its file."""
        return (*self.part.keys, self.name)

    @classmethod
    def at(cls, environment: str, keys: tuple[str, ...]) -> Slot | None:
        """Return the slot that ``keys`` lead to in the file of ``environment``; None where they lead to none."""
        for level, folder in _FOLDERS.items():
            if keys[:1] == (folder,) and len(keys) == (2 if level is Level.FLEET else 3):
                return cls(Part(level, keys[1] if len(keys) > 2 else "", environment), keys[-1])  # noqa: PLR2004
        return None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a value cannot be had. Not ``permanent``: asking again later may help."""

    message: str
    hint: str = ""
    place: Place | None = None
    permanent: bool = True

    @property
    def problem(self) -> Problem:
        """Return it as a problem of what people wrote."""
        return Problem(self.message, self.place, self.hint)


@dataclass(frozen=True, slots=True)
class Entry:
    """A slot of the store as it can be seen without any key.

    ``sealed`` is the value as it stands in the file, encrypted; "" where it is null: taken away from what is inherited.
    """

    slot: Slot
    path: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """The last push of one name to one place. Not ``finished``: it was begun, and what became of it is not known."""

    fingerprint: str
    finished: bool
    at: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """What one service may have: the values of its secrets by variable."""

    scope: SecretScope
    values: Mapping[str, Secret]


def checked_name(name: str) -> str:
    """Return ``name`` where a secret can be called that: what the environment of a process takes.

    Raises Misconfigured, also for ``NAME=value``, without repeating the value.
    """
    before, equals, _ = name.partition("=")
    if equals:
        raise Misconfigured(
            f"the value of {before or 'a secret'} stands on the command line, where other processes can read it",
            hint=f"`chittyops secrets set {before or 'NAME'}` asks for it; a last `-` reads it from stdin",
        )
    if not name.isascii() or not name.replace("_", "a").isalnum() or name[0].isdigit():
        raise Misconfigured(
            f'"{name}" cannot be the name of a secret', hint="write letters, digits and _, like DATABASE_PASSWORD"
        )
    return name


def entry_map(entries: Mapping[Slot, Entry]) -> dict[Slot, str | None]:
    """Return ``entries`` as slots with what is sealed in them; None for those taken away."""
    return {slot: each.sealed or None for slot, each in entries.items()}
