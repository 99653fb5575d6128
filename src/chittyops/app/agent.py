"""The process ``chittyops agent``: runs the services of the local provider on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chittyops.kernel.secret import SecretScope


def main() -> None:
    """Run the agent of this home until SIGTERM or SIGINT.

    A signal that comes while it loads waits until it can stop the services too: they may be running already.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    from chittyops.capabilities.deploy.wiring import local_agent
    from chittyops.capabilities.secrets.wiring import read_log, reader
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    home, environ = Home.locate(os.environ), dict(os.environ)
    log = read_log(home, SystemClock())

    async def record(scope: SecretScope, names: Collection[str]) -> None:
        log("agent", scope, names)

    asyncio.run(local_agent(home, environ, lambda given: reader(home, environ, given=given), record))
