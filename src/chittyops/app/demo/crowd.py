"""A crowd of customers in the background, who notice every request that fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from chittyops.app.demo.shop import Visitor
from chittyops.kernel.errors import Unavailable

PAUSE_SECONDS = 0.02
CUSTOMERS_PER_SERVICE = 2


class Crowd:
    """Asks each service for its health, over and over; counts answers, failures and the builds that answered."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """Send customers to the services at ``addresses``."""
        self._leave = threading.Event()
        self._lock = threading.Lock()
        self.made = 0
        self.failures: list[str] = []
        self.builds: dict[str, Counter[str]] = {name: Counter() for name in addresses}
        self._customers = [
            threading.Thread(target=self._shop, args=(name, address), name=f"customer of {name}", daemon=True)
            for name, address in addresses.items()
            for _ in range(CUSTOMERS_PER_SERVICE)
        ]

    def __enter__(self) -> Self:
        """Let them in."""
        for customer in self._customers:
            customer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """See them out; every request that was begun is counted."""
        self._leave.set()
        for customer in self._customers:
            customer.join()

    def _shop(self, name: str, address: str) -> None:
        visitor = Visitor(address)
        while not self._leave.wait(PAUSE_SECONDS):
            build, failure = "", ""
            try:
                reply = visitor.get("/health")
                build = str(reply.json.get("build", ""))
                failure = "" if reply.ok else f"{name} answered {reply.status}"
            except Unavailable as error:
                failure = f"{name}: {error.message}"
            with self._lock:
                self.made += 1
                self.builds[name][build] += not failure
                if failure:
                    self.failures.append(failure)
        visitor.leave()
