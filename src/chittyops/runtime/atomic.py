"""A file written as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_LONGEST_PREFIX = 16
"""Names of files may be as long as the system allows; that of the temporary one is longer."""


def write(path: Path, data: bytes, *, lasting: bool = False) -> None:
    """Write ``data`` to ``path``, 0600; ``lasting``: it is on disk when this returns. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_LONGEST_PREFIX]}.")
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
