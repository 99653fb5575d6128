"""Every kind of problem that discovery can find: each module that finds some has a table ``CODES`` of its own."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

from chittyops.capabilities.discovery import service
from chittyops.capabilities.discovery.service import facts, problems, scan

Codes = Mapping[str, tuple[str, str]]


def codes() -> dict[str, tuple[str, str]]:
    """Return the usual severity and the meaning of each code, by code."""
    found: dict[str, tuple[str, str]] = {}
    for module in _modules():
        found.update(getattr(module, "CODES", {}))
    return dict(sorted(found.items()))


def _modules() -> Iterator[ModuleType]:
    yield from (service, scan)
    for package in (facts, problems):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield import_module(module.name)
