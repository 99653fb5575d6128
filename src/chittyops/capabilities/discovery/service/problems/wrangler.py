"""Configurations of wrangler that another one in their folder hides."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.service.facts.wrangler import STANDARD
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "shadowed-config": ("warning", "wrangler reads one configuration of a folder; this one it never reads."),
}


def find(world: World) -> Iterator[Finding]:
    """Yield the configurations that wrangler passes over, because the folder has one that it prefers."""
    folders: dict[str, list[str]] = {}
    for path, facts in world.facts.items():
        folder, file = posixpath.split(path)
        if file in STANDARD and facts.deployments:
            folders.setdefault(folder, []).append(file)
    for folder, files in folders.items():
        read, *shadowed = sorted(files, key=STANDARD.index)
        for file in shadowed:
            message = f"wrangler never reads {file}: it takes {read} of the same folder"
            hint = f"move what is still needed into {read}, and delete {file}"
            yield Finding("shadowed-config", "warning", posixpath.join(folder, file), message, 1, 1, hint)
