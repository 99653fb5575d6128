"""Files read and recognised by processes of their own, on all processors where there are many."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec import msgpack

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.ports import Entry
from chittyops.capabilities.discovery.service import scan
from chittyops.kernel.secret import Secret

LEAST_FOR_MANY: Final = 400
"""Files below which one process is as fast as several."""
File = tuple[str, str]
"""A file's path, and what the system calls it."""
_CHUNK: Final = 64
_MOST_PROCESSES: Final = 8


@dataclass(frozen=True, slots=True)
class DiskReader:
    """Reads the files below ``root``; ``key`` keys the fingerprints of credentials."""

    root: Path
    key: Secret

    def read(self, entries: Sequence[Entry]) -> Iterator[Facts]:
        """Yield the facts of each file, in any order; of one that cannot be read, that it cannot.

        Grammars are native code, and a file can bring one down: files are read by other processes, so that it
        costs that file alone. A caller with threads reads on its own, since forking is not safe then.
        """
        # The largest first, and one process's share is never a run of large ones.
        files = [(each.path, each.name or each.path) for each in sorted(entries, key=lambda each: -each.size_bytes)]
        if threading.active_count() > 1:
            yield from (_read(self.root, file, self._key) for file in files)
            return
        processes = min(os.cpu_count() or 1, _MOST_PROCESSES) if len(files) >= LEAST_FOR_MANY else 1
        step = len(files) // _CHUNK + 1
        lost: list[File] = []
        for file, facts in self._by(processes, [files[start::step] for start in range(step)]):
            if facts is None:
                lost.append(file)
            else:
                yield facts
        for file in lost:
            for (path, _), facts in self._by(1, [[file]]):
                yield facts or scan.unreadable(path, "reading it brings its parser down")

    @property
    def _key(self) -> bytes:
        return self.key.reveal().encode()

    def _by(self, processes: int, chunks: Sequence[Sequence[File]]) -> Iterator[tuple[File, Facts | None]]:
        """Yield each file with its facts, or None where the process that had to read it died."""
        with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
            asked = {pool.submit(_read_chunk, self.root, files, self._key): files for files in chunks if files}
            for chunk in as_completed(asked):
                try:
                    read: Sequence[Facts | None] = msgpack.decode(chunk.result(), type=list[Facts])
                except BrokenProcessPool:
                    read = [None] * len(asked[chunk])
                yield from zip(asked[chunk], read, strict=True)


def _read_chunk(root: Path, files: Sequence[File], key: bytes) -> bytes:
    return msgpack.encode([_read(root, file, key) for file in files])


def _read(root: Path, file: File, key: bytes) -> Facts:
    path, name = file
    try:
        with (root / name).open("rb") as opened:
            data = opened.read(scan.LARGEST_SEARCHED_BYTES)
    except OSError:
        return scan.unreadable(path)
    return scan.facts(path, data, key)
