"""Vercel: the environment variables of a project (https://vercel.com/docs/rest-api/projects)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chittyops.kernel.errors import Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.http import Account, Request
from chittyops.vendors.replies import reply

READABLE = "development"
"""The one target whose variables cannot be sensitive, and so can be read."""


@reply
@dataclass(frozen=True, slots=True)
class Variable:
    """One variable; ``value`` is what the API shows of it: encrypted or empty, unless it was asked for by id."""

    id: str
    key: str
    type: str
    target: tuple[str, ...] | str = ()
    gitBranch: str | None = None  # noqa: N815 - the API's own name
    configurationId: str | None = None  # noqa: N815
    value: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the targets it is set for."""
        return (self.target,) if isinstance(self.target, str) else self.target


@reply
@dataclass(frozen=True, slots=True)
class _Listed:
    envs: tuple[Variable, ...]


@reply
@dataclass(frozen=True, slots=True)
class _Shown:
    value: str


@reply
@dataclass(frozen=True, slots=True)
class _Failed:
    error: dict[str, Any]


@reply
@dataclass(frozen=True, slots=True)
class _Written:
    created: Any
    failed: tuple[_Failed, ...] = ()


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of ``project`` (an id or a name) for ``target``: production, preview or development.

    ``team`` is the id of the team that owns the project; empty for an account of one's own.
    """

    api: Account
    project: str
    target: str
    team: str = ""

    async def list(self) -> tuple[Variable, ...]:
        """Return the variables of the target, but for those of single branches and of integrations."""
        found = await self.api.fetch(_Listed, Request("GET", self._path("v10"), query=self._query))
        return tuple(
            each
            for each in found.envs
            if self.target in each.targets and not each.gitBranch and not each.configurationId
        )

    async def value(self, variable: Variable) -> Secret:
        """Return the value of a variable that is not sensitive."""
        path = f"{self._path('v1')}/{quote(variable.id, safe='')}"
        return Secret((await self.api.fetch(_Shown, Request("GET", path, query=self._query))).value)

    async def put(self, values: Mapping[str, Secret]) -> None:
        """Set variables of the target. Raises Refused that names those which Vercel did not take."""
        kind = "encrypted" if self.target == READABLE else "sensitive"
        body = [{"key": key, "value": value, "type": kind, "target": [self.target]} for key, value in values.items()]
        request = Request("POST", self._path("v10"), query={**self._query, "upsert": "true"}, body=body)
        written = await self.api.fetch(_Written, request)
        if written.failed:
            names = sorted(
                {str(each.error.get("envVarKey") or each.error.get("key") or "?") for each in written.failed}
            )
            code = str(written.failed[0].error.get("code", ""))[:40]
            shown = ", ".join(name for name in names if name in values) or f"{len(written.failed)} variables"
            raise Refused(
                f"Vercel did not take {shown} ({code})",
                hint=f"look at the variables of {self.project} there; those that were taken stay",
            )

    async def delete(self, variable: Variable) -> None:
        """Delete a variable."""
        path = f"{self._path('v9')}/{quote(variable.id, safe='')}"
        await self.api.send(Request("DELETE", path, query=self._query))

    @property
    def _query(self) -> dict[str, str]:
        return {"teamId": self.team} if self.team else {}

    def _path(self, version: str) -> str:
        return f"/{version}/projects/{quote(self.project, safe='')}/env"
