"""Railway: the variables of a service in an environment (GraphQL; https://docs.railway.com/reference/public-api)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from chittyops.kernel.errors import Refused
from chittyops.kernel.secret import Secret
from chittyops.vendors.http import Account, Request
from chittyops.vendors.replies import reply

T = TypeVar("T")

PAGE = 500
MOST_PAGES = 40

VARIABLES = """query variables($projectId: String!, $environmentId: String!, $serviceId: String) {
  variables(projectId: $projectId, environmentId: $environmentId, serviceId: $serviceId, unrendered: true)
}"""
NAMES = """query names($environmentId: String!, $first: Int, $after: String) {
  environment(id: $environmentId) {
    variables(first: $first, after: $after) {
      edges { node { name serviceId isSealed } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
UPSERT = """mutation upsert($input: VariableCollectionUpsertInput!) { variableCollectionUpsert(input: $input) }"""
DELETE = """mutation delete($input: VariableDeleteInput!) { variableDelete(input: $input) }"""


@reply
@dataclass(frozen=True, slots=True)
class _Variables:
    variables: dict[str, str | None]


@reply
@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    serviceId: str | None  # noqa: N815 - the API's own names, here and below
    isSealed: bool  # noqa: N815


@reply
@dataclass(frozen=True, slots=True)
class _Edge:
    node: _Variable


@reply
@dataclass(frozen=True, slots=True)
class _PageInfo:
    hasNextPage: bool  # noqa: N815
    endCursor: str | None  # noqa: N815


@reply
@dataclass(frozen=True, slots=True)
class _Connection:
    edges: tuple[_Edge, ...]
    pageInfo: _PageInfo  # noqa: N815


@reply
@dataclass(frozen=True, slots=True)
class _Environment:
    variables: _Connection


@reply
@dataclass(frozen=True, slots=True)
class _Names:
    environment: _Environment


@reply
@dataclass(frozen=True, slots=True)
class _Upserted:
    variableCollectionUpsert: bool  # noqa: N815


@reply
@dataclass(frozen=True, slots=True)
class _Deleted:
    variableDelete: bool  # noqa: N815


@reply
@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    data: T


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of one service in one environment; without a service, those that all share. All three are ids."""

    api: Account
    project: str
    environment: str
    service: str = ""

    async def read(self) -> dict[str, Secret | None]:
        """Return the variables, as they were written; None for a sealed one, which nobody can read."""
        values = await self._ask(_Variables, VARIABLES, self._place)
        found = {name: None if value is None else Secret(value) for name, value in values.variables.items()}
        return found | dict.fromkeys(await self._sealed())

    async def put(self, values: Mapping[str, Secret]) -> None:
        """Set variables, all or none of them, and start no deployment."""
        given = {**self._place, "variables": dict(values), "replace": False, "skipDeploys": True}
        await self._ask(_Upserted, UPSERT, {"input": given}, reads=False)

    async def delete(self, name: str) -> None:
        """Delete one variable."""
        await self._ask(_Deleted, DELETE, {"input": {**self._place, "name": name}}, reads=False)

    @property
    def _place(self) -> dict[str, str]:
        place = {"projectId": self.project, "environmentId": self.environment}
        return place | ({"serviceId": self.service} if self.service else {})

    async def _sealed(self) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            given = {"environmentId": self.environment, "first": PAGE, "after": cursor}
            try:
                page = (await self._ask(_Names, NAMES, given)).environment.variables
            except Refused:
                # A token that may not look at the environment itself still reads and writes its variables.
                return found
            nodes = [edge.node for edge in page.edges]
            found += [node.name for node in nodes if node.isSealed and (node.serviceId or "") == self.service]
            cursor = page.pageInfo.endCursor
            if not page.pageInfo.hasNextPage or not cursor:
                break
        return found

    async def _ask(self, kind: type[T], text: str, variables: Mapping[str, Any], *, reads: bool = True) -> T:
        request = Request(
            "POST",
            "/graphql/v2",
            body={"query": text, "variables": variables},
            reads=reads,
            label=text.partition("(")[0],
            problem=_problem,
        )
        return (await self.api.fetch(_Answer[kind], request)).data  # type: ignore[valid-type]


def _problem(data: Any) -> int:
    """Return the status that an answer of GraphQL stands for, which itself is always 200; 0 where all is well."""
    errors = data.get("errors") if isinstance(data, dict) else None
    if not isinstance(errors, list) or not errors:
        return 0
    message = str(errors[0].get("message", "") if isinstance(errors[0], dict) else errors[0]).lower()
    if "not authorized" in message or "unauthorized" in message:
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.NOT_FOUND if "not found" in message else HTTPStatus.BAD_REQUEST
