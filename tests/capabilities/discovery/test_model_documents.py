"""JSON with comments, TOML and YAML are read with the places of their values, or refused with one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.model import jsonc
from chittyops.capabilities.discovery.model.document import Document, MalformedError, parse_toml, parse_yaml


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1,}', {"a": 1}),
        ("[1, 2,]", [1, 2]),
        ('{"a": 1, "b": [1,],}', {"a": 1, "b": [1]}),
        ('{"a": 1 // one\n, /* two */ "b": 2, // three\n}', {"a": 1, "b": 2}),
        ('{"path": "host/*", "cron": "*/5 * * * *"}', {"path": "host/*", "cron": "*/5 * * * *"}),
        ('{"url": "https://x"}', {"url": "https://x"}),
        ("\ufeff{}", {}),
        ('["\\u00e9\\n", "é", true, null, -1.5e3]', ["é\n", "é", True, None, -1500.0]),
        ("// only\n[] // comments\n", []),
        ('[1e+16, 2E+05, "1e+16"]', [1e16, 2e5, "1e+16"]),
    ],
)
def test_jsonc(text: str, data: Any) -> None:
    assert jsonc.parse(text).data == data


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", (1, 1)),
        ("// nothing\n", (1, 1)),
        ("prose, not JSON", (1, 1)),
        ('{"a" 1}', (1, 2)),
        ("{a: 1}", (1, 1)),
        ('{"a": 1,, "b": 2}', (1, 8)),
        ("[,]", (1, 2)),
        ("[1,,]", (1, 3)),
        ('{\n  "é": 1\n} x', (3, 3)),
        ('{"a": 1}{"b": 2}', (1, 9)),
        ('{"a": {"b": 1}', (1, 1)),
        ('{"é": {"b": }}', (1, 12)),
        ('["\\x"]', (1, 2)),
        ("[" * 100_000 + "]" * 100_000, (1, 202)),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, position: tuple[int, int]) -> None:
    with pytest.raises(MalformedError) as raised:
        jsonc.parse(text)
    assert raised.value.position == position


def test_places_count_characters_and_keys_given_twice_are_told() -> None:
    found = jsonc.parse('{\n  "é": {"ü": 1, "x": [5, 6]},\n  "b": 1,\n  "b": 2\n}')
    assert found.position("é", "x") == (2, 17)
    assert found.position("é", "x", 1) == (2, 26)
    assert found.position("é", "x", 9) == (2, 17)
    assert found.data["b"] == 2
    assert found.duplicates == (("b", (4, 3), (3, 3)),)
    assert found.value_position("b") == (4, 8)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@settings(max_examples=200, deadline=None)
@given(JSON.filter(_encodable), st.sampled_from([None, 1, "\t"]))
def test_whatever_is_json_is_read_as_json(value: Any, indent: int | str | None) -> None:
    assert jsonc.parse(json.dumps(value, indent=indent, ensure_ascii=False)).data == value


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{}[]",:/*\\\n a1é\x00', max_size=60) | st.text(max_size=60))
def test_no_text_breaks_a_parser(text: str) -> None:
    assert all(_place(parse, text) >= (1, 1) for parse in (jsonc.parse, parse_toml, parse_yaml))


def _place(parse: Callable[[str], Document], text: str) -> tuple[int, int]:
    """Return where the document begins, or where it breaks."""
    try:
        return parse(text).position()
    except MalformedError as error:
        return error.position


def test_long_rubbish_takes_no_time() -> None:
    begin = time.process_time()
    for text in ("[" * 100_000, '{"a":' * 20_000, '"' * 100_000, ',"a":1' * 20_000, "/*" * 100_000):
        with pytest.raises(MalformedError):
            jsonc.parse(text)
    assert time.process_time() - begin < 10


def test_toml_places() -> None:
    found = parse_toml('name = "x"\n\n[vars]\nA = 1\n[[kv]]\nid = "1"\n[[kv]]\n  id = "2"\n[env.prod.vars]\n"B" = 2\n')
    assert found.line("name") == 1
    assert found.line("vars", "A") == 4
    assert found.position("kv", 1, "id") == (8, 3)
    assert found.line("env", "prod", "vars", "B") == 10


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a = \n", (1, 5)),
        ("a = [", (1, 1)),
        ("\n\na = '", (3, 1)),
        ("a = 1\n<<<<<<< HEAD\nb = 2\n", (2, 1)),
        ("a = " + "[" * 5000, (1, 1)),
        ('a = 1\n[t]\na = "x\n', (3, 7)),
    ],
    ids=["no value", "open", "open text", "merge marker", "deep", "open text in a table"],
)
def test_toml_that_is_none(text: str, position: tuple[int, int]) -> None:
    with pytest.raises(MalformedError) as raised:
        parse_toml(text)
    assert raised.value.position[0] == position[0]


def test_yaml_is_text_with_aliases_and_merge_keys_followed() -> None:
    found = parse_yaml("x: &x {a: yes, b: 1}\ny:\n  <<: *x\n  b: 2\n---\nz: 1\n")
    assert found.data == {"x": {"a": "yes", "b": "1"}, "y": {"a": "yes", "b": "2"}}
    assert found.position("y", "b") == (4, 3)


@pytest.mark.parametrize(
    ("text", "data", "duplicates"),
    [
        ("a = 1\na = 2\nb = 3\n", {"a": 2, "b": 3}, (("a", (2, 1), (1, 1)),)),
        ("[ai]\nx = 1\n[b]\n[ai]\nx = 2\n", {"ai": {"x": 2}, "b": {}}, (("ai", (4, 1), (1, 1)),)),
        ("a = 1\n[a]\nb = 1\n", {"a": {"b": 1}}, (("a", (2, 1), (1, 1)),)),
        ("[a]\nx = 1\n[[a]]\ny = 1\n", {"a": [{"x": 1}, {"y": 1}]}, (("a", (3, 1), (1, 1)),)),
        ("a = {b = 1, b = 2}\n", {"a": {"b": 2}}, (("b", (1, 13), (1, 6)),)),
    ],
    ids=["key", "table", "table over key", "rows over table", "inline"],
)
def test_toml_with_something_given_twice_is_read_as_it_was_meant(
    text: str, data: Any, duplicates: tuple[Any, ...]
) -> None:
    found = parse_toml(text)
    assert found.data == data
    assert found.duplicates == duplicates


def test_what_stands_around_a_mistake_is_read() -> None:
    with pytest.raises(MalformedError) as toml:
        parse_toml('name = "shop"\n=======\nmain = "a.js"\n[vars]\nA = "1"\n')
    assert toml.value.partial.data == {"name": "shop", "main": "a.js", "vars": {"A": "1"}}
    assert toml.value.partial.line("vars", "A") == 5
    with pytest.raises(MalformedError) as broken:
        jsonc.parse('{\n"name": "shop",\n<<<<<<< HEAD\n"main": "a.js",\n"vars": {"A": "1"}\n}')
    assert broken.value.partial.data["name"] == "shop"
    assert broken.value.partial.data["vars"] == {"A": "1"}
    with pytest.raises(MalformedError) as unclosed:
        jsonc.parse('{"name": "shop", "vars": {"A": "1"}')
    assert unclosed.value.partial.data["name"] == "shop"


def test_toml_places_of_all_that_can_be_written() -> None:
    found = parse_toml(
        'a = [ # one\n  {x = 1},\n  {y.z = 2}, # two\n]\n"q r".s = 3\n[["t u".v]]\nw = """\ntext"""\n[t.sub]\n'
        "[[rows]]\n[rows.inner]\nk = 1\n[[rows]]\nk = 2\n"
    )
    assert found.value_position("a", 1) == (3, 3)
    assert found.position("a", 1, "y", "z") == (3, 4)
    assert found.value_position("a", 1, "y", "z") == (3, 10)
    assert found.position("q r", "s") == (5, 1)
    assert found.position("t u", "v", 0, "w") == (7, 1)
    assert found.position("t", "sub") == (9, 1)
    assert found.line("rows", 0, "inner", "k") == 12
    assert found.line("rows", 1, "k") == 14


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_lines_are_counted_whatever_ends_them(end: str, mark: str) -> None:
    for parse, text in (
        (jsonc.parse, '{ // one\n"é": 1,\n\n"b": {"c": 2}}'),
        (parse_toml, 'x = 1 # one\n"é" = 2\n\nb = {c = 2}\n'),
        (parse_yaml, "# one\né: 1\n\nb: {c: 2}\n"),
    ):
        found = parse(mark + text.replace("\n", end))
        assert (found.position("é")[0], found.position("b")[0], found.position("b", "c")[0]) == (2, 4, 4)
        assert found.position("é")[1] == 1


def test_a_line_separator_ends_no_line() -> None:
    assert parse_yaml("a: 'x\u2028y'\nb: 1\n").position("b") == (2, 1)


TOML = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner)
    ),
    max_leaves=15,
)


def _escaped(text: str) -> str:
    return '"' + "".join(f"\\U{ord(each):08X}" for each in text) + '"'


def _written(value: Any) -> str:
    """Return ``value`` as TOML on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{_escaped(key)} = {_written(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case bool():
            return str(value).lower()
        case str():
            return _escaped(value)
        case _:
            return str(value)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), TOML, max_size=6), st.booleans())
