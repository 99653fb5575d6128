"""What belongs together: the sources of one service, several services of one folder kept apart."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chittyops.capabilities.discovery.model.facts import Package
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly import programs
from chittyops.capabilities.discovery.service.assembly.programs import Program
from chittyops.capabilities.discovery.service.assembly.sources import Index, Source
from chittyops.capabilities.discovery.service.world import World

_STAGE: Final = re.compile(r"(?i)[-_.](?:dev|development|local|test|testing|stag(?:e|ing)|prod|production|preview|ci)$")
_STANDARD: Final = re.compile(r"(?:^|/)wrangler\.(?:jsonc?|toml)$")
_LINKED: Final = re.compile(r"(?:workspace|file|link|portal):|\*$")
"""Versions by which a package asks for one of its own workspace."""
_FUNCTIONS: Final = frozenset({"cloudflare", "vercel", "netlify"})
"""Platforms that call what is deployed, and start nothing that talks over its standard streams."""
_WRITTEN: Final = frozenset({".py", ".js", ".ts", ".mjs", ".cjs", ".mts", ".tsx"})
PUT_ASIDE: Final = re.compile(r"(?i)(?:^|[-_. ])(?:old|bak|backup|legacy|deprecated|disabled|orig|copy)(?=$|[-_. ])|~$")
"""Names of files that were put aside when another one took their place."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One service to be: its folder, what deploys it, and its program where nothing does."""

    folder: str
    sources: tuple[Source, ...] = ()
    program: Program | None = None
    first: bool = True
    """Whether it is the folder's main one: manifests and files that name no service are its."""
    library: Package | None = None

    @property
    def live(self) -> tuple[Source, ...]:
        """Return the sources that a deployment really reads: not those put aside, nor one that another one hides."""
        kept = [each for each in self.sources if not _is_aside(each)] or list(self.sources)
        # wrangler reads only the first of its standard files that it finds in a folder.
        read = [each.path for each in kept if _STANDARD.search(each.path)]
        return tuple(each for each in kept if each.path not in read or each.path == read[0])


@dataclass(slots=True)
class _Group:
    name: str
    sources: list[Source] = field(default_factory=list)


def units(world: World, found: Index) -> tuple[Unit, ...]:
    """Return the services to be, by folder; in one folder the main one first."""
    made: dict[str, list[Unit]] = {}
    for folder, sources in found.sources.items():
        real = [each for each in sources if not each.is_page]
        if groups := [Unit(folder, each, first=n == 0) for n, each in enumerate(_grouped(real))]:
            made[folder] = groups
    _bring_home(made)
    running = list(programs.programs(world, found))
    for each in running:
        if each.kind != "static":
            _add(made, each)
    for each in programs.installed(world, found, _hosted(made)):
        _add_beside(made, each)
    for each in (*programs.configured(world, made), *programs.loose(found, made, _servers(made))):
        _add(made, each)
    sites: dict[str, Program | None] = {
        folder: None for folder, each in found.sources.items() if any(one.is_page for one in each)
    }
    sites |= {each.folder: each for each in running if each.kind == "static"}
    for folder in sorted(sites):
        _add_site(world, found, made, folder, sites[folder])
    for folder, package in _libraries(world, found, made):
        made[folder] = [Unit(folder, library=package)]
    return tuple(unit for folder in sorted(made) for unit in made[folder])


def _servers(made: Mapping[str, list[Unit]]) -> frozenset[str]:
    """Return the folders whose services are MCP servers for clients."""
    return frozenset(
        folder
        for folder, units in made.items()
        for unit in units
        if (unit.program and unit.program.kind.startswith("mcp-"))
        or any(each.deployment.kind.startswith("mcp-") for each in unit.sources)
    )


def _hosted(made: Mapping[str, list[Unit]]) -> frozenset[str]:
    """Return the folders that are deployed only where no program of one's own runs."""
    return frozenset(
        folder
        for folder, units in made.items()
        if (sources := [each for unit in units for each in unit.sources])
        and all(each.deployment.platform in _FUNCTIONS for each in sources)
    )


def _add_beside(made: dict[str, list[Unit]], program: Program) -> None:
    """Add a program that runs elsewhere than what the folder deploys."""
    head, *rest = made[program.folder]
    kept = None if head.program and head.program.kind == program.kind else head.program
    made[program.folder] = [replace(head, program=kept), *rest, Unit(program.folder, program=program, first=False)]


def _bring_home(made: dict[str, list[Unit]]) -> None:
    """Give configurations kept in a folder of their own to the service around it that they deploy too."""
    for folder in sorted(made):
        for unit in made[folder]:
            head = unit.sources[0]
            written = head.deployment.entrypoint or head.deployment.output
            entry = places.join(posixpath.dirname(head.path) or ".", written) if written else ""
            if not entry or places.inside(entry, folder):
                continue
            name = next((each.deployment.name for each in unit.sources if each.deployment.name), "")
            around = next((each for each in places.upwards(posixpath.dirname(entry)) if each in made), "")
            for n, other in enumerate(made.get(around, ())):
                if name and any(each.deployment.name == name for each in other.sources):
                    made[around][n] = replace(other, sources=(*other.sources, *unit.sources))
                    made[folder] = [each for each in made[folder] if each is not unit]
                    break
        if not made[folder]:
            del made[folder]


