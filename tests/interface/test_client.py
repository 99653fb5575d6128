"""The client of the centre against a server that misbehaves on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chittyops.interface.client import Address, Client, connection
from chittyops.interface.client.events import parse_events
from chittyops.kernel.errors import (
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Place,
    Refused,
    Unavailable,
)
from chittyops.runtime.home import Home

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Gives each request the next answer of the list, and remembers it."""

    protocol_version = "HTTP/1.1"
    answers: list[Answer]
    seen: list[tuple[str, str, dict[str, str], bytes]]

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, headers, body))
        self.close_connection = True
        self.answers.pop(0)(self)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[type[Handler]]:
    handler = type("Scripted", (Handler,), {"answers": [], "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        handler.port = listening.server_port  # type: ignore[attr-defined]
        yield handler
        listening.shutdown()
        thread.join()


@pytest.fixture
def client(server: type[Handler], monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(connection, "RETRY_SECONDS", 0.01)
    port = server.port  # type: ignore[attr-defined]
    return Client(lambda: Address(f"http://127.0.0.1:{port}", "t0ken"))


def gives(status: int, body: object = None, kind: str = "application/json") -> Answer:
    def answer(handler: Handler) -> None:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def streams(text: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


def hangs_up(_handler: Handler) -> None:
    """Close the connection without a word."""


def test_a_request_carries_the_token_and_the_query(server: type[Handler], client: Client) -> None:
    server.answers.append(gives(200, {"a": 1}))
    assert client.get("/fleets", {"limit": 5, "follow": True, "cursor": None}) == {"a": 1}
    method, path, headers, _ = server.seen[0]
    assert (method, path) == ("GET", "/api/v1/fleets?limit=5&follow=true")
    assert headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Misconfigured),
        (401, Refused),
        (403, Refused),
        (404, NotFound),
        (409, Conflict),
        (422, Misconfigured),
        (429, Unavailable),
        (500, ChittyOpsError),
        (503, Unavailable),
    ],
)
def test_a_problem_becomes_the_error_it_stands_for(
    server: type[Handler], client: Client, status: int, kind: type[ChittyOpsError]
) -> None:
    server.answers.append(gives(status, {"title": "T", "status": status, "detail": "what", "hint": "do so"}))
    with pytest.raises(ChittyOpsError) as caught:
        client.get("/x")
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.hint) == ("what", "do so")


def test_problems_keep_their_places(server: type[Handler], client: Client) -> None:
    item = {"message": "bad", "path": "chittyops.yaml", "line": 3, "column": 5, "hint": "good"}
    server.answers.append(gives(422, {"detail": "bad", "problems": [item, {"message": "worse"}]}))
    with pytest.raises(Misconfigured) as caught:
        client.post("/x", {})
    first, second = caught.value.problems
    assert (first.message, first.place, first.hint) == ("bad", Place("chittyops.yaml", 3, 5), "good")
    assert (second.message, second.place) == ("worse", None)


def test_a_page_of_a_proxy_is_no_traceback(server: type[Handler], client: Client) -> None:
    server.answers += [gives(502, b"<html>Bad gateway</html>", "text/html"), gives(418, b"\xff\xfe", "text/plain")]
    with pytest.raises(Unavailable, match="answered 502"):
        client.get("/x")
    with pytest.raises(ChittyOpsError, match="answered 418"):
        client.get("/x")


def test_a_closed_connection_is_unavailable_with_a_hint(server: type[Handler], client: Client) -> None:
    server.answers.append(hangs_up)
    with pytest.raises(Unavailable) as caught:
        client.get("/x")
    assert "chittyops up" in caught.value.hint


def test_a_keyed_post_is_repeated_with_the_same_key(server: type[Handler], client: Client) -> None:
    server.answers += [hangs_up, gives(503, {"detail": "restarting"}), gives(201, {"id": "shop-1"})]
    assert client.post("/releases", {"plan": "p"}, key="k1") == {"id": "shop-1"}
    assert [headers["idempotency-key"] for _, _, headers, _ in server.seen] == ["k1"] * 3


def test_a_post_without_a_key_is_sent_once(server: type[Handler], client: Client) -> None:
    server.answers += [hangs_up, gives(201, {})]
    with pytest.raises(Unavailable):
        client.post("/releases", {})
    assert len(server.seen) == 1


def test_a_bundle_is_sent_piece_by_piece(server: type[Handler], client: Client) -> None:
    server.answers.append(gives(204))
    client.put("/bundles/abc", (piece for piece in (b"one", b"two")), "application/x-tar")
    _, _, headers, body = server.seen[0]
    assert body == b"onetwo"
    assert headers["content-type"] == "application/x-tar"


