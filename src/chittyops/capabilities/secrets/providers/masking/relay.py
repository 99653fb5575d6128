"""Stands between a command and whoever reads its output: masks what it writes, passes everything else on."""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import termios
import threading
import tty
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from chittyops.capabilities.secrets.providers.masking.forms import Masker

_SIGNALLED = 128
"""Added to the number of the signal that ended a command, as shells do."""
_FROM_KERNEL = 0x80  # SI_KERNEL, sigaction(2): the terminal's own signals
_PASSED = frozenset({
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
})  # fmt: skip
_WATCHED = _PASSED | {signal.SIGCHLD, signal.SIGWINCH}
_CHUNK_BYTES = 65536
_STDIN, _STDOUT, _STDERR = 0, 1, 2


@dataclass(frozen=True, slots=True)
class _Ends:
    """The ends of what the command reads and writes: ``inner`` by its own descriptors, ``outer`` by ours."""

    inner: dict[int, int]
    outer: dict[int, int]
    terminal: int = -1
    """Our end of the command's terminal, -1 where it has none of its own."""


def relay(become: Callable[[], int], values: Collection[str]) -> int:
    """Run ``become`` in a child that is to turn into the command, and return the command's exit code (128+n).

    What it writes is shown with ``values`` masked. Where we write to a terminal it gets a terminal too. It gets the
    signals that we get. ``become`` returns only when it fails, with the exit code.
    """
    handlers = {number: signal.signal(number, _nothing) for number in (signal.SIGCHLD, signal.SIGWINCH)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    ends = _ends()
    pid = os.fork()  # noqa: TID251 - the child has to know its own pid for the files it is given, and then becomes the command
    if not pid:
        _be_child(ends, become, mask, handlers)
    for descriptor in set(ends.inner.values()):
        os.close(descriptor)
    ended, wake = os.pipe()
    threading.Thread(target=_pass_on, args=(pid, ends, wake), daemon=True).start()
    with _raw(ends):
        _Streams(ends, values).run(ended)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALLED - code


def _nothing(_number: int, _frame: object) -> None:
    """Take a signal that is ignored by default, so that it can be waited for."""


def _ends() -> _Ends:
    if not os.isatty(_STDOUT):
        out, err = os.pipe(), os.pipe()
        return _Ends({_STDOUT: out[1], _STDERR: err[1]}, {_STDOUT: out[0], _STDERR: err[0]})
    master, slave = os.openpty()
    termios.tcsetattr(slave, termios.TCSANOW, termios.tcgetattr(_STDOUT))
    _copy_size(slave)
    inner, outer = {_STDOUT: slave}, {_STDOUT: master}
    if os.isatty(_STDERR):
        inner[_STDERR] = slave
    else:
        outer[_STDERR], inner[_STDERR] = os.pipe()
    if _reads_terminal():
        inner[_STDIN] = slave
    return _Ends(inner, outer, master)


def _reads_terminal() -> bool:
    """Return whether stdin is the terminal that we are in the foreground of."""
    try:
        return os.tcgetpgrp(_STDIN) == os.getpgrp()
    except OSError:  # it is no terminal, or not ours
        return False


def _copy_size(descriptor: int) -> None:
    with suppress(OSError):
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, fcntl.ioctl(_STDOUT, termios.TIOCGWINSZ, b"\0" * 8))


def _be_child(
    ends: _Ends, become: Callable[[], int], mask: Collection[int], handlers: Mapping[signal.Signals, object]
) -> None:
    code = _SIGNALLED - 1
    try:
        if ends.terminal >= 0:
            os.setsid()
            fcntl.ioctl(ends.inner[_STDOUT], termios.TIOCSCTTY, 0)
        for number, descriptor in ends.inner.items():
            os.dup2(descriptor, number)
        for number, handler in handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = become()
    finally:
        # Nothing of the parent's may be run by the child, whatever went wrong.
        os._exit(code)


def _pass_on(pid: int, ends: _Ends, wake: int) -> None:
    """Pass signals on to the command; what the terminal sends to all of its processes has reached it already."""
    while True:
        number, sent = _signal()
        if number == signal.SIGCHLD and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            os.close(wake)
            return
        if number == signal.SIGWINCH and ends.terminal >= 0:
            _copy_size(ends.terminal)
        if number in _PASSED and (sent or ends.terminal >= 0):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _signal() -> tuple[int, bool]:
    """Wait for a signal and return it, and whether a process has sent it (True where the system cannot tell)."""
    if not hasattr(signal, "sigwaitinfo"):
        return signal.sigwait(_WATCHED), True
    got = signal.sigwaitinfo(_WATCHED)
    return got.si_signo, got.si_code != _FROM_KERNEL


@contextmanager
def _raw(ends: _Ends) -> Iterator[None]:
    """Have our terminal hand over every key while the command's own terminal interprets them."""
    if _STDIN not in ends.inner:
        yield
        return
    before = termios.tcgetattr(_STDIN)
    tty.setraw(_STDIN)
    try:
        yield
    finally:
        termios.tcsetattr(_STDIN, termios.TCSADRAIN, before)


class _Streams:
    """Moves bytes between the command and us until it has ended."""

    def __init__(self, ends: _Ends, values: Collection[str]) -> None:
        self._terminal = ends.terminal
        self._maskers = {number: Masker(values) for number in ends.outer}
        self._selector = selectors.DefaultSelector()
        for number, descriptor in ends.outer.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, number)
        if _STDIN in ends.inner:
            self._selector.register(_STDIN, selectors.EVENT_READ, _STDIN)

    def run(self, ended: int) -> None:
        """Return when ``ended`` can be read; what was written by then has been shown."""
        self._selector.register(ended, selectors.EVENT_READ, None)
        while True:
            ready = [key for key, _ in self._selector.select()]
            for key in ready:
                if key.data is not None:
                    self._move(key.fd, key.data)
            if any(key.data is None for key in ready):
                break
        for key in list(self._selector.get_map().values()):
            while key.data in self._maskers and self._move(key.fd, key.data):
                pass
        for number, masker in self._maskers.items():
            _write(number, masker.feed(b"", final=True))

    def _move(self, descriptor: int, number: int) -> bool:
        """Move what can be read now; return whether there may be more."""
        try:
            data = os.read(descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        except OSError:  # a terminal that nobody holds any more
            data = b""
        if number == _STDIN:
            return self._type(data)
        if not data or not _write(number, self._maskers[number].feed(data)):
            self._selector.unregister(descriptor)
            os.close(descriptor)
            return False
        return True

    def _type(self, data: bytes) -> bool:
        if data:
            os.set_blocking(self._terminal, True)
            _write(self._terminal, data)
            os.set_blocking(self._terminal, False)
        else:
            self._selector.unregister(_STDIN)
        return bool(data)


def _write(descriptor: int, data: bytes) -> bool:
    """Write all of ``data``; return whether anyone still reads."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        return False
    return True
