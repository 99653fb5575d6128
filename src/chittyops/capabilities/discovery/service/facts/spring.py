"""Settings of Spring Boot: the addresses of other services that a program is given (application.yml, .properties)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Reference
from chittyops.capabilities.discovery.service.facts.environment import here, outside
from chittyops.capabilities.discovery.service.facts.variables import is_url

PATH: Final = r"(?:.*/)?resources/(?:config/)?(?:application|bootstrap)(?:-[\w-]+)?\.(?:ya?ml|properties)"
_LINE: Final = re.compile(r"[ \t]*(?:-[ \t]+)?(?:([\w.\[\]-]+)[ \t]*[:=](?=[ \t]|$|[^/]))?(.*)")
_NAME: Final = re.compile(r"(?:https?|lb)://([A-Za-z][A-Za-z0-9-]*)(?=[:/,\s\"'}]|$)")
"""A host without a dot: a name in the network of a compose file, or of a registry that services enter themselves in."""
_VARIABLE: Final = re.compile(r"\$\{([A-Z][A-Z0-9_]+)")
_NAMED_AWAY: Final = re.compile(
    r"(?i)cors|origin|issuer|redirect|contact|licen[cs]e|swagger|springdoc|terms|documentation"
)


def read(path: str, text: str) -> Facts:
    """Return the addresses and variables of addresses in a file of settings; of other values nothing is kept."""
    return Facts(path, kind="config", references=tuple(dict.fromkeys(_references(text))))


def _references(text: str) -> Iterator[Reference]:
    key = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition(" #")[0]
        found = _LINE.match(bare)
        if found is None or bare.lstrip().startswith("#"):
            continue
        key = found[1] or key
        if "://" not in bare or _NAMED_AWAY.search(key):
            continue
        yield from (Reference("variable-url", name, number) for name in _VARIABLE.findall(bare) if is_url(name))
        names = (name for name in _NAME.findall(bare) if name != "localhost")
        yield from (Reference("literal-url", host, number) for host in (*outside(bare), *here(bare), *names))
