"""Neon as far as roles go: what it does takes a few looks, and it is locked meanwhile."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from tests.vendors.fakes import descriptions
from tests.vendors.fakes.server import Answer, Call, Fake

PROJECT, BRANCH = "shiny-wind-028834", "br-noisy-sunset-458773"
STAMP = "2026-01-01T00:00:00Z"


class FakeNeon(Fake):
    """Keeps roles with their passwords; each change is an operation that is done after ``looks`` looks at it."""

    prefix = "/api/v2"

    def __init__(self) -> None:
        """Begin with one role."""
        super().__init__()
        self.roles: dict[str, str] = {"owner": "first-password-of-owner"}
        self.looks = 2
        self.operations: dict[str, int] = {}
        self.stuck = False

    def answer(self, call: Call) -> Answer:
        """Carry ``call`` out."""
        match call.method, call.parts:
            case "GET", ["projects", project, "operations", found] if project == PROJECT and found in self.operations:
                self.operations[found] -= not self.stuck
                return Answer(200, {"operation": self._operation(found)})
            case "GET", ["projects", project, "connection_uri"] if project == PROJECT:
                role = call.query["role_name"]
                if role in self.roles:
                    host = "ep-1-pooler" if call.query.get("pooled") == "true" else "ep-1"
                    uri = f"postgresql://{role}:{self.roles[role]}@{host}.neon.tech/{call.query['database_name']}"
                    return Answer(200, {"uri": uri})
            case method, ["projects", project, "branches", branch, "roles", *rest] if (project, branch) == (
                PROJECT,
                BRANCH,
            ):
                return self._roles(method, rest, call)
        return Answer(404, {"request_id": "r", "code": "", "message": "not found"})

    def _roles(self, method: str, rest: list[str], call: Call) -> Answer:
        if method == "GET" and not rest:
            return Answer(200, {"roles": [self._role(name) for name in self.roles]})
        if any(left > 0 for left in self.operations.values()):
            return Answer(423, {"request_id": "r", "code": "", "message": "project already has running operations"})
        name = rest[0] if rest else call.body["role"]["name"]
        if bool(rest) is (name not in self.roles):
            status, said = (404, "role not found") if rest else (409, "role already exists")
            return Answer(status, {"request_id": "r", "code": "ROLE", "message": said})
        if method == "DELETE":
            del self.roles[name]
            return Answer(200, {"role": self._role(name), "operations": [self._begin()]})
        return self._changed(name, 200 if rest else 201)

    def _changed(self, name: str, status: int) -> Answer:
        self.roles[name] = secrets.token_urlsafe(12)
        made = {**self._role(name), "password": self.roles[name]}
        return Answer(status, {"role": made, "operations": [self._begin()]})

    @staticmethod
    def _role(name: str) -> dict[str, Any]:
        return {"branch_id": BRANCH, "name": name, "protected": False, "created_at": STAMP, "updated_at": STAMP}

    def _begin(self) -> dict[str, Any]:
        found = str(uuid4())
        self.operations[found] = self.looks
        return self._operation(found)

    def _operation(self, found: str) -> dict[str, Any]:
        left = self.operations[found]
        return {
            "id": found, "project_id": PROJECT, "branch_id": BRANCH, "action": "apply_config",
            "status": "running" if left > 0 else "finished", "failures_count": 0, "created_at": STAMP,
            "updated_at": STAMP, "total_duration_ms": 1,
        }  # fmt: skip

    def check(self, call: Call, answer: Answer) -> None:
        """Hold what was said against Neon's description."""
        names = {PROJECT: "{project_id}", BRANCH: "{branch_id}"}
        parts = [names.get(part, part) for part in call.parts]
        for before, name in (("roles", "{role_name}"), ("operations", "{operation_id}")):
            if before in parts[:-1]:
                parts[parts.index(before) + 1] = name
        path = "/" + "/".join(parts)
        found = [descriptions.problem(descriptions.NEON, path, call.method, status=answer.status, data=answer.data)]
        if call.body is not None:
            found.append(descriptions.problem(descriptions.NEON, path, call.method, status=None, data=call.body))
        self.problems += filter(None, found)
