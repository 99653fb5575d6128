"""Entry points that configurations name and that are not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.facts import Deployment
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly import entries
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding, FoundService

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "missing-entrypoint": ("error", "A configuration names an entry point that is not there and that no build makes."),
    "missing-assets-folder": ("error", "A configuration deploys a folder that is not there and that no build makes."),
}
_SEVERITIES: Final = {"canonical": "error", "stub": "error", "variant": "warning", "copy": "warning"}


def find(world: World) -> Iterator[Finding]:
    """Yield the entry points and folders of assets that are missing."""
    seen: set[tuple[str, str]] = set()
    for service in world.services:
        for path in service.config_files:
            facts = world.facts.get(path)
            for deployment in facts.deployments if facts else ():
                if (finding := _missing(world, service, path, deployment)) and (path, finding.message) not in seen:
                    seen.add((path, finding.message))
                    yield finding


def _missing(world: World, service: FoundService, path: str, deployment: Deployment) -> Finding | None:
    here = posixpath.dirname(path) or "."
    builds = (service.build, deployment.build)
    severity = _SEVERITIES.get(service.status, "info")
    line = deployment.entrypoint_line or deployment.line
    if deployment.entrypoint:
        for folder in dict.fromkeys((here, service.path)):
            if entries.located(world, folder, deployment.entrypoint, builds)[1] != "missing":
                return None
        message = f"the entry point {deployment.entrypoint} does not exist"
        hint = _near(world, service, here, deployment.entrypoint)
        return Finding("missing-entrypoint", severity, path, message, line, hint=hint, service=service.name)
    certain = deployment.output and deployment.platform == "cloudflare" and not any(builds)
    if certain and entries.state(world, here, deployment.output) == "missing":
        message = f"the folder {deployment.output} that is deployed does not exist"
        hint = "name the folder that the build writes, or make it"
        return Finding("missing-assets-folder", severity, path, message, line, hint=hint, service=service.name)
    return None


def _near(world: World, service: FoundService, here: str, written: str) -> str:
    """Return what to do: the file may stand elsewhere below or above, under the same name."""
    for folder in (service.path, *places.upwards(here)):
        if (found := places.join(folder, written)) in world.paths:
            return f"{found} exists: name it relative to the configuration's own folder"
    return "name the file that is there, or restore the one that is gone"
