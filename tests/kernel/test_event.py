"""CloudEvents."""

from __future__ import annotations

from datetime import UTC, datetime

from chittyops.kernel.event import Event


def test_the_json_form_has_every_required_attribute_of_the_specification() -> None:
    event = Event("1", "release.started", "/chittyops", "shop-1", datetime(2026, 1, 2, tzinfo=UTC), {"a": 1})
    assert event.to_json() == {
        "specversion": "1.0",
        "id": "1",
        "type": "org.chittyops.release.started",
        "source": "/chittyops",
        "subject": "shop-1",
        "time": "2026-01-02T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"a": 1},
    }
    assert event.channel == "chittyops.release.started"
