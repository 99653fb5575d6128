"""GitHub as far as the secrets of Actions go: it opens the sealed boxes with its own key."""

from __future__ import annotations

from base64 import b64decode, b64encode

from nacl.public import PrivateKey, SealedBox
from tests.vendors.fakes.server import Answer, Call, Fake

REPOSITORY = "acme/shop"


class FakeGitHub(Fake):
    """Keeps the secrets of a repository (under "") and of its environments."""

    def __init__(self) -> None:
        """Begin without secrets, with one environment."""
        super().__init__()
        self.secrets: dict[str, dict[str, str]] = {"": {}, "production": {}}
        self._key = PrivateKey.generate()
        self.key_id = "568250167242549743"

    def answer(self, call: Call) -> Answer:
        """Carry ``call`` out."""
        match call.parts:
            case ["repos", owner, name, "actions", "secrets", *rest]:
                place = ""
            case ["repos", owner, name, "environments", place, "secrets", *rest]:
                pass
            case _:
                return Answer(404, {"message": "Not Found"})
        if f"{owner}/{name}" != REPOSITORY or place not in self.secrets:
            return Answer(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})
        return self._secrets(self.secrets[place], rest, call)

    def _secrets(self, held: dict[str, str], rest: list[str], call: Call) -> Answer:
        match call.method, rest:
            case "GET", ["public-key"]:
                return Answer(200, {"key_id": self.key_id, "key": b64encode(bytes(self._key.public_key)).decode()})
            case "GET", []:
                page, size = int(call.query.get("page", 1)), int(call.query.get("per_page", 30))
                stamp = "2026-01-01T00:00:00Z"
                found = [{"name": each, "created_at": stamp, "updated_at": stamp} for each in sorted(held)]
                return Answer(200, {"total_count": len(found), "secrets": found[(page - 1) * size : page * size]})
            case "PUT", [name]:
                if call.body["key_id"] != self.key_id:
                    return Answer(422, {"message": "Bad key id"})
                new = name.upper() not in held
                held[name.upper()] = SealedBox(self._key).decrypt(b64decode(call.body["encrypted_value"])).decode()
                return Answer(201, {}) if new else Answer(204)
            case "DELETE", [name] if name in held:
                del held[name]
                return Answer(204)
        return Answer(404, {"message": "Not Found"})
