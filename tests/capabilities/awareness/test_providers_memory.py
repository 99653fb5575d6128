"""What is remembered in the state directory."""

from __future__ import annotations

import stat
from pathlib import Path

from chittyops.capabilities.awareness.model.project import FORMAT, Activity, KnownService, Snapshot
from chittyops.capabilities.awareness.providers.memory import KEPT_ACTIVITIES, Activities, Prompts, SnapshotFiles
from chittyops.runtime.home import Home


def test_signs_of_use_are_kept_in_order_for_this_user_alone(home: Home) -> None:
    memory = Activities(home)
    signs = [Activity(float(n), "/w", f"s{n}", "/w", "ünd\n", "answer") for n in range(3)]
    for each in signs:
        memory.add(each)
    assert memory.activities() == signs
    private = [path for path in home.path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.path.rglob("*") if path.is_dir()} == {0o700}


def test_a_line_that_was_cut_off_is_passed_over(home: Home) -> None:
    memory = Activities(home)
    memory.add(Activity(1.0, "/w", "a"))
    with (home.path / "awareness/activity.jsonl").open("ab") as file:
        file.write(b'{"at": 2.0, "root": "/w", "serv\n{"at": "x"}\n')
    memory.add(Activity(3.0, "/w", "b"))
    assert [each.service for each in memory.activities()] == ["a", "b"]


def test_the_oldest_are_forgotten(home: Home) -> None:
    memory = Activities(home)
    path = home.file("awareness", "activity.jsonl")
    path.write_text(
        "".join(f'{{"at": {n}.0, "root": "/w", "service": "s{n}"}}\n' for n in range(KEPT_ACTIVITIES + 500))
    )
    memory.add(Activity(9e9, "/w", "last"))
    found = memory.activities()
    assert (len(found), found[-1].service) == (KEPT_ACTIVITIES, "last")


def test_a_project_is_kept_whole_and_only_under_its_own_root(home: Home) -> None:
    files = SnapshotFiles(home)
    known = Snapshot("/w", "s", 1.0, "shop", ("local",), (KnownService("cart", "c", depends_on={"x": ("queue",)}),))
    files.keep(known)
    assert files.load("/w") == known
    assert files.load("/other") is None
    files.keep(Snapshot("/w", "s", 1.0, version=FORMAT + 1))
    assert files.load("/w") is None
    next((home.path / "awareness/projects").glob("*.json")).write_text("{damaged")
    assert files.load("/w") is None


def test_prompts_are_found_below_the_folder_s_own_path(home: Home) -> None:
    prompts = Prompts(home, ".p")
    prompts.keep("/srv/my shop/$(x)", ["a", "", ""])
    assert (prompts.folder / "srv/my shop/$(x)/.p").read_text() == "a\n\n\n"
    prompts.keep("/../../etc", ["b"])
    assert (prompts.folder / "etc/.p").exists(), "nothing leaves the folder"
    prompts.keep("/" + "x" * 300, ["c"])
    assert not Path("/etc/.p").exists()
