"""What services may have, read anew whenever a file that decides it has changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from chittyops.app.injection.declared import declared, store_files
from chittyops.app.injection.kept import settled, stamp
from chittyops.capabilities.secrets.model import Served
from chittyops.capabilities.secrets.wiring import reader
from chittyops.kernel.clock import Clock
from chittyops.runtime.home import Home


@dataclass(frozen=True, slots=True)
class _Known:
    served: Served
    stamps: Mapping[str, list[int] | None]
    began: float

    def holds(self) -> bool:
        """Return whether what was read is still what the files say."""
        same = all(stamp(path) == before for path, before in self.stamps.items())
        return same and settled(self.stamps, self.began)


class FreshSupply:
    """Reads secrets of services of the fleet here; between changes of its files it answers from memory."""

    def __init__(self, environment: str, home: Home, clock: Clock) -> None:
        """Take the environment, "" for the default one."""
        self._environment, self._home, self._clock = environment, home, clock
        self._known: dict[str, _Known] = {}
        self._lock = Lock()

    def __call__(self, service: str) -> Served:
        """Return what ``service`` may have now. Raises NotFound, Misconfigured, Unavailable."""
        with self._lock:
            known = self._known.get(service)
            if known is None or not known.holds():
                # What was known holds no longer, whether or not the files can be read now.
                self._known.pop(service, None)
                known = self._known[service] = self._read(service)
            return known.served

    def _read(self, service: str) -> _Known:
        found = declared(service, self._environment, self._clock)
        files = {str(each) for each in (*found.files, *store_files(found))}
        values = reader(self._home, os.environ)(found.scope, found.secrets)
        return _Known(Served(found.scope, values), {each: stamp(each) for each in files}, found.began)
