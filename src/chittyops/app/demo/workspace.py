"""The copy of the example fleet that the demo works on, and the changes its developer makes there."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import chittyops
from chittyops.kernel.errors import Conflict, NotFound

EXAMPLE = Path("examples", "fleet")
NEVER_COPIED = shutil.ignore_patterns("__pycache__", "node_modules", ".venv", ".dev.vars", ".env")
SECRETS, SECRETS_EXAMPLE = ".dev.vars", ".dev.vars.example"


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a file, rewritten."""

    path: str
    before: str
    after: str


CATALOG = "services/catalog/catalog.py"
RIGHT = "return cents * (100 - DISCOUNT_PERCENT) // 100"
WRONG = "return cents * ((100 - DISCOUNT_PERCENT) // 100)"

DELIVERY = Edit("services/inventory/stock.json", '"teapot": 3', '"teapot": 40')
"""Harmless: teapots have arrived."""

SALE = (Edit(CATALOG, "DISCOUNT_PERCENT = 0", "DISCOUNT_PERCENT = 20"), Edit(CATALOG, RIGHT, WRONG))
"""Twenty per cent off, and one pair of parentheses too many: 80 // 100 is 0, so everything is free."""

MEND = Edit(CATALOG, WRONG, RIGHT)


def example() -> Path:
    """Return the folder of the example fleet. Raises NotFound where there is only the installed package."""
    folder = Path(chittyops.__file__).resolve().parents[2] / EXAMPLE
    if not (folder / "chittyops.yaml").is_file():
        message = "the example fleet comes with the source code, and this is an installed package"
        raise NotFound(message, hint="clone the repository and run `make demo` in it")
    return folder


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with the example fleet in it."""

    root: Path

    @classmethod
    def copy(cls, source: Path, root: Path) -> Workspace:
        """Copy the fleet in ``source`` to ``root``, in place of what was there, and make up its secrets."""
        if root.exists():
            shutil.rmtree(root)
        shutil.copytree(source, root, ignore=NEVER_COPIED)
        for wanted in root.rglob(SECRETS_EXAMPLE):
            _make_secrets(wanted)
        return cls(root)

    def apply(self, *edits: Edit) -> None:
        """Rewrite lines. Raises Conflict where the file is not what the edit was made for."""
        for edit in edits:
            file = self.root / edit.path
            text = file.read_text(encoding="utf-8")
            if text.count(edit.before) != 1:
                message = f"{edit.path} does not have the line {edit.before!r}, or has it twice"
                raise Conflict(message, hint="the example fleet has changed; change the demo with it")
            file.write_text(text.replace(edit.before, edit.after), encoding="utf-8")


def _make_secrets(example_file: Path) -> None:
    """Write the secrets file that an example stands for, with a random value for each empty one; 0600."""
    lines = example_file.read_text(encoding="utf-8").splitlines()
    filled = [line + secrets.token_urlsafe(32) if line.endswith("=") else line for line in lines]
    target = example_file.with_name(SECRETS)
    target.touch(mode=0o600)
    target.write_text("\n".join(filled) + "\n", encoding="utf-8")
