"""What somebody could have read is told from the recipients of files over time."""

from __future__ import annotations

from datetime import UTC, datetime

from chittyops.capabilities.secrets.service.access import Version
from chittyops.capabilities.secrets.service.exposure import Exposed, exposed


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def version(number: int, readers: str, path: str = "prod", **sealed: str) -> Version:
    values: dict[tuple[str, ...], str] = {(key,): value for key, value in sealed.items()}
    return Version(f"c{number}", "Alice", day(number), path, tuple(readers), values)


def test_what_stands_there_while_somebody_reads_has_to_be_replaced() -> None:
    found = exposed([version(1, "a", K="1"), version(2, "ab", K="1", L="2"), version(3, "ab", K="1", L="2")], "b")
    assert found == [Exposed("prod", ("K",), day(2), current=True), Exposed("prod", ("L",), day(2), current=True)]


def test_what_came_later_was_not_seen() -> None:
    found = exposed([version(1, "ab", K="1"), version(2, "a", K="x", L="y"), version(3, "a", K="x", L="y", M="z")], "b")
    assert [each.keys for each in found] == [("K",)]


def test_encrypted_anew_is_the_same_value() -> None:
    found = exposed([version(1, "ab", K="1", L="2"), version(2, "a", K="3", L="4")], "b")
    assert [(each.keys, each.current) for each in found] == [(("K",), True), (("L",), True)]


def test_a_value_that_was_replaced_or_removed_since_needs_nothing() -> None:
    versions = [
        version(1, "ab", K="1", L="2", M="3"), version(2, "a", K="4", L="5", M="6"), version(3, "a", K="7", L="5"),
    ]  # fmt: skip
    found = {each.keys[0]: each.current for each in exposed(versions, "b")}
    assert found == {"K": False, "L": True, "M": False}


def test_files_are_told_apart_and_nulls_are_no_secrets() -> None:
    versions = [version(1, "ab", "one", K="1", N=""), version(2, "a", "two", K="1")]
    assert [(each.path, each.keys) for each in exposed(versions, "b")] == [("one", ("K",))]
    assert exposed(versions, "c") == []
