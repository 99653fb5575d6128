"""Accounts at fakes: they do not wait, and note how long they would have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.vendors.fakes.server import TOKEN, Fake

from chittyops.kernel.secret import Secret
from chittyops.vendors.budget import Budget
from chittyops.vendors.catalogue import Credential, Vendor
from chittyops.vendors.http import Account


@dataclass
class Time:
    """A clock that stands still but for what is waited."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the time."""
        return self.at

    def monotonic_seconds(self) -> float:
        """Return the time in seconds."""
        return self.at.timestamp()

    async def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)


def account(
    vendor: Vendor, fake: Fake, folder: Path, time: Time, *, token: str = TOKEN, answer_seconds: float = 5.0
) -> Account:
    """Return an account at ``fake``, whose budget is kept in ``folder``."""
    variable, header = next(iter(vendor.variables.items()))
    budget = Budget(folder / "budget.json", vendor.name, vendor.calls, vendor.seconds, time, time.pause)
    credential = Credential(variable, Secret(token), header)
    return Account(vendor, credential, budget, url=fake.url, answer_seconds=answer_seconds, pause=time.pause)
