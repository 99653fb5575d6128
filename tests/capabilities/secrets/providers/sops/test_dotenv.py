"""Dotenv files: flat, with what sops says in keys of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.providers.sops.dotenv import parse, write
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed

SAID = {"age": [{"enc": "a\nb\n", "recipient": "age1x"}, {"enc": "c", "recipient": "age1y"}], "version": "3.13.2"}


def test_what_sops_says_is_flattened() -> None:
    text = write("", {"A": "1\n2", "sops": SAID})
    assert text == (
        "A=1\\n2\n"
        "sops_age__list_0__map_enc=a\\nb\\n\n"
        "sops_age__list_0__map_recipient=age1x\n"
        "sops_age__list_1__map_enc=c\n"
        "sops_age__list_1__map_recipient=age1y\n"
        "sops_version=3.13.2\n"
    )
    assert parse(text) == ({"A": "1\n2", "sops": SAID}, [])


def test_lines_stay_where_they_are() -> None:
    text = "# head\nA=1\n\nB = 2\n#tail\nsops_version=1\n"
    tree, comments = parse(text)
    assert tree == {"A": "1", "B ": " 2", "sops": {"version": "1"}}
    assert comments == [(" head", ((),)), ("tail", ((),))]
    changed = {"A": "3", "C": "4", "sops": {"version": "2", "mac": "m"}}
    assert write(text, changed) == "# head\nA=3\n\n#tail\nC=4\nsops_version=2\nsops_mac=m\n"


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9 _.]{0,8}", fullmatch=True).filter(lambda name: not name.startswith("sops_"))
VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t")).filter(
    lambda value: "\\n" not in value
)


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES))
def test_any_file_can_become_any_other(one: dict[str, str], other: dict[str, str]) -> None:
    text = write(write("", {**one, "sops": SAID}), {**other, "sops": SAID})
    assert parse(text)[0] == {**other, "sops": SAID}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("A=1\nB\n", "no KEY=VALUE", 2),
        ("A=1\nA=2\n", "A stands there twice", 2),
        ("A=1\r\n", "control characters", 1),
        ("sops_a=1\nsops_a__map_b=2\n", "contradicts another key", 0),
        ("sops_a__map_b=1\nsops_a=2\n", "contradicts another key", 0),
        ("sops_a__list_1=1\n", "a list has gaps", 0),
        ("sops_a__list_0=1\nsops_a__map_b=1\n", "a list has names", 0),
        ("sops_a__list_00=1\n", "not the name of a list's item", 0),
    ],
)
def test_what_sops_never_writes_is_refused(text: str, message: str, line: int) -> None:
    with pytest.raises(Malformed, match=message) as caught:
        parse(text)
    assert caught.value.line == line
