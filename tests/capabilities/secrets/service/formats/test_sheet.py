"""A file of the store as text: what is not touched comes back the same, what is wrong is told by line."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.model import Level, Part, Slot
from chittyops.capabilities.secrets.service.formats import sheet
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

PARTS = [Part(Level.FLEET, "", "staging"), Part(Level.GROUP, "core", "staging"), Part(Level.SERVICE, "cart", "staging")]
NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
STORED = st.dictionaries(
    st.builds(Slot, st.sampled_from(PARTS), NAMES), st.one_of(st.none(), st.builds(Secret, TEXTS)), max_size=6
)


def parse(text: str) -> dict[Slot, Secret | None]:
    return sheet.values_of(text, "staging", ["core"], ["cart"])


@given(STORED)
@example({Slot(PARTS[0], "A"): Secret("a\x85b\u2028\r\n\u2029")})
def test_what_is_not_touched_comes_back_the_same(values: dict[Slot, Secret | None]) -> None:
    assert parse(sheet.text_of("secrets/staging.sops.yaml", values)) == values


@pytest.mark.parametrize(
    "text", ["yes", "1.0", "0x1F", "2026-01-01", "null", "~", "- a", "a: b", "|", "#x", " a ", "\ta"]
)
def test_values_stay_texts(text: str) -> None:
    slot = Slot(PARTS[0], "KEY")
    assert parse(sheet.text_of("x", {slot: Secret(text)})) == {slot: Secret(text)}


@pytest.mark.parametrize(("written", "value"), [("yes", "yes"), ("012", "012"), ("'~'", "~"), ("1e3", "1e3")])
def test_what_people_write_is_taken_as_written(written: str, value: str) -> None:
    assert parse(f"fleet:\n  KEY: {written}\n") == {Slot(PARTS[0], "KEY"): Secret(value)}


@pytest.mark.parametrize("text", ["", "# nothing\n", "fleet:\ngroups: {}\nservices:\n  cart:\n"])
def test_an_empty_text_has_no_values(text: str) -> None:
    assert parse(text) == {}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("fleet:\n  KEY: [planted]\n", 2, "fleet.KEY cannot be that"),
        ("flet:\n  KEY: planted\n", 2, "flet.KEY cannot be that"),
        ("services:\n  crt:\n    KEY: planted\n", 3, "there is no service called crt"),
        ("fleet:\n  KEY: planted\n  KEY: planted\n", 3, "the same key again"),
        ("fleet:\n  KEY: 'planted\n", 3, "this is not YAML"),
        ("planted\n", 1, "the file cannot be that"),
    ],
    ids=["list", "unknown part", "unknown service", "twice", "syntax", "no map"],
)
def test_what_is_wrong_is_told_by_line_and_without_values(text: str, line: int, message: str) -> None:
    with pytest.raises(Misconfigured, match=message) as caught:
        parse(text)
    place = caught.value.problems[0].place
    assert place is not None
    assert place.line == line
    assert "planted" not in f"{caught.value} {caught.value.hint}"
