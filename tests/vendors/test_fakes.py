"""The fakes are held against the vendors' own descriptions, and the check itself notices what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.vendors.fakes import descriptions
from tests.vendors.fakes.cloudflare import DESCRIBED
from tests.vendors.fakes.railway import ENVIRONMENT, PROJECT, FakeRailway
from tests.vendors.fakes.server import Answer, Call

ALL = (
    descriptions.CLOUDFLARE, descriptions.CLOUDFLARE_COMMANDS, descriptions.VERCEL, descriptions.NEON,
    descriptions.RAILWAY,
)  # fmt: skip
ROLES = "/projects/{project_id}/branches/{branch_id}/roles"
VARIABLES = "/v10/projects/{idOrName}/env"


def needs(name: str) -> None:
    """Skip where a vendor's description is not at hand."""
    if descriptions.document(name) is None:
        pytest.skip(f"needs {name}, which is not in {descriptions.FOLDER} (CHITTYOPS_SPECS)")


@pytest.mark.parametrize("name", ALL)
def test_the_descriptions_are_at_hand(name: str) -> None:
    needs(name)
    assert (Path(descriptions.FOLDER) / name).is_file()


@pytest.mark.parametrize(
    ("name", "path", "method", "status", "data"),
    [
        (descriptions.CLOUDFLARE, DESCRIBED["secrets"], "PUT", None, {"name": 1, "type": "secret_text", "text": "x"}),
        (descriptions.CLOUDFLARE, DESCRIBED["secrets"], "GET", 200, {"result": []}),
        (descriptions.CLOUDFLARE, DESCRIBED["tokens"], "POST", None, {"name": "no policies"}),
        (descriptions.VERCEL, VARIABLES, "POST", None, [{"key": "A", "value": "1", "type": "sensitive"}]),
        (
            descriptions.VERCEL,
            VARIABLES,
            "POST",
            None,
            [{"key": "A", "value": "1", "type": "odd", "target": ["preview"]}],
        ),
        (descriptions.VERCEL, VARIABLES, "GET", 200, {"envs": [{"key": "A", "type": "odd", "value": ""}]}),
        (descriptions.NEON, ROLES, "POST", None, {"name": "app"}),
        (descriptions.NEON, ROLES, "GET", 200, {"roles": [{"name": "app"}]}),
        (descriptions.NEON, ROLES, "PATCH", 200, {}),
    ],
)
def test_what_does_not_fit_is_noticed(name: str, path: str, method: str, status: int | None, data: Any) -> None:
    needs(name)
    assert descriptions.problem(name, path, method, status=status, data=data)


@pytest.mark.parametrize(
    ("query", "variables", "data"),
    [
        ("query q { nothing }", {}, {"nothing": 1}),
        ("query q($p: String!, $e: String!) { variables(projectId: $p, environmentId: $e) }", {"p": 1, "e": "e"}, {}),
        ('query q { environment(id: "e") { variables { edges { node { name } } } } }', {}, {"environment": None}),
    ],
)
def test_what_does_not_fit_railways_schema_is_noticed(query: str, variables: dict[str, Any], data: Any) -> None:
    needs(descriptions.RAILWAY)
    fake = FakeRailway()
    given = {**variables, "projectId": PROJECT, "environmentId": ENVIRONMENT}
    fake.check(Call("POST", "/graphql/v2", {}, {}, {"query": query, "variables": given}), Answer(200, {"data": data}))
    assert fake.problems


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/accounts/{account_id}/workers/scripts/{script_name}/secrets"),
        ("GET", "/user/tokens"),
        ("POST", "/user/tokens"),
        ("GET", "/user/tokens/verify"),
        ("GET", "/user/tokens/{token_id}"),
        ("PUT", "/user/tokens/{token_id}/value"),
        ("DELETE", "/user/tokens/{token_id}"),
        ("POST", "/accounts/{account_id}/tokens"),
        ("GET", "/accounts/{account_id}/tokens/verify"),
        ("DELETE", "/accounts/{account_id}/tokens/{token_id}"),
    ],
)
def test_cloudflares_own_command_line_makes_the_same_calls(method: str, path: str) -> None:
    needs(descriptions.CLOUDFLARE_COMMANDS)
    commands = descriptions.document(descriptions.CLOUDFLARE_COMMANDS)["commands"]
    assert (method, path) in {(each.get("httpMethod"), each.get("apiPath")) for each in commands}
