"""Every kind of credential with its authority, so that one suite can be run over all rotators."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pyrage import x25519  # type: ignore[import-untyped]
from tests.vendors.accounts import Time, account
from tests.vendors.fakes.cloudflare import FakeCloudflare
from tests.vendors.fakes.neon import BRANCH, PROJECT, FakeNeon

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.rotators import ROTATORS
from chittyops.capabilities.secrets.providers.rotators.keyfiles import StoreReaders
from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.providers.sops.people import People
from chittyops.capabilities.secrets.service.rotation.ports import Rotator
from chittyops.kernel.secret import Secret
from chittyops.runtime.postgres import Database
from chittyops.vendors.catalogue import CLOUDFLARE, NEON, Vendor
from chittyops.vendors.http import Account

KINDS = ("postgres", "age", "cloudflare", "neon", "command")
"""All whose authority is not the fleet itself, as that of a token is."""
PROGRAM = """
import json, pathlib, sys
asked = json.load(sys.stdin)
path = pathlib.Path("authority.json")
state = json.loads(path.read_text())
live, marks = state["live"], state["marks"]
operation, answer = asked["operation"], {}
known = {value: handle for handle, value in live.items()}
if operation == "create":
    handle = marks.get(asked["mark"], f"key-{len(marks) + 2}")
    marks[asked["mark"]] = handle
    live[handle] = f"value-{handle}-{len(state['log'])}"
    answer = {"value": live[handle], "handle": handle}
elif operation in ("identify", "verify"):
    if asked["value"] not in known:
        sys.exit(75 if operation == "verify" else 1)
    answer = {"handle": known[asked["value"]]}
else:
    handle = asked.get("handle") or marks.get(asked["mark"])
    answer = {"revoked": live.pop(handle, None) is not None}
state["log"].append(operation)
path.write_text(json.dumps(state))
json.dump(answer, sys.stdout)
"""


@dataclass
class Scene:
    """A rotator, the credential in use, and what its authority accepts."""

    rotator: Rotator
    current: Secret
    accepts: Callable[[Secret], Awaitable[bool]]
    living: Callable[[], Awaitable[int]]
    again: Callable[[], Rotator]


class NoFiles:
    """Stands where a rotator has nothing to do with the store's files."""

    def __getattr__(self, name: str) -> NoReturn:
        """Fail."""
        raise AssertionError(name)


def setting(folder: Path, options: Mapping[str, str], **given: Any) -> Setting:
    """Return a setting of a secret called KEY."""

    def nothing(*_: object) -> NoReturn:
        message = "not meant to be asked"
        raise AssertionError(message)

    means: dict[str, Any] = {"account": nothing, "secret": nothing, "files": NoFiles(), "clock": Time(), **given}
    return Setting(options, folder, {"PATH": "/usr/bin:/bin"}, title="KEY", **means)


@asynccontextmanager
async def opened(kind: str, folder: Path, database_url: str) -> AsyncIterator[Scene]:
    """Open an authority of ``kind`` with one credential in use."""
    if kind == "postgres":
        async with _postgres(folder, database_url) as scene:
            yield scene
    elif kind in ("cloudflare", "neon"):
        async with _vendor(kind, folder) as scene:
            yield scene
    else:
        yield _age(folder) if kind == "age" else _command(folder)


def _scene(
    kind: str,
    made: Setting,
    current: Secret,
    accepts: Callable[[Secret], Awaitable[bool]],
    living: Callable[[], Awaitable[int]],
) -> Scene:
    return Scene(ROTATORS[kind](made), current, accepts, living, again=lambda: ROTATORS[kind](made))


@asynccontextmanager
async def _postgres(folder: Path, database_url: str) -> AsyncIterator[Scene]:
    """Make a role that owns a table, in the test's own database."""
    from sqlalchemy import make_url

    role = "shop_" + str(make_url(database_url).database)
    admin = Database.connect(database_url, application_name="test", pool_size=1)
    async with admin.transaction() as tx:
        await tx.run(f"CREATE ROLE {role} LOGIN PASSWORD 'first-password-of-shop'")
        await tx.run(f"GRANT USAGE, CREATE ON SCHEMA public TO {role}")
    url = make_url(database_url).set(username=role, password="first-password-of-shop")

    async def accepts(value: Secret) -> bool:
        from chittyops.kernel.errors import Unavailable

        client = Database.connect(value.reveal(), application_name="client", pool_size=1)
        try:
            async with client.transaction() as tx:
                await tx.run("CREATE TABLE IF NOT EXISTS public.basket (id int)")
                await tx.run("INSERT INTO public.basket VALUES (1)")
        except Unavailable:
            return False
        finally:
            await client.close()
        return True

    async def living() -> int:
        async with admin.transaction() as tx:
            found = await tx.rows("SELECT 1 FROM pg_roles WHERE rolcanlogin AND rolname LIKE :like", like=f"{role}%")
        return len(found)

    made = setting(folder, {"admin": "env:ADMIN"}, secret=lambda _option, _reference: Secret(database_url))
    try:
        yield _scene("postgres", made, Secret(url.render_as_string(hide_password=False)), accepts, living)
    finally:
        async with admin.transaction() as tx:
            for name in (role, f"{role}_a", f"{role}_b"):
                if await tx.row("SELECT 1 FROM pg_roles WHERE rolname = :name", name=name):
                    await tx.run(f"DROP OWNED BY {name} CASCADE")
            for name in (f"{role}_a", f"{role}_b", role):
                await tx.run(f"DROP ROLE IF EXISTS {name}")
        await admin.close()


