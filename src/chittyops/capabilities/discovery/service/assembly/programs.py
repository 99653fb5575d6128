"""Programs that are made to run, though no platform's configuration says so: packages that start, code that serves."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly import entries
from chittyops.capabilities.discovery.service.assembly.sources import Index
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.world import World

_HOSTED: Final = frozenset({"fetch-handler", "queue", "cron", "scheduled", "email", "tail", "durable-object"})
"""Ways to serve that a platform's runtime calls; a program that only has these does not run on its own."""
_STDIO: Final = "mcp-stdio"
_HTTP: Final = "mcp-http"
_TOOLS: Final = re.compile(
    r"(?:^|[\s&|;])(?:wrangler\s+(?:pages\s+)?dev|vite(?!\S)(?!\s+preview)|react-scripts\s+start|ng\s+serve|"
    r"webpack(?:-dev-server)?\s+serve|webpack-dev-server|parcel(?!\s+build)|tsc\s+(?:-w|--watch)|expo\s+start|"
    r"start-storybook|storybook\s+dev|netlify\s+dev|vercel\s+dev|jest|vitest|mocha|electron|"
    r"docusaurus\s+start|gatsby\s+develop|vue-cli-service\s+serve)"
)
"""Development servers and tools: a ``start`` that runs one starts nothing that could be deployed."""
_WORKER: Final = re.compile(r"(?:npx |bunx |pnpm (?:exec )?)?wrangler (?:deploy|publish)(?!.*\s(?:-c|--config)\b)")
"""A ``deploy`` of the Worker in this folder; its configuration may be one that git ignores."""
_DELEGATES: Final = re.compile(
    r"^(?:turbo|nx|lerna|concurrently|npm-run-all|run-[ps]|wireit|make|docker|docker-compose)\b|^cd\s|"
    r"^(?:npm|pnpm|yarn|bun)\b.*(?:\s-(?:w|r|C|F)\b|--(?:workspaces?|filter|recursive|prefix|cwd|dir)\b|\sworkspaces?\s)"
)
"""A ``start`` that starts other packages, as the root of a monorepo does."""
_SITES: Final = frozenset({
    "vite", "react-scripts", "@angular/core", "parcel", "@docusaurus/core", "gatsby", "vuepress", "vitepress",
    "@vue/cli-service", "astro", "@11ty/eleventy", "preact-cli", "webpack",
})  # fmt: skip
"""Builders of static sites."""
_BUILDS: Final = re.compile(r"(?:^|&&\s*|npx |bunx )(?:vite|react-scripts|parcel|webpack|ng) build\b")
"""How the root of a monorepo builds a site of its own."""
_APPLICATIONS: Final = frozenset({
    "next", "nuxt", "@sveltejs/kit", "@tanstack/react-start", "@tanstack/solid-start", "@solidjs/start",
    "@remix-run/dev", "@react-router/dev", "@analogjs/platform", "@builder.io/qwik-city",
})  # fmt: skip
"""Frameworks whose build is a server; with one of the next it is a static site."""
_EXPORTERS: Final = frozenset({"@sveltejs/adapter-static"})
_PAGED: Final = frozenset({"astro", "gatsby", "@docusaurus/core", "vitepress", "vuepress", "@11ty/eleventy"})
_RUN_SCRIPTS: Final = re.compile(r"(?i)(?:scripts?|tools?|bin|cli|migrations?|seeds?|hooks?)")


@dataclass(frozen=True, slots=True)
class Program:
    """A folder that is a service by its own code: how it runs, and how it is started."""

    folder: str
    platform: str
    kind: str
    entrypoint: str = ""
    """A path of the workspace."""
    name: str = ""
    start: tuple[str, str] = ("", "")


def programs(world: World, found: Index) -> Iterator[Program]:
    """Yield the folders whose own manifests and code make them services, outer ones first."""
    for folder in sorted(found.manifests):
        if places.ignored(folder) or is_action(world, folder):
            continue
        program = _node(world, found, folder) or _python(world, found, folder) or _site(world, found, folder)
        if program:
            yield program


def loose(found: Index, taken: Collection[str], servers: Collection[str]) -> Iterator[Program]:
    """Yield programs that serve in folders that are no service's own: those without a manifest.

    ``taken`` are the folders of services, ``servers`` those of them that are MCP servers for clients.
    """
    seen: set[str] = set()
    for here in sorted(found.code):
        if places.ignored(here) or places.documents(here) or places.template(here) or places.aside(here, ".")[0]:
            continue
        for each in found.code[here]:
            folder = _root(here)
            program = _loose(found, each, folder, taken, servers)
            if program and folder not in seen:
                seen.add(folder)
                yield program


