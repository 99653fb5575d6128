"""The secrets of a Worker at Cloudflare: only their names can be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.capabilities.secrets.service.push.places import ACCOUNT_VARIABLE
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import CLOUDFLARE
from chittyops.vendors.cloudflare import Workers


class CloudflareWorker:
    """One Worker: all values of a push are one new version of it."""

    readable = False
    at_once = 0

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the account and the name of the Worker. Raises Misconfigured where nothing says which account."""
        target = surroundings.target
        self._script = target["script"]
        if "account" not in target:
            raise Misconfigured(
                f"nothing says which Cloudflare account the Worker {self._script} is in",
                hint="give the sink an `account`, or the service's wrangler section or file an `account_id`, "
                f"or set {ACCOUNT_VARIABLE}",
            )
        self._workers = Workers(surroundings.account(CLOUDFLARE), target["account"])

    async def names(self) -> Mapping[str, str | None]:
        """Return the names of the secrets. Raises NotFound where the Worker was never deployed."""
        return dict.fromkeys(await self._workers.secrets(self._script))

    async def write(self, values: Mapping[str, Secret]) -> None:
        """Set ``values``."""
        await self._workers.put(self._script, values)

    async def remove(self, names: Collection[str]) -> None:
        """Remove ``names``."""
        await self._workers.put(self._script, dict.fromkeys(names))
