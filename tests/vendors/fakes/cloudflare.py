"""Cloudflare as far as secrets of Workers and API tokens go."""

from __future__ import annotations

import secrets
from typing import Any

from tests.vendors.fakes import descriptions
from tests.vendors.fakes.server import Answer, Call, Fake

ACCOUNT = "0123456789abcdef0123456789abcdef"
NO_WORKER = 10007
DESCRIBED = {
    # The description is older than these paths, which hold the same things in another place.
    "secrets": "/accounts/{account_id}/workers/dispatch/namespaces/{dispatch_namespace}/scripts/{script_name}/secrets",
    "tokens": "/user/tokens",
}


def envelope(result: Any, **more: Any) -> dict[str, Any]:
    """Return a good answer."""
    return {"success": True, "errors": [], "messages": [], "result": result, **more}


def failed(status: int, code: int, message: str) -> Answer:
    """Return a bad answer."""
    errors = [{"code": code, "message": message}]
    return Answer(status, {"success": False, "errors": errors, "messages": [], "result": None})


class FakeCloudflare(Fake):
    """Keeps Workers with their secrets and versions, and tokens with their values."""

    prefix = "/client/v4"

    def __init__(self) -> None:
        """Begin with one Worker without secrets."""
        super().__init__()
        self.workers: dict[str, dict[str, str]] = {"cart": {}}
        self.versions: list[str] = []
        self.tokens: dict[str, dict[str, Any]] = {}
        self.values: dict[str, str] = {}

    def allowed(self, call: Call) -> bool:
        """Return whether a living token came along: the account's own, or one that was made here."""
        shown = call.headers.get("authorization", "").removeprefix("Bearer ")
        return shown == self.token or shown in self.values.values()

    def refused(self) -> Answer:
        """Return what is said to a wrong token."""
        return failed(401, 1000, "Invalid API Token")

    def answer(self, call: Call) -> Answer:
        """Carry ``call`` out."""
        match call.method, call.parts:
            case method, ["accounts", account, "workers", "scripts", script, what] if account == ACCOUNT:
                return self._worker(method, script, what, call)
            case method, ["user", "tokens", *rest]:
                return self._tokens(method, rest, call)
            case method, ["accounts", account, "tokens", *rest] if account == ACCOUNT:
                return self._tokens(method, rest, call)
        return failed(404, 7003, f"Could not route to {call.path}")

    def _worker(self, method: str, script: str, what: str, call: Call) -> Answer:
        if script not in self.workers:
            return failed(404, NO_WORKER, "This Worker does not exist on your account.")
        held = self.workers[script]
        if (method, what) == ("GET", "secrets"):
            return Answer(200, envelope([{"name": name, "type": "secret_text"} for name in held]))
        if (method, what) == ("PATCH", "secrets-bulk"):
            if call.headers["content-type"] != "application/merge-patch+json":
                return failed(415, 10001, "Unsupported media type")
            for name, entry in call.body["secrets"].items():
                held.pop(name, None)
                if entry is not None:
                    held[name] = entry["text"]
            self.versions.append(script)
            return Answer(200, envelope([{"name": name, "type": "secret_text"} for name in held]))
        return failed(405, 10405, "Method not allowed for this authentication scheme")

    def _tokens(self, method: str, rest: list[str], call: Call) -> Answer:
        match method, rest:
            case "GET", []:
                page, size = int(call.query.get("page", 1)), int(call.query.get("per_page", 20))
                found = list(self.tokens.values())
                info = {"page": page, "per_page": size, "count": len(found), "total_count": len(found)}
                return Answer(200, envelope(found[(page - 1) * size : page * size], result_info=info))
            case "GET", ["verify"]:
                shown = call.headers["authorization"].removeprefix("Bearer ")
                named = next((each for each, value in self.values.items() if value == shown), "account-token")
                return Answer(200, envelope({"id": named, "status": "active"}))
            case "POST", []:
                made = {"id": secrets.token_hex(16), "status": "active", **call.body}
                self.tokens[made["id"]] = made
                self.values[made["id"]] = secrets.token_urlsafe(30)
                return Answer(200, envelope({**made, "value": self.values[made["id"]]}))
            case _, [token, *what] if token in self.tokens:
                return self._token(method, token, what)
        return failed(404, 1003, "Token not found")

    def _token(self, method: str, token: str, what: list[str]) -> Answer:
        if (method, what) == ("PUT", ["value"]):
            self.values[token] = secrets.token_urlsafe(30)
            return Answer(200, envelope(self.values[token]))
        if method == "GET":
            return Answer(200, envelope(self.tokens[token]))
        del self.tokens[token], self.values[token]
        return Answer(200, envelope({"id": token}))

    def check(self, call: Call, answer: Answer) -> None:
        """Hold what was said against Cloudflare's description, and against the paths that its own CLI uses."""
        path = call.parts
        if "workers" in path and path[-1] == "secrets-bulk":
            # Newer than the description; each entry is what PUT takes for one.
            entries = [entry for entry in call.body["secrets"].values() if entry is not None]
            for entry in entries:
                self._note(
                    descriptions.problem(descriptions.CLOUDFLARE, DESCRIBED["secrets"], "PUT", status=None, data=entry)
                )
            return
        if "workers" in path:
            self._compare(DESCRIBED["secrets"], call, answer)
        elif "tokens" in path:
            rest = path[path.index("tokens") + 1 :]
            ends = {"verify": ["verify"], "value": ["{token_id}", "value"]}
            inside = ends.get(rest[-1], ["{token_id}"]) if rest else []
            self._compare("/".join((DESCRIBED["tokens"], *inside)), call, answer)

    def _compare(self, path: str, call: Call, answer: Answer) -> None:
        if call.body is not None:
            self._note(descriptions.problem(descriptions.CLOUDFLARE, path, call.method, status=None, data=call.body))
        if answer.status == 200:  # of a failure, the description says that `success` is both true and false
            self._note(descriptions.problem(descriptions.CLOUDFLARE, path, call.method, status=200, data=answer.data))

    def _note(self, problem: str) -> None:
        if problem:
            self.problems.append(problem)
