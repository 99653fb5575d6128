"""Which service the name of an environment variable is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from chittyops.capabilities.discovery.service.facts.variables import is_database

_PUBLIC: Final = re.compile(r"^(?:VITE|NEXT_PUBLIC|NUXT_PUBLIC|REACT_APP|EXPO_PUBLIC|GATSBY|PUBLIC)_")
_ENVIRONMENT: Final = re.compile(r"_(?:PROD|PRODUCTION|STAGING|STAGE|DEV|DEVELOPMENT|LOCAL|DEFAULT|FALLBACK)$")
_ADDRESS: Final = frozenset({"URL", "URI", "ENDPOINT", "BASE", "API", "ORIGIN", "HOST", "DOMAIN", "BASEURL"})
_PEELED: Final = _ADDRESS | {
    "SERVICE", "SVC", "SERVER", "WORKER", "INTERNAL", "PUBLIC", "JWKS", "HTTP", "HTTPS", "WS", "GRAPHQL", "WEBHOOK",
    "TOKEN", "MCP", "HEALTH", "STATUS", "DATA",
}  # fmt: skip
_OWN: Final = frozenset({"CORS", "ALLOWED", "REDIRECT", "CALLBACK", "RETURN", "SELF", "BASE", "SITE", "CANONICAL"})
"""Words of variables that hold who may call, or where the service itself is found."""
_NONE: Final = frozenset({"APP", "PUBLIC", "DEFAULT", "HOST", "DOMAIN", "ISSUER"})


@lru_cache(maxsize=16384)
def is_address(name: str) -> bool:
    """Return whether a variable called ``name`` holds the address of another service."""
    words = _ENVIRONMENT.sub("", name.upper()).split("_")
    own = words[0] in _OWN or not _OWN.isdisjoint(set(words[:-1]) - {"BASE"})
    return words[-1] in _ADDRESS and not own and not is_database(name)


def subjects(name: str) -> Iterator[str]:
    """Yield what the variable ``name`` may be about, the most exact first.

    ``VITE_AUTH_SERVICE_URL`` yields AUTH_SERVICE and AUTH; ``API_URL`` yields API; ``APP_URL`` nothing, for that is
    the service's own.
    """
    if not is_address(name):
        return
    words = _PUBLIC.sub("", _ENVIRONMENT.sub("", name.upper())).split("_")
    while len(words) > 1 and words[-1] in _PEELED:
        words.pop()
        if len(words) > 1 or words[0] not in _NONE | _ADDRESS - {"API"}:
            yield "_".join(words)
