"""Railway as far as variables go. Where its schema is at hand, every request and answer is executed against it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import graphql
from graphql.execution.values import get_variable_values
from tests.vendors.fakes import descriptions
from tests.vendors.fakes.server import Answer, Call, Fake

PROJECT, ENVIRONMENT, SERVICE = "prj-1", "env-1", "svc-1"
PAGE = 2


@cache
def schema() -> graphql.GraphQLSchema | None:
    """Return Railway's schema, None where it is absent."""
    data = descriptions.document(descriptions.RAILWAY)
    return None if data is None else graphql.build_client_schema(data.get("data", data), assume_valid=True)


class FakeRailway(Fake):
    """Keeps the variables of the services of one environment; ``sealed`` names cannot be read."""

    def __init__(self) -> None:
        """Begin with Railway's own variable."""
        super().__init__()
        self.variables: dict[str | None, dict[str, str]] = {SERVICE: {"RAILWAY_SERVICE_NAME": "cart"}, None: {}}
        self.sealed: set[str] = set()
        self.deploys = 0

    def allowed(self, call: Call) -> bool:
        """Return whether the token of the project came along, in its own header."""
        return call.headers.get("project-access-token") == self.token

    def is_write(self, call: Call) -> bool:
        """Return whether ``call`` is a mutation."""
        return str(call.body["query"]).startswith("mutation")

    def refused(self) -> Answer:
        """Return what is said to a wrong token: 200, as GraphQL does."""
        return Answer(200, {"errors": [{"message": "Not Authorized"}], "data": None})

    def answer(self, call: Call) -> Answer:
        """Carry ``call`` out."""
        given = call.body["variables"]
        text = str(call.body["query"])
        place = given.get("input", given)
        if place.get("environmentId") != ENVIRONMENT or place.get("projectId", PROJECT) != PROJECT:
            return Answer(200, {"errors": [{"message": "Environment not found"}], "data": None})
        held = self.variables.setdefault(place.get("serviceId"), {})
        if "variableCollectionUpsert" in text:
            if place.get("replace"):
                held.clear()
            held.update(place["variables"])
            self.deploys += not place.get("skipDeploys")
            return Answer(200, {"data": {"variableCollectionUpsert": True}})
        if "variableDelete" in text:
            held.pop(place["name"], None)
            return Answer(200, {"data": {"variableDelete": True}})
        if "edges" in text:
            return Answer(200, {"data": {"environment": {"variables": self._page(given)}}})
        return Answer(200, {"data": {"variables": {k: v for k, v in held.items() if k not in self.sealed}}})

    def _page(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return one page of names, smaller than what is asked for, so that paging is seen to work."""
        every = [(service, name) for service, held in self.variables.items() for name in held]
        start = int(given.get("after") or 0)
        end = start + PAGE
        nodes = [
            {"name": name, "serviceId": service, "isSealed": name in self.sealed} for service, name in every[start:end]
        ]
        more = end < len(every)
        return {
            "edges": [{"node": node} for node in nodes],
            "pageInfo": {"hasNextPage": more, "endCursor": str(end) if more else None},
        }

    def check(self, call: Call, answer: Answer) -> None:
        """Execute the request against Railway's schema, with the answer as the data: both must fit it."""
        known = schema()
        if known is None or "errors" in answer.data:
            return
        document = graphql.parse(call.body["query"])
        self.problems += [error.message for error in graphql.validate(known, document)]
        operation = document.definitions[0]
        assert isinstance(operation, graphql.OperationDefinitionNode)
        coerced = get_variable_values(known, operation.variable_definitions or (), call.body["variables"])
        if isinstance(coerced, list):
            self.problems += [error.message for error in coerced]
        result = graphql.execute(known, document, answer.data["data"], variable_values=call.body["variables"])
        assert isinstance(result, graphql.ExecutionResult)
        self.problems += [error.message for error in result.errors or ()]
        if not result.errors and json.dumps(result.data, sort_keys=True) != json.dumps(
            answer.data["data"], sort_keys=True
        ):
            self.problems.append(f"the schema makes {result.data} of {answer.data}")
