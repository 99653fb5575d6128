"""How a service is built, started, tested and looked at, and whose it is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly import entries, programs
from chittyops.capabilities.discovery.service.assembly.sources import Index
from chittyops.capabilities.discovery.service.assembly.units import Unit
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Evidence, Stage, Suite

_HEALTH: Final = ("/health", "/healthz", "/api/health", "/_health")
_CODEOWNERS: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""In the order in which GitHub looks for it."""
_MANAGERS: Final = {"node": "npm", "python": "pip", "deno": "deno"}
_PROGRAM_RANK: Final = 20
"""What a manifest that starts something weighs among configurations."""
_WRANGLER: Final = re.compile(
    r"\bwrangler\s+(deploy|publish|dev)\s+(?:--?[\w-]+(?:=\S+)?\s+)*([\w@./-]+\.(?:[cm]?[jt]sx?|py))(?=\s|$)"
)
_RUNNERS: Final = {"python": ("pytest", "pytest")}


def entrypoint(world: World, found: Index, unit: Unit) -> tuple[str, str]:
    """Return where the service begins, as a path of the workspace, and its state."""
    scripts = [each for package in found.of(unit.folder) for each in package.scripts.items()]
    builds = tuple(line for name, line in scripts if "build" in name)
    assets = ("", "none")
    for source in unit.live:
        deployment = source.deployment
        path, state = entries.entrypoint(world, source.path, deployment, builds)
        if deployment.entrypoint and state == "missing" and source.folder != (posixpath.dirname(source.path) or "."):
            path, state = entries.located(world, source.folder, deployment.entrypoint, (*builds, deployment.build))
        if deployment.entrypoint:
            return path, state
        assets = (path, state) if assets[1] == "none" else assets
    if unit.live and unit.first and (path := _commanded(unit, scripts)):
        return entries.located(world, unit.folder, path, builds)
    if assets[1] != "none":
        return assets
    return _own_entrypoint(world, found, unit, builds)


def _commanded(unit: Unit, scripts: Sequence[tuple[str, str]]) -> str:
    """Return the entry point that the commands of a package give to wrangler, where its configuration names none."""
    if unit.live[0].deployment.platform != "cloudflare":
        return ""
    found = [match for _, line in scripts for match in _WRANGLER.finditer(line)]
    return next((each[2] for each in sorted(found, key=lambda each: each[1] == "dev")), "")


def _own_entrypoint(world: World, found: Index, unit: Unit, builds: Sequence[str]) -> tuple[str, str]:
    program = unit.program
    if program is not None and program.entrypoint:
        return entries.located(world, ".", program.entrypoint, builds)
    if not unit.first:
        return "", "none"
    for package in (unit.library,) if unit.library else found.of(unit.folder):
        written = launch.entrypoint(programs.start_of(package)) or package.entrypoint
        path, state = entries.located(world, unit.folder, written, builds) if written else ("", "none")
        # A manifest's main is often what its template said: it counts where it is there, or where a build makes it.
        if state in {"present", "build-output"}:
            return path, state
    return "", "none"


def platforms(found: Index, unit: Unit) -> tuple[str, ...]:
    """Return the platforms of a service, the one it is deployed on first, then others that it can also run on."""
    named = [each.deployment.platform for each in unit.live if each.deployment.rank > _PROGRAM_RANK]
    if unit.program is not None:
        named.append(unit.program.platform)
    named += [each.deployment.platform for each in unit.sources]
    if unit.first and not unit.library:
        named += [each.ecosystem for each in found.of(unit.folder) if programs.start_of(each)]
    if unit.library:
        named.append(unit.library.ecosystem)
    return tuple(dict.fromkeys(named))


def kind(unit: Unit, ways: frozenset[str]) -> str:
    """Return what kind of service it is; ``ways`` are those in which its code serves."""
    if unit.library:
        return "library"
    told = next((each.deployment.kind for each in unit.live if each.deployment.kind), "")
    if told or not unit.live:
        return told or (unit.program.kind if unit.program else "service")
    if unit.program and unit.program.kind.startswith("mcp-"):
        return unit.program.kind
    platform = unit.live[0].deployment.platform
    if platform == "cloudflare":
        return "worker"
    others = ways - {"mcp-stdio", "mcp-http"}
    return next((way for way in ("mcp-http", "mcp-stdio") if way in ways and not others), "service")