def test_items_follow_the_cursor_and_stop_at_the_limit(server: type[Handler], client: Client) -> None:
    pages = [
        gives(200, {"items": [{"n": 1}, {"n": 2}], "next_cursor": "c1"}),
        gives(200, {"items": [{"n": 3}], "next_cursor": None}),
    ]
    server.answers += pages
    assert [item["n"] for item in client.items("/x", {"fleet": "shop"})] == [1, 2, 3]
    assert server.seen[1][1] == "/api/v1/x?fleet=shop&cursor=c1"
    server.answers += pages
    assert [item["n"] for item in client.items("/x", limit=2)] == [1, 2]
    assert len(server.seen) == 3


def test_a_stream_goes_on_where_it_broke(server: type[Handler], client: Client) -> None:
    server.answers += [
        streams('retry: 1000\n\nid: 1\nevent: log\ndata: {"n":1}\n\nid: 2\nevent: log\ndata: {"n":'),
        hangs_up,
        streams(': still here\n\nid: 2\nevent: log\ndata: {"n":2}\n\nevent: end\ndata: {"status":"succeeded"}\n\n'),
    ]
    gaps: list[str] = []
    numbers = []
    for event in client.events("/releases/a/events", on_gap=gaps.append):
        if event.event == "end":
            break
        numbers.append(event.data["n"])
    assert numbers == [1, 2]
    assert [headers.get("last-event-id") for _, _, headers, _ in server.seen] == [None, "1", "1"]
    assert gaps == ["the stream ended", ""]


@pytest.mark.parametrize("answer", [hangs_up, streams("retry: 1000\n\n")], ids=["away", "nothing-to-say"])
def test_a_centre_that_stays_away_ends_the_stream(
    server: type[Handler], client: Client, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.05)
    server.answers += [answer] * 50
    with pytest.raises(Unavailable, match="stays away"):
        list(client.events("/x"))


def test_a_problem_within_a_stream_is_raised(server: type[Handler], client: Client) -> None:
    server.answers.append(streams('event: problem\ndata: {"status":404,"detail":"no such log"}\n\n'))
    with pytest.raises(NotFound, match="no such log"):
        list(client.stream("/x"))


def test_an_error_before_the_stream_is_not_retried(server: type[Handler], client: Client) -> None:
    server.answers.append(gives(404, {"detail": "there is no release x"}))
    with pytest.raises(NotFound, match="no release"):
        list(client.events("/x"))


def test_an_idle_stream_ends_when_asked_to(server: type[Handler], client: Client) -> None:
    release = threading.Event()

    def answer(handler: Handler) -> None:
        streams('event: log\ndata: {"text":"one"}\n\n')(handler)
        handler.wfile.flush()
        release.wait(5)

    server.answers.append(answer)
    events = list(client.stream("/x", idle_seconds=0.1))
    release.set()
    assert [event.data["text"] for event in events] == ["one"]


def test_lines_of_data_are_joined() -> None:
    lines = ["data: {", 'data: "a": 1}', "", "event:x", "data:[]", "", "data: lost"]
    events = list(parse_events(iter(lines)))
    assert [(event.event, dict(event.data)) for event in events] == [("message", {"a": 1}), ("x", {})]


def test_the_centre_of_this_machine_is_found_in_its_home(tmp_path: Path) -> None:
    environ = {"CHITTYOPS_HOME": str(tmp_path / "home")}
    with pytest.raises(Unavailable, match="does not run") as caught:
        Address.locate(environ)
    assert "chittyops up" in caught.value.hint
    home = Home.locate(environ)
    home.write_private("run/api", {"port": 7780})
    home.write_private("credentials", {"admin_token": "secret"})
    assert Address.locate(environ) == Address("http://127.0.0.1:7780", "secret")


@pytest.mark.parametrize(
    ("url", "token", "problem"),
    [
        ("ftp://ops", "t", "not an http"),
        ("ops.example.com", "t", "not an http"),
        ("http://ops.example.com", "t", "unencrypted"),
        ("https://ops.example.com", "", "no token"),
        ("https://ops.example.com", "a\nb", "no token"),
    ],
    ids=["scheme", "no-scheme", "plain", "no-token", "bad-token"],
)
def test_a_remote_centre_needs_https_and_a_token(url: str, token: str, problem: str) -> None:
    with pytest.raises(Misconfigured, match=problem):
        Address.locate({"CHITTYOPS_URL": url, "CHITTYOPS_TOKEN": token})


def test_a_remote_centre_is_taken_from_the_environment() -> None:
    environ = {"CHITTYOPS_URL": "https://ops.example.com/", "CHITTYOPS_TOKEN": "t"}
    assert Address.locate(environ) == Address("https://ops.example.com", "t")


def test_the_token_does_not_show() -> None:
    assert "t0ken" not in repr(Address("https://ops.example.com", "t0ken"))