def _add(made: dict[str, list[Unit]], program: Program) -> None:
    if program.folder in made:
        head, *rest = made[program.folder]
        made[program.folder] = [replace(head, program=head.program or program), *rest]
    else:
        made[program.folder] = [Unit(program.folder, program=program)]


def _grouped(sources: list[Source]) -> Iterator[tuple[Source, ...]]:
    """Yield the sources of one folder, those of each service together; the main service's first."""
    real = [each for each in sources if not _is_aside(each)]
    groups: list[_Group] = []
    for source in real or sources:
        group = _group_for(source, groups)
        if group is None:
            groups.append(_Group(source.deployment.name, [source]))
        else:
            group.sources.append(source)
            group.name = group.name or source.deployment.name
    # A harness, an example or a backup beside the real configuration makes no service of its own.
    for source in sources if real else ():
        for group in groups:
            if _is_aside(source) and source.deployment.name in {group.name, ""}:
                group.sources.append(source)
                break
    for group in groups:
        yield tuple(group.sources)


def _is_aside(source: Source) -> bool:
    deployment = source.deployment
    return deployment.local_only or deployment.template or PUT_ASIDE.search(posixpath.basename(source.path)) is not None


def _group_for(source: Source, groups: list[_Group]) -> _Group | None:
    name, platform = source.deployment.name, source.deployment.platform
    if not name:
        return groups[0] if groups else None
    for group in groups:
        if group.name == name:
            return group
    for group in groups:
        if _languages(source) != _languages(*group.sources) and _languages(source) and _languages(*group.sources):
            continue
        same = [each for each in group.sources if each.deployment.platform == platform and each.deployment.name]
        if not same:
            return group
        if platform == "docker" and _STAGE.sub("", name) == _STAGE.sub("", same[0].deployment.name):
            return group
        # Another compose file has its own name for what it builds of the same folder.
        if platform == "docker" and len(groups) == 1 and source.path not in {each.path for each in same}:
            return group
    return None


def _languages(*sources: Source) -> frozenset[str]:
    """Return the languages that the entry points of ``sources`` are written in: one program has one."""
    ends = (posixpath.splitext(each.deployment.entrypoint)[1] for each in sources)
    return frozenset("python" if end == ".py" else "javascript" for end in ends if end in _WRITTEN)


def _add_site(world: World, found: Index, made: dict[str, list[Unit]], folder: str, program: Program | None) -> None:
    """Add a static site, unless it is a part of the service around it."""
    if folder in made or (program is None and (places.documents(folder) or folder in found.roots)):
        return
    repository = world.repository(places.join(folder, "x"))
    around = next((each for each in places.upwards(folder) if each in made and places.inside(each, repository)), None)
    if around is not None and (program is None or _serves(made[around], found, folder, around)):
        return
    within = [each for each in places.upwards(folder) if places.inside(each, repository)]
    if program is None and any(each in found.manifests for each in within):
        # A page within a package is the package's; whether that is a service is for its manifest to tell.
        return
    sources = tuple(each for each in found.sources.get(folder, ()) if each.is_page)
    made[folder] = [Unit(folder, sources, program)]


def _serves(around: list[Unit], found: Index, folder: str, outer: str) -> bool:
    """Return whether a service deploys or builds the front end in ``folder`` together with itself."""
    inner = places.relative(folder, outer)
    for unit in around:
        for source in unit.sources:
            output = source.deployment.output
            if output and places.inside(places.join(posixpath.dirname(source.path), output), folder):
                return True
    mention = re.compile(rf"(?:^|[\s/=\"'.]){re.escape(inner)}(?:$|[\s/\"'&;])")
    lines = [source.deployment.build for unit in around for source in unit.sources]
    for package in found.of(outer):
        lines += [line for name, line in package.scripts.items() if "dev" not in name]
    return any(mention.search(line) for line in lines if line)


def _libraries(world: World, found: Index, made: Mapping[str, list[Unit]]) -> Iterator[tuple[str, Package]]:
    """Yield the packages of others' use: members of monorepos, and what is published."""
    needs = [each for several in found.manifests.values() for one in several for each in one.package.dependencies]
    linked = {name for name, version, _ in needs if _LINKED.match(version)}
    wanted = {name for name, _, _ in needs}
    for folder, manifests in found.manifests.items():
        if folder in made or folder in found.roots or places.ignored(folder) or places.documents(folder):
            continue
        if places.template(folder) or programs.is_action(world, folder):
            continue
        member = any(each in found.roots for each in places.upwards(posixpath.dirname(folder)) if folder != ".")
        for package in (each.package for each in manifests if each.package.name):
            published = (package.library or bool(package.bin)) and not package.private
            # A package of npm that has nothing to import is not what others of its name ask the registry for.
            importable = package.entrypoint or package.ecosystem != "node"
            used = package.name in linked or (package.name in wanted and importable)
            offered = not package.private and (
                package.ecosystem == "python" or places.join(folder, package.entrypoint or "/") in world.paths
            )
            if (member and (used or package.library or package.bin or offered)) or published:
                yield folder, package
                break