def configured(world: World, taken: Collection[str]) -> Iterator[Program]:
    """Yield the MCP servers that a client's configuration runs from the workspace's own files."""
    for path, facts in world.facts.items():
        for server in facts.servers:
            for word in server.command[1:]:
                file = places.join(posixpath.dirname(path), word) if "." in word else ""
                folder = _root(posixpath.dirname(file) or ".")
                if file in world.paths and not places.ignored(folder) and folder not in taken:
                    language = "python" if file.endswith(".py") else "node"
                    yield Program(folder, language, "mcp-stdio", file, server.name)


def installed(world: World, found: Index, folders: Collection[str]) -> Iterator[Program]:
    """Yield the MCP servers that the packages in ``folders`` install for clients as programs of their own."""
    for folder in sorted(folders):
        for package in found.of(folder, "node"):
            for path in (places.join(folder, each) for each in package.bin):
                code = world.facts[path].code if path in world.facts else None
                if code and _STDIO in code.serves:
                    name = package.name.rpartition("/")[2] or posixpath.basename(path).partition(".")[0]
                    yield Program(folder, "node", _STDIO, path, name if "mcp" in name else f"{name}-mcp")


def is_action(world: World, folder: str) -> bool:
    """Return whether a folder is an action of a CI system."""
    return any(places.join(folder, name) in world.paths for name in ("action.yml", "action.yaml"))


def _root(folder: str) -> str:
    """Return the folder of the program whose code stands in ``folder``."""
    while posixpath.basename(folder) in {"src", "lib", "app", "bin"} and posixpath.dirname(folder):
        folder = posixpath.dirname(folder)
    return folder


def served(found: Index, folder: str) -> frozenset[str]:
    """Return the ways in which code of a folder serves that can run on its own."""
    near = (folder, *(places.join(folder, each) for each in ("src", "server", "app", "lib", "src/server", "api")))
    code = [facts.code for each in near for facts in found.code.get(each, ()) if facts.code]
    return frozenset(way for each in code for way in each.serves)


def start_of(package: Package) -> str:
    """Return the command by which a package starts as a service; "" for tools, delegation and command lines."""
    start = package.start or package.scripts.get("start", "")
    if not start or _TOOLS.search(start) or _DELEGATES.search(start):
        return ""
    return start


def _node(world: World, found: Index, folder: str) -> Program | None:
    for package in found.of(folder):
        if package.ecosystem not in {"node", "deno"}:
            continue
        start, ways = start_of(package), served(found, folder)
        written = launch.entrypoint(start) or package.entrypoint or next(iter(package.bin), "")
        entry = entries.located(world, folder, written)[0] if written else ""
        runs = ways - _HOSTED
        kind = _mcp(ways) or "service"
        if start and (runs or not _is_command_line(package, start)):
            shows = "static" in _told(world, found, folder)
            return Program(folder, package.ecosystem, "static" if shows else kind, entry)
        spoken = package.mcp and not (package.library and not _speaks(found, folder))
        if (spoken or _STDIO in runs) and (package.bin or _main(found, folder, entry)):
            return Program(folder, package.ecosystem, _mcp(ways) or _STDIO, entry)
        needed = {name for name, _, _ in package.dependencies}
        if needed & _APPLICATIONS and "build" in package.scripts and not package.library and folder not in found.roots:
            return Program(folder, "node", "static" if needed & _EXPORTERS else kind)
        if folder not in found.roots and (main := _main(found, folder, entry)):
            return Program(folder, package.ecosystem, kind, main)
        told = any(places.inside(at, folder) for at in found.sources)
        if not told and _WORKER.match(package.scripts.get("deploy", "")):
            return Program(folder, "cloudflare", "worker", entry)
    return None


def _speaks(found: Index, folder: str) -> bool:
    """Return whether any code below a folder is an MCP server for clients: a library may only be made for such."""
    code = (facts.code for at, each in found.code.items() if places.inside(at, folder) for facts in each)
    return any(_STDIO in each.serves for each in code if each)


def _told(world: World, found: Index, folder: str) -> frozenset[str]:
    """Return the kinds of services that the manifests of a folder tell of."""
    paths = (each.path for each in found.manifests.get(folder, ()))
    return frozenset(each.kind for path in paths for each in world.facts[path].deployments)


def _mcp(ways: frozenset[str]) -> str:
    """Return the kind that MCP servers have; one that also answers otherwise is a service."""
    if _HTTP in ways:
        return "mcp-http"
    return _STDIO if _STDIO in ways else ""


def _is_command_line(package: Package, start: str) -> bool:
    """Return whether ``start`` runs a tool: it hands over a subcommand, or runs what ``bin`` names."""
    try:
        words = [word for word in shlex.split(start) if "=" not in word]
    except ValueError:
        return False
    file = launch.entrypoint(start)
    if not file:
        return False
    rest = words[words.index(file) + 1 :] if file in words else []
    stem = posixpath.basename(file).rpartition(".")[0]
    named = any(posixpath.normpath(each) == posixpath.normpath(file) for each in package.bin)
    return bool(rest and not rest[0].startswith("-")) or named or stem == "cli"


