"""What is kept of a service for the short way of ``run``, and which words it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chittyops.app.injection import kept
from chittyops.app.injection.quick import asked

LONG_AGO = 1_000_000_000.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    return tmp_path


def old(path: Path, at: float = LONG_AGO) -> Path:
    path.write_text("x")
    os.utime(path, (at, at))
    return path


def save(home: Path, *files: Path, began: float | None = None) -> None:
    began = (
        max((each.stat().st_ctime for each in files if each.exists()), default=LONG_AGO) + 3 if began is None else began
    )
    kept.save(home, "api", "", files=files, content={"MODE": "x"}, began=began)


def test_what_is_kept_holds_until_a_file_changes_comes_or_goes(home: Path) -> None:
    here, absent = old(home / "here"), home / "absent"
    save(home, here, absent)
    assert kept.load(str(home), "api", "") == {"MODE": "x"}
    old(here, LONG_AGO + 1)
    assert kept.load(str(home), "api", "") is None
    save(home, here, absent)
    old(absent)
    assert kept.load(str(home), "api", "") is None
    save(home, here, absent)
    here.unlink()
    assert kept.load(str(home), "api", "") is None


def test_a_file_with_its_old_time_and_size_is_another_one(home: Path) -> None:
    here = old(home / "here")
    save(home, here)
    here.unlink()
    old(here)
    assert kept.load(str(home), "api", "") is None


def test_it_is_kept_for_these_words_and_this_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(home, old(home / "here"))
    assert kept.load(str(home), "api", "staging") is None
    assert kept.load(str(home), "web", "") is None
    monkeypatch.setenv(kept.NO_LOCAL, "1")
    assert kept.load(str(home), "api", "") is None
    monkeypatch.delenv(kept.NO_LOCAL)
    monkeypatch.chdir(home)
    assert kept.load(str(home), "api", "") is None


def test_what_changed_just_before_it_was_read_is_not_kept(home: Path) -> None:
    here = old(home / "here")
    save(home, here, began=here.stat().st_ctime + 1)
    assert list(home.glob("kept/*")) == []


def test_damaged_and_foreign_files_are_nothing(home: Path) -> None:
    save(home, old(home / "here"))
    [file] = home.glob("kept/*.json")
    text = file.read_text("utf-8")
    for damaged in ("", "{", "[]", "null", "{}"):
        file.write_text(damaged, "utf-8")
        assert kept.load(str(home), "api", "") is None
    file.write_text(text, "utf-8")
    file.chmod(0o644)
    assert kept.load(str(home), "api", "") is None
    file.chmod(0o600)
    assert kept.load(str(home), "api", "") == {"MODE": "x"}
    file.rename(home / "elsewhere")
    file.symlink_to(home / "elsewhere")
    assert kept.load(str(home), "api", "") is None


def test_what_nobody_asked_for_in_a_month_is_forgotten(home: Path) -> None:
    here = old(home / "here")
    save(home, here)
    other = home / "kept" / "other.json"
    old(other, here.stat().st_ctime - 40 * 86_400)
    save(home, here)
    assert not other.exists()
    assert len(list(home.glob("kept/*.json"))) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("api -- env", ("api", "", False, ["env"])),
        ("--env staging api -- a -- b", ("api", "staging", False, ["a", "--", "b"])),
        ("api --env=staging --clean-env -- a --mask", ("api", "staging", True, ["a", "--mask"])),
        ("api --only-declared -- a", ("api", "", True, ["a"])),
        ("api env", None),
        ("api --", None),
        ("-- env", None),
        ("api web -- env", None),
        ("api --mask -- env", None),
        ("api --help -- env", None),
        ("api --file A -- env", None),
    ],
)
def test_the_short_way_takes_plain_words_alone(words: str, expected: object) -> None:
    assert asked(words.split()) == expected


def test_the_short_way_loads_nothing_slow() -> None:
    code = "import sys, json; import chittyops.app.injection.quick; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(subprocess.check_output([sys.executable, "-c", code])))
    assert not loaded & {
        "click",
        "dataclasses",
        "pathlib",
        "yaml",
        "pydantic",
        "rich",
        "asyncio",
        "chittyops.kernel.errors",
    }
