"""What is said of values: why they are what they are, what is wrong with them, what a change does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chittyops.kernel.errors import Place


class State(StrEnum):
    """What becomes of a layer's word on a value."""

    WINS = "wins"
    MERGED = "merged"
    SHADOWED = "shadowed"
    REMOVES = "removes"


@dataclass(frozen=True, slots=True)
class Change:
    """Who last changed a line, when and in which commit; an empty ``commit``: it is not committed."""

    commit: str = ""
    author: str = ""
    at: datetime | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One layer's word on a value. ``path`` is relative to the workspace, "" for what stands in no file."""

    layer: str
    scope: str
    path: str
    place: Place
    value: str
    state: State


@dataclass(frozen=True, slots=True)
class Followed:
    """A reference in a value, and what it stands for; of a secret, where that is kept. ``depth`` counts from 0."""

    text: str
    value: str
    place: Place | None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value is what it is: what every layer says, the one that wins first, and the references in it.

    ``value`` is None where the service has none; of a secret it is where the secret is kept.
    """

    service: str
    environment: str
    key: str
    value: str | None
    secret: bool
    chain: tuple[Link, ...]
    references: tuple[Followed, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or doubtful, with the configuration of a service in some environments."""

    message: str
    place: Place | None = None
    hint: str = ""
    service: str = ""
    environments: tuple[str, ...] = ()
    key: str = ""
    rule: str = ""
    error: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of one service in one environment that a change makes another; None stands for none."""

    service: str
    environment: str
    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Word:
    """What one layer said about a published value; ``path`` is "" where that stands in no file."""

    layer: str
    state: State
    value: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """A published value of a service in an environment; of a secret, where it is kept. Words: the winner first.

    ``section`` is what the key belongs to: config, secrets, deploy, wrangler ... ``references`` are those in it,
    with what they stand for.
    """

    section: str
    key: str
    value: str | None
    secret: bool
    words: tuple[Word, ...]
    references: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SecretMark:
    """A declared secret of a service in an environment: what the matrix says of it, never its value."""

    service: str
    variable: str
    environment: str
    reference: str
    state: str
    origin: str = ""
    shared: bool = False
    expired: bool = False


@dataclass(frozen=True, slots=True)
class UnusedSecret:
    """A value of the store that no service declares, and whom it is meant for."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The configuration of a fleet as its files have it: values by service and environment, and the matrix."""

    environments: tuple[str, ...]
    services: Mapping[str, Mapping[str, tuple[Value, ...]]]
    secrets: tuple[SecretMark, ...] = ()
    unused: tuple[UnusedSecret, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """What there is of one service: values, those that differ between environments, secrets and missing ones."""

    values: int = 0
    differing: int = 0
    secrets: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class PublishedFleet:
    """A fleet whose configuration was published."""

    name: str
    environments: tuple[str, ...]
    services: Mapping[str, ServiceSummary]
    published_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The secrets of a published fleet."""

    secrets: tuple[SecretMark, ...]
    unused: tuple[UnusedSecret, ...]
