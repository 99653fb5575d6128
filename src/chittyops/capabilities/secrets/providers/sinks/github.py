"""The secrets of GitHub Actions, sealed so that only GitHub can open them; only their names can be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.kernel.errors import NotFound, Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import GITHUB
from chittyops.vendors.github import ActionsSecrets, Key

RESERVED = "GITHUB_"


class GitHubActions:
    """The secrets of a repository, or of one of its environments; there is a call for each."""

    readable = False
    at_once = 1

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the repository (``owner/name``) and, where it is meant, its environment."""
        target = surroundings.target
        account = surroundings.account(GITHUB)
        self._secrets = ActionsSecrets(account, target["repository"], target.get("environment", ""))
        self._key: Key | None = None

    async def names(self) -> Mapping[str, str | None]:
        """Return the names of the secrets."""
        return dict.fromkeys(await self._secrets.names())

    async def write(self, values: Mapping[str, Secret]) -> None:
        """Set ``values``. Raises Refused for what GitHub does not take."""
        for name, value in values.items():
            if name.startswith(RESERVED):
                raise Refused(f"GitHub keeps names like {name} for itself", hint="call the secret otherwise")
            if len(value.reveal().encode()) > ActionsSecrets.LONGEST_BYTES:
                raise Refused(f"{name} is longer than the 48 KB that GitHub takes", hint="push it to another place")
            self._key = self._key or await self._secrets.key()
            await self._secrets.put(name, value, self._key)

    async def remove(self, names: Collection[str]) -> None:
        """Remove ``names``."""
        for name in names:
            try:
                await self._secrets.delete(name)
            except NotFound:
                continue
