"""Streams, questions, progress."""

from __future__ import annotations

import io
import json
import sys

import pytest

from chittyops.interface.terminal import Table, Terminal
from chittyops.kernel.errors import Refused


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(*, json_: bool = False, quiet: bool = False, screen: bool = False) -> Terminal:
    kind = Screen if screen else io.StringIO
    return Terminal(json=json_, quiet=quiet, out=kind(), err=kind(), environ={})


def written(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_data_goes_to_stdout_as_text_or_as_json() -> None:
    table = Table("name")
    table.row("a")
    plain, data = terminal(), terminal(json_=True)
    for each in (plain, data):
        each.emit({"items": [{"name": "a"}]}, table)
        assert written(each.err) == ""
    assert written(plain.out) == "NAME\na\n"
    assert json.loads(written(data.out)) == {"items": [{"name": "a"}]}


def test_remarks_go_to_stderr_and_quiet_silences_them_but_not_warnings() -> None:
    loud, quiet = terminal(), terminal(quiet=True)
    for each in (loud, quiet):
        each.note("working")
        each.warn("careful")
        assert written(each.out) == ""
    assert written(loud.err) == "working\nwarning: careful\n"
    assert written(quiet.err) == "warning: careful\n"


def test_without_a_terminal_nobody_is_asked() -> None:
    with pytest.raises(Refused) as caught:
        terminal().confirm("deploy?", yes=False)
    assert caught.value.hint == "pass --yes"
    terminal().confirm("deploy?", yes=True)


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y\n", True), ("YES\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_only_a_yes_is_a_yes(answer: str, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Screen(answer))
    asked = terminal(screen=True)
    if agreed:
        asked.confirm("deploy?", yes=False)
    else:
        with pytest.raises(Refused, match="nothing was done"):
            asked.confirm("deploy?", yes=False)
    assert "deploy?" in written(asked.err)
    assert "[y/N]" in written(asked.err)


def test_an_interrupted_question_ends_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Screen):
        def readline(self, _size: int | None = -1, /) -> str:  # type: ignore[override] # the stubs take it for bytes
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Interrupted())
    asked = terminal(screen=True)
    with pytest.raises(KeyboardInterrupt):
        asked.confirm("deploy?", yes=False)
    assert written(asked.err).endswith("[y/N] \n")


def test_progress_writes_plain_lines_where_there_is_no_terminal() -> None:
    each = terminal()
    with each.progress("uploading", 2) as progress:
        progress.say("packing")
        progress.advance("catalog")
        progress.advance("orders")
    assert written(each.err) == "uploading\n  packing\n  1/2  catalog\n  2/2  orders\n"


def test_quiet_progress_says_nothing() -> None:
    each = terminal(quiet=True, screen=True)
    with each.progress("uploading", 1) as progress:
        progress.advance("catalog")
    assert written(each.err) == ""


def test_progress_on_a_terminal_is_drawn_and_taken_away_again() -> None:
    each = terminal(screen=True)
    with each.progress("uploading", 2) as progress:
        progress.advance("cat\x1b[2Jalog")
    assert "uploading" in written(each.err)
    assert "\x1b[2J" not in written(each.err)
    assert written(each.err).endswith("\x1b[1A\x1b[2K")


def test_what_is_piped_has_no_width() -> None:
    assert terminal().width == 0
    assert terminal(screen=True).width > 0
