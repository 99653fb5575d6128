"""Workspaces made by hand, file by file, of what recognisers tell of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chittyops.capabilities.discovery.model.facts import Code, Deployment, Facts, Package, StageFacts
from chittyops.capabilities.discovery.service import assembly
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService


@dataclass
class Workspace:
    """A workspace called ``shop`` in the making."""

    repositories: tuple[str, ...] = ()
    files: dict[str, Facts] = field(default_factory=dict)

    def add(self, path: str, **told: Any) -> Workspace:
        """Add a file that tells something."""
        self.files[path] = Facts(path, **told)
        return self

    def worker(self, path: str, name: str = "", main: str = "src/index.ts", **told: Any) -> Workspace:
        """Add a configuration of wrangler."""
        rank = {"wrangler.jsonc": 99, "wrangler.toml": 98}.get(path.rpartition("/")[2], 10)
        stages = told.pop("stages", {"": StageFacts()})
        deployment = Deployment(
            "cloudflare", name=name, kind="worker", entrypoint=main, entrypoint_line=2, rank=rank, stages=stages, **told
        )
        return self.add(path, kind="config", digest=f"{name}/{path.rpartition('/')[2]}", deployments=(deployment,))

    def package(self, path: str, name: str = "", start: str = "", **told: Any) -> Workspace:
        """Add a package.json."""
        package = Package("node", name=name, start=start, **told)
        return self.add(path, kind="config", package=package)

    def code(self, path: str, digest: str = "", **told: Any) -> Workspace:
        """Add a source file; its digest is its path unless one is given."""
        language = "python" if path.endswith(".py") else "typescript"
        lines = told.pop("lines", 40)
        kind = told.pop("kind", "code")
        return self.add(path, kind=kind, digest=digest or path, lines=lines, code=Code(language, **told))

    def world(self) -> World:
        """Return what later steps see, with the services."""
        world = World("shop", frozenset(self.files), self.repositories, self.files)
        return world.with_services(assembly.services(world))

    def services(self) -> dict[str, FoundService]:
        """Return the services by name; a name that two have fails."""
        found = self.world().services
        assert len({each.name for each in found}) == len(found)
        return {each.name: each for each in found}

    def paths(self) -> dict[str, str]:
        """Return the folders of the services with their names."""
        return {each.path: each.name for each in self.world().services}
