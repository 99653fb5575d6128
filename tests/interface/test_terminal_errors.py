"""Errors as people see them: what, where, the line, a hint; never a secret."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from chittyops.interface.terminal import Terminal, exit_code, report
from chittyops.interface.terminal.errors import excerpt, may_hold_secret
from chittyops.kernel.errors import (
    Cancelled,
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Place,
    Problem,
    Refused,
    Unavailable,
)

FLEET = """\
fleet: shop
services:
  catalog:
    path: services/catalog
    commnad: python -m catalog
    secrets:
      API_KEY: "file:.env#KEY"
      OTHER: hunter2
    config: {LOG: info, DB_PASSWORD: hunter3}
    tests: curl https://me:hunter4@example.com
    owners: [{STRIPE_KEY: hunter5}]
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "chittyops.yaml"
    path.write_text(FLEET)
    return path


def shown(error: ChittyOpsError) -> str:
    stream = io.StringIO()
    report(error, Terminal(err=stream, environ={}))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Misconfigured, 2), (NotFound, 3), (Refused, 3), (Conflict, 3), (Unavailable, 1), (Cancelled, 1)],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[ChittyOpsError], code: int) -> None:
    assert exit_code(kind("x")) == code


def test_an_error_shows_message_place_line_caret_and_hint(fleet: Path) -> None:
    error = Misconfigured("unknown key commnad", place=Place(str(fleet), 5, 5), hint="did you mean command?")
    assert shown(error) == (
        "error: unknown key commnad\n"
        f"  --> {fleet}:5:5\n"
        "   |\n"
        " 5 |     commnad: python -m catalog\n"
        "   |     ^\n"
        "hint: did you mean command?\n"
    )


def test_every_problem_is_shown(fleet: Path) -> None:
    problems = (Problem("one", Place(str(fleet), 1, 1)), Problem("two", hint="so"))
    text = shown(Misconfigured.of(problems))
    assert text.count("error:") == 2
    assert text.count("hint:") == 1


@pytest.mark.parametrize("line", [6, 7, 8, 9, 10, 11], ids=["secrets", "reference", "value", "config", "url", "key"])
def test_a_line_that_may_hold_a_secret_is_not_shown(fleet: Path, line: int) -> None:
    assert excerpt(Place(str(fleet), line, 7)) == ()
    assert "hunter" not in shown(Misconfigured("bad", place=Place(str(fleet), line, 7)))


def test_secrets_are_found_in_braces_without_indentation() -> None:
    lines = ['{"services": {"a": {"secrets": {', '"X": "hunter2"', "}}}}"]
    assert may_hold_secret(lines, 2)


@pytest.mark.parametrize("name", [".env", ".env.local", ".dev.vars", ".dev.vars.staging", "server.pem", "id.key"])
def test_files_of_secrets_are_never_shown(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("X=hunter2\n")
    assert excerpt(Place(str(tmp_path / name), 1, 1)) == ()


def test_what_cannot_be_read_has_no_excerpt(tmp_path: Path) -> None:
    assert excerpt(Place(str(tmp_path / "gone.yaml"), 1, 1)) == ()
    assert excerpt(Place(str(tmp_path), 1, 1)) == ()
    (tmp_path / "short.yaml").write_text("a: 1\n")
    assert excerpt(Place(str(tmp_path / "short.yaml"), 9, 1)) == ()


def test_the_caret_stands_below_wide_characters(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("日本: x\n")
    assert excerpt(Place(str(tmp_path / "a.yaml"), 1, 5))[2] == "   |       ^"


def test_a_message_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in shown(NotFound("no \x1b[2Jservice", hint="\x1b]0;x\x07try"))


@pytest.mark.parametrize("data", [b"\xff\xfe\x01 raw", b"ok\x00 raw", b"ok \x1b[31m raw"])
def test_what_is_no_text_is_not_shown(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "staging.sops.yaml"
    path.write_bytes(data + b"\n")
    assert excerpt(Place(str(path), 1, 1)) == ()
