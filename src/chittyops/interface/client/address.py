"""Where the operations centre is, and the token that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime.home import Home

LOOPBACK = ("127.0.0.1", "::1", "localhost")
START_HINT = "start the operations centre with `chittyops up`"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the centre is, and the token that opens it."""

    url: str
    token: str = field(repr=False)

    @classmethod
    def locate(cls, environ: Mapping[str, str]) -> Address:
        """Return the centre CHITTYOPS_URL and CHITTYOPS_TOKEN name, else the one of this machine.

        Raises Unavailable where none was started, Misconfigured where a token would travel unencrypted.
        """
        if url := environ.get("CHITTYOPS_URL"):
            return cls(_checked(url), _remote_token(environ))
        home = Home.locate(environ)
        process = home.read_private("run/api.json") or {}
        credentials = home.read_private("credentials.json") or {}
        port, token = process.get("port"), credentials.get("admin_token")
        if not port or not isinstance(token, str):
            message = "the operations centre does not run"
            raise Unavailable(message, hint=START_HINT)
        return cls(f"http://127.0.0.1:{port}", token)


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "CHITTYOPS_URL is not an http or https address"
        raise Misconfigured(message, hint="write CHITTYOPS_URL=https://ops.example.com")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        message = "CHITTYOPS_URL would send the token unencrypted"
        raise Misconfigured(message, hint="use https, or a tunnel to 127.0.0.1")
    return url.rstrip("/")


def _remote_token(environ: Mapping[str, str]) -> str:
    token = environ.get("CHITTYOPS_TOKEN", "")
    if not token or not token.isascii() or not token.isprintable():
        message = "CHITTYOPS_URL is set, and CHITTYOPS_TOKEN holds no token"
        raise Misconfigured(message, hint="an admin makes one with `chittyops token create`")
    return token
