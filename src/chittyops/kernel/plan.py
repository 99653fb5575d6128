"""A plan: plain data that says what would be done to each service, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    """What a plan does with a service."""

    DEPLOY = "deploy"
    SKIP = "skip"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Change:
    """One input that differs from what runs: ``kind`` is the part before the first dot of the input's key.

    Kinds: file, config, secret, setting, dependency, new, forced, rollback, reload. ``before`` and ``after`` are
    short hashes, never values.
    """

    kind: str
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class PlannedService:
    """What happens to one service, and the reasons."""

    name: str
    action: Action
    digest: str
    depends_on: tuple[str, ...] = ()
    reasons: tuple[Change, ...] = ()
    note: str = ""
    provider: str = ""
    running: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to one environment. ``base`` is the fingerprint of the state it was made from."""

    fleet: str
    environment: str
    base: str
    services: tuple[PlannedService, ...] = field(default_factory=tuple)

    @property
    def deploys(self) -> tuple[PlannedService, ...]:
        """Return the services that would be deployed, each after what it depends on."""
        return tuple(s for s in self.services if s.action is Action.DEPLOY)


def digest(inputs: Mapping[str, str]) -> str:
    """Return the SHA-256, in hex, of ``inputs`` whatever their order."""
    canonical = json.dumps(sorted(inputs.items()), separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
