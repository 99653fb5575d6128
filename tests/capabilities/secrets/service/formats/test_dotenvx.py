"""Files that the real dotenvx has encrypted are read with its keys, and only with them."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.service.formats import dotenvx
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured

PLAIN = {
    "WORD": "hello",
    "LINES": "first\nsecond",
    "SIGNS": 'p$ss "quoted" ä€ 🔑',
    "NOTHING": "",
    "LONG": "x" * 5000,
}
TEXT = 'WORD=hello\nLINES="first\nsecond"\nSIGNS=\'p$ss "quoted" ä€ 🔑\'\nNOTHING=\n' + f"LONG={'x' * 5000}\n"


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with .env and .env.staging, encrypted by npm's dotenvx, and its .env.keys."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("needs npm, which is not installed")
    folder = tmp_path_factory.mktemp("dotenvx")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@dotenvx/dotenvx"]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False, timeout=90).returncode:
        pytest.skip("npm cannot install @dotenvx/dotenvx here")
    program = str(folder / "node_modules" / ".bin" / "dotenvx")
    for name in (".env", ".env.staging"):
        (folder / name).write_text(TEXT, "utf-8")
        subprocess.run([program, "encrypt", "-f", name], cwd=folder, capture_output=True, check=True, timeout=30)
    return folder


@pytest.mark.parametrize("name", [".env", ".env.staging"])
def test_what_dotenvx_encrypted_is_read(encrypted: Path, name: str) -> None:
    text, keys = (encrypted / name).read_text("utf-8"), (encrypted / ".env.keys").read_text("utf-8")
    assert "hello" not in text
    assert dotenvx.read(text, str(encrypted / name), {}, lambda: keys) == PLAIN


def test_the_key_may_come_from_the_environment(encrypted: Path) -> None:
    keys = dotenv.parse((encrypted / ".env.keys").read_text("utf-8"))
    environ = {"DOTENV_PRIVATE_KEY_STAGING": f"{'11' * 32},{keys['DOTENV_PRIVATE_KEY_STAGING']}"}
    text = (encrypted / ".env.staging").read_text("utf-8")
    assert dotenvx.read(text, ".env.staging", environ, str) == PLAIN


def test_another_key_opens_nothing(encrypted: Path) -> None:
    text = (encrypted / ".env").read_text("utf-8")
    with pytest.raises(Misconfigured, match="WORD cannot be decrypted"):
        dotenvx.read(text, ".env", {"DOTENV_PRIVATE_KEY": "11" * 32}, str)
    with pytest.raises(Misconfigured, match="WORD cannot be decrypted"):
        dotenvx.read(text, ".env", {"DOTENV_PRIVATE_KEY": "no key"}, str)


def test_a_flipped_bit_is_seen(encrypted: Path) -> None:
    variables = dotenv.parse((encrypted / ".env").read_text("utf-8"))
    key = dotenv.parse((encrypted / ".env.keys").read_text("utf-8"))["DOTENV_PRIVATE_KEY"]
    data = base64.b64decode(variables["WORD"].removeprefix("encrypted:"))
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        value = "encrypted:" + base64.b64encode(flipped).decode()
        with pytest.raises(Misconfigured):
            dotenvx.decrypted("WORD", value, [key])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".env", "DOTENV_PRIVATE_KEY"),
        ("apps/.env", "DOTENV_PRIVATE_KEY"),
        (".env.production", "DOTENV_PRIVATE_KEY_PRODUCTION"),
        (".env.ci.local", "DOTENV_PRIVATE_KEY_CI_LOCAL"),
    ],
)
def test_each_file_has_its_key(path: str, name: str) -> None:
    assert dotenvx.private_key_name(path) == name


def test_without_a_key_its_name_is_told() -> None:
    with pytest.raises(Misconfigured, match="DOTENV_PRIVATE_KEY_STAGING"):
        dotenvx.read("A=encrypted:AAAA", ".env.staging", {}, str)


def test_a_plain_file_needs_no_key() -> None:
    assert dotenvx.read("A=1\n", ".env", {}, str) == {"A": "1"}


def test_what_is_no_base64_is_told_by_name_alone() -> None:
    with pytest.raises(Misconfigured, match=r"^A is not base64$"):
        dotenvx.read("A=encrypted:%%", ".env", {"DOTENV_PRIVATE_KEY": "11" * 32}, str)
