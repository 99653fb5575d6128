"""A file written as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from glob import escape
from pathlib import Path

_LONGEST_PREFIX = 16
"""Names of files may be as long as the system allows; that of the temporary one is longer."""


def write(path: Path, data: bytes, *, lasting: bool = False) -> None:
    """Write ``data`` to ``path``, 0600; ``lasting``: it is on disk when this returns. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:  # interrupted or not, nothing is left behind
        Path(temporary).unlink(missing_ok=True)
        raise


def write_plaintext(path: Path, data: bytes) -> None:
    """Write secrets to ``path``, as ``write`` does, and take away what killed processes left of them beside it.

    That would be seen by nobody, and ignored by no git. Raises OSError.
    """
    for leftover in leftovers(path):
        leftover.unlink(missing_ok=True)
    write(path, data, lasting=True)


def leftovers(path: Path) -> Iterator[Path]:
    """Yield what processes that were killed while they wrote ``path`` left beside it."""
    return path.parent.glob(f"{escape(_prefix(path))}????????")


def _prefix(path: Path) -> str:
    return f".{path.name[:_LONGEST_PREFIX]}."
