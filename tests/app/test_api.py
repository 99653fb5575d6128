"""The API as a whole: who may do what, what its document promises, how it starts and ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from tests.app.seeding import SHOP, Seed, Step
from tests.app.serving import Centre

from chittyops.app.api import is_public, listen
from chittyops.capabilities.deploy.model import ReleaseStatus
from chittyops.interface.web.access import Role
from chittyops.runtime.home import Home

Operation = tuple[str, str, Role]


def needed(route: APIRoute) -> Role | None:
    """Return the role that a route asks for."""
    roles: list[Role] = [role for d in route.dependant.dependencies if (role := getattr(d.call, "role", None))]
    return roles[0] if roles else None


def operations(centre: Centre) -> Iterator[Operation]:
    """Yield every operation that needs somebody, as method and address, with its role."""
    pending: list[Any] = list(centre.app.routes)
    while pending:
        route = pending.pop()
        pending += getattr(getattr(route, "original_router", None), "routes", [])
        if not isinstance(route, APIRoute) or is_public(route.path):
            continue
        role = needed(route)
        assert role, f"{route.path} asks for no role"
        address = route.path.replace("{release_id}", "shop-1").replace("{release}", "shop-1")
        for name in route.param_convertors:
            address = address.replace(f"{{{name}}}", "x")
        for method in route.methods or ():
            yield method, address, role


async def test_without_a_token_nothing_but_health_and_login_answers(centre: Centre) -> None:
    found = list(operations(centre))
    assert len(found) > 25
    async with centre.client() as client:
        for method, address, _ in found:
            assert (await client.request(method, address)).status_code == 401, address
        for address in ("/api/v1/openapi.json", "/docs", "/nowhere", "/api/v1/nowhere"):
            assert (await client.get(address)).status_code == 401, address
        assert (await client.get("/api/v1/health")).json()["status"] == "ok"
        assert (await client.get("/login")).status_code == 200


async def test_a_role_that_is_too_low_is_refused(centre: Centre) -> None:
    tokens = {role: await centre.token(role) for role in Role}
    async with centre.client() as client:
        for method, address, role in operations(centre):
            for other, token in tokens.items():
                if not other.allows(role):
                    response = await client.request(method, address, headers={"Authorization": f"Bearer {token}"})
                    assert response.status_code == 403, (method, address, other)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "nonsense", "bearer"])
async def test_a_wrong_token_is_nobody(centre: Centre, header: str) -> None:
    async with centre.client(Authorization=header) as client:
        response = await client.get("/api/v1/fleets")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "chittyops open" in response.json()["hint"]


async def test_a_revoked_token_is_nobody(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as admin:
        made = (await admin.post("/api/v1/tokens", json={"name": "ci", "role": "operator"})).json()
        async with centre.client(made["token"]) as ci:
            assert (await ci.get("/api/v1/releases")).status_code == 200
            assert (await admin.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
            assert (await ci.get("/api/v1/releases")).status_code == 401
        assert (await admin.delete(f"/api/v1/tokens/{made['id']}")).status_code == 404
        listed = (await admin.get("/api/v1/tokens")).json()["items"]
        assert {t["name"] for t in listed} == {"ci", "local"}
        assert made["token"] not in json.dumps(listed)
        acts = [e["action"] for e in (await admin.get("/api/v1/audit")).json()["items"]]
        assert acts == ["token.revoke", "token.create", "token.create"]


async def test_two_tokens_cannot_share_a_name(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as admin:
        await admin.post("/api/v1/tokens", json={"name": "ci", "role": "operator"})
        assert (await admin.post("/api/v1/tokens", json={"name": "ci", "role": "admin"})).status_code == 409


async def test_a_login_link_signs_one_browser_in_once(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as admin:
        link = (await admin.post("/api/v1/login-links")).json()["url"]
    port = centre.url.rpartition(":")[2]
    assert link.startswith(f"http://localhost:{port}/login?code=")
    async with httpx.AsyncClient() as browser:
        response = await browser.get(link)
        assert response.status_code == 303
        assert response.headers["location"] == "/"
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await browser.get(f"http://localhost:{port}/")).status_code == 200
        again = await browser.get(link)
        assert again.status_code == 401
        assert "used up" in again.text
        out = await browser.post(f"http://localhost:{port}/logout", headers={"Sec-Fetch-Site": "same-origin"})
        assert out.status_code == 303
        assert (await browser.get(f"http://localhost:{port}/")).status_code == 401


async def test_a_login_link_leads_to_a_page_of_this_site_alone(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as admin, httpx.AsyncClient() as browser:
        link = (await admin.post("/api/v1/login-links")).json()["url"]
        assert (await browser.get(f"{link}&to=//elsewhere.example")).status_code == 422
        assert (await browser.get(f"{link}&to=https://elsewhere.example")).status_code == 422
        response = await browser.get(f"{link}&to=/workspaces/shop")
    assert (response.status_code, response.headers["location"]) == (303, "/workspaces/shop")


async def test_a_session_writes_only_from_its_own_pages(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as admin:
        link = (await admin.post("/api/v1/login-links")).json()["url"]
    async with httpx.AsyncClient() as browser:
        await browser.get(link)
        address = link.partition("/login")[0] + "/api/v1/tokens"
        body = {"name": "thief", "role": "admin"}
        assert (await browser.post(address, json=body)).status_code == 403
        assert (await browser.post(address, json=body, headers={"Origin": "http://localhost:1"})).status_code == 403
        own = {"Origin": link.partition("/login")[0]}
        assert (await browser.post(address, json=body, headers=own)).status_code == 201


async def test_secrets_are_stored_as_hashes_only(centre: Centre) -> None:
    token = await centre.token(Role.VIEWER)
    async with centre.client(centre.admin_token, **{"Idempotency-Key": "k"}) as admin:
        made = (await admin.post("/api/v1/tokens", json={"name": "ci", "role": "operator"})).json()["token"]
        code = (await admin.post("/api/v1/login-links")).json()["url"].partition("code=")[2]
    async with centre.database.transaction() as tx:
        tables = await tx.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'chittyops'")
        stored = str([await tx.rows(f'SELECT * FROM "{table["name"]}"') for table in tables])
    assert "token.create" in stored
    for secret in (token, made, code, centre.admin_token):
        assert secret not in stored


async def test_the_document_is_complete(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    ids = []
    for path, methods in document["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in methods.values():
            ids.append(operation["operationId"])
            assert operation.get("summary"), path
            assert operation.get("description"), path
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert is_public(path) or operation["security"]
    assert len(ids) == len(set(ids))
    assert all(name.isidentifier() and name.islower() for name in ids), ids
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_a_list_is_read_page_by_page(centre: Centre, seed: Seed) -> None:
    await seed.fleet()
    for number in range(1, 6):
        await seed.release(number, ReleaseStatus.SUCCEEDED, {n: Step() for n in SHOP})
    seen: list[int] = []
    cursor: str | None = ""
    async with centre.client(centre.admin_token) as client:
        while cursor is not None:
            page = (await client.get("/api/v1/releases", params={"limit": 2, "cursor": cursor})).json()
            seen += [r["number"] for r in page["items"]]
            cursor = page["next_cursor"]
        assert (await client.get("/api/v1/releases?cursor=nonsense")).status_code == 422
        assert (await client.get("/api/v1/releases?limit=0")).status_code == 422
    assert seen == [5, 4, 3, 2, 1]


async def next_topic(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("data:"):
            return str(json.loads(line[5:])["topic"])
    pytest.fail("the stream ended")


async def test_changes_are_told_to_whoever_listens(centre: Centre, seed: Seed) -> None:
    await seed.fleet()
    topics = []
    async with centre.client(centre.admin_token) as client, client.stream("GET", "/api/v1/changes") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        await anext(lines)
        await asyncio.sleep(0.8)
        release = await seed.release(1, ReleaseStatus.RUNNING, {n: Step() for n in SHOP})
        topics.append(await asyncio.wait_for(next_topic(lines), 10))
        await seed.healthy(["cart"])
        await seed.say(release, [("cart", "a line of a log is no change of state")])
        topics.append(await asyncio.wait_for(next_topic(lines), 10))
    assert topics == ["releases", "health"]


def test_a_taken_port_is_passed_over() -> None:
    with listen(0) as first:
        port = first.getsockname()[1]
        with listen(port) as second:
            assert second.getsockname()[1] != port
            assert second.getsockname()[0] == "127.0.0.1"


def test_a_port_is_bound_to_loopback_alone() -> None:
    with listen(0) as bound:
        assert bound.family is socket.AF_INET
        assert bound.getsockname()[0] == "127.0.0.1"


def test_the_process_records_where_it_is_keeps_its_port_and_ends_its_streams(home: Home, database_url: str) -> None:
    environ = {
        **os.environ, "CHITTYOPS_HOME": str(home.path), "CHITTYOPS_PORT": "0", "CHITTYOPS_DATABASE_URL": database_url,
        "CHITTYOPS_NATS_URL": "nats://127.0.0.1:1",
    }  # fmt: skip
    command = [sys.executable, "-c", "from chittyops.app.api import main; main()"]
    process = subprocess.Popen(command, env=environ)
    try:
        give_up_at = time.monotonic() + 20
        while not (record := home.read_private("run/api.json")):
            assert time.monotonic() < give_up_at
            assert process.poll() is None
            time.sleep(0.05)
        assert record["pid"] == process.pid
        assert record["address"] == f"http://127.0.0.1:{record['port']}"
        assert httpx.get(f"{record['address']}/api/v1/health").json()["status"] == "ok"
        headers = {"Authorization": f"Bearer {home.credential('admin_token').reveal()}"}
        with httpx.stream("GET", f"{record['address']}/api/v1/changes", headers=headers) as stream:
            assert stream.status_code == 200
            process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            assert process.wait(10) == 0
            assert time.monotonic() - begun < 3
        assert home.read_private("port.json") == {"port": record["port"]}
    finally:
        process.kill()
        process.wait()
