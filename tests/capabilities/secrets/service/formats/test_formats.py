"""Files of other tools are recognised and read; what we write is read back the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.needs import BASH

from chittyops.capabilities.secrets.service import formats
from chittyops.capabilities.secrets.service.formats import WRITERS, written
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured

ITEM = {
    "id": "abc",
    "title": "Cart database",
    "category": "DATABASE",
    "fields": [
        {"id": "notesPlain", "type": "STRING", "purpose": "NOTES", "label": "notesPlain"},
        {"id": "username", "type": "STRING", "label": "user name", "value": "cart"},
        {"id": "password", "type": "CONCEALED", "label": "password", "value": "s3cret"},
        {"id": "x1", "type": "CONCEALED", "label": "password", "value": "older"},
        {"id": "x2", "type": "OTP", "label": "one-time password", "value": "otpauth://x"},
    ],
}
DOPPLER = {"DOPPLER_PROJECT": "cart", "DOPPLER_CONFIG": "dev", "DOPPLER_ENVIRONMENT": "dev", "KEY": "a b"}
VALUES = st.dictionaries(
    st.from_regex(r"[A-Z_][A-Z0-9_]{0,10}", fullmatch=True),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    max_size=5,
)


def read(text: str, form: str = "") -> dict[str, str]:
    return formats.read(text, "file", form, {}, str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nexport B='two words' # not this\n", {"A": "1", "B": "two words"}),
        ('{"A": "1", "N": 5, "B": true, "Z": null}', {"A": "1", "N": "5", "B": "true"}),
        (json.dumps(DOPPLER), {"KEY": "a b"}),
        (json.dumps({"KEY": {"computed": "real", "raw": "${OTHER}", "note": ""}}), {"KEY": "real"}),
        (json.dumps(ITEM), {"USER_NAME": "cart", "PASSWORD": "s3cret", "PASSWORD_2": "older"}),
        (
            json.dumps([ITEM, {**ITEM, "title": "2nd", "fields": ITEM["fields"][2:3]}]),
            {
                "CART_DATABASE_USER_NAME": "cart",
                "CART_DATABASE_PASSWORD": "s3cret",
                "CART_DATABASE_PASSWORD_2": "older",
                "_2ND_PASSWORD": "s3cret",
            },
        ),
    ],
    ids=["dotenv", "json", "doppler download", "doppler secrets", "1password", "1password items"],
)
def test_each_format_is_recognised(text: str, expected: dict[str, str]) -> None:
    assert read(text) == expected


def test_a_dotenv_download_of_doppler_is_a_dotenv_file() -> None:
    assert read('DOPPLER_X="1"\nKEY="a\\"b\\nc"\n', "dotenv")["KEY"] == 'a"b\nc'


@pytest.mark.parametrize(
    ("text", "form"),
    [('{"A": planted', ""), ("[1, 2]", ""), ('{"A": {"deep": "planted"}}', ""), ('{"A": "planted"}', "1password")],
    ids=["cut off", "list", "nested", "no item"],
)
def test_what_is_something_else_is_refused_without_its_values(text: str, form: str) -> None:
    with pytest.raises(Misconfigured, match=r"^file: ") as caught:
        read(text, form)
    assert "planted" not in f"{caught.value} {caught.value.hint}"


@given(VALUES)
def test_json_is_read_back_the_same(values: dict[str, str]) -> None:
    assert json.loads(WRITERS["json"](values)) == values


@given(VALUES)
def test_dotenv_is_read_back_the_same_or_refused(values: dict[str, str]) -> None:
    try:
        text = written.dotenv(values)
    except Misconfigured:
        return
    assert dotenv.parse(text) == values


@BASH
@pytest.mark.parametrize("form", ["shell", "dotenv"])
def test_a_shell_reads_the_same(form: str, tmp_path: Path) -> None:
    values = {
        "PLAIN": "a b",
        "SIGNS": '$HOME `id` "x" \\n !',
        "QUOTE": "it's",
        "LINES": "one\ntwo\n",
        "EMPTY": "",
        "LONE": "-n",
    }
    (tmp_path / "file").write_text(WRITERS[form](values), "utf-8")
    script = "set -a; . ./file; " + "; ".join(f'printf "%s\\0" "${name}"' for name in values)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True, env={"HOME": "/"})
    assert done.stdout.decode().split("\0")[:-1] == list(values.values())


@pytest.mark.node
def test_npm_dotenv_reads_the_same(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    install = [npm or "npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "dotenv"]
    if not npm or subprocess.run(install, cwd=tmp_path, capture_output=True, check=False, timeout=90).returncode:
        pytest.skip("npm cannot install dotenv here")
    values = {
        "SIGNS": '$HOME `id` "x" \\n # no',
        "QUOTE": "it's # no",
        "LINES": "one\ntwo",
        "EMPTY": "",
        "BLANK": " a ",
    }
    (tmp_path / "file").write_text(written.dotenv(values), "utf-8")
    script = "console.log(JSON.stringify(require('dotenv').parse(require('fs').readFileSync('file'))))"
    done = subprocess.run(["node", "-e", script], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(done.stdout) == values


def test_what_readers_would_not_agree_on_is_refused_by_name() -> None:
    with pytest.raises(Misconfigured, match=r"^KEY cannot be written") as caught:
        written.dotenv({"KEY": "pl'an\"ted"})
    assert "ted" not in str(caught.value).removeprefix("KEY cannot be written")
