"""What the files of a workspace tell of services: configurations that deploy, and manifests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec import structs

from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Package
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.facts import vercel
from chittyops.capabilities.discovery.service.world import World

CONTAINER = "docker"
_ENTERED = re.compile(r"\s*cd\s+([\w@./-]+)\s*&&")
"""The folder that a command line works in."""


@dataclass(frozen=True, slots=True)
class Source:
    """A deployment, the file that tells of it, and the folder that it deploys."""

    path: str
    deployment: Deployment
    folder: str

    @property
    def is_page(self) -> bool:
        """Return whether it is a page or a domain alone, which may be a part of what stands around it."""
        return self.deployment.platform in {"static", "github-pages"}

    @property
    def order(self) -> tuple[int, bool, str, int]:
        """Return what puts the sources of one service in order, the weightiest first."""
        return (-self.deployment.rank, not self.deployment.standard, self.path, self.deployment.line)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package manifest and the file it stands in."""

    path: str
    package: Package


@dataclass(frozen=True, slots=True)
class Index:
    """Facts by the folder of their file."""

    manifests: Mapping[str, tuple[Manifest, ...]]
    code: Mapping[str, tuple[Facts, ...]]
    """Source files that are no tests."""
    sources: Mapping[str, tuple[Source, ...]]
    """Deployments by the folder that they deploy."""
    roots: frozenset[str] = frozenset()
    """Roots of monorepos, whose packages stand in folders within."""

    def of(self, folder: str, ecosystem: str = "") -> tuple[Package, ...]:
        """Return the manifests in a folder, of one ecosystem where it is given."""
        found = self.manifests.get(folder, ())
        return tuple(each.package for each in found if not ecosystem or each.package.ecosystem == ecosystem)


def index(world: World) -> Index:
    """Return the facts by folder."""
    manifests: dict[str, list[Manifest]] = {}
    code: dict[str, list[Facts]] = {}
    for path, each in world.facts.items():
        folder = posixpath.dirname(path) or "."
        if each.package is not None:
            manifests.setdefault(folder, []).append(Manifest(path, each.package))
        if each.code is not None and each.kind != "test":
            code.setdefault(folder, []).append(each)
    around = {above for folder in manifests if folder != "." for above in places.upwards(posixpath.dirname(folder))}
    roots = {each for each in around & set(manifests) if any(one.package.workspaces for one in manifests[each])}
    found = Index(_frozen(manifests), _frozen(code), {}, frozenset(roots))
    sources: dict[str, list[Source]] = {}
    for source in _sources(world, found):
        sources.setdefault(source.folder, []).append(source)
    ordered = {folder: tuple(sorted(each, key=lambda source: source.order)) for folder, each in sources.items()}
    return replace(found, sources=ordered)


T = TypeVar("T")


def _frozen(found: Mapping[str, list[T]]) -> dict[str, tuple[T, ...]]:
    return {folder: tuple(each) for folder, each in found.items()}


def _sources(world: World, found: Index) -> Iterator[Source]:
    for path, each in world.facts.items():
        if not each.deployments:
            continue
        here = posixpath.dirname(path) or "."
        if each.workflow is not None:
            yield from _shipped(world, found, path, each)
            continue
        if places.ignored(here):
            continue
        for deployment in each.deployments:
            if each.package is not None and deployment.platform == each.package.ecosystem:
                # Whether a package is a service is told by more than its manifest: see programs.
                continue
            folder = places.join(here, deployment.folder) if deployment.folder else here
            if deployment.rank == vercel.HINT and (folder in found.roots or folder not in found.manifests):
                continue
            if places.tests(posixpath.dirname(deployment.entrypoint)):
                continue  # what tests run, and nobody deploys
            if folder in world.folders and not places.ignored(folder):
                yield _at_home(Source(path, deployment, folder), world, found)


def _shipped(world: World, found: Index, path: str, facts: Facts) -> Iterator[Source]:
    """Yield what a workflow puts online by its commands: a folder with a page, or what a package builds."""
    root = path.rpartition(".github/")[0].rstrip("/") or "."
    if world.repository(path) not in {root} & {*world.repositories, "."}:
        return  # it stands where no one runs it
    for deployment in facts.deployments:
        folder = places.join(posixpath.dirname(path), deployment.folder)
        if f"{folder}/index.html" in world.paths and not places.ignored(folder):
            yield Source(path, deployment, folder)
        else:
            around = posixpath.dirname(folder) or "."
            built = places.ignored(folder) or folder not in world.folders
            if built and around in found.manifests and around not in found.roots:
                # The output of a build is no service besides the package that makes it.
                yield Source(path, structs.replace(deployment, name="", output=deployment.folder), around)


def _at_home(source: Source, world: World, found: Index) -> Source:
    """Return ``source`` with the folder whose service it really deploys."""
    folder, deployment = source.folder, source.deployment
    if deployment.entrypoint:
        entry = places.join(posixpath.dirname(source.path) or ".", deployment.entrypoint)
        member = next((each for each in places.upwards(posixpath.dirname(entry)) if each in found.manifests), folder)
        within = places.inside(member, folder) and folder in found.roots
        # A folder that only keeps configurations deploys what stands elsewhere.
        elsewhere = entry in world.paths and not places.inside(entry, folder) and member not in {*found.roots, "."}
        if member != folder and (within or elsewhere):
            return replace(source, folder=member)
    elif folder in found.roots and (built := _built_member(deployment, folder, found)):
        return replace(source, folder=built)
    if deployment.platform == CONTAINER and places.infrastructure(folder) and _holds_nothing(folder, found):
        around = next((each for each in places.upwards(posixpath.dirname(folder)) if each in found.manifests), "")
        if around and world.repository(f"{around}/x") == world.repository(f"{folder}/x"):
            return replace(source, folder=around)
    return source


def _built_member(deployment: Deployment, root: str, found: Index) -> str:
    """Return the package of a monorepo that a configuration at its ``root`` builds or puts online; "" for none."""
    entered = _ENTERED.match(deployment.build)
    named = (entered[1] if entered else "", deployment.output)
    tried = (each for name in named if name for each in places.upwards(places.join(root, name)) if each != root)
    return next((each for each in tried if each in found.manifests and places.inside(each, root)), "")


def _holds_nothing(folder: str, found: Index) -> bool:
    return folder != "." and folder not in found.manifests and folder not in found.code
