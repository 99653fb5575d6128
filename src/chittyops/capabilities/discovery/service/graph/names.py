"""Services by what they are called: exactly, loosely, and in the short forms that an ecosystem uses of its names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from chittyops.kernel.inventory import FoundService

ENVIRONMENTS: Final = ("production", "prod", "staging", "stage", "development", "dev", "preview", "test", "qa")
PRODUCTION: Final = re.compile(r"|prod(?:uction)?|live|main", re.IGNORECASE)
"""Names of environments that are production; the one without a name is."""
_NO_LETTERS: Final = re.compile(r"[^a-z0-9]")
_ROLE: Final = re.compile(r"(?<=...)(service|svc|worker|server|backend|api|app)$")
_GENERIC: Final = frozenset(
    {"api", "app", "apps", "backend", "client", "core", "dashboard", "docs", "frontend", "gateway", "main", "mcp"}
    | {"server", "service", "services", "site", "static", "test", "ui", "web", "website", "worker", "www"}
)
"""Words that are no name without the rest of it."""
_FRONT: Final = frozenset({"app", "client", "dashboard", "frontend", "portal", "site", "ui", "web", "website", "www"})
_SHORTEST_PREFIX: Final = 3
_SHARED_BY: Final = 3
_RANKS: Final = {"canonical": 0, "variant": 1, "library": 2, "stub": 3, "template": 4}
_ASIDE: Final = 5


def squashed(name: str) -> str:
    """Return ``name`` in the form in which names are compared: letters and digits, lower-case."""
    return _NO_LETTERS.sub("", name.lower())


def is_generic(word: str) -> bool:
    """Return whether ``word`` is one that services of all owners are called by."""
    return word in _GENERIC


def faces_people(service: FoundService) -> bool:
    """Return whether ``service`` is what people open in a browser: others link there, and seldom call it."""
    return service.kind in {"static", "pages"} or not _FRONT.isdisjoint(re.split(r"[^a-z]+", service.name.lower()))


def rank(service: FoundService) -> int:
    """Return how far ``service`` is from being the one that a name means; copies and what is set aside come last."""
    return _RANKS.get(service.status, _ASIDE)


def best(found: Iterable[FoundService], near: str = "") -> FoundService | None:
    """Return the one of ``found`` that a reference from the repository ``near`` means, if there is any."""
    return min(found, key=lambda each: (rank(each), each.repository != near, each.path, each.name), default=None)


def deployed_names(service: FoundService) -> Iterator[tuple[str, str]]:
    """Yield each environment of ``service`` with the name that it is deployed under there."""
    yield "", service.name
    for stage, facts in service.environments.items():
        yield stage, facts.name or f"{service.name}-{stage}"


class Names:
    """Finds services by name. ``prefixes`` are the beginnings that the ecosystem's names share."""

    def __init__(self, services: Sequence[FoundService], brands: Iterable[str] = ()) -> None:
        """Index ``services``; ``brands`` are the names of the workspace's domains, without what follows the dot."""
        self.prefixes: Final = _prefixes(services, brands)
        self._exact: Final = _index((name, each) for each in services for _, name in deployed_names(each))
        loose = [(squashed(name), each) for each in services for _, name in deployed_names(each)]
        self._loose: Final = _index(loose)
        self._folders: Final = _index((squashed(each.path.rpartition("/")[2]), each) for each in services)
        self._forms: Final = _index((form, each) for name, each in loose for form in self._short(name))

    def exact(self, name: str, near: str = "") -> FoundService | None:
        """Return the service that is deployed as ``name``: written the same, or but for case and punctuation."""
        return best(self._exact.get(name, ()), near) or self.loose(name, near)

    def loose(self, name: str, near: str = "") -> FoundService | None:
        """Return the service whose name or folder is ``name`` but for case and punctuation."""
        word = squashed(name)
        return best(self._loose.get(word, ()), near) or self._alone(self._folders.get(word, ()), near)

    def guess(self, name: str, near: str = "") -> FoundService | None:
        """Return the only service that ``name`` can be short for: ``auth`` for ``acme-auth`` or ``auth-service``."""
        if found := self.loose(name, near):
            return found
        word = squashed(name)
        forms = [word, *self._short(word)]
        meant = ((*self._loose.get(each, ()), *self._forms.get(each, ())) for each in forms)
        return next((found for each in meant if (found := self._alone(each, near))), None)

    def starts_alike(self, name: str) -> bool:
        """Return whether ``name`` begins as the names of the ecosystem do."""
        return squashed(name).startswith(self.prefixes) if self.prefixes else False

    def _alone(self, found: Sequence[FoundService], near: str) -> FoundService | None:
        """Return the one service that is meant, preferring the repository ``near``; None for several of equal right."""
        if not found:
            return None
        top = min(map(rank, found))
        foremost = [each for each in found if rank(each) == top]
        here = [each for each in foremost if each.repository == near] or foremost
        return best(here) if len({each.name for each in here}) == 1 else None

    def _short(self, word: str) -> Iterator[str]:
        """Yield ``word`` without the ecosystem's prefix, without its role, and without both."""
        bare = [word, *(word.removeprefix(each) for each in self.prefixes if word.startswith(each))]
        for each in bare:
            for form in (each, _ROLE.sub("", each)):
                if form and form != word and form not in _GENERIC:
                    yield form
        for prefix in self.prefixes:
            if not word.startswith(prefix):
                yield prefix + word


def _index(pairs: Iterable[tuple[str, FoundService]]) -> Mapping[str, tuple[FoundService, ...]]:
    found: dict[str, dict[tuple[str, str], FoundService]] = defaultdict(dict)
    for name, service in pairs:
        found[name].setdefault((service.path, service.name), service)
    found.pop("", None)
    return {name: tuple(services.values()) for name, services in found.items()}


def _prefixes(services: Sequence[FoundService], brands: Iterable[str]) -> tuple[str, ...]:
    """Return the beginnings of names that mark the ecosystem, longest first.

    One counts if it is the name of a domain of the workspace too, or begins three names as a word of its own.
    """
    names = {each.name.lower() for each in services if rank(each) <= _RANKS["variant"]}
    starts = {each for each in map(squashed, brands) if any(squashed(name).startswith(each) for name in names)}
    words = Counter(re.split(r"[-_ ]", name)[0] for name in names if re.search(r"[-_ ]", name))
    starts |= {squashed(word) for word, count in words.items() if count >= _SHARED_BY}
    return tuple(
        sorted((each for each in starts if len(each) >= _SHORTEST_PREFIX), key=lambda each: (-len(each), each))
    )
