"""Which service answers at a host: by routes, by the names platforms give, and by the workspace's own domains."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from chittyops.capabilities.discovery.service.graph.names import ENVIRONMENTS, Names, best, is_generic, squashed
from chittyops.kernel.inventory import FoundService

_PLATFORMS: Final = re.compile(
    r"(?:.+?\.)??(?P<label>[a-z0-9-]+)\."
    r"(?:[a-z0-9-]+\.workers\.dev|pages\.dev|vercel\.app|up\.railway\.app|railway\.internal|fly\.dev|internal|flycast|"
    r"onrender\.com|deno\.dev|replit\.app|[a-z0-9_-]+\.repl\.co|herokuapp\.com)"
    r"|(?:.+--)?(?P<site>[a-z0-9-]+)\.netlify\.app"
)
_BACKENDS: Final = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:convex\.(?:cloud|site)|hasura\.app|nhost\.run|cloudfunctions\.net|run\.app|modal\.run|"
    r"azurewebsites\.net|azurecontainerapps\.io|awsapprunner\.com|amazonaws\.com|on\.aws|koyeb\.app)"
)
"""Hosts that platforms give to what runs there, under names that tell nothing of it."""
_ENVIRONMENT: Final = re.compile(rf"-(?:{'|'.join(ENVIRONMENTS)})(?:-[0-9a-f]{{4}})?$|-[0-9a-z]{{4}}$|-git-.*$")
"""What platforms append to a service's name: the environment, some random letters, a branch."""
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"})
_RESERVED: Final = re.compile(r"(?:^|\.)(?:example|test|invalid|localhost|local)$|(?:^|\.)example\.(?:com|net|org)$")
_ANYONES: Final = re.compile(r"[^.]+\.internal")
"""Hosts that Fly gives to its machines, and that everybody else makes up."""
_COUNTRY: Final = 2
_HOST: Final = re.compile(r"[a-z0-9*]([a-z0-9*.-]*[a-z0-9*])?")
_PLAIN: Final = frozenset({"", "www"})
_START: Final = frozenset({"", "/"})
_LONG_BRAND: Final = 6
"""Letters of a domain's name that other domains of the same owner may begin with: shorter ones are common words."""
_DOMAIN_USES: Final = 2
"""Hosts under a domain that variables name alike before the domain counts as the workspace's own."""


def routes(service: FoundService) -> Iterator[str]:
    """Yield the patterns and domains of ``service``, in all environments."""
    yield from service.routes
    for stage in service.environments.values():
        yield from stage.routes


def split_route(pattern: str) -> tuple[str, str]:
    """Return the host of a route's pattern and the path that it begins with: ``a.b/c/*`` is ``a.b`` and ``/c/``."""
    host, _, path = re.sub(r"^[a-z*]+://", "", pattern.strip().lower()).partition("/")
    return host.split(":")[0], f"/{path.rstrip('*')}"


@lru_cache(maxsize=16384)
def domain(host: str) -> str:
    """Return the domain that is registered, for a ``host`` below it; "" where it belongs to a platform or to none.

    Second levels below a country's (``co.uk``) are taken by their usual names, not from the public suffix list: a
    wrong guess only leaves a reference out.
    """
    host = host.partition(":")[0].lstrip("*.")
    labels = host.split(".")
    if len(labels) < _COUNTRY or _RESERVED.search(host) or _PLATFORMS.fullmatch(host) or labels[-1].isdigit():
        return ""
    deep = len(labels[-1]) == _COUNTRY and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if deep else -2 :])


def is_hosted(host: str) -> bool:
    """Return whether ``host`` is what a platform calls a program of one of its users."""
    return bool(_BACKENDS.fullmatch(host) or (_PLATFORMS.fullmatch(host) and not _ANYONES.fullmatch(host)))


