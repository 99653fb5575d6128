"""JSON files are read strictly and written as sops lays them out."""

from __future__ import annotations

from typing import Any

import pytest

from chittyops.capabilities.secrets.providers.sops.json import parse, write
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed

TREE: dict[str, Any] = {"a": "<ä&>\u2028", "list": [1, 2.5, True, None, {}], "sops": {"version": "3.13.2"}}


def test_a_new_file_is_laid_out_as_sops_does() -> None:
    assert write("", {"a": "<&", "b": [1, {}]}) == (
        '{\n\t"a": "\\u003c\\u0026",\n\t"b": [\n\t\t1,\n\t\t{}\n\t]\n}\n'
    )  # fmt: skip


@pytest.mark.parametrize("indent", ["\t", "  ", "    "])
def test_the_indentation_stays(indent: str) -> None:
    text = '{\n\t"a": 1\n}'.replace("\t", indent)
    assert write(text, {"a": 2}) == text.replace("1", "2")


def test_one_line_stays_one_line() -> None:
    assert write('{"a":1}\n', {"a": 2, "b": 3}) == '{"a":2,"b":3}\n'


def test_what_is_written_reads_back() -> None:
    assert parse(write("", TREE)) == (TREE, [])


def test_numbers_beyond_64_bits_are_floats_as_in_go() -> None:
    assert parse('{"a": 9223372036854775808, "b": 9223372036854775807}')[0] == {"a": float(2**63), "b": 2**63 - 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "a stands there twice"),
        ('{"a": {"b": 1, "b": 2}}', "b stands there twice"),
        ("[]", "holds no keys"),
        ('{"a": NaN}', "NaN is no JSON"),
        ('{"a": 1}\r\n', "CR LF"),
        ('{"a": 1', "Expecting"),
        ("", "Expecting"),
    ],
)
def test_what_sops_never_writes_is_refused(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse(text)
