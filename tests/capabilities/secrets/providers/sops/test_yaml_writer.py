"""A document is changed where it changes, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.secrets.providers.sops.yaml import parse
from chittyops.capabilities.secrets.providers.sops.yaml_writer import write

TEXT = """\
# head
a: one # beside a
map:
    # about x
    x: 1

    y: [p, q] # beside y
    z:
        - first
        # about second
        - second
        - k: v
          l: w
empty: {}
nothing:
block: |
    line
    line

sops:
    version: 3.13.2
# tail
"""


def changed(change: Any) -> list[str]:
    """Return the lines that differ, with - and +, when ``change`` is made to the document."""
    tree = parse(TEXT)[0]
    change(tree)
    written = write(TEXT, tree)
    assert parse(written)[0] == tree
    old, new = TEXT.splitlines(), written.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


def put(tree: Any, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        tree = tree[int(step) if isinstance(tree, list) else step]
    tree[int(last) if isinstance(tree, list) else last] = value


def take(tree: Any, path: str) -> None:
    *steps, last = path.split(".")
    for step in steps:
        tree = tree[int(step) if isinstance(tree, list) else step]
    del tree[int(last) if isinstance(tree, list) else last]


@pytest.mark.parametrize(
    ("path", "value", "lines"),
    [
        ("a", "two", ["-a: one # beside a", "+a: two # beside a"]),
        ("a", "true", ["-a: one # beside a", '+a: "true" # beside a']),
        ("a", True, ["-a: one # beside a", "+a: true # beside a"]),
        ("map.x", None, ["-    x: 1", "+    x: null"]),
        ("map.y.1", "r", ["-    y: [p, q] # beside y", "+    y: [p, r] # beside y"]),
        ("map.y", ["p"], ["-    y: [p, q] # beside y", "+    y: [p] # beside y"]),
        ("map.z.1", "other", ["-        - second", "+        - other"]),
        ("map.z.2.l", "u", ["-          l: w", "+          l: u"]),
        ("map.z.2.m", "u", ["+          m: u"]),
        ("map.new", {"deep": ["i"]}, ["+    new:", "+        deep:", "+            - i"]),
        ("new", "v", ["+new: v"]),
        ("empty.k", "v", ["-empty: {}", "+empty:", "+    k: v"]),
        ("nothing", "v", ["-nothing:", "+nothing: v"]),
        ("map", "flat", ["-map:", "-    # about x", "-    x: 1", "-    y: [p, q] # beside y", "-    z:",
                         "-        - first", "-        # about second", "-        - second", "-        - k: v",
                         "-          l: w", "+map: flat"]),
        ("a", {"k": "v"}, ["-a: one # beside a", "+a:", "+    k: v # beside a"]),
        ("block", "x", ["-block: |", "-    line", "-    line", "+block: x"]),
    ],
)  # fmt: skip
def test_setting_changes_these_lines(path: str, value: Any, lines: list[str]) -> None:
    assert changed(lambda tree: put(tree, path, value)) == lines


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("a", ["-a: one # beside a"]),
        ("map.x", ["-    x: 1"]),
        ("map.z.0", ["-        - first"]),
        ("map.z.1", ["-        - second"]),
        ("map.z.2", ["-        - k: v", "-          l: w"]),
        ("map.z.2.k", ["-        - k: v", "-          l: w", "+        - l: w"]),
        ("map.z.2.l", ["-          l: w"]),
        ("block", ["-block: |", "-    line", "-    line"]),
    ],
)
def test_removing_takes_these_lines_away(path: str, lines: list[str]) -> None:
    if path == "map.z.0":
        # the first item shares its place with the list: it is written anew, and its comments go
        lines = [*lines, "-        # about second"]
    assert changed(lambda tree: take(tree, path)) == lines


def test_new_keys_stand_before_what_sops_says_and_in_the_order_given() -> None:
    written = write("a: 1\nsops:\n    version: 3.13.2\n", {"a": 1, "sops": {"version": "3.13.2"}, "m": "x", "b": "z"})
    assert written == "a: 1\nm: x\nb: z\nsops:\n    version: 3.13.2\n"


def test_a_file_without_a_last_line_break_stays_without() -> None:
    assert write("a: 1\nb: 2", {"a": 1, "b": 3}) == "a: 1\nb: 3"


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["null", "yes", "0x1", "1e3", "2026-01-01", "- a", "a: b", "#x", "a #b", "|", "'", '"', " ", "\n"]),
)  # fmt: skip
KEYS = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), st.sampled_from("abcd"))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=9,
)
DOCUMENTS = st.dictionaries(KEYS, TREES, max_size=5)


@given(DOCUMENTS)
def test_whatever_is_written_reads_back(tree: dict[str, Any]) -> None:
    tree["sops"] = {"version": "3.13.2"}
    assert parse(write("", tree))[0] == tree


@settings(max_examples=300)
@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_any_document_can_become_any_other(one: dict[str, Any], other: dict[str, Any], third: dict[str, Any]) -> None:
    for tree in (one, other, third):
        tree["sops"] = {"version": "3.13.2"}
    text = write(write(write("", one), other), third)
    assert parse(text)[0] == third


@given(DOCUMENTS)
def test_no_change_is_no_change(tree: dict[str, Any]) -> None:
    tree["sops"] = {"version": "3.13.2"}
    text = write("", tree)
    assert write(text, tree) == text
