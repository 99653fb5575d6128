"""Discovery put together with the disk."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from chittyops.capabilities.discovery import service
from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.ports import Entry, EntryKind, Reader
from chittyops.capabilities.discovery.providers.cache import RACY_NS, Cache, version
from chittyops.capabilities.discovery.providers.disk import DiskWorkspace
from chittyops.capabilities.discovery.providers.reading import DiskReader
from chittyops.capabilities.discovery.providers.results import Result, state
from chittyops.capabilities.discovery.service import scan
from chittyops.capabilities.discovery.service.codes import codes
from chittyops.interface.codec import dump, schema
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.inventory import Inventory
from chittyops.runtime.home import Home

__all__ = ["codes", "discover", "json_schema", "to_json"]

Told = Callable[[int, int], None]
"""Is told how many files have been read, of how many."""


def discover(path: Path, home: Home, told: Told = lambda _done, _total: None) -> Inventory:
    """Return all that is found below ``path``, which is only read. Raises Misconfigured when it is no folder.

    What was read stays in ``home``, so that a second run reads only what has changed, and nothing at all where
    nothing has.
    """
    root = path.resolve()
    if not root.is_dir():
        message = f"{path} is not a folder"
        raise Misconfigured(message)
    started_ns = time.time_ns()
    entries = list(DiskWorkspace(root).walk())
    code = version(Path(__file__).parent)
    kept = home.file("discovery", hashlib.sha256(os.fsencode(root)).hexdigest()[:16])
    result = Result(kept.with_suffix(".result"), state(code, entries))
    if known := result.load():
        return known
    facts = _facts(
        DiskReader(root, home.credential("discovery")),
        Cache.load(kept.with_suffix(".facts"), code),
        entries,
        started_ns,
        told,
    )
    found = service.inventory(root.name, entries, facts)
    if all(started_ns - each.changed_ns > RACY_NS for each in entries):
        result.save(found)
    return found


def _facts(reader: Reader, cache: Cache, entries: Iterable[Entry], now_ns: int, told: Told) -> list[Facts]:
    """Return what all files tell: those that have not changed since they were kept are not read."""
    known: list[tuple[Entry, Facts]] = []
    unread: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind is not EntryKind.FILE:
            continue
        if facts := scan.by_name(entry.path) or cache.facts(entry):
            known.append((entry, facts))
        elif scan.is_read(entry.path):
            unread[entry.path] = entry
    for done, facts in enumerate(reader.read(list(unread.values())), 1):
        known.append((unread[facts.path], facts))
        told(done, len(unread))
    if unread or len(known) != len(cache):
        cache.save(known, now_ns)
    return [facts for _, facts in known]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of what ``to_json`` returns."""
    return schema(Inventory)


def to_json(found: Inventory) -> dict[str, Any]:
    """Return ``found`` as JSON data."""
    data: dict[str, Any] = dump(found)
    return data