class Hosts:
    """Resolves hosts. ``domains`` are the workspace's own."""

    def __init__(
        self, services: Sequence[FoundService], named: Iterable[tuple[str, str]] = (), own: Iterable[str] = ()
    ) -> None:
        """Index the routes of ``services``; ``named`` are variables' subjects with the hosts that they hold.

        ``own`` are hosts that are known to be the workspace's.
        """
        exact: dict[str, list[tuple[str, FoundService]]] = defaultdict(list)
        for service in services:
            for pattern in routes(service):
                host, path = split_route(pattern)
                if _HOST.fullmatch(host):
                    exact[host].append((path, service))
        self._routes: Final[Mapping[str, Sequence[tuple[str, FoundService]]]] = exact
        self._wildcards: Final = sorted((host for host in exact if host.startswith("*")), key=len, reverse=True)
        told = {each for host in (*exact, *own) if (each := domain(host))}
        self.domains: Final = frozenset(told | _learned(services, named))
        brands = sorted({squashed(each.split(".")[0]) for each in self.domains})
        self._brands: Final = tuple(each for each in brands if len(each) >= _LONG_BRAND)
        self.names: Final = Names([each for each in services if each.status != "library"], brands)

    def own(self, host: str) -> bool:
        """Return whether ``host`` belongs to the workspace: below one of its domains, or named as its services are."""
        brand = squashed(domain(host).split(".")[0])
        if domain(host) in self.domains or brand.startswith(self._brands):
            return True
        match = _PLATFORMS.fullmatch(host) if not _ANYONES.fullmatch(host) else None
        return match is not None and self.names.starts_alike(match["label"] or match["site"])

    def service(self, host: str, path: str, near: str = "") -> FoundService | None:
        """Return the service that answers at ``host`` and ``path``, as the repository ``near`` means it."""
        here = self._routes.get(host, ())
        alone = self._only(here) if path in _START and host != domain(host) else None
        if found := self._routed(here, path, near) or alone:
            return found
        if match := _PLATFORMS.fullmatch(host):
            return self._deployed(match["label"] or match["site"], near)
        if (found := self._below(host, near) or self._branded(host, near)) is not None:
            return found
        wildcard = next((each for each in self._wildcards if "*" not in host and host.endswith(each[1:])), "")
        return self._routed(self._routes.get(wildcard, ()), path, near)

    def _routed(self, found: Sequence[tuple[str, FoundService]], path: str, near: str) -> FoundService | None:
        """Return the service whose pattern is the most specific for ``path``."""
        matching = [each for each in found if (path or "/").startswith(each[0].rstrip("/"))]
        longest = max((len(prefix) for prefix, _ in matching), default=0)
        return best((service for prefix, service in matching if len(prefix) == longest), near)

    @staticmethod
    def _only(found: Sequence[tuple[str, FoundService]]) -> FoundService | None:
        """Return the one service with routes at a host: what addresses there begin with leads to it."""
        names = {service.name for _, service in found}
        return best(service for _, service in found) if len(names) == 1 else None

    def _deployed(self, label: str, near: str) -> FoundService | None:
        bare = _ENVIRONMENT.sub("", label)
        return self.names.exact(label, near) or (self.names.exact(bare, near) if bare != label else None)

    def _branded(self, host: str, near: str) -> FoundService | None:
        """Return the service that has a domain of its own, called as it is: ``api.acmeid.com`` beside ``acme.dev``."""
        label, _, own = host.partition(".")
        brand = squashed(own.split(".")[0])
        known = own == domain(host) and own not in self.domains and brand.startswith(self._brands)
        return self.names.loose(brand, near) if known and is_generic(label) else None

    def _below(self, host: str, near: str) -> FoundService | None:
        """Return the service that the labels of ``host`` name, below a domain of the workspace."""
        own = domain(host)
        if own not in self.domains or host == own:
            return None
        label = host.removesuffix(f".{own}").strip("*-.")
        if label in _PLAIN or "*" in label:
            return None
        tries = [label, "-".join(reversed(label.split(".")))]
        tries += [_ENVIRONMENT.sub("", label)] if label.endswith(ENVIRONMENTS) else []
        return next((found for each in tries if (found := self.names.guess(each, near))), None)


def _learned(services: Sequence[FoundService], named: Iterable[tuple[str, str]]) -> set[str]:
    """Return the domains that the workspace's names and variables show to be its own, where no route says so.

    ``ACME_AUTH_URL = "https://auth.acme.dev"`` and another such pair do, in a workspace that has an ``acme-web``. One
    is enough where the domain's name is long and the host's no word that every vendor has, such as ``api``.
    """
    names = {squashed(each.name) for each in services}
    hosts: dict[str, set[str]] = defaultdict(set)
    plain: set[str] = set()
    for subject, host in named:
        own = domain(host)
        brand = squashed(own.split(".")[0])
        if own and any(name.startswith(brand) and name != brand for name in names):
            label = squashed(host.removesuffix(own))
            if label and _names(subject, brand, label):
                hosts[own].add(host)
                if len(brand) >= _LONG_BRAND and not is_generic(label):
                    plain.add(own)
    return plain | {own for own, seen in hosts.items() if len(seen) >= _DOMAIN_USES}


def _names(subject: str, brand: str, label: str) -> bool:
    """Return whether a variable is called after a host: ACMEID_CENTRAL begins as ``id.acme.dev`` does."""
    words = subject.split("_")
    starts = {squashed("".join(words[:count])) for count in range(1, len(words) + 1)}
    return brand + label in starts or squashed(subject) == label + brand
