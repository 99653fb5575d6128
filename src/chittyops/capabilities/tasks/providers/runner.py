"""Runs a prepared task: output passed on line by line without secrets, a time limit, signals handed down."""

from __future__ import annotations

import asyncio
import os
import signal as signals
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chittyops.capabilities.tasks.model import Prepared, Result
from chittyops.kernel.secret import redact
from chittyops.runtime.process import NOWHERE, Child, Command, spawn

GRACE_SECONDS: Final = 10.0
TIMED_OUT_CODE: Final = 124
"""What timeout(1) of coreutils ends with."""
_HANDED_DOWN: Final = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP)
_SIGNAL_CODES: Final = 128
_LONGEST_LINE: Final = 64 << 10
_LONGEST_SECRET: Final = 4 << 10
_AFTER_END_SECONDS: Final = 1.0

Write = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended; ``code`` is what the shell would say."""

    result: Result
    code: int


CANNOT_RUN: Final = Ended(Result.FAILED, 127)
"""What a shell ends with where there is no such program."""


async def run(
    prepared: Prepared, folder: Path, write: Write, *, keep: int, grace_seconds: float = GRACE_SECONDS
) -> Ended:
    """Run ``prepared`` in ``folder`` to its end; ``write`` gets what it writes.

    ``keep`` is the descriptor of the lock: while anything of the task runs, it stays locked. The first signal
    that comes is handed down to all its processes, a second one kills them.
    """
    reading, writing = os.pipe()
    try:
        command = Command(prepared.argv, prepared.environ, folder, keep=(keep,))
        child = spawn(command, output=writing, given=_given())
    except BaseException:  # interrupted or not, the pipe is closed
        os.close(reading)
        raise
    finally:
        os.close(writing)
    output = asyncio.ensure_future(_pass_on(reading, _Redacting(prepared.concealed, write)))
    try:
        return await _watched(child, prepared.task.timeout_seconds, grace_seconds)
    finally:
        # What left the process group may keep the pipe open for ever.
        await asyncio.wait({output}, timeout=_AFTER_END_SECONDS)
        output.cancel()
        with suppress(asyncio.CancelledError):
            await output


async def _watched(child: Child, timeout_seconds: float, grace_seconds: float) -> Ended:
    received: list[int] = []
    with _handing_down(child, received):
        waiting = asyncio.ensure_future(child.wait())
        try:
            done, _ = await asyncio.wait({waiting}, timeout=timeout_seconds)
            if not done:
                _send(child, signals.SIGTERM)
                done, _ = await asyncio.wait({waiting}, timeout=grace_seconds)
                _send(child, signals.SIGKILL)
                await waiting
                return Ended(Result.TIMED_OUT, TIMED_OUT_CODE)
            code = await waiting
        except asyncio.CancelledError:
            _send(child, signals.SIGKILL)
            await waiting
            raise
    if received:
        return Ended(Result.INTERRUPTED, _SIGNAL_CODES + received[0])
    code = code if code >= 0 else _SIGNAL_CODES - code
    return Ended(Result.DONE if code == 0 else Result.FAILED, code)


@contextmanager
def _handing_down(child: Child, received: list[int]) -> Iterator[None]:
    def hand_down(number: int) -> None:
        _send(child, signals.SIGKILL if received else number)
        received.append(number)

    loop = asyncio.get_running_loop()
    for number in _HANDED_DOWN:
        loop.add_signal_handler(number, hand_down, number)
    try:
        yield
    finally:
        for number in _HANDED_DOWN:
            loop.remove_signal_handler(number)


def _send(child: Child, number: int) -> None:
    """Send a signal to every process of the task; until the first is reaped, no other group has its number."""
    if child.exit_code is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.identity.pid, number)


def _given() -> int:
    """Return what the task may read: our input, but for a terminal, at which a process in the background stops."""
    try:
        return NOWHERE if sys.stdin is None or sys.stdin.isatty() else sys.stdin.fileno()
    except (OSError, ValueError):
        return NOWHERE


class _Redacting:
    """Cuts output into lines and takes secrets out of each."""

    def __init__(self, concealed: frozenset[str], write: Write) -> None:
        self._concealed = concealed
        self._write = write
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """Take the next piece of output."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._pass(line.decode("utf-8", "replace") + "\n")
        if len(self._rest) > _LONGEST_LINE:
            # The end is held back: a secret may be cut in two there.
            text = redact(self._rest.decode("utf-8", "replace"), self._concealed)
            self._write(text[:-_LONGEST_SECRET])
            self._rest = text[-_LONGEST_SECRET:].encode()

    def finish(self) -> None:
        """Pass on what has no end of line."""
        if self._rest:
            self._pass(self._rest.decode("utf-8", "replace"))
            self._rest = b""

    def _pass(self, text: str) -> None:
        self._write(redact(text, self._concealed))


async def _pass_on(reading: int, output: _Redacting) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", 0)
    )
    try:
        while piece := await reader.read(_LONGEST_LINE):
            output.feed(piece)
    finally:
        output.finish()
        transport.close()
