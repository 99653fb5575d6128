"""The editor: found, told to leave nothing behind, and opened again while the text is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.providers.editor import command_of, edited
from chittyops.kernel.errors import Misconfigured, Place, Problem, Refused


def program(folder: Path, name: str, script: str = "exit 0") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def environ(tmp_path: Path, editor: str) -> dict[str, str]:
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "EDITOR": editor, "STATE": str(tmp_path / "state")}


def check(text: str) -> None:
    """Take only texts whose second line is ``right``."""
    lines = text.splitlines()
    if lines[1:] != ["right"]:
        place = Place("", 2 + sum(line.startswith("# !!") for line in lines), 1)
        raise Misconfigured.of((Problem("line two is wrong", place, "write right"),))


def edit(tmp_path: Path, script: str) -> str:
    file = tmp_path / "text"
    program(tmp_path, "ed-script", script)
    return edited(file, lambda text: void(file.write_text(text)), "one\ntwo\n", check, environ(tmp_path, "ed-script"))


def void(_: object) -> None:
    """Return nothing."""


def test_what_was_saved_is_returned(tmp_path: Path) -> None:
    assert edit(tmp_path, 'printf "one\\nright\\n" > "$1"') == "one\nright\n"


def test_a_wrong_text_comes_back_with_what_is_wrong(tmp_path: Path) -> None:
    script = """\
if [ -e "$STATE" ]; then
  cp "$1" "$STATE.seen"; grep -v '^# !!' "$1" | sed 's/wrong/right/' > "$1.new"; mv "$1.new" "$1"
else
  touch "$STATE"; printf 'one\\nwrong\\n' > "$1"
fi"""
    assert edit(tmp_path, script) == "one\nright\n"
    seen = (tmp_path / "state.seen").read_text().splitlines()
    assert seen == [
        "# !! This is not right yet. Save it as it is to give up.",
        "# !! line 4: line two is wrong (write right)",
        "one",
        "wrong",
    ]


def test_who_leaves_a_wrong_text_gives_up(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="line two is wrong; nothing was changed"):
        edit(tmp_path, 'echo x >> "$STATE"; [ "$(wc -l < "$STATE")" -gt 3 ] || echo more >> "$1"')
    assert (tmp_path / "state").read_text() == "x\n" * 4


def test_a_program_that_never_gets_it_right_does_not_go_on_for_ever(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="after 50 times"):
        edit(tmp_path, 'echo more >> "$1"')


def test_an_editor_that_fails_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="ended with 3"):
        edit(tmp_path, "exit 3")


def test_an_editor_may_have_arguments_and_visual_goes_first(tmp_path: Path) -> None:
    path = program(tmp_path, "my-ed")
    surroundings = environ(tmp_path, "other") | {"VISUAL": "my-ed --flag 'a b'"}
    assert command_of(surroundings) == (str(path), "--flag", "a b")


@pytest.mark.parametrize(
    ("name", "more"),
    [("vim", ("-n", "-i", "NONE")), ("nvim", ("-n", "-i", "NONE")), ("code", ("--wait",)), ("nano", ())],
)
def test_editors_are_told_to_leave_nothing_and_to_wait(tmp_path: Path, name: str, more: tuple[str, ...]) -> None:
    path = program(tmp_path, name)
    command = command_of(environ(tmp_path, name))
    assert command[: 1 + len(more)] == (str(path), *more)


@pytest.mark.parametrize("editor", ["no-such-editor", "'unclosed"])
def test_an_editor_that_is_not_there_is_told(tmp_path: Path, editor: str) -> None:
    with pytest.raises(Misconfigured, match=r"editor|EDITOR"):
        command_of(environ(tmp_path, editor))


def test_what_an_editor_puts_aside_goes_beside_the_text(tmp_path: Path) -> None:
    edit(tmp_path, 'printf "one\\nright\\n" > "$1"; echo "$TMPDIR" > "$STATE"')
    assert (tmp_path / "state").read_text().strip() == str(tmp_path)


@pytest.mark.parametrize(
    ("script", "message"), [('rm "$1"', "no text behind"), ("printf '\\377' > \"$1\"", "did not write UTF-8")]
)
def test_an_editor_that_leaves_no_text_changes_nothing(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        edit(tmp_path, script)
