"""Where the original of an adopted script stays when a shim has taken its place.

It stays in its own folder, so that what it finds beside itself is still there.
"""

from __future__ import annotations

import posixpath

_FILE = ".adopted."


def kept_file(path: str) -> str:
    """Return where the original of the script file ``path`` is kept."""
    return posixpath.join(posixpath.dirname(path), _FILE + posixpath.basename(path))


def is_kept_file(path: str) -> bool:
    """Return whether ``path`` is where an original is kept."""
    return posixpath.basename(path).startswith(_FILE)


def kept_script(name: str) -> str:
    """Return what the original of a package.json script is called."""
    return f"adopted:{name}"


def kept_target(name: str) -> str:
    """Return what the original of a make target is called."""
    return f"adopted-{name}"
