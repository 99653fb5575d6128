"""What never reaches a route, and what every response carries."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from chittyops.interface.web.guard import Guard, SecurityHeaders

LIMIT = 1000


def client() -> httpx.AsyncClient:
    app = FastAPI()

    @app.post("/")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    @app.put("/raw")
    async def count(request: Request) -> int:
        return len(await request.body())

    @app.get("/{path:path}")
    async def read(path: str) -> str:
        return path

    guarded = SecurityHeaders(Guard(app, body_bytes=LIMIT, larger_bodies={"/raw": 5 * LIMIT}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://127.0.0.1:7780")


@pytest.mark.parametrize("host", ["127.0.0.1:7780", "localhost", "LOCALHOST:1", "[::1]:7780"])
async def test_loopback_names_are_served(host: str) -> None:
    assert (await client().get("/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:7780", ""])
async def test_other_names_are_not(host: str) -> None:
    assert (await client().get("/", headers={"Host": host})).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="foreign-origin"),
        pytest.param({"Origin": "http://127.0.0.1:9999"}, id="other-port"),
        pytest.param({"Origin": "null"}, id="opaque-origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="same-site"),
        pytest.param({"Cookie": "a=b"}, id="cookie-without-proof"),
    ],
)
async def test_writes_from_other_sites_are_refused(headers: dict[str, str]) -> None:
    response = await client().post("/", json={}, headers=headers)
    assert response.status_code == 403
    assert (await client().get("/", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="program"),
        pytest.param({"Origin": "http://127.0.0.1:7780", "Cookie": "a=b"}, id="own-page"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Cookie": "a=b"}, id="own-form"),
    ],
)
async def test_own_writes_pass(headers: dict[str, str]) -> None:
    assert (await client().post("/", json={"a": 1}, headers=headers)).json() == {"a": 1}


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    response = await client().post("/", content=b"x", headers={"Content-Length": str(LIMIT + 1)})
    assert response.status_code == 413


async def test_a_body_that_does_not_say_so_is_refused_when_it_is_seen() -> None:
    async def pieces() -> Any:
        for _ in range(20):
            yield b" " * 100

    response = await client().post("/", content=pieces(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413


async def test_some_paths_take_more() -> None:
    assert (await client().put("/raw", content=b"x" * 4 * LIMIT)).json() == 4 * LIMIT
    assert (await client().put("/raw", content=b"x" * 6 * LIMIT)).status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(rb'{"a": "\u0000"}', 422, id="nul"),
        pytest.param(rb'{"\u0000": 1}', 422, id="nul-in-key"),
        pytest.param(rb'{"a": [{"b": "\ud800"}]}', 422, id="lone-surrogate"),
        pytest.param(rb'{"a": NaN}', 422, id="nan"),
        pytest.param(rb'{"a": -Infinity}', 422, id="infinity"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', 400, id="surrogate-in-utf8"),
        pytest.param('{"a": 1}'.encode("utf-16"), 400, id="utf-16"),
        pytest.param(rb'{"a": "\\u0000"}', 200, id="escaped-backslash"),
        pytest.param(rb'{"a": "\ud83d\ude00"}', 200, id="pair"),
        pytest.param(b'{"a": "NaN"}', 200, id="the-word"),
    ],
)
async def test_text_that_cannot_be_stored_is_refused(body: bytes, status: int) -> None:
    response = await client().post("/", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status


@pytest.mark.parametrize("address", ["/a%00b", "/?q=%00"])
async def test_nul_in_an_address_is_refused(address: str) -> None:
    assert (await client().get(address)).status_code == 400


async def test_every_response_carries_the_headers() -> None:
    headers = (await client().get("/")).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    refused = (await client().get("/", headers={"Host": "evil.example"})).headers
    assert refused["content-security-policy"] == headers["content-security-policy"]
