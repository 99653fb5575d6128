"""Conflicts of real merges of git: told with the keys, settled from git's own versions, or by our merge driver."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.capabilities.secrets.providers.sops.conftest import file_of, revealed

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.conflict import sides
from chittyops.capabilities.secrets.providers.sops.resolving import Resolver
from chittyops.capabilities.secrets.providers.sops.stages import by_lines
from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock

PATH = "secrets/prod.sops.yaml"
ENVIRON = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_EMAIL": "x@example.com", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@example.com",
}  # fmt: skip


def git(root: Path, *arguments: str, author: str = "Alice", code: int = 0) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**ENVIRON, "GIT_AUTHOR_NAME": author}, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode()


class Repository:
    """A repository with one SOPS file, changed on two branches."""

    def __init__(self, root: Path, identity: Any) -> None:
        self.root, self.identity = root, identity
        git(root, "init", "-q", "-b", "main")
        (root / "secrets").mkdir()
        self.resolver = Resolver(root, ENVIRON, lambda data, path: sops.load(data, path, [identity]), SystemClock())

    def commit(self, data: bytes, author: str = "Alice") -> None:
        (self.root / PATH).write_bytes(data)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "x", author=author)

    def edited(self, author: str, **edits: str | None) -> None:
        document = sops.load((self.root / PATH).read_bytes(), PATH, [self.identity])
        secrets: dict[tuple[str, ...], Secret | None] = {}
        secrets |= {(key,): None if value is None else Secret(value) for key, value in edits.items()}
        self.commit(sops.dump(sops.with_values(document, secrets)), author)

    def values(self) -> Any:
        return revealed(sops.load((self.root / PATH).read_bytes(), PATH, [self.identity]).values)


@pytest.fixture
def repository(tmp_path: Path, alice: Any) -> Repository:
    """Return a repository in which main and a branch of Bob's have changed the same file."""
    repository = Repository(tmp_path, alice)
    repository.commit(file_of([alice], "yaml", {("a",): "1", ("b",): "1", ("c",): "1"}))
    git(tmp_path, "checkout", "-qb", "theirs")
    repository.edited("Bob", a="bob's", b="bob's", new="bob's")
    git(tmp_path, "checkout", "-q", "main")
    repository.edited("Alice", a="alice's", c=None)
    return repository


def test_a_file_in_conflict_is_refused_with_its_keys_and_no_value(repository: Repository, alice: Any) -> None:
    git(repository.root, "merge", "-q", "theirs", code=1)
    data = (repository.root / PATH).read_bytes()
    for read in (lambda: sops.load(data, PATH, [alice]), lambda: sops.outline(data, PATH)):
        with pytest.raises(Misconfigured, match="unresolved merge conflict in a") as caught:
            read()
        assert str(caught.value.place) == f"{PATH}:1"
        assert caught.value.hint == f"chittyops secrets resolve {PATH}"
        assert "ENC[" not in caught.value.message


def test_both_sides_of_a_conflict_are_told_from_the_text() -> None:
    text = "x\n<<<<<<< HEAD\na\n||||||| base\no\n=======\nb\n>>>>>>> topic\ny\n"
    assert sides(text) == ("x\na\ny\n", "x\nb\ny\n", "HEAD", "topic")
    assert sides("a\n=======\nb\n") is None


def test_a_conflict_is_settled_from_the_versions_of_git(repository: Repository) -> None:
    git(repository.root, "merge", "-q", "theirs", code=1)
    assert repository.resolver.unmerged() == [PATH]
    conflict = repository.resolver.open(PATH)
    assert (conflict.our_author[:6], conflict.their_author[:4]) == ("Alice,", "Bob,")
    merged = conflict.merged({})
    assert [clash.keys for clash in merged.clashes] == [("a",)]
    settled = conflict.merged({("a",): "theirs"})
    assert settled.document is not None
    repository.resolver.write(PATH, settled.document)
    assert repository.values() == {"a": "bob's", "b": "bob's", "new": "bob's"}
    git(repository.root, "add", PATH)
    assert repository.resolver.unmerged() == []


