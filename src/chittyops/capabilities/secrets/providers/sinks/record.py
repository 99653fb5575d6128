"""What was pushed from this home, and the key that fingerprints are made with: private files, without any value."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from chittyops.capabilities.secrets.model import Pushed
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Conflict
from chittyops.kernel.secret import Secret
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import Home

KEY = "push_fingerprint_key"  # the name of a credential of the state directory


def fingerprint(home: Home) -> Callable[[str, Secret], str]:
    """Return what makes fingerprints: HMAC-SHA256 with a key of this home, so that nobody else can try values out.

    The name is part of it: equal values under two names do not show as equal.
    """
    key = home.credential(KEY).reveal().encode()
    return lambda name, value: hmac.new(key, f"{name}\0{value.reveal()}".encode(), sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class HomeRecord:
    """The record of one environment of a fleet: ``pushes/FLEET/ENVIRONMENT.json``, 0600, always whole."""

    home: Home
    fleet: str
    environment: str
    clock: Clock

    def read(self, place: str) -> Mapping[str, Pushed]:
        """Return what is known of ``place``."""
        return {name: Pushed(**entry) for name, entry in self._all().get(place, {}).items()}

    def begin(self, place: str, fingerprints: Mapping[str, str]) -> None:
        """Note what is being written."""
        at = self.clock.now().isoformat(timespec="seconds")
        self._write(place, {name: Pushed(mark, finished=False, at=at) for name, mark in fingerprints.items()})

    def finish(self, place: str, names: Collection[str]) -> None:
        """Note what is there now."""
        known = self.read(place)
        self._write(place, {name: replace(known[name], finished=True) for name in names})

    def forget(self, place: str, names: Collection[str]) -> None:
        """Drop ``names``."""
        self._write(place, {}, set(names))

    def lock(self) -> int:
        """Return a descriptor that keeps other pushes from this environment. Raises Conflict while one runs."""
        descriptor = try_lock(self.home.file("pushes", self.fleet, f"{self.environment}.lock"))
        if descriptor is None:
            raise Conflict(
                f"secrets are being pushed to {self.environment} of {self.fleet} already",
                hint="wait until that push has ended",
            )
        return descriptor

    def _write(self, place: str, entries: Mapping[str, Pushed], without: Collection[str] = ()) -> None:
        known = self._all()
        kept = {name: entry for name, entry in known.get(place, {}).items() if name not in without}
        new = {
            name: {"fingerprint": each.fingerprint, "finished": each.finished, "at": each.at}
            for name, each in entries.items()
        }
        self.home.write_private(self._name, {**known, place: kept | new})

    def _all(self) -> dict[str, dict[str, Any]]:
        self.home.file(self._name)
        return self.home.read_private(self._name) or {}

    @property
    def _name(self) -> str:
        return str(Path("pushes", self.fleet, f"{self.environment}.json"))
