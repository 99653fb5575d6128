"""A new fleet file: created once, whole, and never over another."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from chittyops.kernel.errors import Conflict, Misconfigured, Place


def create(path: Path, text: str) -> None:
    """Write a new file, whole or not at all. Raises Conflict when there is one, Misconfigured when it cannot be."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(temporary).chmod(0o644)
            # A link, not a rename: it fails where a file has appeared meanwhile.
            path.hardlink_to(temporary)
        finally:
            Path(temporary).unlink()
    except FileExistsError:
        message = f"{path.name} exists by now"
        raise Conflict(message, hint="`chittyops init --dry-run` shows how it differs from what was found") from None
    except OSError as error:
        message = f"{path.name} cannot be written: {error.strerror}"
        raise Misconfigured(message, place=Place(str(path))) from None
