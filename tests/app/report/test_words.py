"""The words of the report: places, lists that are cut, and commands."""

from __future__ import annotations

import pytest
from tests.capabilities.audit.inventories import act, inventory, script, service

from chittyops.app.report import words
from chittyops.capabilities.audit.service import audit
from chittyops.kernel.inventory import CAPABILITIES, Evidence


def test_a_place_has_its_line_where_it_is_known() -> None:
    assert words.place(Evidence("a/b.sh", 3)) == "a/b.sh:3"
    assert words.place(Evidence("a", 0)) == "a"


@pytest.mark.parametrize(
    ("names", "shown"), [([], ""), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_long_lists_are_cut(names: list[str], shown: str) -> None:
    assert words.some(names, 2) == shown


def test_a_planned_command_says_so_and_none_is_nothing() -> None:
    done = (script("a/x.sh", act("backup", "copy files")), script("a/y.sh", act("build", "build project")))
    found = audit(inventory(service("a"), scripts=done)).functions
    assert [words.replaced_by(each) for each in found] == ["chittyops task run x (planned)", ""]


def test_functions_of_no_service_come_last() -> None:
    done = [script(f"{name}/x.sh", act("backup", "copy files"), service=name) for name in ("", "b", "a")]
    assert list(words.grouped(audit(inventory(scripts=tuple(done))).functions)) == ["a", "b", ""]


def test_services_of_one_name_are_told_apart_by_their_path() -> None:
    rows = audit(inventory(service("a", path="x"), service("a", path="y"), service("b"))).coverage
    assert list(words.titles(rows).values()) == ["a (x)", "a (y)", "b"]


def test_every_capability_and_state_has_its_words() -> None:
    assert list(words.SHORT) == list(CAPABILITIES)
    assert words.SYMBOLS.keys() == words.STATES.keys()
