"""Two people change a file at once: what either did alone is in the result, and what both did is asked about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capabilities.secrets.providers.sops.conftest import RICH, file_of, revealed, typed

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.document import with_comments
from chittyops.capabilities.secrets.providers.sops.merge import Clash, merge
from chittyops.kernel.secret import Secret

PATH = "x.sops.yaml"
BASE = {("a",): "1", ("b",): "1", ("m", "c"): "1", ("m", "d"): "1"}


def edited(document: sops.Document, **edits: str | None) -> sops.Document:
    """Return ``document`` with ``edits``, where ``m_c`` stands for m.c."""
    return sops.with_values(
        document,
        {tuple(key.split("_")): None if value is None else Secret(value) for key, value in edits.items()},
    )


@pytest.fixture
def base(alice: Any) -> sops.Document:
    """Return what both sides began with."""
    return sops.load(file_of([alice], "yaml", BASE), PATH, [alice])


def test_what_one_side_did_is_taken_without_question(alice: Any, base: sops.Document) -> None:
    ours, theirs = edited(base, a="2", m_c=None, e="new"), edited(base, b="3", m_d="4", m_f="new")
    merged = merge(base, ours, theirs, {})
    assert merged.clashes == ()
    assert merged.document is not None
    data = sops.dump(merged.document)
    assert revealed(sops.load(data, PATH, [alice]).values) == {
        "a": "2",
        "b": "3",
        "m": {"d": "4", "f": "new"},
        "e": "new",
    }
    assert set(merged.theirs) == {("b",), ("m", "d"), ("m", "f")}


def test_what_both_did_alike_is_no_conflict(base: sops.Document) -> None:
    merged = merge(base, edited(base, a="2", b=None, e="5"), edited(base, a="2", b=None, e="5"), {})
    assert (merged.clashes, merged.theirs) == ((), ())


def test_what_both_did_differently_is_chosen_by_key(alice: Any, base: sops.Document) -> None:
    ours, theirs = edited(base, a="2", b=None, e="5"), edited(base, a="3", b="4", e="6")
    assert merge(base, ours, theirs, {}).clashes == (
        Clash(("a",), "changed", "changed"),
        Clash(("e",), "added", "added"),
        Clash(("b",), "removed", "changed"),
    )
    assert len(merge(base, ours, theirs, {("a",): "ours"}).clashes) == 2
    merged = merge(base, ours, theirs, {("a",): "theirs", ("b",): "theirs", ("e",): "ours"})
    assert merged.document is not None
    values = revealed(sops.load(sops.dump(merged.document), PATH, [alice]).values)
    assert values == {"a": "3", "b": "4", "e": "5", "m": {"c": "1", "d": "1"}}
    kept = merge(base, ours, theirs, {("a",): "theirs", ("b",): "ours", ("e",): "ours"}).document
    assert kept is not None
    assert "b" not in kept.values


def test_types_lists_and_nulls_are_taken_as_they_are(alice: Any) -> None:
    base = sops.load(file_of([alice], "yaml", {("a",): "1"}), PATH, [alice])
    theirs = sops.load(file_of([alice], "yaml", {("a",): "1", **RICH, ("n",): typed("int", "7")}), PATH, [alice])
    merged = merge(base, edited(base, b="2"), theirs, {}).document
    assert merged is not None
    after = sops.load(sops.dump(merged), PATH, [alice])
    assert {key: after.values[key] for key in theirs.values} == theirs.values
    assert (after.leaves["n"].kind, after.leaves["services"]["api"]["NOTHING"].kind) == ("int", "null")


def test_without_an_ancestor_nothing_is_lost(alice: Any) -> None:
    ours = sops.load(file_of([alice], "yaml", {("a",): "1", ("b",): "2"}), PATH, [alice])
    theirs = sops.load(file_of([alice], "yaml", {("a",): "1", ("b",): "3", ("c",): "4"}), PATH, [alice])
    assert [clash.keys for clash in merge(None, ours, theirs, {}).clashes] == [("b",)]
    merged = merge(None, ours, theirs, {("b",): "ours"}).document
    assert merged is not None
    assert revealed(merged.values) == {"a": "1", "b": "2", "c": "4"}


def test_comments_of_the_other_side_are_kept(alice: Any, base: sops.Document) -> None:
    theirs = with_comments(edited(base, b="3"), [("ENC[", " from them", ()), (" plain", " plain", ())])
    theirs = sops.load(sops.dump(theirs), PATH, [alice])
    merged = merge(base, edited(base, a="2"), theirs, {}).document
    assert merged is not None
    texts = [text for _, text, _ in sops.load(sops.dump(merged), PATH, [alice]).comments]
    assert " plain" in texts


def test_readers_are_merged_and_one_that_was_removed_does_not_come_back(alice: Any, bob: Any) -> None:
    carol, dave = (type(alice).generate() for _ in range(2))
    a, b, c, d = (str(each.to_public()) for each in (alice, bob, carol, dave))
    base = sops.load(file_of([alice, bob], "yaml", BASE), PATH, [alice])
    ours = sops.with_recipients(edited(base, a="2"), [a, b, c])
    theirs = sops.load(sops.dump(sops.with_recipients(edited(base, b="3"), [a, d])), PATH, [alice])
    merged = merge(base, ours, theirs, {}).document
    assert merged is not None
    assert set(merged.recipients) == {a, c, d}
    assert merged.key not in {base.key, ours.key, theirs.key}
    for each in (alice, carol, dave):
        assert revealed(sops.load(sops.dump(merged), PATH, [each]).values)["b"] == "3"


SIDES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"))


@given(SIDES, SIDES, SIDES, st.sampled_from(["ours", "theirs"]))
def test_a_merge_has_every_value_that_somebody_wanted(
    alice: Any, was: dict[str, str], one: dict[str, str], other: dict[str, str], side: str
) -> None:
    documents = [
        sops.load(file_of([alice], "yaml", {(key,): value for key, value in each.items()}), PATH, [alice])
        for each in (was, one, other)
    ]
    base, ours, theirs = documents
    clashes = merge(base, ours, theirs, {}).clashes
    merged = merge(base, ours, theirs, {clash.keys: side for clash in clashes}).document
    assert merged is not None
    for key in "abcd":
        versions = was.get(key), one.get(key), other.get(key)
        changed = [version for version in versions[1:] if version != versions[0]]
        expected = changed[0] if len(set(changed)) == 1 else versions[0] if not changed else None
        if len(set(changed)) == 2:
            expected = one.get(key) if side == "ours" else other.get(key)
        assert revealed(merged.values).get(key) == expected
