"""The process ``chittyops agent``: runs the services of the local provider on this machine."""

from __future__ import annotations

import asyncio
import os
import signal


def main() -> None:
    """Run the agent of this home until SIGTERM or SIGINT.

    A signal that comes while it loads waits until it can stop the services too: they may be running already.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    from chittyops.capabilities.deploy.wiring import local_agent
    from chittyops.runtime.home import Home

    asyncio.run(local_agent(Home.locate(os.environ), dict(os.environ)))