def test_whatever_is_toml_is_read_as_toml(value: dict[str, Any], broken: bool) -> None:
    lines = [f"{key} = {_written(each)}" for key, each in value.items()]
    first = next(iter(value), None)
    again = [f"{first} = {_written(value[first])}"] if broken and first is not None else []
    found = parse_toml("\n".join(["# comment", *lines, *again]) + "\n")
    assert found.data == value
    for number, key in enumerate(value, 2):
        assert found.value_position(key) == (number, len(key) + 4) or key == first
    assert [(each.key, each.position) for each in found.duplicates] == [(first, (len(lines) + 2, 1))] * len(again)


YAML = st.recursive(
    st.text(st.characters(categories=["L", "N", "P", "Zs"], max_codepoint=0x7E), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc-:#", max_size=4), inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), YAML, min_size=1, max_size=6))
def test_whatever_is_yaml_is_read_as_yaml(value: dict[str, Any]) -> None:
    found = parse_yaml("".join(f"{key}:   {json.dumps(each)}\n" for key, each in value.items()))
    assert found.data == value
    for number, key in enumerate(value, 1):
        assert found.position(key) == (number, 1)
        assert found.value_position(key) == (number, len(key) + 5)
    assert parse_yaml(yaml.safe_dump(value, default_style='"')).data == value


def test_yaml_keys_given_twice_and_keys_that_are_no_text() -> None:
    found = parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 2\n? [x]\n: 3\n1: 4\n")
    assert found.data == {"a": "2", "b": {"c": "2"}, "['x']": "3", "1": "4"}
    assert found.duplicates == (("c", (2, 11), (2, 5)), ("a", (3, 1), (1, 1)))


VALID = (
    (jsonc.parse, '{"name": "x", /* c */ "a": [1, {"b": "*/5"}], "v": {"K": "1",},}\n'),
    (parse_toml, 'name = "x"\n[[kv]]\nid = "1"\n[env.a.vars]\nK = """1\n"""\nx.y = [1,\n{z = 2}]\n'),
    (parse_yaml, "name: &n x\nlist:\n  - a: *n\n    b: |\n      text\n<<: {c: 1}\n"),
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(VALID),
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(0, 6), st.text("{}[]\",:='#*&|<-\n\r a.é\x00\u2028", max_size=3))
    ),
)
def test_no_change_of_a_file_breaks_a_parser(
    valid: tuple[Callable[[str], Document], str], changes: list[tuple[int, int, str]]
) -> None:
    parse, text = valid
    for start, length, new in changes:
        text = text[:start] + new + text[start + length :]
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    found, place = _read(parse, text)
    assert (1, 1) <= place <= (lines, len(text) + 1)
    assert all((1, 1) <= found.positions[keys] <= (lines, len(text) + 1) for keys in found.positions)


def _read(parse: Callable[[str], Document], text: str) -> tuple[Document, tuple[int, int]]:
    """Return what can be read of a text, and where it breaks."""
    try:
        return parse(text), (1, 1)
    except MalformedError as error:
        return error.partial, error.position


def test_long_and_many_take_no_time() -> None:
    begin = time.process_time()
    many = ",".join(f'"k{number}": "{"x" * 20}"' for number in range(4000))
    assert jsonc.parse("{" + many + "}").position("k3999")[1] > 100_000
    assert parse_toml("a = {" + many.replace(":", " =") + "}").position("a", "k3999")[1] > 100_000
    assert parse_yaml("{" + many + "}").position("k3999")[1] > 100_000
    assert time.process_time() - begin < 5


ROWS = (f"b{n}: &b{n} [{','.join([f'*b{n - 1}' if n else '*a'] * 10)}]\n" for n in range(9))
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a:\n\t- b",
        "a: {{ .Values.x }}: {{ b",
        "[" * 1000,
        BOMB,
        "a: &a [*a]",
        "a: !!python/object:os.system x\n\tb",
    ],
    ids=["open", "tab", "template", "deep", "bomb", "circle", "tag"],
)  # fmt: skip
def test_yaml_that_is_not_read(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_yaml(text)
