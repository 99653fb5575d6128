"""What ``chittyops cli install`` puts into a user's shell, written and taken out exactly.

The record of it is in the state directory: what is not in it was not written by us, and is never touched.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chittyops.kernel.errors import Misconfigured, Place, Refused

if TYPE_CHECKING:
    from chittyops.runtime.home import Home

SHELLS: Final = ("bash", "zsh", "fish")
ALIASES: Final[Mapping[str, str]] = {"cho": "", "chos": "status", "chod": "deploy", "chot": "task run"}
"""Short names, and what of chittyops each stands for."""
RECORD: Final = "cli-install"
_BEGIN: Final = "# >>> chittyops >>> written by `chittyops cli install`; `chittyops cli uninstall` takes it out"
_END: Final = "# <<< chittyops <<<"


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that is put in place: a whole file, or a block at the end of a file that is the user's.

    ``made`` are the folders and the file that did not exist before, the outermost first.
    """

    path: str
    text: str
    block: bool
    what: str
    mode: int = 0o644
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to install: for which shells, which short names, and where the command goes."""

    shells: tuple[str, ...]
    aliases: Mapping[str, str]
    bin: Path


def pieces(wanted: Wanted, completions: Mapping[str, str], environ: Mapping[str, str]) -> list[Piece]:
    """Return everything that ``wanted`` comes to; ``completions`` has the script of each shell."""
    home = Path(environ.get("HOME") or Path.home())
    found = [_launcher(wanted.bin)] if not _foreign(wanted.bin / "chittyops") else []
    for shell in wanted.shells:
        found += _of_shell(shell, wanted, completions[shell], environ, home)
    return found


def shell_of(environ: Mapping[str, str]) -> str:
    """Return the user's shell, bash where it is none that is known."""
    name = Path(environ.get("SHELL", "")).name
    return name if name in SHELLS else "bash"


def _launcher(folder: Path) -> Piece:
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m chittyops "$@"\n'
    return Piece(str(folder / "chittyops"), text, block=False, what="the command", mode=0o755)


def _foreign(path: Path) -> bool:
    """Return whether there is a command that something else installed: a package manager's stays."""
    try:
        return " -m chittyops " not in path.read_text("utf-8", errors="replace") or path.stat().st_size > 1 << 12
    except OSError:
        return False


def _of_shell(shell: str, wanted: Wanted, completion: str, environ: Mapping[str, str], home: Path) -> list[Piece]:
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    on_path = str(wanted.bin) in environ.get("PATH", "").split(os.pathsep)
    if shell == "fish":
        completions = config / "fish" / "completions" / "chittyops.fish"
        lines = [] if on_path else [f"fish_add_path -g {shlex.quote(str(wanted.bin))}"]
        lines += [f"alias {name} {shlex.quote(_line(line))}" for name, line in wanted.aliases.items()]
        own = Piece(
            str(config / "fish" / "conf.d" / "chittyops.fish"), "\n".join((*lines, "")), block=False, what="short names"
        )
        return [Piece(str(completions), completion, block=False, what="completion"), *([own] if lines else [])]
    place = data / ("bash-completion/completions/chittyops" if shell == "bash" else "chittyops/zsh/_chittyops")
    rc = home / ".bashrc" if shell == "bash" else Path(environ.get("ZDOTDIR") or home) / ".zshrc"
    file = Piece(str(place), completion, block=False, what="completion")
    block = "\n".join(("", _BEGIN, *_rc_lines(shell, wanted, place, on_path=on_path), _END, ""))
    return [file, Piece(str(rc), block, block=True, what="short names, completion")]


def _rc_lines(shell: str, wanted: Wanted, completion: Path, *, on_path: bool) -> list[str]:
    folder, script = shlex.quote(str(wanted.bin)), shlex.quote(str(completion))
    lines = [] if on_path else [f'case ":$PATH:" in *:{folder}:*) ;; *) export PATH={folder}:"$PATH" ;; esac']
    lines += [f"alias {name}={shlex.quote(_line(line))}" for name, line in wanted.aliases.items()]
    if shell == "zsh":
        # The script registers itself once compinit has run; without it there is no completion to add to.
        return [*lines, f"(( $+functions[compdef] )) && [ -r {script} ] && . {script}"]
    lines.append(f"[ -r {script} ] && . {script}")
    plain = [name for name, line in wanted.aliases.items() if not line]
    if plain:
        # bash does not expand aliases when it completes.
        lines.append('_chittyops_alias() { _chittyops_completion chittyops "${@:2}"; }')
        lines += [f"complete -o nosort -F _chittyops_alias {name}" for name in plain]
    return lines


