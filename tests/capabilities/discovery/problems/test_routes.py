"""Routes and domains that more than one Worker claims."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.graph.worlds import read, worker

from chittyops.capabilities.discovery.service.problems import routes
from chittyops.kernel.inventory import Finding

INDEX = 'import { Hono } from "hono"\nexport default new Hono()\n'


def problems(**workers: str) -> list[Finding]:
    """Return what is found in a workspace with these Workers, by folder."""
    files = {f"{folder}/wrangler.json": text for folder, text in workers.items()}
    found = list(routes.find(read(files | {f"{folder}/src/index.ts": INDEX + f"// {folder}\n" for folder in workers})))
    assert {each.code for each in found} <= set(routes.CODES)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme.dev/*", "acme.dev/*"),
        ("acme.dev/api/*", "https://ACME.dev/api/*"),
        ({"pattern": "acme.dev", "custom_domain": True}, "acme.dev/*"),
        ("*.acme.dev/*", "*.acme.dev/*"),
    ],
)
def test_two_services_cannot_have_one_route(one: object, other: object) -> None:
    (found,) = problems(a=worker("alpha", routes=[one]), b=worker("beta", routes=[other]))
    assert (found.code, found.severity, found.path, found.service) == (
        "route-claimed-twice",
        "error",
        "b/wrangler.json",
        "beta",
    )
    assert "alpha" in found.message
    assert found.line > 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme.dev/*", "acme.dev/api/*"),
        ("*.acme.dev/*", "auth.acme.dev/*"),
        ("a.acme.dev", "b.acme.dev"),
        ("your.example.com/*", "your.example.com/*"),
    ],
)
def test_routes_that_differ_are_no_trouble(one: str, other: str) -> None:
    assert problems(a=worker("alpha", routes=[one]), b=worker("beta", routes=[other])) == []


def test_two_environments_of_one_service_cannot_either() -> None:
    env = {"production": {"routes": ["acme.dev/*"]}, "staging": {"routes": ["acme.dev/*"]}}
    (found,) = problems(a=worker("alpha", env=env))
    assert (found.code, found.severity) == ("route-claimed-twice", "warning")
    assert 'the environment "staging"' in found.message


def test_one_worker_may_say_it_twice() -> None:
    env = {"production": {"name": "alpha", "routes": ["acme.dev/*"]}}
    assert problems(a=worker("alpha", routes=["acme.dev/*"], env=env)) == []


def test_what_an_environment_inherits_is_told_elsewhere() -> None:
    assert problems(a=worker("alpha", routes=["acme.dev/*"], env={"staging": {}})) == []


def test_what_is_set_aside_claims_nothing() -> None:
    files = {
        "archive/a/wrangler.json": worker("alpha", routes=["acme.dev/*"]),
        "b/wrangler.json": worker("beta", routes=["acme.dev/*"]),
    }
    assert list(routes.find(read(files))) == []
