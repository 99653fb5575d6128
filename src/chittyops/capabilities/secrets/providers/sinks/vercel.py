"""The environment variables of a Vercel project for one target: sensitive ones, which nobody can read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.kernel.errors import Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import VERCEL
from chittyops.vendors.vercel import READABLE, Variable, Variables


class VercelProject:
    """One project and one target. What is set for several targets at once is left alone: it is not of one fleet."""

    at_once = 0

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the project and the target; the team is that of VERCEL_ORG_ID, as for Vercel's own CLI."""
        target = surroundings.target
        account = surroundings.account(VERCEL)
        team = surroundings.environ.get("VERCEL_ORG_ID", "")
        team = team if team.startswith("team_") else ""
        self._variables = Variables(account, target["project"], target["target"], team)
        self._fingerprint = surroundings.fingerprint
        self.readable = target["target"] == READABLE

    async def names(self) -> Mapping[str, str | None]:
        """Return the variables of the target."""
        found: dict[str, str | None] = {}
        for each in await self._variables.list():
            value = await self._variables.value(each) if self.readable else None
            found[each.key] = None if value is None else self._fingerprint(each.key, value)
        return found

    async def write(self, values: Mapping[str, Secret]) -> None:
        """Set ``values``. Raises Refused for one that stands for other targets, too."""
        self._own([each for each in await self._variables.list() if each.key in values])
        await self._variables.put(values)

    async def remove(self, names: Collection[str]) -> None:
        """Remove ``names``. Raises Refused for one that stands for other targets, too."""
        found = [each for each in await self._variables.list() if each.key in names]
        self._own(found)
        for each in found:
            await self._variables.delete(each)

    @staticmethod
    def _own(variables: Collection[Variable]) -> None:
        if shared := [each.key for each in variables if len(each.targets) > 1]:
            raise Refused(
                f"{', '.join(sorted(shared))} at Vercel holds for several targets, of which only one is meant",
                hint="give each target a variable of its own there; the next push fills it",
            )
