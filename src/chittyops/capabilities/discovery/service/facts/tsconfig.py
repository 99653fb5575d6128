"""tsconfig.json and jsconfig.json: the names that code imports files by (``paths`` and ``baseUrl``).

https://www.typescriptlang.org/docs/handbook/modules/reference.html#paths
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model import jsonc
from chittyops.capabilities.discovery.model.document import MalformedError
from chittyops.capabilities.discovery.model.facts import Facts

PATH: Final = r"(?:.*/)?[jt]sconfig(?:\.[^/]+)?\.json"

Alias = tuple[str, tuple[str, ...]]


def read(path: str, text: str) -> Facts:
    """Return the aliases that a configuration of the TypeScript compiler defines.

    One that cannot be parsed defines none: the compiler says what is wrong with it, and nothing is deployed by it.
    """
    try:
        data = jsonc.parse(text).data
    except MalformedError:
        return Facts(path, kind="config")
    options = data.get("compilerOptions") if isinstance(data, dict) else None
    return Facts(path, kind="config", aliases=tuple(_aliases(options)) if isinstance(options, dict) else ())


def _aliases(options: dict[str, object]) -> Iterator[Alias]:
    base = options.get("baseUrl")
    base = base if isinstance(base, str) and not posixpath.isabs(base) else ""
    paths = options.get("paths")
    for pattern, targets in paths.items() if isinstance(paths, dict) else ():
        found = (
            tuple(posixpath.join(base, each) for each in targets if isinstance(each, str))
            if isinstance(targets, list)
            else ()
        )
        if found and pattern.count("*") <= 1:
            yield pattern, found
    if base:
        yield "*", (posixpath.join(base, "*"),)


def imports(table: object) -> tuple[Alias, ...]:
    """Return the aliases of the ``imports`` of a package.json: ``#x`` to a path, or to one of several conditions.

    https://nodejs.org/api/packages.html#subpath-imports
    """
    rows = table.items() if isinstance(table, dict) else ()
    found = ((name, tuple(_targets(value))) for name, value in rows if isinstance(name, str) and name.count("*") <= 1)
    return tuple((name, targets) for name, targets in found if targets)


def _targets(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("."):
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _targets(each)
