"""CloudEvents 1.0: the form in which every change travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
else:
    # What reads annotations while running (pydantic) would follow an alias that names itself without end.
    Json = Any

TYPE_PREFIX = "org.chittyops."


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent (https://github.com/cloudevents/spec, version 1.0.2).

    ``type`` is what happened (``release.started``), ``subject`` what it happened to (``shop/local/cart``).
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    data: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Return the structured JSON form of the specification."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "type": TYPE_PREFIX + self.type,
            "source": self.source,
            "subject": self.subject,
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }

    @property
    def channel(self) -> str:
        """Return the NATS subject it is published on: ``chittyops.<type>``."""
        return f"chittyops.{self.type}"
