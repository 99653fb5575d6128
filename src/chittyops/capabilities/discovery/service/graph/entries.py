"""Where the code of a service begins: what configurations name, commands start, frameworks and platforms look for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.graph.modules import Modules, within
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService

NO_PRODUCT: Final = frozenset({"test", "document"})
_STDIO: Final = "mcp-stdio"
_CODE: Final = re.compile(r".+\.(?:[cm]?[jt]sx?|vue|svelte|astro|py|html?)")
_STARTS: Final = re.compile(
    r"(?:pre)?(?:start|dev|serve|build|preview|watch)(?::(?:prod|server|client|worker|web|api)\w*)?"
)
_FILE: Final = re.compile(r"[\w@.\-/]+\.(?:[cm]?[jt]sx?|py)(?=$|[\s\"';&|:])")
_NO_PAGES: Final = re.compile(r"(?:^|/)(?:node_modules|dist|build|out|coverage|docs?|vendor|\.[^/]+)/")
_CONVENTIONS: Final = tuple(
    f"{folder}{name}.{suffix}"
    for folder in ("src/", "", "server/", "app/")
    for name in ("index", "main", "server", "app", "worker")
    for suffix in ("ts", "tsx", "js", "mjs", "jsx", "py")
)
_FRAMEWORKS: Final = tuple(
    (re.compile(needed), re.compile(files))
    for needed, files in (
        (r"next|@opennextjs/.*", r"(?:src/)?(?:(?:app|pages)/|(?:middleware|proxy|instrumentation)\.)"),
        (r"nuxt", r"(?:app/)?(?:pages|server|plugins|middleware|layouts|components|composables)/|(?:app/)?app\.vue"),
        (r"@sveltejs/kit", r"src/(?:routes/|hooks\.)"),
        (r"astro", r"src/(?:pages/|middleware\.|content)"),
        (r"@remix-run/.*|@react-router/dev|@tanstack/react-start|@solidjs/start", r"(?:app|src)/(?:rout|root\.|entry)"),
        (r"expo|expo-router", r"(?:src/)?app/|App\.|index\."),
    )
)
"""Frameworks that start from every file in some folders: the package that tells them, and the files."""
_PLATFORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "cloudflare": re.compile(r"functions/"),
    "vercel": re.compile(r"api/|middleware\."),
    "netlify": re.compile(r"netlify/(?:edge-)?functions/"),
}
"""Folders whose files a platform serves without being told."""
_BY_NAME: Final = frozenset({"django", "celery", "airflow", "apache-airflow", "scrapy"})
"""Frameworks that find modules by names in settings, so that imports do not tell what runs."""


class Entries:
    """Finds the files that the code of services begins with."""

    def __init__(self, world: World, modules: Modules) -> None:
        """Look for them in ``world``, whose imports ``modules`` resolves."""
        self._world = world
        self._modules = modules

    def of(self, service: FoundService) -> frozenset[str]:
        """Return the entry points of ``service``.

        None where nothing tells them, or where others decide, as with libraries: then all of its code counts.
        """
        beside = [each for each in self._world.owners(posixpath.join(service.path, "x")) if each != service]
        if beside and service.kind == _STDIO and service.entrypoint in self._world.facts:
            return frozenset({service.entrypoint})
        return self._own(service) - {each.entrypoint for each in beside if each.kind == _STDIO}

    def _own(self, service: FoundService) -> frozenset[str]:
        root = "" if service.path == "." else service.path
        below = tuple(self._world.below(service.path))
        packages = [each.package for each in below if each.package and posixpath.dirname(each.path) == root]
        needed = {name.lower() for package in packages for name, _, _ in package.dependencies}
        if needed & _BY_NAME or service.status == "library":
            return frozenset()
        found = {*self._configured(service, root, below)}
        # A manifest is of the main service of its folder; another one beside it says for itself where it begins.
        if not found or self._world.owners(posixpath.join(service.path, "x"))[:1] == (service,):
            found |= {*self._started(service, root, packages)}
        found |= {*_routed(service, root, needed, below)}
        pages = {*_pages(below)}
        found = found or {*self._mains(root, packages)} or self._conventional(root)
        return frozenset((found | pages or {*_served(below)}) | {*_tools(below)})

    def _configured(self, service: FoundService, root: str, below: Iterable[Facts]) -> Iterator[str]:
        """Yield the files that the service and its configurations name as its entry points."""
        names = {service.entrypoint} - {""}
        for each in below:
            if each.path in service.config_files and each.deployments:
                own = [one for one in each.deployments if one.name == service.name] or each.deployments
                names |= {within(posixpath.dirname(each.path), one.entrypoint) for one in own if one.entrypoint}
        for name in names:
            yield from self._source(root, name)

    def _source(self, root: str, name: str) -> Iterator[str]:
        """Yield the file ``name`` if it is code, else the source that it is built from."""
        found = self._modules.file(name)
        if not found and (not root or name.startswith(f"{root}/")):
            found = self._modules.source(root, name[len(root) + 1 :] if root else name)
        if _CODE.fullmatch(found):
            yield found

    def _started(self, service: FoundService, root: str, packages: Iterable[Package]) -> Iterator[str]:
        """Yield the files that start and build commands name."""
        commands = [service.start[1], service.build]
        for package in packages:
            yield from self._binaries(root, package)
            commands.append(package.start)
            commands += [line for name, line in package.scripts.items() if _STARTS.fullmatch(name)]
        for command in filter(None, commands):
            for name in filter(None, (*_FILE.findall(command), launch.entrypoint(command))):
                for path in self._source(root, within(root, name)):
                    facts = self._world.facts.get(path)
                    if facts and facts.code and facts.kind not in {*NO_PRODUCT, "config"}:
                        yield path

    def _binaries(self, root: str, package: Package) -> Iterator[str]:
        """Yield the files that the programs of a package start from."""
        for name in package.bin:
            if package.ecosystem == "python":
                tried = (within(root, f"{at}{name}{end}") for at in ("", "src/") for end in (".py", "/__init__.py"))
                yield from [path for path in tried if path in self._world.facts][:1]
            else:
                yield from self._source(root, within(root, name))

    def _mains(self, root: str, packages: Iterable[Package]) -> Iterator[str]:
        for package in packages:
            if package.entrypoint:
                yield from self._source(root, within(root, package.entrypoint))

    def _conventional(self, root: str) -> set[str]:
        paths = (within(root, name) for name in _CONVENTIONS)
        return set(next(([path] for path in paths if path in self._world.facts), []))


def _routed(service: FoundService, root: str, needed: Iterable[str], below: Iterable[Facts]) -> Iterator[str]:
    """Yield the files that a framework or a platform starts from by where they lie."""
    patterns = [files for package, files in _FRAMEWORKS if any(map(package.fullmatch, needed))]
    patterns += [_PLATFORMS[each] for each in service.platforms if each in _PLATFORMS]
    start = len(root) + 1 if root else 0
    for each in below if patterns else ():
        if each.code is not None and each.kind not in NO_PRODUCT:
            own = each.path[start:]
            if any(pattern.match(own) for pattern in patterns):
                yield each.path


def _tools(below: Iterable[Facts]) -> Iterator[str]:
    """Yield the MCP servers that clients start by their file, whatever else the service starts."""
    for each in below:
        if each.code is not None and each.kind == "code" and each.code.main and "mcp-stdio" in each.code.serves:
            yield each.path


def _pages(below: Iterable[Facts]) -> Iterator[str]:
    """Yield the pages that load scripts: browsers begin with them."""
    for each in below:
        page = each.code is not None and each.code.language == "html" and bool(each.code.imports)
        if page and each.kind not in NO_PRODUCT and not _NO_PAGES.search(each.path):
            yield each.path


def _served(below: Iterable[Facts]) -> Iterator[str]:
    """Yield the files whose code says that it is run."""
    for each in below:
        if each.code is not None and each.kind == "code" and (each.code.main or each.code.serves):
            yield each.path
