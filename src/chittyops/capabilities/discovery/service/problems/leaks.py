"""Credentials that are committed: what each is and where, and never its value."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "committed-credential": (
        "error",
        "A credential is committed: whoever can read the repository, or ever could, has it.",
    ),
}
_TEST: Final = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|e2e|fixtures?|testdata|mocks?|__mocks__|examples?|samples?)/|"
    r"[._-](?:test|spec|fixture|mock)\.|(?:^|/)(?:test_|conftest)[^/]*\.py$|\.(?:example|sample|template)$",
    re.IGNORECASE,
)
_PUBLIC: Final = frozenset({"sentry-dsn"})
"""Kinds that are made to be seen, and may still be misused."""
_MADE_UP: Final = frozenset({"password", "generic-secret", "bearer-token", "basic-auth"})
"""Kinds that no vendor's form tells: what only tests hold of them is the tests' own."""


def find(world: World) -> Iterator[Finding]:
    """Yield each credential once a file, with the number of files that hold it."""
    holders: dict[str, set[str]] = defaultdict(set)
    for path, facts in world.facts.items():
        for leak in facts.leaks:
            holders[leak.digest].add(path)
    for path, facts in world.facts.items():
        for leak in {each.digest: each for each in reversed(facts.leaks)}.values():
            if leak.kind in _MADE_UP and all(map(_TEST.search, holders[leak.digest])):
                continue
            others = len(holders[leak.digest])
            spread = f"; it is in {others} files" if others > 1 else ""
            message = f"a credential is committed: {leak.kind}, fingerprint {leak.digest}{spread}"
            hint = "revoke it and issue another; then keep that one in a secret store and take this out of the file"
            yield Finding(
                "committed-credential", _severity(path, leak.kind), path, message, leak.line, leak.column, hint
            )


def _severity(path: str, kind: str) -> str:
    if kind in _PUBLIC:
        return "info"
    return "warning" if _TEST.search(path) else "error"
