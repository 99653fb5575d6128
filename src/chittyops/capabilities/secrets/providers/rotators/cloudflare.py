"""Cloudflare's API tokens: a second one with the same policies, and the first one deleted."""

from __future__ import annotations

from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import Misconfigured, NotFound, Refused, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import CLOUDFLARE
from chittyops.vendors.cloudflare import Tokens


class CloudflareRotator:
    """Tokens of the user whose token ChittyOps has, or of ``account``. That one may make and delete tokens."""

    def __init__(self, setting: Setting) -> None:
        """Take the option ``account``."""
        setting.known({"account"})
        self._tokens = Tokens(setting.account(CLOUDFLARE), setting.option("account", ""))

    async def identify(self, value: Secret) -> str:
        """Return the id of the token."""
        return (await self._tokens.verify(value)).id

    async def create(self, mark: str, current: Issued) -> Issued:
        """Make a token with the policies of the current one.

        One that an interrupted call made is given a new value: nobody knows its first one.
        """
        name = f"chittyops {mark}"
        if made := await self._tokens.named(name):
            return Issued(await self._tokens.roll(made[0].id), made[0].id)
        model = await self._tokens.get(current.handle)
        token_id, value = await self._tokens.create(name, model.policies, expires_on=model.expires_on or "")
        return Issued(value, token_id)

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Do nothing: it is accepted from the beginning."""

    async def verify(self, new: Issued) -> None:
        """Ask Cloudflare about the token, by the token itself."""
        try:
            said = await self._tokens.verify(new.value)
        except Misconfigured as error:  # a new token is not known everywhere at once
            raise Unavailable(error.message, hint=error.hint) from None
        if said.status != "active":
            raise Unavailable(f"Cloudflare calls the new token {said.status}")

    async def revoke(self, old: Issued) -> bool:
        """Delete the token."""
        if not old.handle:
            raise Refused("the id of the old token is not known", hint="delete it at Cloudflare's dashboard")
        try:
            await self._tokens.delete(old.handle)
        except NotFound:
            return False
        return True

    async def discard(self, mark: str, new: Issued | None) -> None:
        """Delete whatever was made under ``mark``."""
        for each in await self._tokens.named(f"chittyops {mark}"):
            await self.revoke(Issued(Secret(""), each.id))
