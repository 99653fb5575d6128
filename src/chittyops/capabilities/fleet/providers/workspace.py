"""The workspace on disk."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from chittyops.capabilities.fleet.model.fileformat import FILENAME, LOCAL_FILENAME
from chittyops.capabilities.fleet.ports import FolderState
from chittyops.kernel.errors import Misconfigured, NotFound, Place

_IS_ROOT = re.compile(rb"""^(\xef\xbb\xbf)?\{?\s*["']?fleet["']?\s*:""", re.MULTILINE)
_ENOUGH_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """The files below the folder that holds the fleet file; without ``local``, the local file is passed over."""

    folder_path: Path
    local: bool = True

    @classmethod
    def find(cls, start: Path) -> WorkspaceFiles:
        """Return the workspace ``start`` lies in: the next folder upwards whose file names a fleet.

        ``start`` may be a file in it. A service's own part is passed over. Raises NotFound.
        """
        start = start.parent.absolute() if start.is_file() else start.absolute()
        candidates = [folder for folder in (start, *start.parents) if (folder / FILENAME).is_file()]
        if not candidates:
            message = f"there is no {FILENAME} in {start} or in a folder above"
            raise NotFound(message, hint="`chittyops init` writes one from what it finds")
        rooted = (folder for folder in candidates if _IS_ROOT.search(_head(folder / FILENAME)))
        return cls(next(rooted, candidates[-1]))

    @property
    def root(self) -> str:
        """Return the absolute path of the workspace."""
        return str(self.folder_path)

    def read(self, path: str, limit_bytes: int) -> bytes | None:
        """Return the first ``limit_bytes`` of a file, or None where there is none."""
        full = self.folder_path / path
        if path == LOCAL_FILENAME and not self.local:
            return None
        try:
            if not stat.S_ISREG(full.stat().st_mode):
                message = f"{Path(path).name} is not a file"
                raise Misconfigured(message, place=Place(self.display(path)))
            with full.open("rb") as stream:
                return stream.read(limit_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            message = f"{Path(path).name} cannot be read: {getattr(error, 'strerror', '') or 'bad path'}"
            raise Misconfigured(message, place=Place(self.display(path))) from None

    def folder(self, path: str) -> FolderState:
        """Return whether ``path`` is a folder that, links followed, lies within the workspace."""
        try:
            real = os.path.realpath(self.folder_path / path)
            mode = Path(real).stat().st_mode
        except (OSError, ValueError):
            return FolderState.MISSING
        root = os.path.realpath(self.folder_path)
        if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
            return FolderState.OUTSIDE
        return FolderState.FOLDER if stat.S_ISDIR(mode) else FolderState.FILE

    def names(self, path: str) -> Collection[str]:
        """Return the names in the folder ``path``, and of ``__main__.py`` in the folders right below it."""
        found = set()
        try:
            with os.scandir(self.folder_path / path) as entries:
                for entry in entries:
                    found.add(entry.name)
                    main = f"{entry.name}/__main__.py"
                    if entry.name.isidentifier() and entry.is_dir() and (self.folder_path / path / main).is_file():
                        found.add(main)
        except OSError as error:
            message = f"the folder cannot be read: {error.strerror}"
            raise Misconfigured(message, place=Place(self.display(path))) from None
        return found

    def display(self, path: str) -> str:
        """Return ``path`` as the user can open it from where they are."""
        full = self.folder_path / path
        here = Path.cwd()
        if here == self.folder_path or self.folder_path in here.parents or here in self.folder_path.parents:
            return os.path.relpath(full, here)
        return str(full)


@dataclass(frozen=True, slots=True)
class EditedFiles:
    """A workspace as it would be with other texts in some files."""

    files: WorkspaceFiles
    edited: Mapping[str, bytes]

    @property
    def root(self) -> str:
        """Return the absolute path of the workspace."""
        return self.files.root

    def read(self, path: str, limit_bytes: int) -> bytes | None:
        """Return the first ``limit_bytes`` of a file, as edited."""
        return self.edited[path][:limit_bytes] if path in self.edited else self.files.read(path, limit_bytes)

    def folder(self, path: str) -> FolderState:
        """Return what ``path`` is."""
        return self.files.folder(path)

    def names(self, path: str) -> Collection[str]:
        """Return the names in the folder ``path``."""
        return self.files.names(path)

    def display(self, path: str) -> str:
        """Return ``path``, marked where it is not what is on disk."""
        return f"{self.files.display(path)} (as edited)" if path in self.edited else self.files.display(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_ENOUGH_BYTES)
    except OSError:
        # Reading it for good says what is wrong with it.
        return b"fleet:"
