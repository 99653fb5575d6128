"""``chittyops secrets serve``: who shows the token of a service gets what that service declares, and it is recorded."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from tests.app.injection.workspace import TOKEN, Workspace

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="needs SO_PEERCRED, which Linux has")


class Connection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("chittyops", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    path: Path
    tokens: dict[str, str]

    def get(self, path: str, token: str = "", *, method: str = "GET", **headers: str) -> tuple[HTTPResponse, str]:
        connection = Connection(self.path)
        given = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, headers=given | headers)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response, body

    def data(self, path: str, token: str) -> Any:
        response, body = self.get(path, token)
        assert response.status == 200, body
        return json.loads(body)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)[1]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "shop", tmp_path / "home")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose path is short enough for a socket."""
    return tmp_path_factory.mktemp("s")


def serving(workspace: Workspace, path: Path, *options: str) -> Server:
    command = workspace.argv("secrets", "serve", "api", "bare", "--socket", str(path), "--json", *options)
    process = subprocess.Popen(
        command, cwd=workspace.root, env=workspace.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stderr
    said = process.stderr.readline()
    assert "serving api, bare" in said, said + process.stderr.read()
    text = ""
    while not text.rstrip().endswith("}\n}"):
        text += process.stdout.readline()
    return Server(process, path, json.loads(text)["tokens"])


@pytest.fixture
def server(workspace: Workspace, folder: Path) -> Iterator[Server]:
    server = serving(workspace, folder / "socket")
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def test_a_service_gets_what_it_declares_and_nothing_else(server: Server) -> None:
    token = server.tokens["api"]
    found = server.data("/v1/secrets", token)
    assert (found["service"], found["environment"]) == ("api", "local")
    assert found["secrets"] == {
        "TOKEN": TOKEN, "FLAG": "planted-flag", "FILED": "planted-filed", "CI": "planted-ci",
        "URL": f"postgres://api:{TOKEN}@db/${{x",
    }  # fmt: skip
    assert server.data("/v1/secrets/TOKEN", token) == {"name": "TOKEN", "value": TOKEN}
    response, body = server.get("/v1/secrets/TOKEN", token, Accept="text/plain")
    assert (body, response.headers["cache-control"]) == (TOKEN, "no-store")
    assert server.data("/v1/secrets", server.tokens["bare"])["secrets"] == {}
    assert server.get("/v1/secrets/TOKEN", server.tokens["bare"])[0].status == 404


@pytest.mark.parametrize(
    ("path", "method", "known", "status"),
    [
        ("/v1/secrets", "GET", False, 401),
        ("/v1/secrets/TOKEN", "GET", False, 401),
        ("/v1/secrets/NOTHING", "GET", True, 404),
        ("/v1/secrets/", "GET", True, 404),
        ("/elsewhere", "GET", True, 404),
        ("/v1/secrets/TOKEN", "DELETE", True, 405),
    ],
)
def test_the_rest_is_a_problem_document(server: Server, path: str, method: str, known: bool, status: int) -> None:
    response, body = server.get(path, server.tokens["api"] if known else "guessed", method=method)
    assert response.status == status
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(body)["status"] == status
    assert response.headers["allow"] == ("GET" if status == 405 else None)
    assert "planted" not in body


def test_changed_files_hold_from_the_next_request_on(server: Server, workspace: Workspace) -> None:
    token = server.tokens["api"]
    assert server.data("/v1/secrets/TOKEN", token)["value"] == TOKEN
    workspace.seal("local", {("services", "api", "TOKEN"): "planted-anew"})
    assert server.data("/v1/secrets/TOKEN", token)["value"] == "planted-anew"
    workspace.write("secrets/local.sops.yaml", "<<<<<<< ours\n")
    response, body = server.get("/v1/secrets/TOKEN", token)
    assert (response.status, "planted" in body) == (503, False)
    workspace.seal("local", {("services", "api", "TOKEN"): "planted-again"})
    assert server.data("/v1/secrets/TOKEN", token)["value"] == "planted-again"


def test_every_read_is_recorded_by_name(server: Server, workspace: Workspace) -> None:
    server.data("/v1/secrets/TOKEN", server.tokens["api"])
    server.get("/v1/secrets/NOTHING", server.tokens["api"])
    server.data("/v1/secrets", server.tokens["bare"])
    log = workspace.home / "audit" / "secret-reads.jsonl"
    entries = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(each["service"], each["names"]) for each in entries] == [("api", ["TOKEN"]), ("bare", [])]
    assert all(each["reader"] == "socket" and each["environment"] == "local" for each in entries)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_tokens_are_kept_as_hashes_and_hold_after_a_new_start(server: Server, workspace: Workspace) -> None:
    tokens = server.tokens
    server.stop()
    assert not server.path.exists()
    texts = [path.read_text("utf-8", errors="replace") for path in workspace.home.rglob("*") if path.is_file()]
    assert not any(token in text for token in tokens.values() for text in texts)

    again = serving(workspace, server.path)
    try:
        assert again.tokens == {}
        assert again.data("/v1/secrets/FLAG", tokens["api"])["value"] == "planted-flag"
    finally:
        again.stop()
    renewed = serving(workspace, server.path, "--new-tokens", "--tokens", str(server.path.parent / "tokens"))
    try:
        file = Path(renewed.tokens["api"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert renewed.get("/v1/secrets", tokens["api"])[0].status == 401
        assert renewed.data("/v1/secrets/FLAG", file.read_text("utf-8"))["value"] == "planted-flag"
    finally:
        renewed.stop()


def test_the_socket_lets_in_its_owner_alone(server: Server) -> None:
    assert stat.S_IMODE(server.path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to call under another account")
def test_an_account_is_let_in_where_it_is_named(workspace: Workspace, folder: Path) -> None:
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001 and parent != Path("/"):
            parent.chmod(0o711)
    server = serving(workspace, folder / "socket", "--uid", "65534")
    script = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(10)\n"
    script += "s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(12).decode())"
    try:
        answers = [
            subprocess.run(
                ["/usr/bin/env", "python3", "-c", script, str(server.path)], user=uid, capture_output=True, text=True,
                check=False, env={"PATH": os.defpath},
            )
            for uid in (65534, 65533)
        ]  # fmt: skip
        assert [each.stdout.strip() for each in answers] == ["HTTP/1.1 401", ""], answers
    finally:
        server.stop()


def test_a_second_server_and_a_wrong_path_are_told(server: Server, workspace: Workspace, folder: Path) -> None:
    second = workspace.run("secrets", "serve", "api", "--socket", str(server.path))
    assert (second.returncode, "serves at" in second.stderr) == (3, True)
    (folder / "file").write_text("mine")
    wrong = workspace.run("secrets", "serve", "api", "--socket", str(folder / "file"))
    assert (wrong.returncode, "is no socket" in wrong.stderr) == (3, True)
    nowhere = workspace.run("secrets", "serve", "api", "--socket", str(folder / "no" / "socket"))
    assert (nowhere.returncode, "there can be no socket" in nowhere.stderr) == (2, True)


def test_a_socket_that_a_killed_server_left_is_taken_over(server: Server, workspace: Workspace) -> None:
    server.process.kill()
    server.process.communicate()
    assert server.path.exists()
    again = serving(workspace, server.path)
    again.stop()
