"""Changes that are made as one, survive a kill at every step, and are taken back byte for byte."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chittyops.capabilities.adoption.providers.journal import Journal
from chittyops.capabilities.adoption.service.shims import Change
from chittyops.kernel.errors import NotFound, Refused
from chittyops.runtime.home import Home

Snapshot = dict[str, tuple[bytes, int, int]]


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, not even a clean-up that catches Exception."""


def snapshot(root: Path) -> tuple[Snapshot, set[str]]:
    """Return content, mode and time of every file, and every folder."""
    files = {
        str(path.relative_to(root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }
    return files, {str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "scripts").mkdir(parents=True)
    for name, text, mode, second in (("a.sh", "echo a\n", 0o755, 1), ("b.sh", "echo b\r\n", 0o640, 2)):
        path = folder / "scripts" / name
        path.write_bytes(text.encode())
        path.chmod(mode)
        os.utime(path, ns=(second * 10**9 + 5, second * 10**9 + 5))
    return folder


@pytest.fixture
def journal(root: Path, tmp_path: Path) -> Journal:
    return Journal(Home.locate({"CHITTYOPS_HOME": str(tmp_path / "home")}), root)


CHANGES = (
    Change("scripts/.adopted.a.sh", b"echo a\n", copy_of="scripts/a.sh"),
    Change("scripts/a.sh", b"shim a\n"),
    Change("scripts/b.sh", b"shim b\n"),
    Change(".chittyops/deep/adoption.json", b"{}"),
)


def test_changes_keep_modes_and_copies_keep_times(journal: Journal, root: Path) -> None:
    before = snapshot(root)[0]
    journal.apply(CHANGES)
    after = snapshot(root)[0]
    assert after["scripts/.adopted.a.sh"] == before["scripts/a.sh"]
    assert after["scripts/a.sh"][:2] == (b"shim a\n", 0o755)
    assert after["scripts/b.sh"][:2] == (b"shim b\n", 0o640)
    assert after[".chittyops/deep/adoption.json"][:2] == (b"{}", 0o644)


def test_undo_puts_back_bytes_modes_times_and_folders(journal: Journal, root: Path) -> None:
    before = snapshot(root)
    journal.apply(CHANGES)
    assert set(journal.undo()) == {change.path for change in CHANGES}
    assert snapshot(root) == before
    with pytest.raises(NotFound):
        journal.undo()


def test_undo_takes_back_every_step(journal: Journal, root: Path) -> None:
    before = snapshot(root)
    journal.apply(CHANGES[3:])
    journal.apply((Change(".chittyops/deep/adoption.json", b"{1}"), *CHANGES[:2]))
    journal.undo()
    assert snapshot(root) == before


def test_undo_goes_back_to_what_people_made_last(journal: Journal, root: Path) -> None:
    journal.apply(CHANGES[2:3])
    (root / "scripts/b.sh").write_text("mine\n")
    journal.apply(CHANGES[2:3])
    journal.undo()
    assert (root / "scripts/b.sh").read_text() == "mine\n"


def test_undo_refuses_when_a_file_changed_since(journal: Journal, root: Path) -> None:
    before = snapshot(root)[0]
    journal.apply(CHANGES)
    (root / "scripts/b.sh").write_text("mine\n")
    changed = snapshot(root)
    with pytest.raises(Refused, match=r"scripts/b\.sh"):
        journal.undo()
    assert snapshot(root) == changed
    journal.undo(keep_changed=True)
    assert (root / "scripts/b.sh").read_text() == "mine\n"
    assert snapshot(root)[0]["scripts/a.sh"] == before["scripts/a.sh"]


def _steps(run: Callable[[Callable[[str], None]], object]) -> list[str]:
    steps: list[str] = []
    run(steps.append)
    return steps


def _killed_at(number: int) -> Callable[[str], None]:
    count = 0

    def step(_: str) -> None:
        nonlocal count
        if count == number:
            raise Killed
        count += 1

    return step


@pytest.mark.parametrize("number", range(10))
def test_a_kill_at_any_step_of_apply_is_taken_back(journal: Journal, root: Path, number: int) -> None:
    before = snapshot(root)
    with pytest.raises(Killed):
        journal.apply(CHANGES, _killed_at(number))
    with suppress(NotFound):  # killed before anything was written down
        journal.undo()
    assert snapshot(root) == before


@pytest.mark.parametrize("number", range(10))
def test_a_kill_is_made_good_by_the_next_apply(journal: Journal, root: Path, number: int) -> None:
    before = snapshot(root)
    with pytest.raises(Killed):
        journal.apply(CHANGES, _killed_at(number))
    journal.apply(CHANGES[2:3])
    assert {*snapshot(root)[0]} == {*before[0]}
    journal.undo()
    assert snapshot(root) == before


@pytest.mark.parametrize("number", range(10))
def test_a_kill_in_a_second_step_leaves_the_first(journal: Journal, root: Path, number: int) -> None:
    before = snapshot(root)
    journal.apply((Change("scripts/a.sh", b"first\n"), CHANGES[3]))
    first = {name: content for name, (content, *_) in snapshot(root)[0].items()}
    with pytest.raises(Killed):
        journal.apply(CHANGES, _killed_at(number))
    with pytest.raises(Killed):
        journal.apply((), _killed_at(0))
    assert {name: content for name, (content, *_) in snapshot(root)[0].items()} == first
    journal.undo()
    assert snapshot(root) == before


@pytest.mark.parametrize("number", range(6))
def test_a_kill_at_any_step_of_undo_is_finished_by_the_next(journal: Journal, root: Path, number: int) -> None:
    before = snapshot(root)
    journal.apply(CHANGES)
    with pytest.raises(Killed):
        journal.undo(step=_killed_at(number))
    journal.undo()
    assert snapshot(root) == before


def test_every_step_is_killed_above(journal: Journal) -> None:
    assert len(_steps(lambda step: journal.apply(CHANGES, step))) == 10
    assert len(_steps(lambda step: journal.undo(step=step))) == 6


def test_what_a_kill_left_half_written_goes(journal: Journal, root: Path) -> None:
    before = snapshot(root)
    with pytest.raises(Killed):
        journal.apply(CHANGES, _killed_at(8))
    (root / "scripts/.b.sh.chittyops-new").write_text("half")
    (root / ".chittyops/deep").mkdir(parents=True)
    (root / ".chittyops/deep/.adoption.json.chittyops-new").write_text("half")
    journal.undo()
    assert snapshot(root) == before


def test_a_link_is_not_replaced(journal: Journal, root: Path) -> None:
    (root / "link.sh").symlink_to("scripts/a.sh")
    with pytest.raises(Refused, match="link"):
        journal.apply((Change("link.sh", b"x"),))


def test_originals_are_for_the_user_alone(journal: Journal, tmp_path: Path) -> None:
    journal.apply(CHANGES)
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


names = st.text("abc", min_size=1, max_size=3)
paths = st.lists(names, min_size=1, max_size=3).map(
    lambda parts: "/".join("d" + part for part in parts[:-1]) + "/" * (len(parts) > 1) + parts[-1]
)
trees = st.dictionaries(
    paths, st.tuples(st.binary(max_size=30), st.sampled_from([0o644, 0o755, 0o600, 0o444])), max_size=6
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees, st.lists(st.dictionaries(paths, st.binary(max_size=20), max_size=4), min_size=1, max_size=3))
def test_whatever_was_changed_comes_back(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, tuple[bytes, int]], steps: list[dict[str, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    root = folder / "shop"
    root.mkdir()
    for path, (data, mode) in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        (root / path).chmod(mode)
    before = snapshot(root)
    journal = Journal(Home.locate({"CHITTYOPS_HOME": str(folder / "home")}), root)
    for step in steps:
        journal.apply([Change(path, data) for path, data in step.items()])
    if journal.touched():
        journal.undo()
    assert snapshot(root) == before
