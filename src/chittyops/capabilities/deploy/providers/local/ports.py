"""Free ports, outside the range from which the system takes the ports of outgoing connections."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

from chittyops.kernel.errors import Unavailable

HOST = "127.0.0.1"
_RANGE = range(20_000, 32_000)
_TRIES = 500


class Ports:
    """Gives out ports that nobody on this machine uses and that were not given out before."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self) -> int:
        """Return a free port, at random so that two agents seldom meet. Raises Unavailable."""
        for _ in range(_TRIES):
            port = random.choice(_RANGE)  # noqa: S311 - spreads ports, guards nothing
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise Unavailable("no free port was found", hint="end programs that listen on 127.0.0.1")

    def keep(self, ports: Iterable[int]) -> None:
        """Note ports that were given out by an earlier agent."""
        self._taken.update(ports)

    def give_back(self, port: int) -> None:
        """Let a port be given out again."""
        self._taken.discard(port)


def is_free(port: int) -> bool:
    """Return whether a program could listen on ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