def _main(found: Index, folder: str, entry: str) -> str:
    """Return the file of a folder that serves on its own when it is run, "" where none does."""
    mains = [
        facts.path
        for each in (folder, places.join(folder, "src"), places.join(folder, "server"))
        for facts in found.code.get(each, ())
        if facts.code and facts.code.main and set(facts.code.serves) - _HOSTED
    ]
    return entry if entry in mains else next(iter(mains), "")


def _python(world: World, found: Index, folder: str) -> Program | None:
    if not found.of(folder, "python"):
        return None
    package = found.of(folder, "python")[0]
    name = package.name.replace("-", "_")
    near = ("", "src", "app", "server", "api", "backend", name, f"src/{name}" if name else "src")
    started = {file for each in package.bin if (file := _module_file(world, folder, each))}
    folders = (places.join(folder, each) if each else folder for each in near)
    for at in dict.fromkeys((*sorted(map(posixpath.dirname, started)), *folders)):
        for facts in sorted(_by_likelihood(found.code.get(at, ())), key=lambda each: each.path not in started):
            if facts.code and facts.code.language == "python" and (ways := set(facts.code.serves)):
                kind = _mcp(frozenset(ways)) or "service"
                return Program(folder, "python", kind, facts.path, start=_module(folder, facts.path))
    if package.mcp and started and "mcp" in package.name.lower():
        return Program(folder, "python", _STDIO, min(started), start=_module(folder, min(started)))
    return Program(folder, "python", _STDIO) if _STDIO in _told(world, found, folder) else None


def _module_file(world: World, folder: str, module: str) -> str:
    """Return the file of a Python module that is written as a path without suffix, "" where there is none."""
    tried = (places.join(folder, f"{root}{module}{end}") for root in ("", "src/") for end in (".py", "/__init__.py"))
    return next((each for each in tried if each in world.paths), "")


def _by_likelihood(code: Collection[Facts]) -> list[Facts]:
    names = ("main.py", "app.py", "server.py", "__main__.py", "wsgi.py", "asgi.py", "manage.py", "__init__.py")
    order = {name: place for place, name in enumerate(names)}
    return sorted(code, key=lambda each: (order.get(posixpath.basename(each.path), len(names)), each.path))


def _module(folder: str, path: str) -> tuple[str, str]:
    """Return how a Python file is started: as a module, or by its name where that is none of a module."""
    file = places.relative(path, folder)
    module = file.removeprefix("src/").removesuffix(".py").removesuffix("/__main__")
    if module.replace("/", "").isidentifier():
        return "module", module.replace("/", ".")
    return "command", shlex.join(["python", file])


def _site(world: World, found: Index, folder: str) -> Program | None:
    """Return a front end that has a builder and a page, and is deployed as what the builder makes."""
    pages = (places.join(folder, each) for each in ("index.html", "public/index.html", "src/index.html"))
    page = next((each for each in pages if each in world.paths), "")
    for package in found.of(folder, "node"):
        needed = {name for name, _, _ in package.dependencies}
        # A builder that has pages of its own needs none in the tree.
        built = needed & _PAGED or (page and needed & _SITES)
        own = folder not in found.roots or (page and _BUILDS.search(package.scripts.get("build", "")))
        if built and "build" in package.scripts and not package.library and own:
            return Program(folder, "static", "static", page if page in world.paths else "")
    return None


def _loose(found: Index, facts: Facts, folder: str, taken: Collection[str], servers: Collection[str]) -> Program | None:
    code = facts.code
    if code is None or not code.main or facts.kind == "test":
        return None
    ways = frozenset(code.serves) - _HOSTED
    if not ways or folder in taken or folder in found.manifests or _RUN_SCRIPTS.fullmatch(posixpath.basename(folder)):
        return None
    language = "python" if code.language == "python" else "deno" if "deno" in ways else "node"
    package = next((each for each in places.upwards(folder) if each in found.manifests), folder)
    if package not in found.roots and {"src", "lib"} & set(places.relative(folder, package).split("/")):
        return None  # a part of a package, which is what it says itself
    around = next((each for each in places.upwards(folder) if each in taken), None)
    if around is not None and (around in servers or not _apart(ways, folder, around)):
        return None
    return Program(folder, language, _mcp(ways) or "service", facts.path)


def _apart(ways: frozenset[str], folder: str, around: str) -> bool:
    """Return whether a program within a service's folder is another one: an MCP server in its own place."""
    inner = places.relative(folder, around).split("/")
    return _STDIO in ways and "src" not in inner and "lib" not in inner
