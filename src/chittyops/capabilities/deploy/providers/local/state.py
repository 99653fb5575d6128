"""What the agent remembers of each service: one small file, replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from chittyops.capabilities.deploy.model import Target
from chittyops.interface.codec import dump, load
from chittyops.kernel.errors import Conflict
from chittyops.runtime.process import ProcessIdentity


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One version of a service: what to start, where it listens, which process it is or was.

    ``wanted`` says whether it should be running; ``replaces`` is the build that was active before it.
    """

    target: Target
    port: int
    process: ProcessIdentity | None = None
    wanted: bool = False
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One service: its stable port, the active build ("" for none), the newest attempt seen, its versions."""

    key: str
    port: int
    protocol: str = "http"
    active: str = ""
    release: str = ""
    attempt: int = 0
    instances: dict[str, InstanceRecord] = field(default_factory=dict)

    def fenced(self, target: Target) -> ServiceRecord:
        """Return the record with ``target`` as the newest caller. Raises Conflict when a newer one was here."""
        seen = (_number(self.release), self.attempt)
        if (_number(target.release), target.attempt) < seen:
            message = f"{target.key}: attempt {target.attempt} of {target.release} came after attempt {self.attempt}"
            raise Conflict(f"{message} of {self.release}", hint="another worker has taken this over")
        return replace(self, release=target.release, attempt=target.attempt)

    def with_instance(self, build_id: str, instance: InstanceRecord) -> ServiceRecord:
        """Return the record with this version added or replaced."""
        return replace(self, instances={**self.instances, build_id: instance})

    def without_instance(self, build_id: str) -> ServiceRecord:
        """Return the record without this version."""
        return replace(self, instances={b: i for b, i in self.instances.items() if b != build_id})


def _number(release: str) -> int:
    """Return the number at the end of a release's id (``<fleet>-<number>``); 0 when it has none."""
    digits = release.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


class StateFolder:
    """The records of all services, in files of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> Iterator[ServiceRecord]:
        """Yield every record."""
        for path in sorted(self._folder.rglob("*.json")):
            yield load(ServiceRecord, json.loads(path.read_text(encoding="utf-8")))

    def save(self, record: ServiceRecord) -> None:
        """Replace the record of one service; a crash leaves the old or the new one, never a part."""
        path = self._folder / f"{record.key}.json"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(dump(record), file)
        temporary.replace(path)
