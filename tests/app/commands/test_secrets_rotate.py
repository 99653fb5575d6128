"""``chittyops secrets rotate`` at the command line: what is meant, what is planned, what is asked of the centre."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chittyops.app.commands.secrets_rotate import rotate
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.model import EVERY, Level, Part, Slot
from chittyops.kernel.errors import ChittyOpsError, NotFound, Refused
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home

WHOLE = Part(Level.FLEET, "", EVERY)
STAGING = Part(Level.FLEET, "", "staging")
GROUP = Part(Level.GROUP, "core", "staging")
VALUE = "planted-value-of-a-secret"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = Home.locate({"CHITTYOPS_HOME": str(tmp_path / "home")})
    root = tmp_path / "shop"
    (root / "cart").mkdir(parents=True)
    (root / "auth").mkdir()
    recipient = wiring.new_key(home, SystemClock(), keyring=False)
    (root / "chittyops.yaml").write_text(
        f"""fleet: shop
environments: {{staging: {{}}, production: {{}}}}
groups: {{core: [auth]}}
secrets:
  recipients: {{me: {recipient}}}
  policies:
    TOKEN: {{rotate: {{kind: token, overlap_seconds: "30"}}}}
    URL: {{rotate: {{kind: command, command: ./x}}}}
services:
  cart:
    path: cart
    secrets: {{TOKEN: "sops:TOKEN", URL: "sops:URL"}}
    sinks: {{live: {{kind: railway, project: p, environment: e}}}}
  auth: {{path: auth, secrets: {{TOKEN: "sops:TOKEN", TOKEN_PREVIOUS: "sops:TOKEN_PREVIOUS"}}}}
