"""The files that configuration is read from and rendered to: read as text, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from chittyops.kernel.errors import Conflict, Misconfigured, Place, Refused
from chittyops.runtime import atomic

MAX_BYTES = 4 << 20
_NEW_MODE = 0o644
_PRIVATE_MODE = 0o600


def names(folder: Path) -> tuple[str, ...]:
    """Return the names in ``folder``; none where it cannot be read."""
    try:
        return tuple(sorted(each.name for each in folder.iterdir()))
    except OSError:
        return ()


def read(path: Path, shown: str) -> str | None:
    """Return the text of a file, line ends as they are; None where there is none.

    ``shown`` is its path as people know it. Raises Misconfigured where it is no text.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Misconfigured(f"the file is larger than {MAX_BYTES >> 20} MiB", place=Place(shown))
        return path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise Misconfigured("the file is not valid UTF-8", place=Place(shown), hint="save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f"the file cannot be read: {error.strerror}", place=Place(shown)) from None


def write(path: Path, shown: str, before: str | None, after: str) -> None:
    """Put ``after`` into a file that says ``before`` (None: that is not there), whole or not at all.

    Its mode stays, and a link goes on pointing where it does. A new dotenv file is for its owner alone. Raises
    Conflict when somebody else has changed it meanwhile, Refused when it cannot be written.
    """
    if read(path, shown) != before:
        raise Conflict(f"{shown} was changed by somebody else meanwhile", hint="run the command again")
    target = path.resolve()
    mode = _PRIVATE_MODE if target.name.startswith((".env", ".dev.vars")) else _NEW_MODE
    try:
        if before is not None:
            mode = target.stat().st_mode & 0o777
        atomic.write(target, after.encode())
        target.chmod(mode)
    except OSError as error:
        raise Refused(f"{shown} cannot be written: {error.strerror}", hint="see its folder, and whose it is") from None