def _line(arguments: str) -> str:
    return f"chittyops {arguments}".strip()


@dataclass(frozen=True, slots=True)
class Installation:
    """What is installed, by the record in ``home``."""

    home: Home

    def recorded(self) -> list[Piece]:
        """Return what was put in place."""
        data = self.home.read_private(RECORD) or {"pieces": []}
        return [_piece(row) for row in data["pieces"]]

    def is_there(self, piece: Piece) -> bool:
        """Return whether ``piece`` stands where it was put, as it was put."""
        text = _read(Path(piece.path))
        return text is not None and (piece.text in text if piece.block else text == piece.text)

    def install(self, wanted: Sequence[Piece]) -> None:
        """Put ``wanted`` in the place of what was there before. Raises Refused where that was changed."""
        before = self.recorded()
        self._check(before)
        mine = {piece.path for piece in before}
        for piece in wanted:
            if not piece.block and piece.path not in mine and Path(piece.path).exists():
                message = f"{piece.path} is there already, and was not written by `chittyops cli install`"
                raise Refused(message, hint="move it away, or choose another place")
        self._take_out(before)
        fresh = [_with_made(piece) for piece in wanted]
        # The record comes first: what is then cut short can still be taken out.
        self.home.write_private(RECORD, {"pieces": [asdict(piece) for piece in fresh]})
        for piece in fresh:
            _put(piece)

    def uninstall(self) -> list[Piece]:
        """Take out what was put in place, and return it. Raises Refused where it was changed since."""
        before = self.recorded()
        self._check(before)
        self._take_out(before)
        self.home.file(f"{RECORD}.json").unlink(missing_ok=True)
        return before

    def _check(self, before: Sequence[Piece]) -> None:
        changed = [piece.path for piece in before if _changed(piece)]
        if changed:
            message = f"changed since it was installed: {', '.join(changed)}"
            raise Refused(
                message, hint="take your changes out of it (of a block: out of what stands between the marks)"
            )

    def _take_out(self, before: Sequence[Piece]) -> None:
        for piece in reversed(before):
            path = Path(piece.path)
            text = _read(path)
            rest = text.replace(piece.text, "", 1) if text is not None and piece.block else ""
            if text is not None and (rest or (piece.block and piece.path not in piece.made)):
                _write(path, rest, path.stat().st_mode & 0o777)
            elif text is not None:
                path.unlink()
            for folder in reversed(piece.made):
                if folder != piece.path and Path(folder).is_dir() and not any(Path(folder).iterdir()):
                    Path(folder).rmdir()


def _changed(piece: Piece) -> bool:
    text = _read(Path(piece.path))
    if text is None:
        return False
    return (_BEGIN in text and piece.text not in text) if piece.block else text != piece.text


def _with_made(piece: Piece) -> Piece:
    path = Path(piece.path)
    missing = [str(each) for each in (path, *path.parents) if not each.exists()]
    return Piece(**{**asdict(piece), "made": tuple(reversed(missing))})


def _piece(row: dict[str, Any]) -> Piece:
    return Piece(**{**row, "made": tuple(row["made"])})


def _put(piece: Piece) -> None:
    path = Path(piece.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _read(path) if piece.block else None
        mode = path.stat().st_mode & 0o777 if path.exists() and piece.block else piece.mode
        _write(path, (text or "") + piece.text, mode)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise Misconfigured(message, place=Place(str(path))) from None


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise Misconfigured(message, place=Place(str(path))) from None


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file, whole or not at all; of a link, what it leads to: files of a shell are often linked."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.chittyops-new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))
    temporary.chmod(mode)
    temporary.replace(target)


def as_json(found: Sequence[Piece]) -> list[dict[str, Any]]:
    """Return pieces as JSON data."""
    rows: list[dict[str, Any]] = json.loads(json.dumps([asdict(each) for each in found]))
    return rows
