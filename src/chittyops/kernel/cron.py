"""Cron expressions: five fields (minute, hour, day, month, weekday), as crontab(5) of Debian reads them, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim, CronSimError

from chittyops.kernel.errors import Misconfigured

_FIELDS: Final = 5
_WORDS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class Cron:
    """When something is to run."""

    expression: str

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Return the schedule that ``text`` stands for. Raises Misconfigured when it is none, or never comes."""
        expression = _WORDS.get(text.strip().lower(), text)
        if len(expression.split()) != _FIELDS:
            message = "a schedule has five fields: minute, hour, day, month, weekday"
            raise Misconfigured(message, hint='such as "30 3 * * *": every day at 3:30, UTC')
        try:
            CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            message = f"this is no schedule: {str(error).lower()}"
            raise Misconfigured(
                message, hint='fields are numbers, *, ranges, lists and steps: "*/15 9-17 * * 1-5"'
            ) from None
        return cls(expression)

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time after ``moment``, in UTC; None when there is none."""
        return next(CronSim(self.expression, moment.astimezone(UTC)), None)
