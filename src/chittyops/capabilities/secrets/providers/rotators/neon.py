"""Neon: two roles that take turns, made and given passwords by its API.

Resetting the password of the role in use would end it at once, so that a second role is what overlaps. Every role made
by the API may read and write all tables of its branch (it is a member of neon_superuser). The old role is not deleted,
for it may own tables: it gets a password that nobody is told.
"""

from __future__ import annotations

from chittyops.capabilities.secrets.providers.rotators import pairs
from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import Conflict, Misconfigured, Refused, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import NEON
from chittyops.vendors.neon import Branch


class NeonRotator:
    """Rotates the role of a connection URL. Options: ``project``, ``branch``, ``database``."""

    def __init__(self, setting: Setting) -> None:
        """Take the options."""
        setting.known({"project", "branch", "database"})
        self._title = setting.title
        self._database = setting.option("database")
        self._branch = Branch(setting.account(NEON), setting.option("project"), setting.option("branch"))

    async def identify(self, value: Secret) -> str:
        """Return the role of the URL. Raises Refused for another branch's, Misconfigured for a former password."""
        role = pairs.user_of(value, self._title)
        roles = {each.name: each for each in await self._branch.roles()}
        if role not in roles or roles[role].protected:
            raise Refused(
                f"the role {role} is not one of this branch that can be rotated", hint="see project and branch"
            )
        if not await self._accepted(Issued(value, role)):
            raise Misconfigured(f"{self._title} has not the present password of {role}", hint="set it from the console")
        return role

    async def create(self, mark: str, current: Issued) -> Issued:
        """Make the other role, or give it a new password: nobody uses it between rotations."""
        role = pairs.other(current.handle)
        try:
            password, operations = await self._branch.create_role(role)
        except Conflict:
            password, operations = await self._branch.reset_password(role)
        await self._branch.finished(operations)
        return Issued(pairs.with_login(current.value, role, password), role)

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Do nothing: it is accepted when the operations that made it have finished."""

    async def verify(self, new: Issued) -> None:
        """Ask Neon whether this is the role's password."""
        if not await self._accepted(new):
            raise Unavailable(f"Neon knows another password of {new.handle}")

    async def revoke(self, old: Issued) -> bool:
        """Give the role a password that nobody is told."""
        if not await self._accepted(old):
            return False
        _, operations = await self._branch.reset_password(old.handle)
        await self._branch.finished(operations)
        return True

    async def discard(self, mark: str, new: Issued | None) -> None:
        """End the new password."""
        if new is not None:
            await self.revoke(new)

    async def _accepted(self, issued: Issued) -> bool:
        known = await self._branch.connection_uri(self._database, issued.handle)
        return pairs.password_of(known) == pairs.password_of(issued.value)
