"""Node.js and Miniflare: whether they are there, and installing the latter on first use."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.ports import Say
from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime.filelock import lock
from chittyops.runtime.home import Home

SHARED = "CHITTYOPS_NODE_HOME"
OLDEST = 20
_FILES = ("package.json", "package-lock.json", "miniflare.mjs")
_INSTALL_SECONDS = 300.0
_VERSION = re.compile(r"v(\d+)\.")


class Node:
    """Node.js of this machine, and the copy of Miniflare that belongs to this release of ChittyOps.

    The copy lives in ``node/`` of the home, or in the folder CHITTYOPS_NODE_HOME, which homes may share.
    """

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._root = Path(environ[SHARED]) if environ.get(SHARED) else home.path / "node"
        self._source = Path(__file__).parent
        self._version: int | None = None

    def missing(self) -> str:
        """Return why no Worker can run here, or ""."""
        if self.version() < OLDEST:
            return f"Node.js {OLDEST} or newer is not installed"
        if not self._installed() and shutil.which("npm", path=self._environ.get("PATH")) is None:
            return "npm, which installs Miniflare, is not installed"
        return ""

    def version(self) -> int:
        """Return the major version of Node.js, 0 when there is none."""
        if not self._version:  # one that was not there may be there now
            self._version = self._ask_version()
        return self._version

    def _ask_version(self) -> int:
        program = shutil.which("node", path=self._environ.get("PATH"))
        if program is None:
            return 0
        try:
            answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return 0
        match = _VERSION.match(answer.stdout)
        return int(match[1]) if match else 0

    async def host_script(self, say: Say) -> Path:
        """Return the script that runs a Worker, with Miniflare beside it; install it where it is not yet.

        Raises Misconfigured without Node.js, Unavailable when npm fails.
        """
        reason = self.missing()
        if reason:
            raise Misconfigured(reason, hint=f"install Node.js {OLDEST} or newer, with npm")
        if not self._installed():
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = await lock(self._root / "lock", timeout_seconds=_INSTALL_SECONDS)
            try:
                if not self._installed():
                    await say("installing Miniflare, once for this machine (about 165 MB)")
                    await self._install()
            finally:
                os.close(held)
        return self._folder / "miniflare.mjs"

    @property
    def _folder(self) -> Path:
        digest = hashlib.sha256(b"".join((self._source / name).read_bytes() for name in _FILES))
        return self._root / digest.hexdigest()[:16]

    def _installed(self) -> bool:
        return (self._folder / "miniflare.mjs").is_file()

    async def _install(self) -> None:
        """Install into a folder of its own and move it into place, so that there is all of it or nothing."""
        temporary = Path(tempfile.mkdtemp(dir=self._root, prefix="new-"))
        try:
            for name in _FILES:
                shutil.copy(self._source / name, temporary)
            await self._npm(temporary)
            temporary.replace(self._folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    async def _npm(self, folder: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            *("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"),
            cwd=folder,
            env={name: value for name, value in self._environ.items() if not name.startswith("CHITTYOPS_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_INSTALL_SECONDS):
                _, errors = await process.communicate()
        except TimeoutError:
            raise Unavailable(f"npm did not install Miniflare within {_INSTALL_SECONDS:g} s", hint=_HINT) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
            reason = lines[0] if lines else f"exit code {process.returncode}"
            raise Unavailable(f"npm cannot install Miniflare: {reason}", hint=_HINT)


_HINT = f"the first Worker needs the network once; or set {SHARED} to a folder where Miniflare is installed"


def missing(node: Node, target: Target) -> str:
    """Return why this machine cannot run a service, or ""."""
    match target.desired.service.deploy.launch.kind:
        case "worker":
            return node.missing()
        case "script":
            return "" if node.version() else "Node.js is not installed"
    return ""
