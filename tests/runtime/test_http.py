"""The guard of outbound requests, tried against a real server on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from chittyops.kernel.errors import Refused, Unavailable
from chittyops.runtime import http
from chittyops.runtime.http import USER_AGENT, Guard

LOOPBACK = ip_network("127.0.0.0/8")


class Server:
    """Answers every request: with a redirect where the path names one, else with the head it got."""

    def __init__(self) -> None:
        self.port = 0
        self.heads: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        path = head.split(" ")[1]
        if path.startswith("/to/"):
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: http://{path[4:]}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.9",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_internal_addresses_are_refused_in_every_form(address: str) -> None:
    assert not Guard().permits(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert Guard().permits(ip_address(address))


def test_an_allowed_network_is_permitted_and_no_other() -> None:
    guard = Guard((ip_network("10.0.0.0/8"),))
    assert guard.permits(ip_address("10.2.3.4"))
    assert not guard.permits(ip_address("127.0.0.1"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
async def test_a_guarded_client_does_not_reach_loopback(host: str, server: Server) -> None:
    async with http.client(guard=Guard()) as client:
        with pytest.raises((Refused, Unavailable)):
            await client.get(f"http://{host}:{server.port}/")
    assert server.heads == []


async def test_a_redirect_to_an_internal_address_is_refused(server: Server) -> None:
    async with http.client(guard=Guard((LOOPBACK,)), follow_redirects=True) as client:
        with pytest.raises(Refused, match=r"169\.254\.169\.254"):
            await client.get(f"http://127.0.0.1:{server.port}/to/169.254.169.254/latest")
        assert (await client.get(f"http://127.0.0.1:{server.port}/to/127.0.0.1:{server.port}/")).text == "ok"


async def test_the_name_is_resolved_once_and_sent_as_host(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = iter(["127.0.0.1", "169.254.169.254"])

    async def rebinding(_loop: object, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    real = asyncio.BaseEventLoop.getaddrinfo

    async def resolve(loop: asyncio.BaseEventLoop, host: str, port: int, **options: Any) -> Any:
        named = host == "rebind.example"
        return await (rebinding(loop, host, port) if named else real(loop, host, port, **options))

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    async with http.client(guard=Guard((LOOPBACK,))) as client:
        assert (await client.get(f"http://rebind.example:{server.port}/")).text == "ok"
        with pytest.raises(Refused):
            await client.get(f"http://rebind.example:{server.port}/")
    assert asked == ["rebind.example", "rebind.example"]
    assert f"rebind.example:{server.port}" in server.heads[0]


async def test_one_internal_address_among_several_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        await Guard().resolve("mixed.example", 80)


async def test_an_unknown_name_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)
    with pytest.raises(Unavailable, match="cannot be resolved"):
        await Guard().resolve("no-such-host.invalid", 80)


async def test_without_a_guard_the_product_reaches_its_own_processes(server: Server) -> None:
    async with http.client(guard=None, base_url=f"http://127.0.0.1:{server.port}") as client:
        assert (await client.get("/x")).text == "ok"
    assert USER_AGENT in server.heads[0]
