"""What a service is called."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import Final

from chittyops.capabilities.discovery.model.facts import Deployment
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly.sources import Index
from chittyops.capabilities.discovery.service.assembly.units import Unit
from chittyops.capabilities.discovery.service.world import World

_GENERIC: Final = frozenset({
    "admin", "api", "app", "apps", "backend", "cli", "client", "cloudflare-worker", "code", "common", "core",
    "dashboard", "deploy", "dev", "example", "frontend", "function", "functions", "hono-app", "lambda", "lib", "main",
    "mcp", "mcp-server", "monorepo", "my-app", "my-project", "my-worker", "nextjs", "nextn", "ops", "package",
    "platform", "project", "python-template", "react-app", "repl-nix-workspace", "rest-express", "root", "server",
    "service", "shared", "site", "source", "src", "starter", "template", "test", "tools", "types", "ui",
    "vite-project", "vite-react-typescript-starter", "vite_react_shadcn_ts", "web", "webapp", "website", "worker",
    "workers", "workspace",
})  # fmt: skip
"""Names that say what something is and not which one."""
_RUNTIMES: Final = frozenset({
    "bun", "deno", "dotnet", "go", "golang", "java", "node", "nodejs", "php", "python", "ruby", "rust",
})  # fmt: skip
"""What compose files call the container that runs some program."""
_SHELVES: Final = frozenset({"apps", "packages", "services", "projects", "sites", "libs", "modules", "functions"})
"""Folders that hold many things and say nothing of each."""
_MANY: Final = 3
_PLACEHOLDER: Final = re.compile(r"[{}<>$%]|^(?:your|my)[-_]|(?i:placeholder|change[-_]?me)")


def _is_told(deployment: Deployment) -> bool:
    """Return whether a deployment gives a name that tells which service it is."""
    runtime = deployment.platform == "docker" and deployment.name in _RUNTIMES
    return bool(deployment.name) and not runtime and _PLACEHOLDER.search(deployment.name) is None


class Names:
    """Names services, knowing which packages of the workspace have a name in common."""

    def __init__(self, world: World, found: Index) -> None:
        """Count in how many differently named folders each package name is used."""
        self._world = world
        self._found = found
        used: dict[str, set[str]] = defaultdict(set)
        for folder, manifests in found.manifests.items():
            for each in manifests:
                used[each.package.name].add(posixpath.basename(folder))
        self._shared = {name for name, folders in used.items() if len(folders) >= _MANY}

    def repository(self, folder: str) -> str:
        """Return the name of the repository around ``folder``."""
        repository = self._world.repository(places.join(folder, "x"))
        return self._world.name if repository == "." else posixpath.basename(repository)

    def name(self, unit: Unit) -> str:
        """Return what a service is called: by its deployment, its package, its folder, its repository."""
        told = [each for each in unit.sources if _is_told(each.deployment)]
        if told:
            alike = {each.deployment.name for each in told if each.deployment.platform == told[0].deployment.platform}
            folder = posixpath.basename(unit.folder)
            # Compose files name one build differently: the one that calls it as its folder is called says more.
            return folder if told[0].deployment.platform == "docker" and folder in alike else told[0].deployment.name
        packages = self._found.of(unit.folder) if unit.first else ()
        for name in ((unit.program.name if unit.program else ""), *(each.name for each in packages)):
            bare = name.rpartition("/")[2]
            if bare and name not in self._shared and bare not in _GENERIC and not _PLACEHOLDER.search(bare):
                return bare
        return self._by_folder(unit.folder)

    def _by_folder(self, folder: str) -> str:
        repository = self._world.repository(places.join(folder, "x"))
        own = posixpath.basename(folder)
        if folder == repository:
            return self.repository(folder)
        if own.lower() not in _GENERIC:
            return own
        around = posixpath.dirname(folder) or "."
        while around != repository and posixpath.basename(around).lower() in _GENERIC | _SHELVES:
            around = posixpath.dirname(around) or "."
        if around != repository:
            return f"{posixpath.basename(around)}-{own}"
        return f"{self.repository(folder)}-{own}" if repository in self._world.repositories else own
