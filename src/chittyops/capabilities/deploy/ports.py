"""What a deploy needs from outside: a provider that runs services, and a journal of releases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from chittyops.capabilities.deploy.model import Activated, Prepared, Target, Verified

Say = Callable[[str], Awaitable[None]]
"""Writes one line into the log of the service's release."""


class Provider(Protocol):
    """Runs services somewhere. Every call may be repeated: it looks up what it did before doing it again.

    Raises ChittyOpsError; ``permanent`` tells the caller whether to try again.
    """

    def missing(self, target: Target) -> str:
        """Return why this machine or account cannot run the service, or "" when it can."""
        ...

    async def prepare(self, target: Target, say: Say) -> Prepared:
        """Build and start the version without traffic, and return once it proved healthy."""
        ...

    async def activate(self, target: Target, prepared: Prepared, say: Say) -> Activated:
        """Move all traffic to the prepared version without dropping a request; the old one drains."""
        ...

    async def verify(self, target: Target, address: str) -> Verified:
        """Return what the service says at its public address; raise Unavailable when it is not the new one."""
        ...

    async def revert(self, target: Target, activated: Activated | None, say: Say) -> None:
        """Undo: give traffic back to what ran before (nothing, if nothing did), and stop this version."""
        ...

    def logs(self, key: str, *, tail: int, follow: bool) -> AsyncIterator[str]:
        """Yield the running service's log: the last ``tail`` lines, then new ones if ``follow``."""
        ...
