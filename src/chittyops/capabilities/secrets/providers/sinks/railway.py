"""The variables of a Railway service in one environment: readable, but for those that were sealed there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.kernel.errors import Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import RAILWAY
from chittyops.vendors.railway import Variables

OWN = "RAILWAY_"
"""What the names of Railway's own variables begin with."""
REFERENCE = "${{"


class RailwayVariables:
    """One service, or what all services of an environment share. Nothing is deployed by a push."""

    readable = True
    at_once = 0

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the ids of the project, the environment and the service."""
        target = surroundings.target
        account = surroundings.account(RAILWAY)
        self._variables = Variables(account, target["project"], target["environment"], target.get("service", ""))
        self._fingerprint = surroundings.fingerprint

    async def names(self) -> Mapping[str, str | None]:
        """Return the variables, without Railway's own."""
        found = await self._variables.read()
        return {
            name: None if value is None else self._fingerprint(name, value)
            for name, value in found.items()
            if not name.startswith(OWN)
        }

    async def write(self, values: Mapping[str, Secret]) -> None:
        """Set ``values``. Raises Refused for one that Railway would take for a reference."""
        if misread := [name for name, value in values.items() if REFERENCE in value.reveal()]:
            raise Refused(
                f"Railway would take what stands in {', '.join(misread)} for a reference to another variable",
                hint=f"a value must not hold {REFERENCE}: encode it (base64), and let the service decode it",
            )
        await self._variables.put(values)

    async def remove(self, names: Collection[str]) -> None:
        """Remove ``names``."""
        for name in names:
            await self._variables.delete(name)
