"""What became of a secret and who could read it, from the versions of the files alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from chittyops.capabilities.secrets.service import access
from chittyops.capabilities.secrets.service.access import Version

START = datetime(2026, 1, 1, tzinfo=UTC)
PATH = "secrets/staging.sops.yaml"
KEY, OTHER = ("fleet", "KEY"), ("fleet", "OTHER")


def version(day: int, recipients: tuple[str, ...] = ("age1ann",), **sealed: str) -> Version:
    values: dict[tuple[str, ...], str] = {("fleet", name): text for name, text in sealed.items()}
    return Version(str(day), "Ann", START + timedelta(days=day), PATH, recipients, values)


def whats(*versions: Version) -> list[str]:
    return [change.what for change in access.changes(versions, "KEY")]


def test_a_value_is_added_changed_and_removed() -> None:
    assert whats(version(1, OTHER="o"), version(2, OTHER="o", KEY="a"), version(3, OTHER="o", KEY="b"), version(4)) == [
        "added",
        "changed",
        "removed",
    ]


def test_what_others_do_does_not_count() -> None:
    assert whats(version(1, KEY="a", OTHER="o"), version(2, KEY="a", OTHER="p")) == ["added"]


def test_a_file_that_goes_takes_its_secrets_along() -> None:
    gone = Version("2", "Ann", START, PATH)
    assert whats(version(1, KEY="a"), gone) == ["added", "removed"]


def test_a_new_data_key_is_told_from_a_new_value() -> None:
    both = ("age1ann", "age1bob")
    assert whats(version(1, both, KEY="a"), version(2, KEY="b")) == ["added", "re-encrypted"]
    assert whats(version(1, KEY="a", OTHER="o"), version(2, KEY="b", OTHER="p")) == ["added", "re-encrypted"]


def test_the_last_change_is_no_new_encryption() -> None:
    versions = [version(1, KEY="a", OTHER="o"), version(5, KEY="b", OTHER="o"), version(9, KEY="c", OTHER="q")]
    assert access.changed_at(versions, KEY, PATH) == START + timedelta(days=5)
    assert access.changed_at(versions, ("fleet", "NOPE"), PATH) is None
    assert access.changed_at(versions, KEY, "secrets/other.sops.yaml") is None


def test_readers_are_told_by_name_and_time() -> None:
    versions = [version(1, ("age1ann", "age1bob"), KEY="a"), version(7, ("age1ann", "age1eve"), KEY="b")]
    now = {PATH: ("age1ann", "age1eve")}
    found = access.readers(versions, now, {PATH: [KEY]}, {"age1ann": "ann", "age1bob": "bob"}, "KEY")
    told = [(each.name, each.now, each.since, each.until) for each in found]
    assert told == [
        ("ann", True, START + timedelta(days=1), None),
        ("", True, START + timedelta(days=7), None),
        ("bob", False, START + timedelta(days=1), START + timedelta(days=7)),
    ]


def test_who_left_before_the_secret_came_could_never_read_it() -> None:
    versions = [version(1, ("age1ann", "age1bob"), OTHER="o"), version(2, KEY="a", OTHER="o")]
    found = access.readers(versions, {PATH: ("age1ann",)}, {PATH: [KEY, OTHER]}, {}, "KEY")
    assert [each.recipient for each in found] == ["age1ann"]


def test_what_was_never_committed_is_readable_all_the_same() -> None:
    found = access.readers([], {PATH: ("age1ann",)}, {PATH: [KEY]}, {}, "KEY")
    assert [(each.now, each.since) for each in found] == [(True, None)]


def test_the_last_read_of_each_service_counts() -> None:
    def line(day: int, name: str, service: str = "cart", fleet: str = "shop", through: str = "agent") -> bytes:
        entry = {"at": (START + timedelta(days=day)).isoformat(), "reader": through, "fleet": fleet}
        return json.dumps({**entry, "environment": "staging", "service": service, "names": [name, "Y"]}).encode()

    lines = [
        line(1, "A"),
        line(5, "A", through="socket"),
        line(3, "A"),
        line(9, "B"),
        line(9, "A", fleet="other"),
        b"damaged",
        b"{}",
        line(7, "A", service="api"),
    ]
    used = access.last_uses(lines, "shop", {("cart", "staging"): frozenset("A"), ("api", "production"): frozenset("A")})
    assert [(use.service, use.through, use.at) for use in used.values()] == [
        ("cart", "socket", START + timedelta(days=5))
    ]