def stages(unit: Unit) -> dict[str, Stage]:
    """Return the environments of a service by name, as the weightiest source that defines any tells them."""
    made: dict[str, Stage] = {}
    for source in unit.live:
        deployment = source.deployment
        if made and deployment.platform != unit.live[0].deployment.platform:
            continue
        for name, each in deployment.stages.items():
            routes = tuple(dict.fromkeys(pattern for pattern, _ in each.routes))
            made.setdefault(name, Stage(each.bindings, routes, each.crons, each.vars, each.name))
        if "" in deployment.stages:
            break
    return made


def tests(own: Iterable[Facts], packages: Iterable[Package]) -> Suite | None:
    """Return how a service is tested: as a manifest says, else as its test files show."""
    files = [each for each in own if each.kind == "test" and each.code is not None and each.code.cases]
    for package in packages:
        if any(package.tests):
            return Suite(*package.tests, len(files))
    for each in files:
        language = each.code.language if each.code else ""
        runner, command = _RUNNERS.get(language, ("", ""))
        return Suite(runner, command, len(files))
    return None


def manager(world: World, found: Index, folder: str, managers: dict[str, str]) -> str:
    """Return the package manager of the nearest lock file or manifest around, within the repository."""
    repository = world.repository(places.join(folder, "x"))
    for each in places.upwards(folder):
        if each in managers:
            return managers[each]
        if each == repository:
            break
    return next((_MANAGERS[each.ecosystem] for each in found.of(folder) if each.ecosystem in _MANAGERS), "")


def managers(world: World) -> dict[str, str]:
    """Return the package managers that files tell of, by folder; what a lock file says goes before a manifest."""
    told: dict[str, str] = {}
    for path, each in world.facts.items():
        folder = posixpath.dirname(path) or "."
        if each.manager and (each.kind == "lock" or folder not in told):
            told[folder] = each.manager
        elif each.package is not None and each.package.manager:
            told.setdefault(folder, each.package.manager)
    return told


def health(unit: Unit, code: Sequence[Facts], reached: Collection[str]) -> tuple[str, tuple[Evidence, ...]]:
    """Return the path of the health endpoint and where it is told: a configuration's, else one in the code.

    ``reached`` are the files that the entry point leads to: what they serve goes before the rest. A library has none.
    """
    if unit.library is not None:
        return "", ()
    for source in unit.live:
        if source.deployment.health:
            at = Evidence(source.path, source.deployment.health_line or source.deployment.line)
            return source.deployment.health, (at,)
    serving = [each for each in code if each.code is not None and each.code.health]
    serving = [each for each in serving if each.path in reached] or serving
    seen: dict[str, list[Evidence]] = {}
    for each in sorted(serving, key=lambda facts: (facts.path.count("/"), facts.path)):
        for path, line in each.code.health if each.code else ():
            seen.setdefault(path, []).append(Evidence(each.path, line))
    if not seen:
        return "", ()
    order = {path: place for place, path in enumerate(_HEALTH)}
    best = min(seen, key=lambda path: (order.get(path, len(order)), len(path), path))
    return best, tuple(seen[best])


def owners(world: World, folder: str) -> tuple[str, ...]:
    """Return the owners of a folder by its repository's CODEOWNERS, whose last matching rule counts."""
    repository = world.repository(places.join(folder, "x"))
    rules = (world.facts.get(places.join(repository, name)) for name in _CODEOWNERS)
    told = next((each.owners for each in rules if each is not None and each.owners), ())
    path = places.relative(folder, repository)
    # Any file of the folder: one without a name that a rule for kinds of files could mean.
    file = "\0" if path == "." else f"{path}/\0"
    return next((who for pattern, who in reversed(told) if _pattern(pattern).match(file)), ())


@lru_cache(maxsize=4096)
def _pattern(written: str) -> re.Pattern[str]:
    """Return a CODEOWNERS pattern (those of gitignore, without negation) as a regular expression."""
    anchored = "/" in written.rstrip("/")
    text = re.escape(written.strip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"/\*\*", "/.*").replace(r"\*\*", ".*")
    text = text.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    # ``docs/*`` means the files of docs and not those of its folders.
    end = "$" if written.endswith("/*") else ("/" if written.endswith("/") else "(?:/|$)")
    return re.compile(f"^{'' if anchored else '(?:.*/)?'}{text}{end}", re.DOTALL)
