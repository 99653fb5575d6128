"""Neon: the roles of a branch, their passwords and connection URLs (https://api-docs.neon.tech)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from chittyops.kernel.errors import Unavailable
from chittyops.kernel.secret import Secret
from chittyops.vendors.http import Account, Request
from chittyops.vendors.replies import parsed, reply

POLL_SECONDS = 1.0
FINISHED = frozenset({"finished", "skipped", "cancelled"})
"""``failed`` is not among them: Neon tries such an operation again."""


@reply
@dataclass(frozen=True, slots=True)
class Operation:
    """Work that Neon does after it has answered."""

    id: str
    status: str


@reply
@dataclass(frozen=True, slots=True)
class Role:
    """A role of PostgreSQL; ``protected`` ones are Neon's own."""

    name: str
    protected: bool = False


@reply
@dataclass(frozen=True, slots=True)
class _RoleWithPassword:
    name: str
    password: str


@reply
@dataclass(frozen=True, slots=True)
class _Roles:
    roles: tuple[Role, ...]


@reply
@dataclass(frozen=True, slots=True)
class _RoleMade:
    role: _RoleWithPassword
    operations: tuple[Operation, ...]


@reply
@dataclass(frozen=True, slots=True)
class _RoleGone:
    operations: tuple[Operation, ...]


@reply
@dataclass(frozen=True, slots=True)
class _OneOperation:
    operation: Operation


@reply
@dataclass(frozen=True, slots=True)
class _Uri:
    uri: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of a project. What is changed is in force when its operations are ``finished``."""

    api: Account
    project: str
    branch: str
    deadline_seconds: float = 120.0

    async def roles(self) -> tuple[Role, ...]:
        """Return the roles of the branch."""
        return (await self.api.fetch(_Roles, Request("GET", self._path))).roles

    async def create_role(self, name: str) -> tuple[Secret, tuple[Operation, ...]]:
        """Make the role ``name`` and return its password. Raises Conflict where there is one."""
        return await self._made(Request("POST", self._path, body={"role": {"name": name}}))

    async def reset_password(self, role: str) -> tuple[Secret, tuple[Operation, ...]]:
        """Give ``role`` a new password and return it: keep it before waiting, for nobody tells it again.

        The old one ends with the last operation.
        """
        return await self._made(Request("POST", f"{self._path}/{quote(role, safe='')}/reset_password"))

    async def delete_role(self, name: str) -> None:
        """Delete the role ``name``. Raises NotFound when it is not there."""
        request = Request("DELETE", f"{self._path}/{quote(name, safe='')}")
        answer = await self.api.send(request)
        if answer is not None:  # 204: there was nothing left to do
            await self.finished(parsed(_RoleGone, answer, self.api.vendor, str(request)).operations)

    async def connection_uri(self, database: str, role: str, *, pooled: bool = False) -> Secret:
        """Return the URL, with its password, by which ``role`` reaches ``database``."""
        query = {
            "branch_id": self.branch,
            "database_name": database,
            "role_name": role,
            "pooled": str(pooled).lower(),
        }
        request = Request("GET", f"{self._project}/connection_uri", query=query)
        return Secret((await self.api.fetch(_Uri, request)).uri)

    async def _made(self, request: Request) -> tuple[Secret, tuple[Operation, ...]]:
        made = await self.api.fetch(_RoleMade, request)
        return Secret(made.role.password), made.operations

    async def finished(self, operations: tuple[Operation, ...]) -> None:
        """Wait for ``operations``. Raises Unavailable when one is not done in time."""
        waited = 0.0
        for operation in operations:
            status = operation.status
            while status not in FINISHED:
                if waited >= self.deadline_seconds:
                    raise Unavailable(
                        f"Neon did not finish what it does to {self.project} in {self.deadline_seconds:g} s ({status})",
                        hint="its console shows the operations of the project; try again when they are through",
                    )
                await self.api.pause(POLL_SECONDS)
                waited += POLL_SECONDS
                request = Request("GET", f"{self._project}/operations/{quote(operation.id, safe='')}")
                status = (await self.api.fetch(_OneOperation, request)).operation.status

    @property
    def _project(self) -> str:
        return f"/projects/{quote(self.project, safe='')}"

    @property
    def _path(self) -> str:
        return f"{self._project}/branches/{quote(self.branch, safe='')}/roles"
