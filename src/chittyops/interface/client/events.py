"""Server-sent events, read line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chittyops.interface.client.replies import decode, table
from chittyops.kernel.event import Json


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One server-sent event; ``id`` is the cursor to go on from."""

    event: str
    data: Mapping[str, Json]
    id: str


def parse_events(lines: Iterator[str], cursor: str = "") -> Iterator[StreamEvent]:
    """Yield the events in ``lines`` (https://html.spec.whatwg.org/#parsing-an-event-stream); a torn one is dropped."""
    kind, data = "message", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield StreamEvent(kind, table(decode("\n".join(data).encode())), cursor)
            kind, data = "message", []
        elif field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            cursor = value
