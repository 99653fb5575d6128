"""The user's editor on a text, told to leave nothing behind, and asked again while the text is wrong."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.runtime.process import Command, attended

MOST_TIMES = 50
"""A program that edits without a person could go on for ever."""
_DEFAULTS = ("sensible-editor", "nano", "vim", "vi")
_QUIET_VIM = ("-n", "-i", "NONE", "-c", "silent! set noundofile nobackup nowritebackup")
"""No swap file, no list of recent texts, no undo file and no backup, wherever its settings put them."""
_RETURNING = {"code": "--wait", "codium": "--wait", "cursor": "--wait", "subl": "--wait", "zed": "--wait", "mate": "-w"}
"""Editors that end before the text is edited, unless told not to."""


def command_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the editor's command line: VISUAL, EDITOR, or one that is there. Raises Misconfigured."""
    path = environ.get("PATH", "")
    written = environ.get("VISUAL") or environ.get("EDITOR") or ""
    try:
        words = shlex.split(written)
    except ValueError:
        raise Misconfigured(f"EDITOR is no command line: {written}", hint="close its quotes") from None
    words = words or [name for name in _DEFAULTS if shutil.which(name, path=path)][:1]
    program = shutil.which(words[0], path=path) if words else None
    if not program:
        raise Misconfigured(f"there is no editor {words[0] if words else ''}".rstrip(), hint="set EDITOR to one")
    name = Path(program).resolve().name
    if name.startswith(("vim", "nvim")):
        words += _QUIET_VIM
    elif (wait := _RETURNING.get(Path(program).name)) and wait not in words:
        words.append(wait)
    return (program, *words[1:])


def edited(
    file: Path, write: Callable[[str], None], text: str, check: Callable[[str], object], environ: Mapping[str, str]
) -> str:
    """Return ``text`` as the user leaves it in ``file``, once ``check`` raises nothing about it.

    ``write`` puts a text into the file. What is wrong is written above the text, and the editor opened again, until
    it is right. Raises Refused when the user gives up: leaves a wrong text as it is, or ends the editor with an error.
    """
    argv = command_of(environ)
    # What an editor puts beside the text goes away with it.
    surroundings = {**environ, "TMPDIR": str(file.parent)}
    for _ in range(MOST_TIMES):
        write(text)
        code = attended(Command((*argv, str(file)), surroundings))
        if code:
            raise Refused(f"{argv[0]} ended with {code}; nothing was changed")
        after = _read(file)
        try:
            check(after)
        except Misconfigured as error:
            if after == text:
                raise Refused(f"{error.message}; nothing was changed", hint=error.hint) from None
            text = _complained(after, error)
            continue
        return after
    raise Refused(f"after {MOST_TIMES} times the text is still wrong; nothing was changed")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise Refused("the editor left no text behind; nothing was changed") from None
    except UnicodeDecodeError:
        message = "the editor did not write UTF-8; nothing was changed"
        raise Refused(message, hint="set its encoding, or EDITOR to another one") from None


_MARK = "# !! "


def _complained(text: str, error: Misconfigured) -> str:
    """Return ``text`` below what is wrong with it, in place of what was wrong before."""
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(_MARK)]
    moved = len(error.problems) + 1 - (len(lines) - len(kept))
    above = [f"{_MARK}This is not right yet. Save it as it is to give up.\n"]
    for problem in error.problems:
        line = f"line {problem.place.line + moved}: " if problem.place else ""
        above.append(f"{_MARK}{line}{problem.message}{f' ({problem.hint})' if problem.hint else ''}\n")
    return "".join(above + kept)
