"""YAML is read as go-yaml reads it, and nothing is accepted that sops never writes."""

from __future__ import annotations

import math

import pytest

from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Timestamp, decimal, described, fits
from chittyops.capabilities.secrets.providers.sops.yaml import parse, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"),
        ("true", True), ("FALSE", False), ("yes", "yes"), ("on", "on"), ("tRue", "tRue"),
        ("0", 0), ("-12", -12), ("+7", 7), ("0x1F", 31), ("0o17", 15), ("017", 15), ("0b101", 5), ("1_000", 1000),
        ("9223372036854775807", 2**63 - 1), ("18446744073709551615", 2**64 - 1), ("018", 18.0),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("1.", 1.0), ("-.inf", -math.inf), (".Inf", math.inf),
        ("1.2.3", "1.2.3"), ("1-2", "1-2"), ("12:30", "12:30"), ("0x", "0x"), ("a", "a"), ("-", "-"), ("e3", "e3"),
        ("2026-01-02", Timestamp("2026-01-02T00:00:00Z")), ("2026-13-02", "2026-13-02"),
        ("2026-01-02T03:04:05.120Z", Timestamp("2026-01-02T03:04:05.12Z")),
        ("2026-01-02T03:04:05+02:00", Timestamp("2026-01-02T03:04:05+02:00")),
    ],
)  # fmt: skip
def test_unquoted_values_have_the_types_of_go(text: str, value: object) -> None:
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


def test_not_a_number_is_one() -> None:
    found = resolve(".NaN")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "1"), (0.25, "0.25"), (1e21, "1" + "0" * 21), (1.5e-7, "0.00000015"), (-0.0, "-0"), (math.inf, "+Inf")],
)
def test_floats_are_hashed_without_an_exponent(number: float, text: str) -> None:
    assert decimal(number) == text


def test_values_are_described_as_they_are_hashed() -> None:
    found = [described(raw) for raw in (None, True, 3, 2.5, "x", Timestamp("2026-01-02T00:00:00Z"))]
    assert [kind for kind, _ in found] == ["null", "bool", "int", "float", "str", "time"]
    assert [text for _, text in found] == ["", "True", "3", "2.5", "x", "2026-01-02T00:00:00Z"]


def test_a_new_value_fits_a_type_when_it_is_written_as_sops_writes_it() -> None:
    fitting = {"bool": ["true", "false"], "int": ["0", "-5"], "float": ["2.5", "1"], "str": ["anything"]}
    others = {"bool": ["True", "1"], "int": ["05", "+5", "-0", "x", "9" * 20], "float": ["1.0", "x", "1e3"]}
    assert all(fits(kind, text) for kind, texts in fitting.items() for text in texts)
    assert not any(fits(kind, text) for kind, texts in others.items() for text in texts)


def test_comments_come_with_the_maps_they_may_belong_to() -> None:
    text = '# top\na:\n    # inner\n    b: "# no" # beside\n    c:\n        - x # item\n# end\nd: |\n    # text\n'
    tree, comments = parse(text)
    assert tree == {"a": {"b": "# no", "c": ["x"]}, "d": "# text\n"}
    assert [comment for comment, _ in comments] == [" top", " inner", " beside", " item", " end"]
    places = [set(each) for _, each in comments]
    assert () in places[0]
    assert ("a",) in places[1]
    assert ("a",) in places[2]
    assert ("a", "c") in places[3]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: &x b\n", "anchor", 1),
        ("b: 1\na: !!str 1\n", "anchor or a tag|the tag", 2),
        ("a: !x b\n", "the tag !x", 1),
        ("a: 1\nb: 2\na: 3\n", "a stands there twice", 3),
        ("1: b\n", "a key is not a text", 1),
        ("a: b\r\nc: d\r\n", "CR LF", 1),
        ("a: b\n---\nc: d\n", "expected a single document", 2),
        ("- a\n", "holds no keys", 0),
        ("", "holds no keys", 0),
        ("a: [b\n", "expected", 2),
        ("a: b\x00\n", "not allowed", 0),
    ],
)
def test_what_sops_never_writes_is_refused(text: str, message: str, line: int) -> None:
    with pytest.raises(Malformed, match=message) as caught:
        parse(text)
    assert caught.value.line == line


def test_a_merge_key_and_an_explicit_key_are_keys_as_others() -> None:
    assert parse("<<: x\n? long\n: y\n")[0] == {"<<": "x", "long": "y"}
