"""The reference pages say what the code says, and the hand-written ones point at things that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chittyops.app.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)[^)]*\)")
ADR = re.compile(r"\d{4}-[a-z0-9-]+\.md")


def test_the_reference_is_up_to_date() -> None:
    built = subprocess.run(
        [sys.executable, "tools/build_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr


def test_each_command_is_documented() -> None:
    page = (REFERENCE / "cli.md").read_text()
    assert [name for name in COMMANDS if f"### `chittyops {name}`" not in page] == []


def test_each_option_says_what_it_does() -> None:
    page = (REFERENCE / "cli.md").read_text()
    assert re.findall(r"^\| `.*` \|\s*\|$", page, re.MULTILINE) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps_and_have_the_same_parts() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [ADR.fullmatch(path.name) is not None for path in decisions] == [True] * len(decisions)
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        parts = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], path.name
