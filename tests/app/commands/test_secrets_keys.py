"""``chittyops secrets init, grant, revoke, resolve``: a store is made, shared, closed and merged."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from keyring import get_keyring, set_keyring
from keyring.backends.null import Keyring as NoKeyring
from pyrage import x25519  # type: ignore[import-untyped]
from tests.app.commands.secret_shop import Shop, shop

from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, NotFound, Refused

PLANTED = "pl4nted-7f3k2"


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Keep the keys of whoever runs the tests out of them."""
    before = get_keyring()
    set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    for name in [name for name in os.environ if name.startswith("SOPS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user" / ".config"))
    yield
    set_keyring(before)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a workspace without a store, whose user has no key."""
    made = shop(tmp_path / "shop", tmp_path / "home")
    (tmp_path / "home" / "keys" / "age.txt").unlink()
    fleet = made.folder / "chittyops.yaml"
    fleet.write_text(fleet.read_text().split("secrets:\n  recipients")[0])
    monkeypatch.chdir(made.folder)
    return made


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a workspace with a store that has two values, committed."""
    made = shop(tmp_path / "shop", tmp_path / "home")
    monkeypatch.chdir(made.folder)
    made.run("init", "--yes")
    made.run("set", "API_KEY", "--all", "-", given=PLANTED)
    made.run("set", "DB_URL", "cart", "--env", "production", "-", given=f"db-{PLANTED}")
    made.commit("store")
    return made


