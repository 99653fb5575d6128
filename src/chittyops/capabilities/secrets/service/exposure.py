"""What somebody could have read: every value that stood in a file of the store while the file was meant for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chittyops.capabilities.secrets.service.access import Keys, Version, changes


@dataclass(frozen=True, slots=True)
class Exposed:
    """A secret that somebody could have read from ``since`` on.

    ``current``: the value they could read is the one in use, so that it has to be replaced. ``since`` is None where
    git does not know it.
    """

    path: str
    keys: Keys
    since: datetime | None
    current: bool


def exposed(versions: Sequence[Version], recipient: str) -> list[Exposed]:
    """Return every secret that ``recipient`` could have read; the last of ``versions`` of a file is the present one.

    A value that was only encrypted anew is the value it was before.
    """
    names = sorted({keys[-1] for version in versions for keys in version.sealed or {}})
    new_value = {
        (id(change.version), change.keys) for name in names for change in changes(versions, name)
        if change.what != "re-encrypted"
    }  # fmt: skip
    count: dict[tuple[str, Keys], int] = {}
    readable: dict[tuple[str, Keys], tuple[datetime | None, int]] = {}
    present: dict[str, set[Keys]] = {}
    for version in versions:
        present[version.path] = set(version.sealed or {})
        for keys in {keys for number, keys in new_value if number == id(version)}:
            count[version.path, keys] = count.get((version.path, keys), 0) + 1
        if recipient in version.recipients:
            for keys, sealed in (version.sealed or {}).items():
                if sealed:
                    since, _ = readable.get((version.path, keys), (version.at, 0))
                    readable[version.path, keys] = (since, count.get((version.path, keys), 0))
    return [
        Exposed(path, keys, since, keys in present[path] and number == count.get((path, keys), 0))
        for (path, keys), (since, number) in sorted(readable.items(), key=lambda item: item[0])
    ]
