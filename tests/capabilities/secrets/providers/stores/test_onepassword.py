"""1Password by its command line: a program of that name stands in for the account."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.model import Missing
from chittyops.capabilities.secrets.providers.stores.onepassword import OnePassword
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

SCOPE = SecretScope("/w", "shop", "staging", "cart")
PROGRAM = """\
#!/bin/sh
echo "$@" >> "$LOG"
[ "$1 $2" = "read --no-newline" ] || exit 64
if [ -z "$OP_SERVICE_ACCOUNT_TOKEN" ]; then
  echo "[ERROR] 2026/05/01 10:00:00 could not read secret: You are not currently signed in." >&2; exit 1
fi
case "$3" in
  op://Shop/cart/password) printf 's3cret with $signs\\nand lines' ;;
  op://Shop/cart/file) printf '\\377\\376' ;;
  *) echo "[ERROR] 2026/05/01 10:00:00 could not read secret '$3': item not found" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the stand-in is on the path, logged in."""
    program = tmp_path / "bin" / "op"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PATH": path, "LOG": str(tmp_path / "log"), "OP_SERVICE_ACCOUNT_TOKEN": "ops_token"}


def read(environ: dict[str, str], *texts: str) -> list[Secret | Missing]:
    found = OnePassword(environ)(SCOPE, {str(number): SecretRef.parse(text) for number, text in enumerate(texts)})
    return [found[str(number)] for number in range(len(texts))]


def test_a_reference_is_read_once_and_to_the_letter(environ: dict[str, str], tmp_path: Path) -> None:
    value = Secret("s3cret with $signs\nand lines")
    assert read(environ, "op://Shop/cart/password", "op://Shop/cart/password") == [value, value]
    assert (tmp_path / "log").read_text() == "read --no-newline op://Shop/cart/password\n"


def test_what_it_says_is_told_with_the_path(environ: dict[str, str]) -> None:
    (missing,) = read(environ, "op://Shop/nope/password")
    assert isinstance(missing, Missing)
    assert missing.message.startswith("op://Shop/nope/password: 1Password says: could not read secret")
    assert "2026/05/01" not in missing.message


def test_who_is_not_logged_in_is_told_how(environ: dict[str, str]) -> None:
    (missing,) = read({**environ, "OP_SERVICE_ACCOUNT_TOKEN": ""}, "op://Shop/cart/password")
    assert isinstance(missing, Missing)
    assert missing.hint == "log in: `op signin`, or set OP_SERVICE_ACCOUNT_TOKEN"


def test_what_is_no_text_is_refused(environ: dict[str, str]) -> None:
    (missing,) = read(environ, "op://Shop/cart/file")
    assert isinstance(missing, Missing)
    assert "not text" in missing.message


def test_without_the_program_all_are_told(tmp_path: Path) -> None:
    found = read({"PATH": str(tmp_path)}, "op://A/b/c", "op://A/b/d")
    assert all(isinstance(each, Missing) and "not installed" in each.message for each in found)