def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a key, return its recipient; ``be`` uses it."""
    identity = x25519.Identity.generate()
    (tmp_path / "bob.key").write_text(str(identity))
    return str(identity.to_public())


def be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    if who == "bob":
        monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(tmp_path / "bob.key"))
        monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home-of-bob"))
    else:
        monkeypatch.delenv("SOPS_AGE_KEY_FILE")
        monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))


def test_init_makes_a_key_the_files_and_what_git_needs(empty: Shop, tmp_path: Path) -> None:
    planned = empty.run("init", "--dry-run").stdout
    assert "a new key, in" in planned
    assert not (empty.folder / "secrets").exists()
    assert not list((tmp_path / "home" / "keys").iterdir())
    recipient = empty.run("init", "--yes", "--name", "ann").stdout.strip()
    key = tmp_path / "home" / "keys" / "age.txt"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {path.name for path in (empty.folder / "secrets").iterdir()} == {
        "all.sops.yaml", "staging.sops.yaml", "production.sops.yaml",
    }  # fmt: skip
    assert f"ann: {recipient}" in (empty.folder / "chittyops.yaml").read_text()
    assert recipient in (empty.folder / ".sops.yaml").read_text()
    assert "merge=chittyops-secrets" in (empty.folder / ".gitattributes").read_text()
    empty.run("set", "API_KEY", "--all", "-", given="value")
    assert empty.run("get", "API_KEY", "--all").stdout == "value\n"


def test_init_again_changes_nothing(empty: Shop) -> None:
    first = empty.run("init", "--yes", "--name", "ann").stdout
    before = {path: path.read_bytes() for path in empty.folder.rglob("*") if path.is_file()}
    assert empty.run("init", "--yes").stdout == first
    assert {path: path.read_bytes() for path in empty.folder.rglob("*") if path.is_file()} == before


def test_who_is_not_let_in_gets_a_recipient_and_a_word(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient = stranger(tmp_path, monkeypatch)
    be(tmp_path, monkeypatch, "bob")
    result = ours.run("init", "--yes")
    assert result.stdout.strip() == recipient
    assert f"chittyops secrets grant NAME {recipient}" in result.stderr
    with pytest.raises(Misconfigured, match="none of your keys"):
        ours.run("get", "API_KEY", "--all")


def test_grant_lets_in_and_revoke_lets_out_again(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipient = stranger(tmp_path, monkeypatch)
    before = {path: path.read_bytes() for path in ours.folder.rglob("*.*") if ".git" not in path.parts}
    assert "nothing was written" in ours.run("grant", "bob", recipient, "--dry-run").stderr
    assert {path: path.read_bytes() for path in before} == before
    ours.run("grant", "bob", recipient, "--yes")
    ours.commit("grant")
    be(tmp_path, monkeypatch, "bob")
    assert ours.run("get", "DB_URL", "cart", "--env", "production").stdout == f"db-{PLANTED}\n"
    be(tmp_path, monkeypatch, "ann")
    revoked = json.loads(ours.run("revoke", "bob", "--yes", "--json").stdout)
    assert [(each["file"], each["secret"], each["rotate"]) for each in revoked["exposed"]] == [
        ("secrets/all.sops.yaml", "fleet.API_KEY", True),
        ("secrets/production.sops.yaml", "services.cart.DB_URL", True),
    ]
    assert recipient not in "".join(path.read_text() for path in (ours.folder / "secrets").iterdir())
    assert recipient not in (ours.folder / "chittyops.yaml").read_text()
    assert recipient not in (ours.folder / ".sops.yaml").read_text()
    assert ours.run("get", "API_KEY", "--all").stdout == f"{PLANTED}\n"
    be(tmp_path, monkeypatch, "bob")
    with pytest.raises(Misconfigured, match="none of your keys"):
        ours.run("get", "API_KEY", "--all")


def test_what_was_replaced_after_a_revoke_needs_nothing_more(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient = stranger(tmp_path, monkeypatch)
    ours.run("grant", "bob", recipient, "--yes")
    ours.commit("grant")
    ours.run("revoke", "bob", "--yes")
    ours.commit("revoke")
    ours.run("set", "API_KEY", "--all", "-", given="new")
    ours.commit("rotated")
    result = ours.run("revoke", recipient, "--yes")
    rows = [re.split(r"\s{2,}", line) for line in result.stdout.splitlines()]
    assert {row[1]: row[-1] for row in rows if len(row) == 4 and row[0] != "FILE"} == {
        "fleet.API_KEY": "replaced since",
        "services.cart.DB_URL": "rotate",
    }
    assert "may still have 1 value" in result.stderr
    assert PLANTED not in result.output


def test_one_environment_can_be_opened_alone(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = ours.run("grant", "bob", stranger(tmp_path, monkeypatch), "--env", "staging", "--yes")
    assert "add --env all" in result.stderr
    ours.run("grant", "bob", "--env", "all", "--yes")
    assert "nothing to do" in ours.run("grant", "bob", "--env", "all", "--yes").stdout
    be(tmp_path, monkeypatch, "bob")
    assert ours.run("get", "API_KEY", "api", "--env", "staging").stdout == f"{PLANTED}\n"
    with pytest.raises(ChittyOpsError, match=r"production\.sops\.yaml"):
        ours.run("get", "DB_URL", "cart", "--env", "production")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("grant", "bob"), NotFound, "knows nobody called bob"),
        (("grant", "bob", "age1nobody", "--yes"), Misconfigured, "is not an age recipient"),
        (("grant", "ann", "age1other"), Conflict, "ann has another key"),
        (("grant", "ann", "--env", "productoin"), NotFound, "no environment called productoin"),
        (("revoke", "bob"), NotFound, "bob cannot read the store"),
        (("revoke", "ann", "--yes"), Refused, "nobody could read"),
    ],
)
def test_mistakes_are_told(ours: Shop, words: tuple[str, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ours.run(*words)


def test_nothing_is_changed_without_a_yes(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (ours.folder / "secrets" / "all.sops.yaml").read_bytes()
    with pytest.raises(Refused, match="needs a yes"):
        ours.run("grant", "bob", stranger(tmp_path, monkeypatch))
    assert (ours.folder / "secrets" / "all.sops.yaml").read_bytes() == before


@pytest.fixture
def conflicting(ours: Shop) -> Shop:
    """Return the workspace in the middle of a merge that changed one secret on both sides."""
    ours.git("checkout", "-qb", "theirs")
    ours.run("set", "API_KEY", "--all", "-", given=f"theirs-{PLANTED}")
    ours.run("set", "NEW", "--all", "-", given="new")
    ours.commit("theirs")
    ours.git("checkout", "-q", "main")
    ours.run("set", "API_KEY", "--all", "-", given=f"ours-{PLANTED}")
    ours.run("set", "MORE", "--all", "-", given="more")
    ours.commit("ours")
    with pytest.raises(Exception, match="git"):
        ours.git("merge", "-q", "theirs")
    return ours


@pytest.mark.parametrize(
    ("options", "kept"),
    [(("--ours",), "ours"), (("--theirs",), "theirs"), (("--key", "fleet.API_KEY=theirs"), "theirs")],
)
def test_a_conflict_is_settled_and_nothing_is_lost(conflicting: Shop, options: tuple[str, ...], kept: str) -> None:
    with pytest.raises(ChittyOpsError, match="unresolved merge conflict"):
        conflicting.run("get", "NEW", "--all")
    result = conflicting.run("resolve", *options)
    assert "git add secrets/all.sops.yaml" in result.stderr
    assert PLANTED not in result.output
    conflicting.commit("merged")
    values = {name: conflicting.run("get", name, "--all").stdout.strip() for name in ("API_KEY", "NEW", "MORE")}
    assert values == {"API_KEY": f"{kept}-{PLANTED}", "NEW": "new", "MORE": "more"}
    assert "no SOPS file is in conflict" in conflicting.run("resolve").stdout


def test_a_true_conflict_is_never_guessed(conflicting: Shop) -> None:
    path = conflicting.folder / "secrets" / "all.sops.yaml"
    before = path.read_bytes()
    with pytest.raises(Refused, match=r"both sides changed fleet\.API_KEY") as caught:
        conflicting.run("resolve", "secrets/all.sops.yaml")
    assert PLANTED not in str(caught.value)
    assert conflicting.run("resolve", "--ours", "--dry-run").exit_code == 0
    assert path.read_bytes() == before


def test_words_that_settle_nothing_are_refused(conflicting: Shop) -> None:
    assert conflicting.run("resolve", "--key", "fleet.API_KEY=mine").exit_code == 2
    assert conflicting.run("resolve", "--driver", "one").exit_code == 2
