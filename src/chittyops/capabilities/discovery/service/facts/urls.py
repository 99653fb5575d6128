"""Addresses and health paths as they stand in code."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.model.facts import Url

_URL: Final = re.compile(
    r"(?:https?|wss?)://(?:[^\s/?#@\"'`]*@)?(?P<host>[A-Za-z0-9*_.-]+(?::(?:\d+|\*))?)(?P<path>/[^\s?#\"'`<>\\]*)?",
    re.IGNORECASE,
)
_DOCUMENTATION: Final = re.compile(
    r"(?:.*\.)?(?:w3\.org|schema\.org|json-schema\.org|schemastore\.(?:org|azurewebsites\.net)|xmlsoap\.org|purl\.org|"
    r"openxmlformats\.org|ietf\.org|rfc-editor\.org|opengis\.net|spdx\.org|creativecommons\.org|"
    r"developer\.mozilla\.org|(?:example|sample|yourdomain|your-domain|mydomain|domain)\.(?:com|org|net|io|dev)|"
    r"example|test|invalid)(?::.*)?"
)
_UNKNOWN: Final = re.compile(r"[*.:]*(?::.*)?")

HEALTH: Final = re.compile(
    r"/(?:[a-z0-9_-]+/){0,2}_?health(?:z|-?checks?|/?checks?)?(?:/(?:live|ready|startup|liveness|readiness))?"
    r"|/(?:api/)?(?:v\d+/)?(?:_?(?:livez?|readyz?|liveness|readiness|status|ping|heartbeat)|up)"
)
"""Paths that tell whether a service is well, without a slash at the end."""
HEALTH_WORDS: Final = (b"health", b"/live", b"/ready", b"/status", b"/ping", b"/heartbeat", b"/up", b"/_")
QUOTED_HEALTH: Final = re.compile(rb"[\"'`](?:(?:GET|HEAD) )?(" + HEALTH.pattern.encode() + rb")/?[\"'`]")


def parse(text: str, line: int, *, template: bool = False) -> Url | None:
    """Return the address that ``text`` begins with, ``*`` for what is filled in; None where its host says nothing.

    Hosts of schemas, documentation and examples name no service.
    """
    found = _URL.match(text)
    if not found:
        return None
    host, path = found["host"].lower().rstrip("."), found["path"] or ""
    if host.endswith("*") and host[-2:-1].isalnum():  # `https://host${path}`
        host, path = host[:-1], f"/*{path}"
    if _DOCUMENTATION.fullmatch(host) or _UNKNOWN.fullmatch(host) or ".." in host:
        return None
    if "*" in host and not template:  # a pattern that lets hosts in, and no address
        return None
    return Url(host, path.rstrip(".,;)"), line, template)
