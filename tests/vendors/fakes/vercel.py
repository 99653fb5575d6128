"""Vercel as far as environment variables of projects go."""

from __future__ import annotations

from typing import Any

from tests.vendors.fakes import descriptions
from tests.vendors.fakes.server import Answer, Call, Fake

PROJECT = "prj_cart"
LIST = "/v10/projects/{idOrName}/env"


class FakeVercel(Fake):
    """Keeps the variables of one project: each with its id, targets, type and value."""

    def __init__(self) -> None:
        """Begin without variables."""
        super().__init__()
        self.variables: dict[str, dict[str, Any]] = {}
        self._next = 0
        self.rejects: set[str] = set()

    def plant(self, key: str, value: str, *targets: str, kind: str = "encrypted") -> dict[str, Any]:
        """Keep a variable as if somebody had set it there."""
        self._next += 1
        entry = {
            "id": f"env{self._next}", "key": key, "value": value, "type": kind, "target": list(targets),
            "createdAt": 1, "updatedAt": 1,
        }  # fmt: skip
        self.variables[str(entry["id"])] = entry
        return entry

    def held(self, target: str) -> dict[str, str]:
        """Return what is set for ``target``."""
        return {each["key"]: each["value"] for each in self.variables.values() if target in each["target"]}

    def refused(self) -> Answer:
        """Return what is said to a wrong token."""
        return Answer(403, {"error": {"code": "forbidden", "message": "Not authorized", "invalidToken": True}})

    def answer(self, call: Call) -> Answer:
        """Carry ``call`` out."""
        match call.method, call.parts:
            case "GET", ["v10", "projects", project, "env"] if project == PROJECT:
                return Answer(200, {"envs": [self._hidden(each) for each in self.variables.values()]})
            case "GET", ["v1", "projects", project, "env", found] if project == PROJECT and found in self.variables:
                each = self.variables[found]
                return Answer(200, self._hidden(each) if each["type"] == "sensitive" else {**each, "decrypted": True})
            case "POST", ["v10", "projects", project, "env"] if project == PROJECT:
                return self._upsert(call)
            case "DELETE", ["v9", "projects", project, "env", found] if project == PROJECT and found in self.variables:
                return Answer(200, self._hidden(self.variables.pop(found)))
        return Answer(404, {"error": {"code": "not_found", "message": "Project not found."}})

    @staticmethod
    def _hidden(each: dict[str, Any]) -> dict[str, Any]:
        return {**each, "value": "" if each["type"] == "sensitive" else "eyJ2IjoidjIiLCJj" * 2}

    def _upsert(self, call: Call) -> Answer:
        created, failed = [], []
        for entry in call.body:
            there = [each for each in self.variables.values() if each["key"] == entry["key"]]
            there = [each for each in there if set(each["target"]) & set(entry["target"])]
            if entry["key"] in self.rejects or (there and call.query.get("upsert") != "true"):
                error = {"code": "ENV_CONFLICT", "message": "exists", "key": entry["key"], "value": entry["value"]}
                failed.append({"error": error})
                continue
            for each in there:
                del self.variables[each["id"]]
            created.append(self._hidden(self.plant(entry["key"], entry["value"], *entry["target"], kind=entry["type"])))
        return Answer(201, {"created": created, "failed": failed})

    def check(self, call: Call, answer: Answer) -> None:
        """Hold what was said against Vercel's description."""
        parts = call.parts
        path = f"/{parts[0]}/projects/{{idOrName}}/env" + ("/{id}" if len(parts) > 4 else "")
        found = []
        if call.body is not None:
            found.append(descriptions.problem(descriptions.VERCEL, path, call.method, status=None, data=call.body))
        if answer.status < 400:
            found.append(
                descriptions.problem(descriptions.VERCEL, path, call.method, status=answer.status, data=answer.data)
            )
        self.problems += filter(None, found)
