"""Variables are read from dotenv files as people write them."""

from __future__ import annotations

import pytest

from chittyops.kernel.dotenv import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
        ("export A=1", {"A": "1"}),
        ("  A = 1  # note\nB=x#y\nC=#none", {"A": "1", "B": "x#y", "C": ""}),
        ('A="one\\ntwo \\"q\\" # in" # out', {"A": 'one\ntwo "q" # in'}),
        ("A='li\\nteral'", {"A": "li\\nteral"}),
        ('KEY="-----BEGIN\nabc\n-----END"\nB=1', {"KEY": "-----BEGIN\nabc\n-----END", "B": "1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("# A=1\n\nnothing here\nB=", {"B": ""}),
        ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ('A="unclosed\nB=1', {"A": '"unclosed', "B": "1"}),
        ("URL=postgres://u:p@h/db?a=b#c", {"URL": "postgres://u:p@h/db?a=b#c"}),
    ],
)
def test_parse(text: str, expected: dict[str, str]) -> None:
    assert parse(text) == expected


DOTENV = """\ufeff# a comment
PLAIN=value
export EXPORTED = spaced out   # not part of it
HASH=a#b
SINGLE='as $it is \\n'  # comment
DOUBLE="line\\nnext \\"quoted\\" \\$x"
EMPTY=
 INDENTED=yes
MULTI="first
second"
URL=postgres://u:p@h/d?x=1#frag
no assignment
LAST=1"""


def test_dotenv_files_are_read_as_shells_and_dotenv_do() -> None:
    assert parse(DOTENV) == {
        "PLAIN": "value",
        "EXPORTED": "spaced out",
        "HASH": "a#b",
        "SINGLE": "as $it is \\n",
        "DOUBLE": 'line\nnext "quoted" $x',
        "EMPTY": "",
        "INDENTED": "yes",
        "MULTI": "first\nsecond",
        "URL": "postgres://u:p@h/d?x=1#frag",
        "LAST": "1",
    }


def test_line_ends_of_other_systems_are_read_too() -> None:
    assert parse("A=1\r\nB='2'\r\n") == {"A": "1", "B": "2"}
