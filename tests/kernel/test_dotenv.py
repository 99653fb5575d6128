"""Variables are read from dotenv files as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.kernel.dotenv import assignment, edited, parse
from chittyops.kernel.errors import Refused


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


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_what_is_written_is_read_again_or_refused(value: str) -> None:
    try:
        line = assignment("KEY", value)
    except Refused as error:
        assert not value or value not in error.message  # noqa: PT017 - said or not said
        return
    assert parse(f"A=1\n{line}\nB=2\n") == {"A": "1", "KEY": value, "B": "2"}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("", "K="),
        ("a/b:c@d%e+f,g=h-1.2_3", "K=a/b:c@d%e+f,g=h-1.2_3"),
        ("two words", "K='two words'"),
        ("$x #y", "K='$x #y'"),
        ("a\nb", "K='a\nb'"),
        ("it's", 'K="it\'s"'),
        ("a\r\nb", 'K="a\\r\\nb"'),
        ("ends with \\", "K=ends with \\"),
        ('{"it\'s": "json"}', 'K={"it\'s": "json"}'),
    ],
)
def test_the_plainest_form_that_every_reader_knows_is_written(value: str, line: str) -> None:
    assert assignment("K", value) == line
    assert parse(line) == {"K": value}


@pytest.mark.parametrize("value", ["""a "b" 'c' #d""", "a \"b\" 'c'\n", "'\\\n"])
def test_what_no_form_holds_is_refused_by_name_alone(value: str) -> None:
    with pytest.raises(Refused, match="the value of K cannot be written") as caught:
        assignment("K", value)
    assert value not in f"{caught.value} {caught.value.hint}"


BEFORE = """# first
A=1   # one
export B = 'two' # quoted

C="three
lines"
A=again
D=
"""


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({}, BEFORE),
        ({"D": "4"}, BEFORE.replace("D=", "D=4")),
        ({"A": "x"}, BEFORE.replace("A=1", "A=x").replace("A=again\n", "")),
        ({"A": None}, BEFORE.replace("A=1   # one\n", "").replace("A=again\n", "")),
        ({"B": "new one"}, BEFORE.replace("B = 'two'", "B='new one'")),
        ({"C": "3"}, BEFORE.replace('"three\nlines"', "3")),
        ({"C": None}, BEFORE.replace('C="three\nlines"\n', "")),
        ({"E": "5", "F": None}, BEFORE + "E=5\n"),
    ],
)
def test_edits_leave_everything_else_as_it_is(values: dict[str, str | None], after: str) -> None:
    assert edited(BEFORE, values) == after


def test_edits_of_what_does_not_end_its_last_line() -> None:
    assert edited("A=1", {"B": "2"}) == "A=1\nB=2\n"
    assert edited("A= # note", {"A": "x"}) == "A=x # note"
    assert edited("A=#note", {"A": "x"}) == "A=x #note"
    assert edited("A=1", {"A": None}) == ""


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.text("ab '\"#\\\n$=", max_size=8)),
    st.dictionaries(st.sampled_from("ABCDE"), st.none() | st.text("ab '\"#\n", max_size=8)),
)
def test_edits_change_what_they_name_and_nothing_else(before: dict[str, str], edits: dict[str, str | None]) -> None:
    try:
        text = "".join(assignment(key, value) + " # note\n" for key, value in before.items())
        if parse(text) != before:  # a note after a value without quotes that ends in a quote ...
            return
        after = edited(text, edits)
    except Refused:
        return
    kept = {key: value for key, value in before.items() if key not in edits}
    assert parse(after) == kept | {key: value for key, value in edits.items() if value is not None}
