"""What git knows, asked of real repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.providers import git as module
from chittyops.capabilities.secrets.providers.git import Git

SIGNER = """\
#!/bin/sh
case "$*" in
  *--verify*) echo 'gpg: Good signature from Ann' >&2; echo '[GNUPG:] GOODSIG 1 Ann' ;;
  *) cat > /dev/null; echo '[GNUPG:] SIG_CREATED ' >&2; echo '-----BEGIN PGP SIGNATURE-----' ;;
esac
"""
"""Signs and verifies like gpg, without keys."""
AT = "2026-05-01T10:00:00+02:00"


def run(folder: Path, *arguments: str, author: str = "Ann") -> str:
    """Run git in ``folder`` as somebody, at a known time, with nobody's settings."""
    own = {
        "GIT_AUTHOR_DATE": AT,
        "GIT_COMMITTER_DATE": AT,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    who = ("-c", f"user.name={author}", "-c", f"user.email={author}@example.com")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, env={**os.environ, **own}, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a workspace below the top of a repository."""
    run(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "work space" / "secrets").mkdir(parents=True)
    return tmp_path / "work space"


def commit(folder: Path, files: Mapping[str, str | None], author: str = "Ann") -> str:
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text)
    run(folder, "add", "-A", ".")
    run(folder, "commit", "-q", "-m", "change", author=author)
    return run(folder, "rev-parse", "HEAD")


def told(git: Git, *paths: str, everywhere: bool = False) -> list[tuple[str, str, bytes | None]]:
    commits = git.commits(paths, everywhere=everywhere)
    return [(each.author, each.path, data) for each, data in git.contents(commits)]


def test_the_versions_of_files_come_oldest_first(folder: Path) -> None:
    first = commit(folder, {"secrets/a": "one\n", "secrets/ä b": "x", "else": "e"})
    commit(folder, {"else": "f"})
    commit(folder, {"secrets/a": "two"}, author="Bob")
    commit(folder, {"secrets/a": None})
    git = Git(folder, os.environ)
    assert told(git, "secrets/a", "secrets/ä b") == [
        ("Ann", "secrets/a", b"one\n"),
        ("Ann", "secrets/ä b", b"x"),
        ("Bob", "secrets/a", b"two"),
        ("Ann", "secrets/a", None),
    ]
    found = git.commits(["secrets/a"])[0]
    assert found.id == first
    assert found.at == datetime(2026, 5, 1, 8, tzinfo=UTC)


def test_other_branches_count_when_asked_for(folder: Path) -> None:
    commit(folder, {"secrets/a": "one"})
    run(folder, "checkout", "-q", "-b", "side")
    commit(folder, {"secrets/a": "side"}, author="Bob")
    run(folder, "checkout", "-q", "main")
    git = Git(folder, os.environ)
    assert [author for author, *_ in told(git, "secrets/a")] == ["Ann"]
    assert [author for author, *_ in told(git, "secrets/a", everywhere=True)] == ["Ann", "Bob"]


def test_what_a_merge_settled_is_a_version(folder: Path) -> None:
    commit(folder, {"secrets/a": "one\n"})
    run(folder, "checkout", "-q", "-b", "side")
    commit(folder, {"secrets/a": "side\n"}, author="Bob")
    run(folder, "checkout", "-q", "main")
    commit(folder, {"secrets/a": "main\n"})
    with pytest.raises(subprocess.CalledProcessError):
        run(folder, "merge", "-q", "side")
    commit(folder, {"secrets/a": "settled\n"}, author="Eve")
    assert told(Git(folder, os.environ), "secrets/a")[-1] == ("Eve", "secrets/a", b"settled\n")


def test_nothing_is_known_before_the_first_commit_or_without_a_repository(folder: Path, tmp_path: Path) -> None:
    git = Git(folder, os.environ)
    assert git.present()
    assert git.commits(["secrets/a"]) == []
    assert list(git.blobs()) == []
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    assert not Git(outside, {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}).present()


def test_without_git_nothing_is_there(folder: Path) -> None:
    assert not Git(folder, {"PATH": "/nowhere"}).present()


def test_tracked_ignored_and_committed_are_told_apart(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.env\n")
    commit(folder, {"a": "1", "b": "1"})
    (folder / "b").write_text("2")
    git = Git(folder, os.environ)
    assert [git.tracked(folder / name) for name in ("a", "b", "c", "x.env")] == [True, True, False, False]
    assert [git.committed(folder / name) for name in ("a", "b", "c")] == [True, False, False]
    assert [git.ignored(folder / name) for name in ("a", "x.env")] == [False, True]


def test_files_of_the_work_tree_are_those_git_has_or_would_take(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.env\n")
    commit(folder, {"a": "1"})
    for name, text in {"new": "2", "x.env": "3", "large": "4" * (module.LARGEST_BLOB_BYTES + 1)}.items():
        (folder / name).write_text(text)
    (folder / "link").symlink_to("/etc/hostname")
    assert dict(Git(folder, os.environ).working_files()) == {".gitignore": b"*.env\n", "a": b"1", "new": b"2"}


def test_everything_that_was_ever_committed_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH_BYTES", 30)
    commit(folder, {f"file{number}": f"content {number}\n" * number for number in range(1, 6)})
    gone = commit(folder, {"leak": "planted\nline"}, author="Bob")
    commit(folder, {"leak": None})
    git = Git(folder, os.environ)
    blobs = {data: name for name, data in git.blobs()}
    assert set(blobs) == {f"content {number}\n".encode() * number for number in range(1, 6)} | {b"planted\nline"}
    (found,) = git.commit_of(blobs[b"planted\nline"])
    assert (found.id, found.author, found.path) == (gone, "Bob", "work space/leak")


def test_signatures_that_somebody_wants_shown_are_no_part_of_an_answer(folder: Path) -> None:
    signer = folder.parent / "signer"
    signer.write_text(SIGNER)
    signer.chmod(0o755)
    for key, value in (("gpg.program", str(signer)), ("commit.gpgSign", "true"), ("log.showSignature", "true")):
        run(folder, "config", key, value)
    commit(folder, {"secrets/a": "one\n"})
    commit(folder, {"secrets/a": "two\n"})
    assert "Good signature" in run(folder, "log", "--format=%H")
    assert [data for *_, data in told(Git(folder, os.environ), "secrets/a")] == [b"one\n", b"two\n"]
