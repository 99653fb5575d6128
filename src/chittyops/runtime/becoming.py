"""A process that is to become a command: kept out of core dumps, debuggers and swap until then.

Nothing is imported here that ``chittyops run`` could do without.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Mapping, Sequence

NOT_FOUND, CANNOT_RUN = 127, 126
"""Exit codes of a command that cannot be run, as POSIX has them for env(1)."""
NEEDED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""What any program needs of its environment."""

_PR_SET_DUMPABLE = 4  # prctl(2)
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # mlockall(2)


def protect() -> tuple[str, ...]:
    """Keep this process out of core dumps, debuggers and swap; return what the system does not allow.

    The command that it becomes makes no core dumps either, unless it raises its own limit.
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    c = ctypes.CDLL(None)
    missing = []
    if not hasattr(c, "prctl") or c.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        missing.append("other processes of yours may read its memory: this system has no PR_SET_DUMPABLE")
    if not _lock_memory(c):
        missing.append("its memory may be swapped out: the limit of locked memory (ulimit -l) is too low to lock it")
    return tuple(missing)


def _lock_memory(c: ctypes.CDLL) -> bool:
    """Lock pages as they come into use: all at once would cost more than the whole command."""
    if os.geteuid() and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY:
        # A lock within a limit makes the next allocation beyond it fail.
        return False
    return hasattr(c, "mlockall") and not c.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)


def environment(variables: Mapping[str, str], *, clean: bool) -> dict[bytes, bytes]:
    """Return ``variables``, in UTF-8, over our own environment; ``clean``: over what any program needs of it."""
    ours = {name: os.environ[name] for name in NEEDED if name in os.environ} if clean else os.environ
    return {_encoded(name): _encoded(value) for name, value in {**ours, **variables}.items()}


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def become(command: Sequence[str], environ: Mapping[bytes, bytes]) -> tuple[int, str]:
    """Turn this process into ``command``, found on the PATH of ``environ``.

    Returns only when that cannot be: the exit code and the reason.
    """
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these, and a command would go on doing so.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], list(command), environ)  # noqa: S606 - a shell is what it must not need
    except FileNotFoundError:
        return NOT_FOUND, f"there is no command {command[0]}"
    except (OSError, ValueError) as error:
        return CANNOT_RUN, f"cannot run {command[0]}: {getattr(error, 'strerror', None) or error}"