def test_a_rebase_has_its_sides_too(repository: Repository) -> None:
    git(repository.root, "rebase", "-q", "theirs", code=1)
    conflict = repository.resolver.open(PATH)
    assert (conflict.our_author[:4], conflict.their_author[:6]) == ("Bob,", "Alice,")


def test_no_conflict_and_a_removed_side_are_told(repository: Repository) -> None:
    with pytest.raises(Misconfigured, match="git knows of no conflict"):
        repository.resolver.open(PATH)
    git(repository.root, "checkout", "-q", "theirs")
    git(repository.root, "rm", "-q", PATH)
    git(repository.root, "commit", "-qm", "gone")
    git(repository.root, "checkout", "-q", "main")
    git(repository.root, "merge", "-q", "theirs", code=1)
    with pytest.raises(Refused, match="changed by one side and removed by the other"):
        repository.resolver.open(PATH)


def test_a_file_that_both_added_has_no_ancestor(tmp_path: Path, alice: Any) -> None:
    repository = Repository(tmp_path, alice)
    (tmp_path / "readme").write_text("x")
    git(tmp_path, "add", "readme")
    git(tmp_path, "commit", "-qm", "x")
    git(tmp_path, "checkout", "-qb", "theirs")
    repository.commit(file_of([alice], "yaml", {("a",): "theirs", ("b",): "theirs"}))
    git(tmp_path, "checkout", "-q", "main")
    (tmp_path / "secrets").mkdir(exist_ok=True)
    repository.commit(file_of([alice], "yaml", {("a",): "ours"}))
    git(tmp_path, "merge", "-q", "theirs", code=1)
    conflict = repository.resolver.open(PATH)
    assert conflict.base is None
    settled = conflict.merged({("a",): "ours"})
    assert settled.document is not None
    assert revealed(settled.document.values) == {"a": "ours", "b": "theirs"}


def driven(repository: Repository, home: Path) -> None:
    """Make our program git's driver for the file."""
    key = home / "age.txt"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text(str(repository.identity))
    program = f"env SOPS_AGE_KEY_FILE={key} CHITTYOPS_HOME={home / 'state'} {sys.executable} -m chittyops"
    git(repository.root, "config", "merge.ours-own.driver", f"{program} secrets resolve --driver %O %A %B %P")
    (repository.root / ".git" / "info").mkdir(exist_ok=True)
    (repository.root / ".git" / "info" / "attributes").write_text("*.sops.yaml merge=ours-own\n")


def test_git_merges_by_our_driver(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    driven(repository, tmp_path_factory.mktemp("home"))
    repository.edited("Alice", a="1")
    git(repository.root, "merge", "-q", "theirs")
    assert repository.values() == {"a": "bob's", "b": "bob's", "new": "bob's"}


def test_the_driver_leaves_a_true_conflict_to_people(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    driven(repository, tmp_path_factory.mktemp("home"))
    git(repository.root, "merge", "-q", "theirs", code=1)
    assert b"<<<<<<<" in (repository.root / PATH).read_bytes()
    assert [clash.keys for clash in repository.resolver.open(PATH).merged({}).clashes] == [("a",)]


def test_the_driver_without_a_key_leaves_gits_own_conflict(tmp_path: Path, repository: Repository) -> None:
    files = [tmp_path / name for name in ("base", "ours", "theirs")]
    for file, revision in zip(files, ("main~1", "main", "theirs"), strict=True):
        file.write_text(git(repository.root, "show", f"{revision}:{PATH}"))

    def load(data: bytes, path: str) -> sops.Document:
        return sops.load(data, path, [])

    with pytest.raises(Misconfigured, match="none of your keys"):
        Resolver(tmp_path, ENVIRON, load, SystemClock()).drive(files[0], files[1], files[2], PATH)
    assert "<<<<<<< ours" in files[1].read_text()


def test_files_that_git_cannot_merge_are_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="git cannot merge"):
        by_lines(tmp_path / "no", tmp_path / "such", tmp_path / "file", ENVIRON)
