"""A program of the user's own that makes and ends credentials.

It is run in the workspace without a shell, once for each operation. It reads one JSON object from stdin
(``operation``, ``mark`` and, as far as known, ``value``, ``handle``, ``current_value``, ``current_handle``) and
writes one to stdout: identify ``{"handle"}``, create ``{"value", "handle"}``, revoke ``{"revoked": true|false}``, the
others ``{}``. Its exit code is 0, 75 where trying again may help, or anything else; what it writes to stderr is not
kept, for it might hold a value. Values are never arguments.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from typing import Any

from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.runtime.process import Command, captured

TIMEOUT_SECONDS = 120.0
TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h."""


class CommandRotator:
    """Runs the option ``command``."""

    def __init__(self, setting: Setting) -> None:
        """Take the command line and where it runs."""
        setting.known({"command"})
        line = setting.option("command")
        try:
            self._argv = tuple(shlex.split(line))
        except ValueError as error:
            raise Misconfigured(
                f"the command of {setting.title} cannot be read: {error}", hint="close its quotes"
            ) from None
        if not self._argv:
            raise Misconfigured(f"the command of {setting.title} is empty", hint="write the program that rotates it")
        self._setting = setting

    async def identify(self, value: Secret) -> str:
        """Return what the program calls the credential."""
        return str((await self._run("identify", "", Issued(value))).get("handle", ""))

    async def create(self, mark: str, current: Issued) -> Issued:
        """Return what the program made. Asked again with the same mark, it returns or replaces that one."""
        answer = await self._run("create", mark, None, current)
        value = answer.get("value")
        if not isinstance(value, str) or not value:
            raise ChittyOpsError(f"{self._argv[0]} made no value", hint='create answers {"value": ..., "handle": ...}')
        return Issued(Secret(value), str(answer.get("handle", "")))

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Do nothing: create has it accepted."""

    async def verify(self, new: Issued) -> None:
        """Have the program use the credential."""
        await self._run("verify", "", new)

    async def revoke(self, old: Issued) -> bool:
        """Have the program end the credential."""
        return bool((await self._run("revoke", "", old)).get("revoked", True))

    async def discard(self, mark: str, new: Issued | None) -> None:
        """Have the program end what it made for ``mark``."""
        await self._run("discard", mark, new)

    async def _run(
        self, operation: str, mark: str, issued: Issued | None, current: Issued | None = None
    ) -> dict[str, Any]:
        given = {"operation": operation, "mark": mark}
        given |= {"value": issued.value.reveal(), "handle": issued.handle} if issued else {}
        given |= {"current_value": current.value.reveal(), "current_handle": current.handle} if current else {}
        command = Command(self._argv, self._setting.environ, self._setting.root)
        done = await asyncio.to_thread(
            captured, command, given=json.dumps(given).encode(), timeout_seconds=TIMEOUT_SECONDS
        )
        if done.code == TRY_AGAIN:
            raise Unavailable(f"{self._argv[0]} cannot {operation} now")
        if done.code:
            raise ChittyOpsError(
                f"{self._argv[0]} ended with {done.code} at {operation}",
                hint="run it by hand in the workspace to see why; it reads JSON from stdin (docs/guides/rotation.md)",
            )
        try:
            answer = json.loads(done.output or b"{}")
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ChittyOpsError(f"{self._argv[0]} did not answer {operation} with a JSON object")
        return answer
