"""Cloudflare: the secrets of Workers, and API tokens.

The API is described at https://developers.cloudflare.com/api; ``secrets-bulk`` takes an RFC 7396 merge patch and makes
one new version of the Worker, however many secrets it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import Credential
from chittyops.vendors.http import Account, Request
from chittyops.vendors.replies import reply

T = TypeVar("T")

PAGE = 50
MOST_PAGES = 40


@reply
@dataclass(frozen=True, slots=True)
class _Envelope(Generic[T]):
    success: Literal[True]
    result: T


@reply
@dataclass(frozen=True, slots=True)
class _Named:
    name: str


@reply
@dataclass(frozen=True, slots=True)
class _Identified:
    id: str


@reply
@dataclass(frozen=True, slots=True)
class _Created:
    id: str
    value: str


@reply
@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its value. ``policies`` are as the API has them, to be given to ``create``."""

    id: str
    name: str
    status: str
    policies: tuple[dict[str, Any], ...] = ()
    expires_on: str | None = None


@reply
@dataclass(frozen=True, slots=True)
class Verified:
    """What Cloudflare says to a token that was shown to it. ``status``: active, disabled or expired."""

    id: str
    status: str


@dataclass(frozen=True, slots=True)
class Workers:
    """The secrets of the Workers of ``account``."""

    api: Account
    account: str

    async def secrets(self, script: str) -> tuple[str, ...]:
        """Return the names of the secrets of ``script``; their values cannot be read. Raises NotFound."""
        found = await self.api.fetch(_Envelope[tuple[_Named, ...]], Request("GET", f"{self._path(script)}/secrets"))
        return tuple(each.name for each in found.result)

    async def put(self, script: str, values: Mapping[str, Secret | None]) -> None:
        """Set secrets of ``script``, all or none of them; None deletes one. The Worker gets one new version."""
        entries = {
            name: None if value is None else {"name": name, "type": "secret_text", "text": value}
            for name, value in values.items()
        }
        path = f"{self._path(script)}/secrets-bulk"
        request = Request("PATCH", path, body={"secrets": entries}, content_type="application/merge-patch+json")
        await self.api.fetch(_Envelope[Any], request)

    def _path(self, script: str) -> str:
        return f"/accounts/{quote(self.account, safe='')}/workers/scripts/{quote(script, safe='')}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """API tokens: those of ``account``, or, where that is empty, those of the user whose token is used."""

    api: Account
    account: str = ""

    async def named(self, name: str) -> tuple[Token, ...]:
        """Return the tokens called ``name``: making one is never tried again before this was asked."""
        found: list[Token] = []
        for page in range(1, MOST_PAGES + 1):
            request = Request("GET", self._path, query={"page": str(page), "per_page": str(PAGE)})
            answer = await self.api.fetch(_Envelope[tuple[Token, ...]], request)
            found += [token for token in answer.result if token.name == name]
            if len(answer.result) < PAGE:
                break
        return tuple(found)

    async def get(self, token_id: str) -> Token:
        """Return the token with ``token_id``. Raises NotFound."""
        return (await self.api.fetch(_Envelope[Token], Request("GET", self._one(token_id)))).result

    async def create(
        self, name: str, policies: tuple[Mapping[str, Any], ...], *, expires_on: str = ""
    ) -> tuple[str, Secret]:
        """Make a token that may what ``policies`` say; return its id and its value, which nobody can read again.

        ``expires_on`` is an ISO time; "" for never. Made twice, there are two: look with ``named`` first.
        """
        body = {"name": name, "policies": [_policy(each) for each in policies]}
        body |= {"expires_on": expires_on} if expires_on else {}
        made = (await self.api.fetch(_Envelope[_Created], Request("POST", self._path, body=body))).result
        return made.id, Secret(made.value)

    async def verify(self, value: Secret) -> Verified:
        """Use ``value`` as the token of a call, and return what is said to it. Raises Misconfigured when it is none."""
        shown = Credential("the new token", value)
        return (
            await self.api.fetch(_Envelope[Verified], Request("GET", f"{self._path}/verify", credential=shown))
        ).result

    async def roll(self, token_id: str) -> Secret:
        """Give the token a new value, and return it; the old one ends at once."""
        request = Request("PUT", f"{self._one(token_id)}/value", body={})
        return Secret((await self.api.fetch(_Envelope[str], request)).result)

    async def delete(self, token_id: str) -> None:
        """End the token. Raises NotFound when it is not there."""
        await self.api.fetch(_Envelope[_Identified | None], Request("DELETE", self._one(token_id), body={}))

    @property
    def _path(self) -> str:
        return f"/accounts/{quote(self.account, safe='')}/tokens" if self.account else "/user/tokens"

    def _one(self, token_id: str) -> str:
        return f"{self._path}/{quote(token_id, safe='')}"


def _policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``policy`` without the id it has as part of another token."""
    groups = [{"id": group["id"]} for group in policy.get("permission_groups", ())]
    kept = {key: value for key, value in policy.items() if key != "id"}
    return {**kept, "permission_groups": groups}