@asynccontextmanager
async def _vendor(kind: str, folder: Path) -> AsyncIterator[Scene]:
    vendor: Vendor = CLOUDFLARE if kind == "cloudflare" else NEON
    fake = FakeCloudflare() if kind == "cloudflare" else FakeNeon()
    time = Time()
    async with fake, account(vendor, fake, folder, time) as reached:

        def reach(_vendor: Vendor) -> Account:
            return reached

        if isinstance(fake, FakeCloudflare):
            groups = [{"id": "c8fed203ed3043cba015a93ad1616f1f", "name": "Zone Read"}]
            policy: dict[str, Any] = {
                "id": "f267e341f3dd4697bd3b9f71dd96247f",
                "effect": "allow",
                "permission_groups": groups,
            }
            policy["resources"] = {"com.cloudflare.api.account.zone.eb78d65290b24279ba6f44721b3ea3c4": "*"}
            entry = {"id": "ed17574386854bf78a67040be0a770b0", "name": "deploys", "status": "active"}
            fake.tokens[entry["id"]] = {**entry, "policies": [policy]}
            fake.values[entry["id"]] = "first-token-0123456789abcdef0123456789ab"
            current, cf = Secret(fake.values[entry["id"]]), fake

            async def accepts(value: Secret) -> bool:
                return value.reveal() in cf.values.values()

            async def living() -> int:
                return len(cf.values)

            yield _scene(kind, setting(folder, {}, account=reach), current, accepts, living)
            return
        neon = fake
        assert isinstance(neon, FakeNeon)
        current = Secret(f"postgresql://owner:{neon.roles['owner']}@ep-1.neon.tech/shop?sslmode=require")
        seen: set[str] = {current.reveal()}

        def password(value: Secret) -> tuple[str, str]:
            user, _, rest = value.reveal().removeprefix("postgresql://").partition(":")
            return user, rest.partition("@")[0]

        async def holds(value: Secret) -> bool:
            seen.add(value.reveal())
            user, word = password(value)
            return neon.roles.get(user) == word

        async def known() -> int:
            return sum([neon.roles.get(password(Secret(each))[0]) == password(Secret(each))[1] for each in seen])

        options = {"project": PROJECT, "branch": BRANCH, "database": "shop"}
        yield _scene(kind, setting(folder, options, account=reach), current, holds, known)


def _age(folder: Path) -> Scene:
    mine, theirs = x25519.Identity.generate(), x25519.Identity.generate()
    paths = {"all": "all.sops.yaml", "local": "local.sops.yaml"}
    empty = sops.create("local.sops.yaml", [str(mine.to_public()), str(theirs.to_public())])
    data = sops.dump(sops.with_values(empty, {("fleet", "KEY"): Secret("the value")}))
    (folder / paths["local"]).write_bytes(data)

    def load(data: bytes, path: str) -> sops.Document:
        return sops.load(data, path, [theirs])

    def readers() -> tuple[str, ...]:
        return sops.outline((folder / paths["local"]).read_bytes(), paths["local"]).recipients

    async def accepts(value: Secret) -> bool:
        from chittyops.kernel.errors import Misconfigured

        try:
            identity = x25519.Identity.from_str(value.reveal())
            document = sops.load((folder / paths["local"]).read_bytes(), paths["local"], [identity])
        except Misconfigured:
            return False
        return bool(document.values["fleet"]["KEY"] == Secret("the value"))

    async def living() -> int:
        return len(set(readers()) - {str(theirs.to_public())})

    people = People(folder, paths, load, Time())
    files = StoreReaders(people, folder, paths, sops.load, folder / "lock")
    return _scene("age", setting(folder, {}, files=files), Secret(str(mine)), accepts, living)


def _command(folder: Path) -> Scene:
    (folder / "rotate.py").write_text(PROGRAM)
    path = folder / "authority.json"
    path.write_text(json.dumps({"live": {"key-1": "value-key-1"}, "marks": {}, "log": []}))

    def live() -> list[str]:
        return list(json.loads(path.read_text())["live"].values())

    async def accepts(value: Secret) -> bool:
        return value.reveal() in live()

    async def living() -> int:
        return len(live())

    made = setting(folder, {"command": f"{sys.executable} rotate.py"})
    return _scene("command", made, Secret("value-key-1"), accepts, living)
