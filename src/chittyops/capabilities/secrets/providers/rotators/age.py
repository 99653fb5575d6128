"""Keys of the store itself: a new recipient beside the old one, then every file encrypted anew without that."""

from __future__ import annotations

import asyncio

import pyrage  # type: ignore[import-untyped]
from pyrage import x25519

from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.kernel.secret import Secret


class AgeRotator:
    """Rotates an age identity that the files of the store are encrypted for."""

    def __init__(self, setting: Setting) -> None:
        """Take the files; there are no options."""
        setting.known(())
        self._title = setting.title
        self._files = setting.files

    async def identify(self, value: Secret) -> str:
        """Return the recipient of the identity. Raises Refused where no file is meant for it."""
        recipient = str(self._identity(value).to_public())
        readers = await asyncio.to_thread(self._files.readers)
        if not any(recipient in each for each in readers.values()):
            raise Refused(f"no file of the store is encrypted for {self._title}", hint=f"its recipient is {recipient}")
        return recipient

    async def create(self, mark: str, current: Issued) -> Issued:
        """Return a new identity, for which nothing is encrypted yet."""
        identity = x25519.Identity.generate()
        return Issued(Secret(str(identity)), str(identity.to_public()))

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Let it read every file that the current one can read."""
        await asyncio.to_thread(self._files.admit, new.handle, current.handle)

    async def verify(self, new: Issued) -> None:
        """Read the files with the new identity alone."""
        await asyncio.to_thread(self._files.readable, self._identity(new.value), new.handle)

    async def revoke(self, old: Issued) -> bool:
        """Encrypt every file anew, with another data key, for everybody but the old one."""
        return await asyncio.to_thread(self._files.dismiss, old.handle) > 0

    async def discard(self, mark: str, new: Issued | None) -> None:
        """Take the new recipient out again."""
        if new is not None:
            await asyncio.to_thread(self._files.dismiss, new.handle)

    def _identity(self, value: Secret) -> x25519.Identity:
        for line in value.reveal().splitlines():
            if line.startswith("AGE-SECRET-KEY-"):
                try:
                    return x25519.Identity.from_str(line.strip())
                except pyrage.IdentityError:
                    break
        raise Misconfigured(f"the value of {self._title} is no age key", hint="a key begins with AGE-SECRET-KEY-1")
