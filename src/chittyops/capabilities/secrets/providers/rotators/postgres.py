"""PostgreSQL: two login roles that take turns, both members of one role that owns everything.

The server is given the SCRAM verifier of a password, never the password: statements may come into its log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chittyops.capabilities.secrets.providers.rotators import pairs
from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.generate import alphanumeric
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import Misconfigured, Refused, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.runtime.postgres import Database, Transaction

PASSWORD_CHARACTERS = 40
ITERATIONS = 4096
_SALT_BYTES = 16
_PLAIN = re.compile(r"[A-Za-z0-9_$.-]{1,63}")
_APPLICATION = "chittyops-rotation"


class PostgresRotator:
    """Rotates the password of a connection URL by rotating its role.

    ``admin`` is a reference to the URL of a role that may make roles and grant ``owner``; ``owner`` is the role whose
    rights both have, by default the one that the first URL names.
    """

    def __init__(self, setting: Setting) -> None:
        """Take the options ``admin`` and ``owner``."""
        setting.known({"admin", "owner"})
        self._title = setting.title
        self._owner = setting.option("owner", "")
        self._admin = setting.secret("admin", setting.option("admin"))

    async def identify(self, value: Secret) -> str:
        """Return the role of the URL, which has to be accepted. Raises Refused where the other one is in use."""
        role = pairs.user_of(value, self._title)
        for name in (role, self._owner or role):
            if not _PLAIN.fullmatch(name):
                raise Misconfigured(f"{name!r} is a role that cannot be rotated", hint="use letters, digits and _")
        await self.verify(Issued(value, role))
        async with self._as_admin() as tx:
            waiting = await tx.row(
                "SELECT rolcanlogin AS login, rolsuper AS super, shobj_description(oid, 'pg_authid') AS mark "
                "FROM pg_roles WHERE rolname = :role",
                role=pairs.other(role),
            )
        if waiting and (waiting["super"] or (waiting["login"] and not _ours(waiting["mark"]))):
            raise Refused(
                f"the role {pairs.other(role)} is in use, and was not made by a rotation",
                hint=f"rename it: {role} and {pairs.other(role)} take turns",
            )
        return role

    async def create(self, mark: str, current: Issued) -> Issued:
        """Return the URL of the other role with a new password, which nobody accepts yet."""
        role = pairs.other(current.handle)
        return Issued(pairs.with_login(current.value, role, Secret(alphanumeric(PASSWORD_CHARACTERS))), role)

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Make the role, or let it log in again: a member of the owner, and what it makes is the owner's."""
        role, owner = _quoted(new.handle), _quoted(self._owner or pairs.stem(current.handle))
        verifier = scram(pairs.password_of(new.value).reveal())
        async with self._as_admin() as tx:
            if not await tx.row("SELECT 1 FROM pg_roles WHERE rolname = :role", role=new.handle):
                await tx.run(f"CREATE ROLE {role} NOLOGIN")
            await tx.run(f"COMMENT ON ROLE {role} IS 'chittyops {_word(mark)}'")
            await tx.run(f"GRANT {owner} TO {role}")
            await tx.run(f"ALTER ROLE {role} SET role = {owner}")
            await tx.run(f"ALTER ROLE {role} LOGIN PASSWORD '{verifier}'")

    async def verify(self, new: Issued) -> None:
        """Log in by the URL."""
        async with self._connected(new.value, f"by the URL in {self._title}") as tx:
            await tx.row("SELECT 1")

    async def revoke(self, old: Issued) -> bool:
        """Let the role log in no more, and end its sessions; it stays, for it may own something."""
        async with self._as_admin() as tx:
            found = await tx.row("SELECT rolcanlogin AS login FROM pg_roles WHERE rolname = :role", role=old.handle)
            if found and found["login"]:
                await tx.run(f"ALTER ROLE {_quoted(old.handle)} NOLOGIN PASSWORD NULL")
        if found:  # what is ended before others can see that would connect again
            await self._end_sessions(old.handle)
        return bool(found and found["login"])

    async def _end_sessions(self, role: str) -> None:
        """End the sessions of ``role``. Who made it may do so as its member, which is not kept."""
        async with self._as_admin() as tx:
            rights = "SELECT pg_has_role(:role, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE') AS enough"
            held = await tx.row(rights, role=role)
            await tx.run("SAVEPOINT as_member")
            if held and not held["enough"]:
                await tx.run(f"GRANT {_quoted(role)} TO CURRENT_USER")
            await tx.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :role", role=role)
            await tx.run("ROLLBACK TO SAVEPOINT as_member")

    async def discard(self, mark: str, new: Issued | None) -> None:
        """Let the new role log in no more."""
        if new is not None:
            await self.revoke(new)

    @asynccontextmanager
    async def _as_admin(self) -> AsyncIterator[Transaction]:
        async with self._connected(self._admin, f"by `admin` of the policy of {self._title}") as tx:
            yield tx

    @asynccontextmanager
    async def _connected(self, url: Secret, how: str) -> AsyncIterator[Transaction]:
        """Open a transaction in the database at ``url``; its errors say ``how`` it was reached."""
        database = Database.connect(url.reveal(), application_name=_APPLICATION, pool_size=1)
        try:
            async with database.transaction() as tx:
                yield tx
        except Unavailable as error:
            hint = "see that it runs, and that the URL is right"
            raise Unavailable(f"{error.message} (asked {how})", hint=hint) from None
        except Refused as error:
            raise Refused(f"{error.message} (asked {how})", hint=error.hint) from None
        finally:
            await database.close()


def scram(password: str, salt: bytes = b"") -> str:
    """Return the verifier that PostgreSQL keeps of ``password``: SCRAM-SHA-256 of RFC 5803, RFC 7677."""
    salt = salt or os.urandom(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def _ours(comment: str | None) -> bool:
    return bool(comment and comment.startswith("chittyops "))


def _quoted(role: str) -> str:
    if not _PLAIN.fullmatch(role):
        raise Misconfigured(f"{role!r} is a role that cannot be rotated", hint="use letters, digits and _")
    return f'"{role}"'


def _word(mark: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", mark)
