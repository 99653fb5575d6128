"""Discovery put together with the disk."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from chittyops.capabilities.discovery import service
from chittyops.capabilities.discovery.model.findings import Discovery
from chittyops.capabilities.discovery.providers import fleetfile as files
from chittyops.capabilities.discovery.providers.disk import DiskWorkspace
from chittyops.capabilities.discovery.service import fleetfile
from chittyops.interface.codec import dump
from chittyops.kernel.errors import Misconfigured


def discover(path: Path) -> Discovery:
    """Return all that is found below ``path``. Raises Misconfigured when it is no folder."""
    root = path.absolute()
    if not root.is_dir():
        message = f"{path} is not a folder"
        raise Misconfigured(message)
    return service.discover(DiskWorkspace(root), root.resolve().name)


def to_json(found: Discovery) -> dict[str, Any]:
    """Return ``found`` as JSON data."""
    data: dict[str, Any] = dump(found)
    return data


def fleet_file(path: Path, found: Discovery) -> str:
    """Return the text of a fleet file for what was ``found`` in the workspace ``path``."""
    return fleetfile.text(found, path.resolve().name)


def difference(path: Path, text: str) -> str:
    """Return how the file at ``path`` would become ``text``, as a unified diff; "" when it is the same."""
    lines = difflib.unified_diff(
        files.read(path).splitlines(keepends=True),
        text.splitlines(keepends=True),
        str(path),
        "what was found",
    )
    return "".join(lines)


def write(path: Path, text: str) -> None:
    """Write a new file, whole or not at all. Raises Conflict when there is one by now."""
    files.create(path, text)
