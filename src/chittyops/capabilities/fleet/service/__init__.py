"""Reads a fleet: documents checked and merged, relations checked, everything wrong reported at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chittyops.capabilities.fleet.model.fileformat import SERVICE
from chittyops.capabilities.fleet.model.layers import merge
from chittyops.capabilities.fleet.ports import Files
from chittyops.capabilities.fleet.service.configuration import Configuration
from chittyops.capabilities.fleet.service.documents import documents
from chittyops.kernel import tree
from chittyops.kernel.service import Fleet

__all__ = ["Configuration", "plain", "read"]


def read(files: Files, environment: str | None, overrides: Sequence[str] = ()) -> Fleet:
    """Return the fleet as ``environment`` (the first declared, when None) sees it.

    Raises Misconfigured that carries every problem of every file, each with its place; NotFound without a file.
    """
    configuration = Configuration(files, overrides)
    configuration.check(environment)
    return configuration.fleet(environment)


def plain(files: Files) -> dict[str, Any]:
    """Return the fleet file as plain data, each service merged with its own part and with nothing else."""
    read_ = documents(files, [])
    data: dict[str, Any] = tree.plain(read_.root)
    for name, draft in read_.drafts.items():
        node = merge(draft.node, draft.part, SERVICE) if draft.part else draft.node
        data["services"][name] = tree.plain(node)
    return data
