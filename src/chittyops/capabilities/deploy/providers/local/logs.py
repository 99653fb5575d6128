"""Logs of services: lines with their time, without secrets, in files of bounded size and number."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

from chittyops.kernel.clock import Clock
from chittyops.kernel.secret import REDACTED

MAX_LINE = 16 * 1024
_FILE_BYTES = 2 * 1024 * 1024
_FILES = 5
_FOLLOWER_LINES = 10_000
_READ_BYTES = 64 * 1024


class Redactor:
    """Replaces secret values, also those printed over several lines or escaped as JSON does."""

    def __init__(self, values: Iterable[str]) -> None:
        forms: set[str] = set()
        for value in values:
            forms |= {value, json.dumps(value)[1:-1], *(line.strip() for line in value.splitlines())}
        forms.discard("")
        self.longest = max(map(len, forms), default=0)
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if forms else None

    def __call__(self, text: str) -> str:
        """Return ``text`` without the values."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text

    def safe_cut(self, text: str, at: int) -> int:
        """Return where ``text`` may be cut, at or before ``at``, so that no value is cut in two."""
        cut = max(0, at - self.longest)
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.start() < cut < match.end():
                return match.start()
        return cut


class Lines:
    """Makes redacted lines of the bytes a process writes."""

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact
        self._rest = ""
        self._undecoded = b""

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        """Return the lines that are complete now; with ``final``, the unfinished one too."""
        text = self._rest + self._decode(data, final=final)
        *lines, self._rest = text.split("\n")
        limit = MAX_LINE + self._redact.longest
        while len(self._rest) > limit:
            cut = self._redact.safe_cut(self._rest, len(self._rest)) or len(self._rest)
            lines.append(self._rest[:cut])
            self._rest = self._rest[cut:]
        if final and self._rest:
            lines.append(self._rest)
            self._rest = ""
        return [piece for line in lines for piece in _pieces(self._redact(line.rstrip("\r")))]

    def _decode(self, data: bytes, *, final: bool) -> str:
        data = self._undecoded + data
        keep = 0 if final else _unfinished(data)
        self._undecoded = data[len(data) - keep :]
        return data[: len(data) - keep].decode("utf-8", "replace")


def _unfinished(data: bytes) -> int:
    """Return how many bytes at the end of ``data`` begin a UTF-8 character that is not complete."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte & 0xC0 != 0x80:  # noqa: PLR2004 - not a continuation byte
            width = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1  # noqa: PLR2004
            return back if width > back else 0
    return 0


def _pieces(line: str) -> list[str]:
    return [line[at : at + MAX_LINE] for at in range(0, len(line), MAX_LINE)] or [""]


class ServiceLog:
    """The log of one service over all its builds."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._followers: set[asyncio.Queue[str]] = set()
        self._size = path.stat().st_size if path.exists() else 0

    def write(self, lines: Iterable[str]) -> None:
        """Append ``lines``, each with the present time."""
        now = self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        stamped = [f"{now} {line}" for line in lines]
        if not stamped:
            return
        data = "".join(f"{line}\n" for line in stamped).encode("utf-8", "replace")
        if self._size + len(data) > _FILE_BYTES:
            self._rotate()
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(fd, "ab") as file:
            file.write(data)
        self._size += len(data)
        for queue in self._followers:
            for line in stamped:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(line)

    def tail(self, count: int) -> list[str]:
        """Return the last ``count`` lines, oldest first."""
        lines: deque[str] = deque()
        for path in (self._path, *(self._numbered(n) for n in range(1, _FILES))):
            if len(lines) >= count or not path.exists():
                break
            with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
                lines.extendleft(reversed(deque((line.rstrip("\n") for line in file), count - len(lines))))
        return list(lines)

    async def follow(self, tail: int) -> AsyncIterator[str]:
        """Yield the last ``tail`` lines, then new ones; a reader too slow misses the oldest of them."""
        queue: asyncio.Queue[str] = asyncio.Queue(_FOLLOWER_LINES)
        self._followers.add(queue)
        try:
            for line in self.tail(tail):
                yield line
            while True:
                yield await queue.get()
        finally:
            self._followers.discard(queue)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _rotate(self) -> None:
        for number in range(_FILES - 1, 0, -1):
            source = self._numbered(number - 1) if number > 1 else self._path
            with suppress(FileNotFoundError):
                source.replace(self._numbered(number))
        self._size = 0


class Pipe:
    """The named pipe an instance writes to; whoever is the agent now reads it.

    The service holds both ends open, so it never gets SIGPIPE while there is no agent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._closed = asyncio.Event()

    def create(self) -> int:
        """Make the pipe and return the descriptor for the service; the caller closes it."""
        with suppress(FileExistsError):
            os.mkfifo(self._path, 0o600)
        return os.open(self._path, os.O_RDWR | os.O_CLOEXEC)

    def read_into(self, log: ServiceLog, lines: Lines, recent: deque[str]) -> None:
        """Move everything that is written from now on into ``log``, the last lines into ``recent`` too."""
        self.close()
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        self._fd = fd
        self._closed.clear()

        def take() -> None:
            try:
                data = os.read(fd, _READ_BYTES)
            except BlockingIOError:
                return
            complete = lines.feed(data, final=not data)
            recent.extend(complete)
            log.write(complete)
            if not data:
                self.close()

        asyncio.get_running_loop().add_reader(fd, take)

    async def drained(self, within_seconds: float) -> None:
        """Wait until the last writer has closed the pipe and all was read, but no longer than said."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._closed.wait()

    def close(self) -> None:
        """Stop reading."""
        fd, self._fd = self._fd, None
        if fd is not None:
            asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)
        self._closed.set()

    def remove(self) -> None:
        """Stop reading and delete the pipe."""
        self.close()
        self._path.unlink(missing_ok=True)
