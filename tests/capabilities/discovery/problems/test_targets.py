"""Bindings that lead nowhere, to the service itself, into production, or round in a circle."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.capabilities.discovery.graph.worlds import read, worker

from chittyops.capabilities.discovery.service.problems import targets
from chittyops.kernel.inventory import Finding

INDEX = 'import { Hono } from "hono"\nexport default new Hono()\n'


def problems(files: Mapping[str, str], *codes: str, repositories: tuple[str, ...] = (".",)) -> list[Finding]:
    """Return what is found in a workspace, of some codes; every Worker gets some code."""
    folders = {path.rpartition("/")[0] for path in files if "wrangler" in path}
    sources = {f"{folder}/src/index.ts".lstrip("/"): INDEX for folder in folders}
    found = list(targets.find(read(sources | dict(files), repositories)))
    assert {each.code for each in found} <= set(targets.CODES)
    return [each for each in found if each.code in (codes or targets.CODES)]


def bound(name: str, service: str, **settings: object) -> str:
    """Return a Worker that is bound to another."""
    return worker(name, services=[{"binding": "OTHER", "service": service}], **settings)


@pytest.mark.parametrize(("repositories", "severity"), [((".",), "info"), (("web", "auth"), "warning")])
def test_a_binding_to_nobody_is_told_at_its_line(repositories: tuple[str, ...], severity: str) -> None:
    files = {"web/wrangler.json": bound("web", "nobody"), "auth/wrangler.json": worker("auth")}
    (found,) = problems(files, repositories=repositories)
    assert (found.code, found.severity, found.path, found.line) == (
        "undefined-target",
        severity,
        "web/wrangler.json",
        8,
    )
    assert '"nobody"' in found.message
    assert found.service == "web"


def test_a_target_that_is_nobody_is_told_once_for_all_environments() -> None:
    binding = [{"binding": "OTHER", "service": "nobody"}]
    config = worker(
        "web", services=binding, env={"staging": {"services": binding}, "production": {"services": binding}}
    )
    assert len(problems({"wrangler.json": config})) == 1


@pytest.mark.parametrize("target", ["auth", "auth-staging", "AUTH", "acme_auth"])
def test_a_service_of_the_workspace_is_somebody(target: str) -> None:
    files = {
        "web/wrangler.json": bound("web", target),
        "auth/wrangler.json": worker("auth", env={"staging": {}}),
        "acme/wrangler.json": worker("acme-auth"),
    }
    assert problems(files) == []


def test_a_queue_that_nobody_consumes_is_told() -> None:
    queues = {"producers": [{"binding": "Q", "queue": "jobs"}]}
    (found,) = problems({"wrangler.json": worker("web", queues=queues)})
    assert (found.code, found.severity) == ("undefined-target", "info")
    both = worker("web", queues=queues | {"consumers": [{"queue": "jobs"}]})
    assert problems({"wrangler.json": both}) == []


@pytest.mark.parametrize("path", ["wrangler.toml copy", "wrangler.example.toml"])
def test_files_that_nobody_deploys_bind_nothing(path: str) -> None:
    text = 'name = "web"\ncompatibility_date = "2025-01-01"\n[[services]]\nbinding = "A"\nservice = "no"\n'
    assert problems({"wrangler.json": worker("web"), path: text}) == []


STAGING = {"staging": {"services": [{"binding": "AUTH", "service": "auth"}]}}


def test_staging_that_calls_production_is_told_where_the_other_has_a_staging_too() -> None:
    files = {"web/wrangler.json": worker("web", env=STAGING), "auth/wrangler.json": worker("auth", env={"staging": {}})}
    (found,) = problems(files)
    assert (found.code, found.severity) == ("environment-crosses-production", "warning")
    assert '"auth-staging"' in found.hint
    assert found.line > 1


@pytest.mark.parametrize(
    ("environments", "target"),
    [
        ({}, "auth"),
        ({"preview": {}}, "auth"),
        ({"staging": {}}, "auth-staging"),
        ({"staging": {"name": "auth"}}, "auth"),
    ],
    ids=["it has none", "it has another", "its own is bound", "both are called alike"],
)
def test_it_is_no_mistake_otherwise(environments: dict[str, object], target: str) -> None:
    staging = {"staging": {"services": [{"binding": "AUTH", "service": target}]}}
    files = {"web/wrangler.json": worker("web", env=staging), "auth/wrangler.json": worker("auth", env=environments)}
    assert problems(files) == []


def test_an_address_of_production_in_staging_is_told() -> None:
    auth = worker("auth", routes=["auth.acme.dev/*"], env={"staging": {"routes": ["auth-staging.acme.dev/*"]}})
    web = worker("web", env={"staging": {"vars": {"AUTH_URL": "https://auth.acme.dev"}}})
    (found,) = problems({"web/wrangler.json": web, "auth/wrangler.json": auth})
    assert found.code == "environment-crosses-production"
    assert "auth-staging.acme.dev" in found.hint
    right = web.replace("https://auth.acme.dev", "https://auth-staging.acme.dev")
    assert problems({"web/wrangler.json": right, "auth/wrangler.json": auth}) == []


def test_an_environment_that_is_bound_to_production_of_its_own_service_is_told() -> None:
    rooms = {"durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room", "script_name": "web"}]}}
    (found,) = problems({"wrangler.json": worker("web", env={"staging": rooms})})
    assert (found.code, found.severity) == ("self-binding", "warning")


def test_a_service_may_bind_itself_in_the_same_environment() -> None:
    assert problems({"wrangler.json": bound("web", "web")}) == []


def test_a_circle_is_told_once_with_its_way() -> None:
    files = {
        "a/wrangler.json": bound("alpha", "beta"),
        "b/wrangler.json": bound("beta", "gamma"),
        "c/wrangler.json": bound("gamma", "alpha"),
        "d/wrangler.json": bound("delta", "alpha"),
    }
    (found,) = problems(files, "dependency-cycle")
    assert "alpha -> beta -> gamma -> alpha" in found.message
    assert (found.severity, found.path, found.line) == ("info", "a/wrangler.json", 8)


def test_two_circles_are_two() -> None:
    pairs = (("alpha", "beta"), ("beta", "alpha"), ("gamma", "delta"), ("delta", "gamma"), ("beta", "gamma"))
    files = {}
    for name in ("alpha", "beta", "gamma", "delta"):
        bindings = [{"binding": to.upper(), "service": to} for start, to in pairs if start == name]
        files[f"{name}/wrangler.json"] = worker(name, services=bindings)
    assert len(problems(files, "dependency-cycle")) == 2


def test_who_only_leaves_messages_is_in_no_circle() -> None:
    files = {
        "a/wrangler.json": bound("alpha", "beta"),
        "b/wrangler.json": worker("beta", tail_consumers=[{"service": "alpha"}]),
    }
    assert problems(files) == []


def calling(*lines: str) -> str:
    """Return a module of a Worker with ``lines`` in it."""
    return "\n".join(["export default {", "  async fetch(request, env) {", *lines, "  }", "}"]) + "\n"


@pytest.mark.parametrize(
    "line",
    [
        "await env.FILES.put(key, await env.FILES.get(other))",
        "const id = env.ROOM.idFromName(name)\n const room = env.ROOM.get(id)",
    ],
)
def test_storage_that_nothing_defines_is_told(line: str) -> None:
    files = {
        "wrangler.json": worker("web", kv_namespaces=[{"binding": "KV", "id": "abc"}]),
        "src/index.ts": calling(line),
    }
    assert [(each.code, each.line) for each in problems(files)] == [("undefined-binding", 3)]


def test_a_call_of_a_binding_that_nothing_defines_is_told() -> None:
    files = {
        "wrangler.json": worker("web", kv_namespaces=[{"binding": "KV", "id": "abc"}]),
        "src/index.ts": calling("    return env.AUTH.fetch(request)"),
    }
    (found,) = problems(files)
    assert (found.code, found.severity, found.path, found.line) == ("undefined-binding", "warning", "src/index.ts", 3)
    assert "AUTH" in found.message


@pytest.mark.parametrize(
    "line",
    [
        "return env.KNOWN.fetch(request)",
        "return env.STAGED.fetch(request)",
        "return env.AUTH ? env.SEEN : 0",
        "if (env.AUTH) {\n return env.AUTH.fetch(request)\n }",
        "return env.ASSETS.fetch(request)",
        "return process.env.AUTH.fetch(request)",
    ],
)
def test_bindings_that_are_defined_or_looked_for_first_are_left_alone(line: str) -> None:
    staged = {"staging": {"services": [{"binding": "STAGED", "service": "web-staging"}]}}
    files = {
        "wrangler.json": worker("web", services=[{"binding": "KNOWN", "service": "web"}], env=staged),
        "src/index.ts": calling(line),
    }
    assert problems(files, "undefined-binding") == []


def test_code_that_nothing_imports_calls_no_bindings() -> None:
    files = {
        "wrangler.json": worker("web", kv_namespaces=[{"binding": "KV", "id": "abc"}]),
        "src/index.ts": INDEX,
        "src/dead.ts": calling("    return env.AUTH.fetch(request)"),
    }
    assert problems(files) == []


def test_a_configuration_that_cannot_be_read_defines_who_knows_what() -> None:
    files = {"wrangler.json": worker("web") + "}", "src/index.ts": calling("    return env.AUTH.fetch(request)")}
    assert problems(files) == []


def test_who_consumes_in_a_file_that_wrangler_never_reads_consumes_nothing() -> None:
    queue = {"producers": [{"binding": "JOBS", "queue": "jobs"}]}
    read_one = worker("web", queues=queue, env={"production": {"queues": queue}})
    hidden = 'name = "web"\nmain = "src/index.ts"\n[[queues.producers]]\nbinding = "OLD"\nqueue = "old"\n'
    hidden += '[[queues.consumers]]\nqueue = "jobs"\n'
    (found,) = problems({"wrangler.json": read_one, "wrangler.toml": hidden}, "undefined-target")
    first = next(number for number, line in enumerate(read_one.splitlines()) if '"JOBS"' in line)
    assert (found.path, found.line) == ("wrangler.json", first)
    assert '"jobs"' in found.message
