"""The state directory: where it is, who may read it, and the small private files in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

# What is imported in functions here costs as much as all the rest, and `run` needs nothing but the path.

VARIABLE = "CHITTYOPS_HOME"
CREDENTIALS = "credentials"


@dataclass(frozen=True, slots=True)
class Home:
    """The 0700 directory that holds everything one operations centre knows."""

    path: Path

    @classmethod
    def locate(cls, environ: Mapping[str, str]) -> Home:
        """Return the state directory ``CHITTYOPS_HOME`` names, else the platform's own; create it 0700.

        Raises Misconfigured where that is no directory of this user's alone.
        """
        named = environ.get(VARIABLE)
        path = Path(named).expanduser().absolute() if named else _platform_path()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Misconfigured(
                f"cannot create the state directory {path}: {error.strerror}", hint=f"set {VARIABLE} to another folder"
            ) from error
        _make_private(path)
        return cls(path)

    @property
    def mark(self) -> str:
        """Return what the markers of this home's processes begin with, so that homes leave each other alone."""
        return hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:16] + "/"

    def file(self, *parts: str) -> Path:
        """Return the path ``parts`` name below the state directory; create the directories on the way, 0700."""
        path = self.path.joinpath(*parts)
        missing = [parent for parent in path.relative_to(self.path).parents if parent != Path()]
        for parent in reversed(missing):
            (self.path / parent).mkdir(mode=0o700, exist_ok=True)
        return path

    def write_private(self, name: str, data: Mapping[str, Any]) -> None:
        """Write ``data`` as JSON, 0600, to the file ``name`` (``.json`` may be left out), as a whole or not at all."""
        from chittyops.runtime import atomic  # noqa: PLC0415

        atomic.write(self._json(name), json.dumps(data, indent=2).encode(), lasting=True)

    def read_private(self, name: str) -> dict[str, Any] | None:
        """Return what ``write_private`` wrote, or None where there is nothing."""
        path = self._json(name)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise Misconfigured(f"{path} is damaged", hint="restore it, or delete it to have a new one made") from error
        return data if isinstance(data, dict) else None

    def credential(self, name: str) -> Secret:
        """Return the generated password or token ``name`` of this home; make it, 256 random bits, when it is new."""
        import secrets  # noqa: PLC0415

        from chittyops.runtime.filelock import locked  # noqa: PLC0415

        with locked(self.file(f"{CREDENTIALS}.lock")):
            known = self.read_private(CREDENTIALS) or {}
            if name not in known:
                self.write_private(CREDENTIALS, known | {name: secrets.token_urlsafe(32)})
        return Secret((self.read_private(CREDENTIALS) or {})[name])

    def _json(self, name: str) -> Path:
        return self.file(name if name.endswith(".json") else f"{name}.json")


def _platform_path() -> Path:
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("chittyops")


def _make_private(path: Path) -> None:
    """Take the directory away from others when it is empty; refuse to when others may be using it."""
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise Misconfigured(f"the state directory {path} belongs to another user", hint=f"set {VARIABLE} to your own")
    if status.st_mode & 0o077:
        if any(path.iterdir()):
            raise Misconfigured(f"other users can enter the state directory {path}", hint=f"run: chmod 700 {path}")
        path.chmod(0o700)
