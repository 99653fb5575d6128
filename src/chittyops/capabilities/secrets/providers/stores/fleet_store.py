"""The files of the fleet's own secrets on the disk: looked at without a key, read and changed with one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chittyops.capabilities.secrets.model import EVERY, Entry, Slot
from chittyops.capabilities.secrets.providers.stores.fleet_files import path_of
from chittyops.capabilities.secrets.service import scopes
from chittyops.kernel.errors import Conflict, Misconfigured, Refused
from chittyops.kernel.secret import Secret

if TYPE_CHECKING:
    from chittyops.kernel.service import Fleet
    from chittyops.runtime.home import Home


class Outline(Protocol):
    """What a file says without a key: who can read it, and every value by its keys, encrypted."""

    @property
    def recipients(self) -> tuple[str, ...]: ...  # noqa: D102 - the class says it

    @property
    def ciphertexts(self) -> Mapping[tuple[str, ...], str]: ...  # noqa: D102 - the class says it


@dataclass(frozen=True, slots=True)
class Codec:
    """How files are encrypted: what reads one with and without a key, makes one, and writes one with changes."""

    load: Callable[[bytes, str], Any]
    outline: Callable[[bytes, str], Outline]
    create: Callable[[str, Sequence[str]], Any]
    changed: Callable[[Any, Mapping[tuple[str, ...], Secret | None]], bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """The file of ``environment`` as it was read: ``data`` is what stood in it, None where there was none."""

    environment: str
    path: Path
    data: bytes | None
    document: Any

    @property
    def values(self) -> dict[Slot, Secret | None]:
        """Return its values."""
        return scopes.flat(self.environment, self.document.values)


class FleetStore:
    """The store of one fleet, in all its environments."""

    def __init__(self, fleet: Fleet, home: Home, codec: Codec) -> None:
        """Take the fleet, whichever environment it is read for."""
        self._root, self._store = Path(fleet.root), fleet.store
        self._environments = (EVERY, *fleet.environments)
        self._home = home
        self._codec = codec

    def path(self, environment: str) -> Path:
        """Return the file of ``environment``, which may not be there."""
        return path_of(self._root, self._store.folder, environment)

    def shown(self, environment: str) -> str:
        """Return that file as it is shown: relative to the workspace."""
        return f"{self._store.folder}/{self.path(environment).name}"

    def outlines(self) -> dict[str, Outline]:
        """Return what can be seen of each file without any key, by environment. Raises Misconfigured."""
        present = {name: self._data(name) for name in self._environments}
        return {name: self._codec.outline(data, self.shown(name)) for name, data in present.items() if data is not None}

    def entries(self) -> dict[Slot, Entry]:
        """Return every value of the store as it can be seen without any key."""
        return {
            slot: Entry(slot, self.shown(environment), sealed)
            for environment, outline in self.outlines().items()
            for keys, sealed in outline.ciphertexts.items()
            if (slot := Slot.at(environment, keys))
        }

    def open(self, environment: str) -> Opened:
        """Return the file of ``environment`` decrypted, or a new one for whom the other files are readable.

        Raises Misconfigured where nobody could read a new one, or we cannot read the one that is there.
        """
        path, shown, data = self.path(environment), self.shown(environment), self._data(environment)
        if data is None:
            return Opened(environment, path, None, self._codec.create(shown, self._recipients()))
        return Opened(environment, path, data, self._codec.load(data, shown))

    def save(self, opened: Opened, edits: Mapping[Slot, Secret | None]) -> None:
        """Write ``opened`` with ``edits``, None removing; as a whole, or not where somebody wrote it meanwhile.

        Raises Conflict then, and Refused where it cannot be written.
        """
        from chittyops.runtime import atomic  # noqa: PLC0415 - reading needs neither
        from chittyops.runtime.filelock import locked  # noqa: PLC0415 - as above

        shown = self.shown(opened.environment)
        data = self._codec.changed(opened.document, {slot.keys: value for slot, value in edits.items()})
        with locked(self._home.file("locks", "secrets.lock")):
            now = self._data(opened.environment)
            if now != opened.data:
                message = f"{shown} was changed by somebody else meanwhile; nothing was written"
                raise Conflict(message, hint="do it again")
            try:
                opened.path.parent.mkdir(parents=True, exist_ok=True)
                # It is for git and for everybody, as source is: what is in it is encrypted.
                mode = opened.path.stat().st_mode & 0o777 if now is not None else 0o666 & ~_umask()
                atomic.write(opened.path, data, lasting=True)
                opened.path.chmod(mode)
            except OSError as error:
                message = f"{shown} cannot be written: {error.strerror}"
                raise Refused(message, hint="see its folder, and whose it is") from None

    def _data(self, environment: str) -> bytes | None:
        try:
            return self.path(environment).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            message = f"{self.shown(environment)} cannot be read: {error.strerror}"
            raise Misconfigured(message, hint="look at its mode, and whose it is") from None

    def _recipients(self) -> tuple[str, ...]:
        outlines = self.outlines()
        first = outlines.get(EVERY) or next(iter(outlines.values()), None)
        found = first.recipients if first else tuple(self._store.recipients.values())
        if not found:
            message = f"there is no store yet in {self._store.folder}/, so that nobody could read it"
            raise Misconfigured(message, hint="`chittyops secrets init` makes a key and the files")
        return found


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