"""
    )
    store = wiring.fleet_store(read_fleet(root), home, {})
    store.save(store.open(EVERY), {Slot(WHOLE, name): Secret(VALUE) for name in ("TOKEN", "URL", "FREE")})
    store.save(store.open("staging"), {Slot(part, "URL"): Secret(VALUE) for part in (STAGING, GROUP)})
    monkeypatch.chdir(root)
    monkeypatch.setenv("CHITTYOPS_HOME", str(home.path))
    return root


def _rotate(*words: str) -> Result:
    result = CliRunner().invoke(rotate, list(words), standalone_mode=False)
    assert VALUE not in result.output
    return result


def _planned(*words: str) -> dict[str, Any]:
    result = _rotate(*words, "--dry-run", "--json")
    assert result.exception is None, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _error(*words: str) -> ChittyOpsError:
    error = _rotate(*words).exception
    assert isinstance(error, ChittyOpsError)
    return error


def test_a_plan_says_who_uses_it_where_it_is_pushed_and_when_the_old_one_ends() -> None:
    result = _rotate("TOKEN", "--env", "staging", "--dry-run")
    for words in ("cart", "started again", "pushed to railway", "TOKEN_PREVIOUS", "30 s after", "--hold waits"):
        assert words in result.stderr
    planned = _planned("TOKEN", "--env", "staging")
    assert {(use["environment"], use["service"]) for use in planned["users"]} == {
        (environment, service) for environment in ("staging", "production") for service in ("cart", "auth")
    }
    assert (planned["previous"], planned["overlap_seconds"]) == ("TOKEN_PREVIOUS", 30.0)
    assert {place["kind"] for place in planned["places"]} == {"railway"}


def test_the_value_that_is_meant_is_the_one_a_service_sees() -> None:
    def part(*words: str) -> tuple[str, str, str]:
        planned = _planned("URL", *words)
        return planned["file"], planned["level"], planned["owner"]

    assert part("auth", "--env", "staging") == ("staging", "group", "core")
    assert part("cart", "--env", "staging") == ("staging", "fleet", "")
    assert part("cart", "--env", "production") == ("all", "fleet", "")
    assert part("--group", "core", "--env", "staging") == ("staging", "group", "core")
    assert part("--fleet", "--env", "staging") == ("staging", "fleet", "")
    assert part("--all") == ("all", "fleet", "")


def test_what_is_not_clear_is_asked_back() -> None:
    assert "several values" in _error("URL", "--env", "staging").message
    assert isinstance(_error("NONE", "--env", "staging", "--rotator", "token"), NotFound)
    assert isinstance(_error("NONE", "--env", "staging"), NotFound)
    error = _error("FREE", "--env", "staging")
    assert isinstance(error, Refused)
    assert "--rotator" in error.hint


def test_a_token_without_overlap_needs_a_word(workspace: Path) -> None:
    assert "no service reads FREE_PREVIOUS" in _error("FREE", "--env", "staging", "--rotator", "token").message
    path = workspace / "chittyops.yaml"
    path.write_text(
        path.read_text().replace(
            "    URL: {rotate", "    FREE: {rotate: {kind: token, previous: none}}\n    URL: {rotate"
        )
    )
    assert _planned("FREE", "--env", "staging")["previous"] == ""


def test_a_person_is_whose_key_is_rotated() -> None:
    planned = _planned("me", "--env", "staging", "--rotator", "age")
    assert (planned["level"], planned["secret"], planned["rotator"]) == ("key", "me", "age")


def test_nothing_is_done_without_a_yes() -> None:
    assert "needs a yes" in _error("TOKEN", "--env", "staging").message


class _Centre(BaseHTTPRequestHandler):
    """Answers as the centre does: a rotation that has ended as ``ends`` says."""

    ends = "succeeded"
    check = "done"
    turned: tuple[str, ...] = ()
    asked: list[tuple[str, str, Any]]

    def _reply(self, body: Any = None) -> None:
        self.asked.append((self.command, self.path, body))
        done = [("check", self.check)]
        if self.command == "GET":
            done += [(name, "done") for name in self.turned]
        steps = [{"name": n, "title": n, "status": said, "attempt": 1, "error": ""} for n, said in done]
        status = "running" if self.turned and self.command == "POST" else self.ends
        rotation = {
            "id": "rot-1", "secret": "TOKEN", "level": "fleet", "fleet": "shop", "environment": "staging",
            "status": status, "error": "verify: no" if self.ends == "rolled_back" else "", "steps": steps,
            "actor": "me", "created_at": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        listed = self.path.split("?")[0].endswith("/rotations") and self.command == "GET"
        data = json.dumps({"items": [rotation], "next_cursor": None} if listed else rotation).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def centre(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Centre]]:
    handler = type("Handler", (_Centre,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("CHITTYOPS_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("CHITTYOPS_TOKEN", "t")
    yield handler
    server.shutdown()
    server.server_close()


def test_the_centre_is_asked_for_what_was_planned(centre: type[_Centre]) -> None:
    result = _rotate("TOKEN", "--env", "staging", "--yes")
    assert result.return_value == 0, result.exception
    (body,) = [body for method, path, body in centre.asked if method == "POST" and path.endswith("/rotations")]
    assert (body["secret"], body["file"], body["rotator"], body["previous"]) == (
        "TOKEN", "all", "token", "TOKEN_PREVIOUS",
    )  # fmt: skip
    assert VALUE not in json.dumps(body)
    assert "commit it" in result.stderr


@pytest.mark.parametrize(
    ("ends", "code", "words"),
    [("rolled_back", 1, "old value is back"), ("failed", 1, "--resume rot-1"), ("held", 0, "--resume rot-1")],
)
def test_how_it_ended_is_said(centre: type[_Centre], ends: str, code: int, words: str) -> None:
    centre.ends = ends
    result = _rotate("TOKEN", "--env", "staging", "--yes")
    assert result.return_value == code
    assert words in result.stderr


def test_the_steps_back_are_counted_too(centre: type[_Centre]) -> None:
    centre.ends, centre.turned = "rolled_back", ("back.store", "discard")
    result = _rotate("TOKEN", "--env", "staging", "--yes")
    assert [line.strip() for line in result.stderr.splitlines() if "/" in line and "  " in line.strip()][-3:] == [
        "1/1  check", "2/3  back.store", "3/3  discard",
    ]  # fmt: skip


def test_where_the_first_look_fails_nothing_was_changed(centre: type[_Centre]) -> None:
    centre.ends, centre.check = "rolled_back", "failed"
    result = _rotate("TOKEN", "--env", "staging", "--yes")
    assert result.return_value == 1
    assert "nothing was changed. verify: no" in result.stderr


@pytest.mark.parametrize("verb", ["resume", "cancel"])
def test_a_rotation_is_steered_by_its_id(centre: type[_Centre], verb: str) -> None:
    assert _rotate(f"--{verb}", "rot-1").return_value == 0
    assert ("POST", f"/api/v1/rotations/rot-1/{verb}", None) in centre.asked
    assert "needs the id" in str(_rotate(f"--{verb}").exception)


def test_rotations_are_listed_and_one_is_shown(centre: type[_Centre]) -> None:
    assert "rot-1" in _rotate("--status").stdout
    assert "check" in _rotate("--status", "rot-1").stdout
    assert isinstance(_error("--status", "../x"), NotFound)
