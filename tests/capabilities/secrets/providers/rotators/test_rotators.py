"""What is particular to single rotators: options, names, verifiers, programs that fail, the key file of a home."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pyrage import x25519  # type: ignore[import-untyped]
from sqlalchemy import make_url
from tests.capabilities.secrets.providers.rotators.authorities import opened, setting

from chittyops.capabilities.secrets.providers.rotators import ROTATORS, pairs
from chittyops.capabilities.secrets.providers.rotators.keyfiles import OwnKeys
from chittyops.capabilities.secrets.providers.rotators.postgres import scram
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Refused, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database, Transaction


def test_the_verifier_is_that_of_the_standard() -> None:
    # The example of RFC 7677, section 3.
    salt = b"[m\x99h\x9d\x125\x8e\xec\xa0K\x14\x126\xfa\x81"
    stored, server = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=", "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    assert scram("pencil", salt) == f"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==${stored}:{server}"
    assert scram("pencil") != scram("pencil")


@pytest.mark.parametrize(
    ("role", "following"),
    [("shop", "shop_a"), ("shop_a", "shop_b"), ("shop_b", "shop_a"), ("a" * 63, "a" * 61 + "_a")],
    ids=["first", "a", "b", "long"],
)
def test_two_roles_take_turns(role: str, following: str) -> None:
    assert pairs.other(role) == following


def test_a_url_keeps_all_but_its_login() -> None:
    url = Secret("postgresql://shop:a%40b@[::1]:5432/shop?sslmode=require&x=1")
    changed = pairs.with_login(url, "shop_a", Secret("p@ss:w/rd"))
    assert changed.reveal() == "postgresql://shop_a:p%40ss%3Aw%2Frd@[::1]:5432/shop?sslmode=require&x=1"
    assert pairs.password_of(changed) == Secret("p@ss:w/rd")


@pytest.mark.parametrize("kind", ROTATORS)
def test_an_option_that_there_is_not_is_named_with_the_nearest(kind: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no option prob$") as caught:
        ROTATORS[kind](setting(tmp_path, {"prob": "x"}))
    assert "probe" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "missing"), [("postgres", "admin"), ("neon", "database"), ("command", "command")], ids=lambda word: word
)
def test_an_option_that_is_needed_is_asked_for(kind: str, missing: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=f"does not say {missing}"):
        ROTATORS[kind](setting(tmp_path, {}))


@pytest.mark.parametrize("options", [{"form": "words"}, {"length": "long"}, {"form": "alphanumeric", "length": "3"}])
def test_a_token_that_cannot_be_is_refused_at_once(options: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        ROTATORS["token"](setting(tmp_path, options))


async def test_tokens_differ_and_have_the_form_asked_for(tmp_path: Path) -> None:
    token = ROTATORS["token"](setting(tmp_path, {"form": "hex", "length": "20"}))
    made = [(await token.create("rot-1", Issued(Secret("old")))).value.reveal() for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(bytes.fromhex(each)) == 20 for each in made)
    await token.verify(Issued(Secret(made[0])))
    assert await token.revoke(Issued(Secret("old")))


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("import sys; sys.exit(75)", Unavailable),
        ("import sys; print('the secret', file=sys.stderr); sys.exit(3)", ChittyOpsError),
        ("print('[]')", ChittyOpsError),
        ("print('{')", ChittyOpsError),
        ("print('{}')", ChittyOpsError),
    ],
    ids=["later", "fails", "list", "no JSON", "no value"],
)
async def test_a_program_that_does_not_do_it_says_no_value(
    program: str, kind: type[ChittyOpsError], tmp_path: Path
) -> None:
    (tmp_path / "bad.py").write_text(program)
    command = ROTATORS["command"](setting(tmp_path, {"command": f"{sys.executable} bad.py"}))
    with pytest.raises(kind) as caught:
        await command.create("rot-1", Issued(Secret("planted-value")))
    assert caught.value.permanent == (kind is not Unavailable)
    assert "planted-value" not in str(caught.value.__dict__)
    assert "the secret" not in str(caught.value.__dict__)


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = ROTATORS["command"](setting(tmp_path, {"command": "no-such-program-here"}))
    with pytest.raises(Misconfigured, match="no-such-program-here"):
        await command.identify(Secret("x"))


async def test_a_role_of_somebody_else_is_not_taken(tmp_path: Path, database_url: str) -> None:
    async with opened("postgres", tmp_path, database_url) as scene:
        role = await scene.rotator.identify(scene.current)
        admin = Database.connect(database_url, application_name="test", pool_size=1)
        async with admin.transaction() as tx:
            await tx.run(f"CREATE ROLE {role}_a LOGIN")
        await admin.close()
        with pytest.raises(Refused, match="in use"):
            await scene.again().identify(scene.current)


@pytest.mark.parametrize("interrupted", [False, True])
async def test_sessions_of_an_old_role_end_with_it(tmp_path: Path, database_url: str, *, interrupted: bool) -> None:
    async with opened("postgres", tmp_path, database_url) as scene:
        old = Issued(scene.current, await scene.rotator.identify(scene.current))
        client = Database.connect(scene.current.reveal(), application_name="client", pool_size=1, ping=False)
        async with client.transaction() as tx:
            assert await tx.row("SELECT 1 AS one") == {"one": 1}
        if interrupted:  # between the end of the role and that of its sessions
            async with _database(database_url) as admin:
                await admin.run(f"ALTER ROLE {old.handle} NOLOGIN")
        assert await scene.rotator.revoke(old) == (not interrupted)
        with pytest.raises(Unavailable):
            async with client.transaction() as tx:
                await tx.row("SELECT 1")
        await client.close()


async def test_the_admin_may_be_one_that_can_only_make_roles(tmp_path: Path, database_url: str) -> None:
    """PostgreSQL lets it end the sessions of those roles only as their member, from version 16 on."""
    async with opened("postgres", tmp_path, database_url) as scene:
        current = Issued(scene.current, await scene.rotator.identify(scene.current))
        url = make_url(database_url).set(username=f"{current.handle}_admin", password="of-the-admin")
        async with _database(database_url) as tx:
            await tx.run(f"CREATE ROLE {url.username} LOGIN CREATEROLE PASSWORD '{url.password}'")
            await tx.run(f"GRANT {current.handle} TO {url.username} WITH ADMIN OPTION")
        admin = Secret(url.render_as_string(hide_password=False))
        rotator = ROTATORS["postgres"](setting(tmp_path, {"admin": "env:ADMIN"}, secret=lambda *_: admin))
        try:
            for number in range(3):
                new = await rotator.create(f"rot-{number}", current)
                await rotator.admit(f"rot-{number}", new, current)
                with pytest.raises(Unavailable, match="terminating connection"):
                    await _used_while(rotator.revoke(current), current.value)
                current = new
            async with _database(database_url) as tx:
                members = "SELECT 1 FROM pg_auth_members WHERE member = CAST(:admin AS regrole) AND inherit_option"
                assert len(await tx.rows(members, admin=url.username)) == 1, "it is a member of what it was before"
                await tx.run(f"ALTER ROLE {url.username} NOCREATEROLE")
            with pytest.raises(Refused, match="`admin` of the policy"):
                await rotator.admit("rot-4", await rotator.create("rot-4", current), current)
        finally:
            async with _database(database_url) as tx:
                await tx.run(f"DROP OWNED BY {url.username} CASCADE")
                await tx.run(f"DROP ROLE {url.username}")


async def _used_while(ends: Awaitable[bool], value: Secret) -> None:
    """Hold a session by the URL ``value`` while ``ends`` ends it, and use it then."""
    async with _database(value.reveal()) as session:
        await session.row("SELECT 1")
        assert await ends
        await session.row("SELECT 1")


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Transaction]:
    database = Database.connect(url, application_name="test", pool_size=1, ping=False)
    try:
        async with database.transaction() as tx:
            yield tx
    finally:
        await database.close()


def test_the_key_file_holds_both_keys_and_puts_the_old_one_aside(home: Home) -> None:
    old, new = x25519.Identity.generate(), x25519.Identity.generate()
    path = home.file("keys", "age.txt")
    about = f"# public key: {old.to_public()}"
    path.write_text(f"# mine\n{about}\n{old}\n")
    keys = OwnKeys(home)
    assert keys.find(str(old.to_public())) == Secret(str(old))
    for _ in range(2):
        keys.add(Secret(str(new)))
    assert path.read_text().splitlines() == [str(new), "# mine", about, str(old)]
    for _ in range(2):
        keys.retire(Secret(str(old)), keep=True)
    assert path.read_text().splitlines() == [str(new), "# mine"]
    retired = home.path / "keys" / "age-retired.txt"
    assert retired.read_text().splitlines() == [str(old)]
    assert [file.stat().st_mode & 0o777 for file in (path, retired)] == [0o600, 0o600]
    with pytest.raises(Refused, match="not in"):
        keys.find(str(old.to_public()))
