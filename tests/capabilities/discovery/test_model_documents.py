"""JSON with comments, TOML and YAML are read with the places of their values, or refused with one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
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
    assert found.duplicates == (("b", (4, 3)),)


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
    [("a = 1\na = 2\n", (2, 6)), ("a = \n", (1, 5)), ("[x]\n[x]\n", (2, 3)), ("a = [", (1, 1)), ("\n\na = '", (3, 1))],
)
def test_toml_that_is_none(text: str, position: tuple[int, int]) -> None:
    with pytest.raises(MalformedError) as raised:
        parse_toml(text)
    assert raised.value.position[0] == position[0]


def test_yaml_is_text_with_aliases_and_merge_keys_followed() -> None:
    found = parse_yaml("x: &x {a: yes, b: 1}\ny:\n  <<: *x\n  b: 2\n---\nz: 1\n")
    assert found.data == {"x": {"a": "yes", "b": "1"}, "y": {"a": "yes", "b": "2"}}
    assert found.position("y", "b") == (4, 3)


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
