"""A random token that services of the fleet check themselves: its authority is whoever accepts it."""

from __future__ import annotations

from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.generate import Wanted, generate
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

FORMS = ("random", "alphanumeric", "hex", "uuid", "jwt-secret")


class TokenRotator:
    """Makes a token. That it is accepted, and the old one no more, is what services are started with."""

    def __init__(self, setting: Setting) -> None:
        """Take the options: ``form`` and ``length`` as for `secrets generate`, ``previous`` the second variable."""
        setting.known({"form", "length", "previous"})
        self._clock = setting.clock
        self._form, length = setting.option("form", "random"), setting.option("length", "0")
        if self._form not in FORMS or not length.isdigit():
            raise Misconfigured(
                f"the policy of {setting.title} wants a token of form {self._form} and length {length}",
                hint=f"forms are {', '.join(FORMS)}; a length is a number",
            )
        self._length = int(length)
        self._new()

    async def identify(self, value: Secret) -> str:
        """Return nothing: a token has no name."""
        return ""

    async def create(self, mark: str, current: Issued) -> Issued:
        """Return a new token."""
        return Issued(self._new())

    async def admit(self, mark: str, new: Issued, current: Issued) -> None:
        """Do nothing: the stages of the rotation have it accepted."""

    async def verify(self, new: Issued) -> None:
        """Do nothing: only a probe can use it."""

    async def revoke(self, old: Issued) -> bool:
        """Return True: it ended with the stage before."""
        return True

    async def discard(self, mark: str, new: Issued | None) -> None:
        """Do nothing: nobody accepts it any more."""

    def _new(self) -> Secret:
        return generate(Wanted(self._form, self._length), self._clock.now()).value
