"""A stateful stand-in for the key-value engines of Vault and OpenBao, on loopback; hvac writes to it in the tests.

Paths and bodies: https://openbao.org/api-docs/secret/kv/kv-v2/ and kv-v1.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hvs.test-token"


class Engines:
    """Two mounts: ``secret/`` of version 2, ``team/old/`` of version 1."""

    def __init__(self) -> None:
        self.second: dict[str, list[dict[str, Any]]] = {}
        self.first: dict[str, dict[str, Any]] = {}
        self.namespaces: list[str | None] = []
        self.reads: list[str] = []
        self.sealed = False
        self.leads_to = ""
        self.tokens: list[str | None] = []
        self.address = ""

    def answer(self, method: str, path: str, token: str | None, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body."""
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if path.startswith("sys/internal/ui/mounts/"):
            return self._mount(path.removeprefix("sys/internal/ui/mounts/"))
        if path.startswith("secret/data/"):
            return self._second(method, path.removeprefix("secret/data/"), body)
        if path.startswith("team/old/"):
            return self._first(method, path.removeprefix("team/old/"), body)
        return 404, {"errors": []}

    def _mount(self, path: str) -> tuple[int, dict[str, Any]]:
        if f"{path}/".startswith("secret/"):
            return 200, {"data": {"path": "secret/", "type": "kv", "options": {"version": "2"}}}
        if path.startswith("team/old/"):
            return 200, {"data": {"path": "team/old/", "type": "kv", "options": None}}
        return 403, {
            "errors": ["preflight capability check returned 403, please ensure client's policies grant access"]
        }

    def _second(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if method in ("POST", "PUT"):
            self.second.setdefault(path, []).append(body["data"])
            return 200, {"data": {"version": len(self.second[path])}}
        self.reads.append(path)
        if path not in self.second:
            return 404, {"errors": []}
        return 200, {"data": {"data": self.second[path][-1], "metadata": {"version": len(self.second[path])}}}

    def _first(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if method in ("POST", "PUT"):
            self.first[path] = body
            return 204, {}
        self.reads.append(path)
        return (200, {"data": self.first[path]}) if path in self.first else (404, {"errors": []})


@contextmanager
def serving(engines: Engines) -> Iterator[Engines]:
    """Serve ``engines`` on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            engines.namespaces.append(self.headers.get("X-Vault-Namespace"))
            path = self.path.removeprefix("/v1/").partition("?")[0]
            status, answer = engines.answer(self.command, path, self.headers.get("X-Vault-Token"), body)
            engines.tokens.append(self.headers.get("X-Vault-Token"))
            data = b"" if status == 204 else json.dumps(answer).encode()
            self.send_response(307 if engines.leads_to else status)
            if engines.leads_to:
                self.send_header("Location", f"{engines.leads_to}{self.path}")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        engines.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield engines
        server.shutdown()
        thread.join()
