"""GitHub: the secrets of Actions, of a repository or one of its environments.

https://docs.github.com/rest/actions/secrets: values travel in a sealed box (libsodium) that only GitHub can open.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox

from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.vendors.http import Account, Request
from chittyops.vendors.replies import reply

PAGE = 100
MOST_PAGES = 20
"""A repository holds at most 100 secrets, an environment as many: there are never so many pages."""


@reply
@dataclass(frozen=True, slots=True)
class Key:
    """The public key that secrets of one place are sealed with."""

    key_id: str
    key: str

    def seal(self, value: Secret) -> str:
        """Return ``value`` sealed, in base64. Raises Unavailable where this is no key."""
        try:
            box = SealedBox(PublicKey(b64decode(self.key, validate=True)))
        except (ValueError, TypeError, CryptoError):
            raise Unavailable("GitHub sent a public key that is none", hint="try again") from None
        return b64encode(box.encrypt(value.reveal().encode())).decode()


@reply
@dataclass(frozen=True, slots=True)
class _Named:
    name: str


@reply
@dataclass(frozen=True, slots=True)
class _Page:
    total_count: int
    secrets: tuple[_Named, ...]


@dataclass(frozen=True, slots=True)
class ActionsSecrets:
    """The secrets of ``repository`` (``owner/name``), or of its ``environment``."""

    LONGEST_BYTES: ClassVar[int] = 48 * 1024

    api: Account
    repository: str
    environment: str = ""

    async def names(self) -> tuple[str, ...]:
        """Return the names of the secrets, in capital letters, as GitHub keeps them."""
        found: list[str] = []
        for page in range(1, MOST_PAGES + 1):
            request = Request("GET", self._path, query={"per_page": str(PAGE), "page": str(page)})
            answer = await self.api.fetch(_Page, request)
            found += [each.name for each in answer.secrets]
            if len(found) >= answer.total_count or not answer.secrets:
                break
        return tuple(found)

    async def key(self) -> Key:
        """Return the key to seal values with."""
        return await self.api.fetch(Key, Request("GET", f"{self._path}/public-key"))

    async def put(self, name: str, value: Secret, key: Key) -> None:
        """Set one secret."""
        body = {"encrypted_value": key.seal(value), "key_id": key.key_id}
        await self.api.send(Request("PUT", f"{self._path}/{quote(name, safe='')}", body=body))

    async def delete(self, name: str) -> None:
        """Delete one secret."""
        await self.api.send(Request("DELETE", f"{self._path}/{quote(name, safe='')}"))

    @property
    def _path(self) -> str:
        owner, slash, name = self.repository.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise Misconfigured(f"{self.repository!r} is no repository of GitHub", hint="write owner/name")
        path = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        inside = f"/environments/{quote(self.environment, safe='')}" if self.environment else "/actions"
        return f"{path}{inside}/secrets"
