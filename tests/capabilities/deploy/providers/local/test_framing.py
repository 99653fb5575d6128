"""Where HTTP messages end, and which ones are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.deploy.providers.local.framing import (
    BadMessage,
    Chunked,
    Head,
    Sized,
    UntilClose,
    parse_request,
    parse_response,
)

GET = parse_request(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    trailer=st.sampled_from([b"", b"X-Sum: 1\r\n"]),
    rest=st.binary(max_size=20),
    data=st.data(),
)
def test_a_chunked_body_ends_where_it_ends_however_it_is_cut(
    chunks: list[bytes], trailer: bytes, rest: bytes, data: st.DataObject
) -> None:
    encoded = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n" + trailer + b"\r\n"
    stream, body, taken = encoded + rest, Chunked(), 0
    while not body.done:
        piece = stream[taken : taken + data.draw(st.integers(1, 30))]
        taken += body.feed(piece)
    assert taken == len(encoded)


@pytest.mark.parametrize(
    "data",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"3\nabc\r\n",
        b"3\r\nabcd\r\n",
        b"0\r\nno trailer\r\n",
        b"1" * 9000,
        b"0x3\r\nabc\r\n",
    ],
    ids=["word", "empty", "negative", "bare-lf", "too-long", "trailer", "endless-line", "prefix"],
)
def test_a_malformed_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        Chunked().feed(data)


def test_endless_trailers_are_refused() -> None:
    with pytest.raises(BadMessage):
        Chunked().feed(b"0\r\n" + b"X-A: b\r\n" * 2000)


@given(st.integers(0, 100), st.binary(max_size=200))
def test_a_sized_body_takes_its_length(length: int, data: bytes) -> None:
    body = Sized(length)
    assert body.feed(data) == min(length, len(data))
    assert body.done is (len(data) >= length)


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: -3",
        "Content-Length: 0x3",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "X: a\nTransfer-Encoding: chunked",
        "X: a\rContent-Length: 3",
        " folded: yes",
        "no colon",
    ],
)
def test_a_request_that_two_parsers_could_read_differently_is_refused(fields: str) -> None:
    with pytest.raises(BadMessage):
        parse_request(f"POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n".encode())


@pytest.mark.parametrize("line", ["", "GET", "GET /", "GET / HTTP/9.9", "get / http/1.1", "GET /\x00 HTTP/1.1"])
def test_a_bad_request_line_is_refused(line: str) -> None:
    with pytest.raises(BadMessage):
        parse_request(f"{line}\r\nHost: x\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [
        ("1.1", "", True),
        ("1.1", "Connection: close\r\n", False),
        ("1.1", "Connection: foo, Close\r\n", False),
        ("1.0", "", False),
        ("1.0", "Connection: keep-alive\r\n", True),
    ],
    ids=["1.1", "1.1-close", "1.1-list", "1.0", "1.0-keep-alive"],
)
def test_persistence(version: str, connection: str, keep_alive: bool) -> None:
    assert parse_request(f"GET / HTTP/{version}\r\nHost: x\r\n{connection}\r\n".encode()).keep_alive is keep_alive


def respond(status: int, fields: str = "", request: Head = GET) -> Head:
    return parse_response(f"HTTP/1.1 {status} X\r\n{fields}\r\n".encode(), request)


def test_responses_without_a_body() -> None:
    head = parse_request(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert respond(200, "Content-Length: 5\r\n", head).body.done
    assert respond(204).body.done
    assert respond(304, "Content-Length: 5\r\n").body.done
    assert respond(100).body.done


def test_responses_with_a_body() -> None:
    assert isinstance(respond(200, "Content-Length: 5\r\n").body, Sized)
    assert isinstance(respond(200, "Transfer-Encoding: chunked\r\n").body, Chunked)
    until_close = respond(200)
    assert isinstance(until_close.body, UntilClose)
    assert not until_close.keep_alive


def test_only_an_upgrade_that_was_asked_for_makes_a_tunnel() -> None:
    upgrade = parse_request(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert respond(101, "Upgrade: websocket\r\nConnection: Upgrade\r\n", upgrade).tunnel
    assert not respond(101, "Upgrade: websocket\r\nConnection: Upgrade\r\n").tunnel
    assert not respond(200, "Content-Length: 0\r\n", upgrade).tunnel
    connect = parse_request(b"CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n")
    assert respond(200, "", connect).tunnel


@pytest.mark.parametrize("parse", [parse_request, lambda raw: parse_response(raw, GET)], ids=["request", "response"])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_or_passed_on_as_they_are(parse: Callable[[bytes], Head], data: bytes) -> None:
    raw = data + b"\r\n\r\n"
    try:
        head = parse(raw)
    except BadMessage:
        return
    assert head.raw == raw
