"""Working copies: the files of a build, copied from its bundle and built once."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.ports import Say
from chittyops.capabilities.deploy.providers.local.environment import with_interpreter
from chittyops.capabilities.deploy.providers.local.launch import split
from chittyops.capabilities.deploy.providers.local.logs import Lines, Redactor
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, NotFound
from chittyops.runtime.home import Home

KEPT_BUILDS = 5


class Builds:
    """The folder of working copies, ``agent/builds/<fleet>/<environment>/<service>/<build id>``."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def folder(self, key: str, build_id: str) -> Path:
        """Return where the working copy of a build is, or would be."""
        return self._home.file("agent", "builds", *key.split("/"), build_id)

    async def make(self, target: Target, environ: Mapping[str, str], redact: Redactor, say: Say) -> Path:
        """Return the finished working copy of ``target``; copy and build it unless that was done before.

        A copy that was interrupted is made again from the start. Raises NotFound without the bundle,
        ChittyOpsError when the build command fails.
        """
        folder = self.folder(target.key, target.build_id)
        finished = folder.with_name(f"{folder.name}.built")
        if finished.exists():
            return folder
        bundle = self._home.path / "bundles" / target.desired.content
        if not bundle.is_dir():
            message = f"the files of {target.name} (bundle {target.desired.content[:12]}) are not here"
            raise NotFound(message, hint="deploy again, so that they are uploaded")
        await asyncio.to_thread(_copy, bundle, folder, Path(target.desired.source))
        if target.desired.service.deploy.build:
            await _build(target, folder, environ, redact, say)
        finished.touch(mode=0o600)
        return folder

    async def prune(self, key: str, keep: Collection[str]) -> None:
        """Delete all but the last builds of a service and those in ``keep``."""
        parent = self._home.file("agent", "builds", *key.split("/"), "x").parent
        finished = sorted(parent.glob("*.built"), key=lambda path: path.stat().st_mtime, reverse=True)
        kept = {path.name.removesuffix(".built") for path in finished[:KEPT_BUILDS]} | set(keep)
        for path in finished[KEPT_BUILDS:]:
            if path.name.removesuffix(".built") not in kept:
                path.unlink()
        for folder in parent.iterdir() if parent.is_dir() else ():
            if folder.is_dir() and folder.name not in kept:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _copy(bundle: Path, folder: Path, source: Path) -> None:
    """Copy the bundle; installed packages, which no bundle holds, are those of the service's own folder."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(bundle, folder, symlinks=True)
    folder.chmod(0o700)
    packages = source / "node_modules"
    if packages.is_dir() and not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(packages, target_is_directory=True)


async def _build(target: Target, folder: Path, environ: Mapping[str, str], redact: Redactor, say: Say) -> None:
    command = target.desired.service.deploy.build
    await say(f"build: {command}")
    try:
        process = await asyncio.create_subprocess_exec(
            *with_interpreter(split(command), folder, Path(target.desired.source)),
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        message = f"the build command cannot be started: {error.strerror}"
        raise Misconfigured(message, hint=f"check: {command}") from None
    try:
        last = await _show(process, Lines(redact), say)
        code = await process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if code:
        message = f"the build of {target.name} failed with code {code}: {last}"
        raise ChittyOpsError(message, hint=f"run it in the service's folder: {command}")


async def _show(process: asyncio.subprocess.Process, lines: Lines, say: Say) -> str:
    """Say everything the process writes; return its last line."""
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    last = ""
    while True:
        data = await process.stdout.read(64 * 1024)
        for line in lines.feed(data, final=not data):
            last = line
            await say(f"build: {line}")
        if not data:
            return last
