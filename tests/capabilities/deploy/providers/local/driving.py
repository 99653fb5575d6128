"""A real agent as a process of its own, and small services that are driven through the provider."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chittyops.capabilities.deploy.model import Activated, Desired, Prepared, Target
from chittyops.capabilities.deploy.providers.local.process import MARKER, environment_of, marked
from chittyops.capabilities.deploy.providers.local.provider import LocalProvider
from chittyops.capabilities.deploy.providers.local.wire import RECORD
from chittyops.kernel.service import Deploy, Launch, Service
from chittyops.runtime.home import Home

AGENT = "from chittyops.app.agent import main; main()"

SERVICE = """
import json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            self.reply({"ok": True, "build": os.environ["CHITTYOPS_BUILD_ID"]})
        elif self.path == "/plain":
            self.reply("well")
        elif self.path == "/env":
            self.reply(dict(os.environ))
        elif self.path == "/crash":
            os._exit(3)
        elif self.path.startswith("/slow"):
            time.sleep(float(self.path.rpartition("/")[2]))
            self.reply({"build": os.environ["CHITTYOPS_BUILD_ID"]})
        elif self.path == "/stream":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(10):
                self.wfile.write(b"6\\r\\nchunk\\n\\r\\n")
                time.sleep(0.01)
            self.wfile.write(b"0\\r\\n\\r\\n")
        else:
            self.reply({"build": os.environ["CHITTYOPS_BUILD_ID"], "path": self.path})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply({"length": len(body)})

    def reply(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

for text in sys.argv[1:]:
    print(text)
print("secret is", os.environ.get("API_KEY"))
server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(0.02)
"""


@dataclass
class Said:
    """Remembers what was said."""

    lines: list[str] = field(default_factory=list)

    async def __call__(self, text: str) -> None:
        self.lines.append(text)


class RunningAgent:
    """An agent process that the test starts, kills and starts again."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self.home = home
        self.environ = {**environ, "CHITTYOPS_HOME": str(home.path)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-W", "error", "-c", AGENT], env=self.environ)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        while self._process is not None and self._recorded() != self._process.pid:
            assert self._process.poll() is None, "the agent ended by itself"
            time.sleep(0.02)
        self._end(signal.SIGTERM)

    def _recorded(self) -> int:
        return int((self.home.read_private(RECORD) or {}).get("pid", 0))

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(30)
            assert number is signal.SIGKILL or process.returncode == 0

    def own(self) -> dict[int, str]:
        """Return the living service processes of this home and their markers."""
        return processes(self.home)


def processes(home: Home, fleet: str = "") -> dict[int, str]:
    """Return the living service processes of a home, or of one fleet of it, and their markers."""
    prefix = home.mark + fleet
    return {i.pid: environment_of(i.pid)[MARKER] for group in marked(prefix).values() for i in group}


class Fleet:
    """Makes services and drives them through the provider."""

    def __init__(self, home: Home, root: Path, name: str = "shop") -> None:
        self.home = home
        self.name = name
        self.root = root
        self.provider = LocalProvider(home, dict(os.environ))
        self.said = Said()
        self._releases = 0

    def processes(self) -> dict[int, str]:
        """Return the living processes of this fleet and their markers."""
        return processes(self.home, f"{self.name}/")

    def target(
        self,
        build_id: str = "",
        *,
        name: str = "web",
        files: Mapping[str, str] | None = None,
        attempt: int = 1,
        release: str = "",
        addresses: Mapping[str, str] | None = None,
        launch: Launch = Launch("command", "python service.py"),  # noqa: B008 - frozen
        deploy: Mapping[str, Any] | None = None,
        **service: Any,
    ) -> Target:
        self._releases += 0 if release else 1
        build_id = build_id or f"{name}-{self._releases}"
        source = self.root / "services" / name
        source.mkdir(parents=True, exist_ok=True)
        content = f"content-{self.name}-{build_id}"
        bundle = self.home.file("bundles", content, "x").parent
        for path, text in (files if files is not None else {"service.py": SERVICE}).items():
            (bundle / path).parent.mkdir(parents=True, exist_ok=True)
            (bundle / path).write_text(text)
        settings = {"start_timeout_seconds": 15.0, "stop_grace_seconds": 3.0, **(deploy or {})}
        desired = Desired(
            Service(name, f"services/{name}", deploy=Deploy(launch, **settings), **service),
            inputs={},
            content=content,
            digest="",
            source=str(source),
        )
        release = release or f"{self.name}-{self._releases}"
        return Target(self.name, "local", release, build_id, attempt, desired, addresses or {})

    async def deploy(self, target: Target) -> tuple[Prepared, Activated]:
        prepared = await self.provider.prepare(target, self.said)
        return prepared, await self.provider.activate(target, prepared, self.said)
