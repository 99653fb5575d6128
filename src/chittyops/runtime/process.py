"""Processes: started with nothing they should not have, known by more than their pid, and stopped for certain."""

from __future__ import annotations

import os
import pwd
import signal as signals
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from chittyops.kernel.errors import Misconfigured, Unavailable

POLL_SECONDS = 0.05
KILL_WAIT_SECONDS = 10.0
PR_SET_PDEATHSIG = 1  # prctl(2)
NOWHERE = subprocess.DEVNULL
"""What a process reads from or writes to when nobody is there."""
LINUX = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process for ever: ``started`` tells it from a later one with its pid, also after the machine restarted.

    ``started`` is an opaque number, to be compared and nothing else.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """Return the identity of the process that has ``pid`` now; one that is not alive when there is none."""
        return cls(pid, _started(pid))

    def alive(self) -> bool:
        """Return whether this very process still runs; one that ended and was not waited for does not."""
        return self.started > 0 and _started(self.pid) == self.started

    def signal(self, number: int) -> bool:
        """Send a signal to this very process; return whether it was there to get it."""
        if not self.alive():
            return False
        try:
            if not LINUX:
                os.kill(self.pid, number)
                return True
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.alive():
                return False
            signals.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True

    async def ended(self, *, timeout_seconds: float) -> bool:
        """Wait for this process to end; return whether it did in time."""
        import asyncio  # noqa: PLC0415 - who runs one short command must not wait for it to load

        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while self.alive():
                    await _end_of(self.pid)
        return not self.alive()

    async def stop(self, *, number: int = signals.SIGTERM, grace_seconds: float = 10.0) -> None:
        """Ask this process to end, by signal ``number``; kill it when it takes longer than the grace."""
        self.signal(number)
        if not await self.ended(timeout_seconds=grace_seconds):
            self.signal(signals.SIGKILL)
            await self.ended(timeout_seconds=KILL_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine that a process runs under."""

    name: str
    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Account:
        """Return an account that owns nothing: ``postgres`` where there is one, else ``nobody``."""
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(name, entry.pw_uid, entry.pw_gid)
        raise Misconfigured("this machine has neither an account postgres nor nobody", hint="run as an ordinary user")

    @classmethod
    def owning(cls, path: Path) -> Account:
        """Return the account that owns ``path``."""
        status = path.stat()
        return cls(str(status.st_uid), status.st_uid, status.st_gid)


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run. ``environ`` is all it gets; ``keep`` are descriptors that it inherits.

    ``death_signal`` is what it gets when the process that started it dies (Linux), 0 for nothing.
    """

    argv: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: Path | None = None
    account: Account | None = None
    keep: tuple[int, ...] = ()
    death_signal: int = signals.SIGTERM


class Child:
    """A process this one started, with a process group of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Use ``spawn``."""
        self._process = process
        self.identity = ProcessIdentity.of(process.pid)

    @property
    def exit_code(self) -> int | None:
        """Return the exit code (minus the signal's number when one killed it), or None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for the end and return the exit code; whatever is left of the process group is killed."""
        while self._process.returncode is None:
            await _end_of(self._process.pid)
            if not self.identity.alive():
                # Before the process is reaped: until then no other process can have its number.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signals.SIGKILL)
                self._process.wait()
        return self._process.returncode

    async def stop(self, *, number: int = signals.SIGTERM, grace_seconds: float = 10.0) -> int:
        """Ask the process to end, by signal ``number``; kill it when it takes longer than the grace."""
        await self.identity.stop(number=number, grace_seconds=grace_seconds)
        return await self.wait()


def spawn(command: Command, *, output: int = NOWHERE, given: int = NOWHERE, errors: int = subprocess.STDOUT) -> Child:
    """Start ``command``; it reads descriptor ``given`` and writes ``output``. Raises Misconfigured when it cannot run.

    What it says on stderr goes to ``output`` too, or to ``errors``.

    Call it in the main thread: on Linux a death signal comes when the thread ends that started the process.
    """
    account = command.account
    who = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    prepare = _death_signal(command.death_signal) if LINUX and command.death_signal else None
    try:
        process = subprocess.Popen(
            command.argv,
            env=dict(command.environ),
            cwd=command.cwd,
            stdin=given,
            stdout=output,
            stderr=errors,
            pass_fds=command.keep,
            process_group=0,
            preexec_fn=prepare,  # noqa: PLW1509 - two system calls and no lock: safe between fork and exec
            **who,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Misconfigured(f"cannot run {command.argv[0]}: {error}") from error
    return Child(process)


async def run(command: Command, *, output: int = NOWHERE, given: int = NOWHERE, errors: int = subprocess.STDOUT) -> int:
    """Run ``command`` to its end and return the exit code; when this is cancelled, the process is killed."""
    import asyncio  # noqa: PLC0415 - who runs one short command must not wait for it to load

    child = spawn(command, output=output, given=given, errors=errors)
    try:
        return await child.wait()
    except asyncio.CancelledError:
        await child.stop(number=signals.SIGKILL)
        raise


@dataclass(frozen=True, slots=True)
class Captured:
    """How a program ended, and what it wrote; ``code`` is minus the signal's number when one killed it."""

    code: int
    output: bytes = field(repr=False)
    errors: bytes = field(repr=False)


def captured(command: Command, *, given: bytes = b"", timeout_seconds: float = 60.0) -> Captured:
    """Run a short ``command``, which reads ``given``, to its end and return what it wrote. Works in any thread.

    Raises Misconfigured when it cannot run, Unavailable when it takes longer than ``timeout_seconds``.
    """
    try:
        done = subprocess.run(
            command.argv,
            env=dict(command.environ),
            cwd=command.cwd,
            input=given,
            capture_output=True,
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        # The text of that error holds what the program was given.
        raise Unavailable(f"{command.argv[0]} does not answer within {timeout_seconds:g} s") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise Misconfigured(f"cannot run {command.argv[0]}: {error}") from error
    return Captured(done.returncode, done.stdout, done.stderr)


def attended(command: Command) -> int:
    """Run ``command`` on our own terminal, for the person at it, and return its exit code.

    Ctrl-C is the program's affair while it runs. Raises Misconfigured when it cannot run.
    """
    try:
        process = subprocess.Popen(command.argv, env=dict(command.environ), cwd=command.cwd)
    except (OSError, subprocess.SubprocessError) as error:
        raise Misconfigured(f"cannot run {command.argv[0]}: {error}") from error
    before = signals.signal(signals.SIGINT, signals.SIG_IGN)
    try:
        return process.wait()
    finally:
        signals.signal(signals.SIGINT, before)


def detach(command: Command, *, output: int, given: int = NOWHERE) -> ProcessIdentity:
    """Start ``command`` so that it outlives this process and its terminal; it reads descriptor ``given``."""
    try:
        process = subprocess.Popen(
            command.argv,
            env=dict(command.environ),
            cwd=command.cwd,
            stdin=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise Misconfigured(f"cannot run {command.argv[0]}: {error}") from error
    identity = ProcessIdentity.of(process.pid)
    process.returncode = 0  # it is nobody's to wait for: keeps Popen from warning that it still runs
    return identity


def marked(variable: str, prefix: str) -> list[ProcessIdentity]:
    """Return the living processes that were started with ``variable`` beginning with ``prefix``."""
    import psutil  # noqa: PLC0415 - slow to load, and rarely needed

    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(variable, "").startswith(prefix):
                found.append(ProcessIdentity.of(process.pid))
    return [identity for identity in found if identity.alive()]


def _death_signal(number: int) -> Callable[[], None]:
    """Return what a new process calls, after it has changed its account, to die with this one."""
    prctl = _prctl()
    parent = os.getpid()

    def ask_for_it() -> None:
        # A job in the background of a script ignores SIGINT, and what it starts inherits that.
        signals.signal(number, signals.SIG_DFL)
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_it


@cache
def _prctl() -> Callable[..., int]:
    import ctypes  # noqa: PLC0415 - only a process that starts others needs it

    function: Callable[..., int] = ctypes.CDLL(None).prctl
    return function


def _started(pid: int) -> float:
    """Return a number that no other process with this pid has, ever; 0 when no such process runs.

    Linux: the start time in clock ticks since boot (proc(5), field 22), which no change of the clock moves,
    above it 20 bits that stand for the boot. Elsewhere: the start time in seconds since 1970.
    """
    if not LINUX:
        return _started_elsewhere(pid)
    try:
        after_name = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return 0.0 if after_name[0] in b"ZX" else float(_boot() * 2**33 + int(after_name[19]))


def _started_elsewhere(pid: int) -> float:
    import psutil  # noqa: PLC0415 - not needed on Linux, and slow to load

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return 0.0


@cache
def _boot() -> int:
    try:
        return zlib.crc32(Path("/proc/sys/kernel/random/boot_id").read_bytes()) % 2**20
    except OSError:
        return 0


async def _end_of(pid: int) -> None:
    """Return when the process with ``pid`` ends, or a moment later where the kernel cannot tell."""
    import asyncio  # noqa: PLC0415 - who runs one short command must not wait for it to load

    if not LINUX:
        await asyncio.sleep(POLL_SECONDS)
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
