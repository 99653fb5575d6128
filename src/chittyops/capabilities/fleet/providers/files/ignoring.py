"""Which files of a workspace belong to a service: .gitignore and .chittyopsignore, read without git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

IGNORE_FILES: Final = (".gitignore", ".chittyopsignore")
"""The later one wins, so that ``!dist/`` in it brings back what git ignores."""

_NEVER: Final = frozenset(
    {".git", "node_modules", ".venv", "__pycache__", ".env", ".dev.vars", ".chittyopsignore", "chittyops.local.yaml"}
)
_SECRET_PREFIXES: Final = (".env.", ".dev.vars.")


def never_deployed(name: str) -> bool:
    """Return whether a file or folder of this ``name`` is left out whatever the ignore files say."""
    return name in _NEVER or (name.startswith(_SECRET_PREFIXES) and not name.endswith(".example"))


class IgnoreRules:
    """The rules of a workspace, by folder, each ignore file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def above(self, folder: str) -> list[tuple[str, GitIgnoreSpec]]:
        """Return the rules that hold in ``folder`` but stand in one above it, the outermost first."""
        parts = [] if folder == "." else folder.split("/")
        rules = []
        for depth in range(len(parts)):
            base = "/".join(parts[:depth])
            spec = self.of(base)
            if spec:
                rules.append((f"{base}/" if base else "", spec))
        return rules

    def of(self, folder: str) -> GitIgnoreSpec | None:
        """Return the rules that stand in ``folder`` itself ("" is the root)."""
        if folder not in self._specs:
            lines = [line for name in IGNORE_FILES for line in _lines(self._root / folder / name)]
            self._specs[folder] = _spec(lines) if lines else None
        return self._specs[folder]


def ignored(path: str, rules: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """Return whether ``path`` (from the root; a folder's ends in ``/``) is ignored: the innermost rule decides."""
    for base, spec in reversed(rules):
        verdict = spec.check_file(path[len(base) :]).include
        if verdict is not None:
            return verdict
    return False


def _lines(path: Path) -> Iterator[str]:
    try:
        text = path.read_text("utf-8", errors="surrogateescape")
    except OSError:
        return
    yield from text.removeprefix("\ufeff").splitlines()


def _spec(lines: list[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines(line for line in lines if _valid(line))


def _valid(line: str) -> bool:
    """Return whether ``line`` is a pattern; git passes over those that are none, and so do we."""
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
