"""Which secrets are due for rotation, as their policies say. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chittyops.capabilities.secrets.model import Slot
from chittyops.kernel.event import Json
from chittyops.kernel.service import SecretPolicy

DUE_SHARE = 0.9
"""A reminder comes when so much of the time that a policy gives has passed, and another one when all of it has."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """A secret that is ``due`` or ``overdue``: its value was set at ``since`` and should go at ``until``.

    ``environment`` is EVERY for a value of all environments, ``owner`` the group or service that it is meant for.
    """

    fleet: str
    environment: str
    secret: str
    owner: str
    kind: str
    since: datetime
    until: datetime

    @property
    def data(self) -> dict[str, Json]:
        """Return what the event says."""
        return {
            "fleet": self.fleet,
            "environment": self.environment,
            "secret": self.secret,
            "owner": self.owner,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
        }


def reminders(
    fleet: str, policies: Mapping[str, SecretPolicy], set_at: Mapping[Slot, datetime], now: datetime
) -> Iterator[Reminder]:
    """Yield a reminder for each slot whose value, set at ``set_at``, is older than its policy likes."""
    for slot, since in set_at.items():
        policy = policies.get(slot.name)
        if policy is None or not policy.max_age_days:
            continue
        allowed = timedelta(days=policy.max_age_days)
        if now >= since + allowed * DUE_SHARE:
            kind = "overdue" if now >= since + allowed else "due"
            part = slot.part
            yield Reminder(fleet, part.environment, slot.name, part.owner, kind, since, since + allowed)
