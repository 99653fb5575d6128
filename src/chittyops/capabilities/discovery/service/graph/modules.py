"""Imports resolved to files, as bundlers and Python do it."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Import

_EXTENSIONS: Final = (
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".vue",
    ".svelte",
    ".astro",
    ".json",
)
_WRITTEN: Final[Mapping[str, tuple[str, ...]]] = {
    ".js": (".ts", ".tsx", ".jsx"),
    ".jsx": (".tsx",),
    ".mjs": (".mts",),
    ".cjs": (".cts",),
}
"""Sources that an import may mean by the name of what they compile to."""
_BUILT: Final = re.compile(r"^(?:\./)?(?:dist|build|lib|out|esm|cjs)/")
_ROOTS: Final = ("src", "", "client/src", "app")
"""Where ``@/`` and ``~/`` lead where no configuration says it."""

Aliases = Sequence[tuple[str, tuple[str, ...]]]


def upwards(folder: str) -> Iterator[str]:
    """Yield ``folder`` and all above it; "" is the workspace."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def within(folder: str, name: str) -> str:
    """Return the path of ``name`` as seen from ``folder``, both relative to the workspace, whose own folder is ""."""
    path = posixpath.normpath(posixpath.join("" if folder == "." else folder, name))
    return "" if path == "." else path


class Modules:
    """Resolves what code imports to the files of a workspace."""

    def __init__(self, paths: frozenset[str], facts: Mapping[str, Facts]) -> None:
        """Index the packages and aliases that ``facts`` tell of."""
        self._paths = paths
        self._packages: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._mains: dict[str, str] = {}
        self._aliases: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._chains: dict[str, Aliases] = {}
        self._listing: dict[str, list[str]] | None = None
        self._tops: dict[tuple[str, str], tuple[str, ...]] = {}
        self._folders: set[str] | None = None
        for path, each in facts.items():
            folder = posixpath.dirname(path)
            if each.package is not None and each.package.ecosystem == "node":
                self._mains.setdefault(folder, each.package.entrypoint)
                if each.package.name:
                    self._packages[each.package.name].append((folder, each.package.entrypoint))
            for pattern, targets in each.aliases:
                self._aliases[folder].append((pattern, tuple(within(folder, target) for target in targets)))

    def imported(self, path: str, imports: Sequence[Import]) -> tuple[str, ...]:
        """Return the files that all ``imports`` of the file ``path`` mean."""
        # ``from pkg import name`` is there as pkg.name too, which says more.
        outer = {(each.line, each.specifier.rpartition(".")[0]) for each in imports} if path.endswith(".py") else ()
        told = (each.specifier for each in imports if (each.line, each.specifier) not in outer)
        return tuple(file for specifier in told for file in self.resolve(path, specifier))

    def resolve(self, path: str, specifier: str) -> tuple[str, ...]:
        """Return the files that ``specifier`` means in the file ``path``; () for what is not of the workspace."""
        if path.endswith((".py", ".pyi")):
            return self._python(path, specifier)
        folder, name = posixpath.dirname(path), re.sub(r"[?].*$", "", specifier)
        if path.endswith((".html", ".htm")) and not name.startswith((".", "/")):
            name = f"./{name}"
        if name.startswith("."):
            if "*" in name:
                return self._matching(within(folder, name))
            return _some(self.file(within(folder, name)))
        if name.startswith("/"):
            return _some(next((found for up in upwards(folder) if (found := self.file(within(up, name[1:])))), ""))
        return _some(self._aliased(folder, name) or self._package(path, name) or self._conventional(folder, name))

    def file(self, base: str) -> str:
        """Return the file that ``base`` means when it is imported: as it is, with a suffix, or as a folder's index."""
        if base in self._paths:
            return base
        stem, suffix = posixpath.splitext(base)
        candidates = [stem + each for each in _WRITTEN.get(suffix, ())]
        candidates += [base + each for each in _EXTENSIONS]
        candidates += [f"{base}/index{each}" if base else f"index{each}" for each in _EXTENSIONS[:8]]
        return next((each for each in candidates if each in self._paths), "") or self._main(base)

    def source(self, folder: str, built: str) -> str:
        """Return the source that ``built`` (``dist/index.js``) is made from: the file of its name below ``src``."""
        name = _BUILT.sub("", built)
        if name == built:
            return ""
        return self.file(within(folder, f"src/{name}")) or self.file(within(folder, name))

    def _main(self, folder: str) -> str:
        main = self._mains.get(folder, "")
        if not main or within(folder, main) == folder:
            return ""
        path = within(folder, main)
        return path if path in self._paths else self.source(folder, main)

    def _in(self, folder: str) -> Sequence[str]:
        """Return the files of ``folder`` itself."""
        if self._listing is None:
            self._listing = defaultdict(list)
            for path in sorted(self._paths):
                self._listing[posixpath.dirname(path)].append(path)
        return self._listing.get(folder, ())

    def _matching(self, pattern: str) -> tuple[str, ...]:
        folder = posixpath.dirname(pattern)
        while "*" in folder:
            folder = posixpath.dirname(folder)
        return tuple(each for each in self._in(folder) if fnmatch.fnmatchcase(each, f"{pattern}*"))

    def _chain(self, folder: str) -> Aliases:
        """Return the aliases that hold in ``folder``: the nearest first, of them the most exact."""
        if folder not in self._chains:
            found: list[tuple[str, tuple[str, ...]]] = []
            for up in upwards(folder):
                found += sorted(self._aliases.get(up, ()), key=lambda each: -len(each[0]))
            self._chains[folder] = found
        return self._chains[folder]

    def _aliased(self, folder: str, name: str) -> str:
        for pattern, targets in self._chain(folder):
            start, star, end = pattern.partition("*")
            if (name == pattern) if not star else (name.startswith(start) and name.endswith(end)):
                middle = name[len(start) : len(name) - len(end)]
                for target in targets:
                    if found := self.file(target.replace("*", middle)):
                        return found
        return ""

    def _package(self, path: str, name: str) -> str:
        parts = name.split("/")
        size = 2 if name.startswith("@") else 1
        known = self._packages.get("/".join(parts[:size]))
        if not known:
            return ""
        folder, main = max(known, key=lambda each: (len(posixpath.commonpath(["/" + each[0], "/" + path])), each[0]))
        rest = "/".join(parts[size:])
        if rest:
            return self.file(within(folder, rest)) or self.file(within(folder, f"src/{rest}"))
        return (main and self._main(folder)) or self.file(within(folder, "src/index")) or self.file(folder)

    def _conventional(self, folder: str, name: str) -> str:
        if not name.startswith(("@/", "~/")):
            return ""
        bases = (within(up, root) for up in upwards(folder) for root in _ROOTS)
        return next((found for base in bases if (found := self.file(within(base, name[2:])))), "")

    def _python(self, path: str, specifier: str) -> tuple[str, ...]:
        folder = posixpath.dirname(path)
        dots = len(specifier) - len(specifier.lstrip("."))
        words = [word for word in specifier[dots:].split(".") if word]
        if dots:
            return self._python_below(within(folder, "../" * (dots - 1) or "."), words)
        for base in self._bases(folder, words[0]) if words else ():
            if found := self._python_below(base, words):
                return found
        return ()

    def _bases(self, folder: str, name: str) -> tuple[str, ...]:
        """Return the folders from which code in ``folder`` sees a module or package called ``name``, nearest first."""
        if (folder, name) not in self._tops:
            bases = (base for up in upwards(folder) for base in (up, f"{up}/src" if up else "src"))
            tops = ((base, f"{base}/{name}" if base else name) for base in bases)
            self._tops[folder, name] = tuple(
                base for base, top in tops if f"{top}.py" in self._paths or self._is_folder(top)
            )
        return self._tops[folder, name]

    def _is_folder(self, path: str) -> bool:
        if self._folders is None:
            self._folders = {up for folder in set(map(posixpath.dirname, self._paths)) for up in upwards(folder)}
        return path in self._folders

    def _python_below(self, base: str, words: Sequence[str]) -> tuple[str, ...]:
        """Return the module that ``words`` name below ``base``, with the packages around it.

        Trailing words may be names in a module. Of a package that is named itself and has no module of its own all
        modules count.
        """
        found = [f"{base}/__init__.py" if base else "__init__.py"] if base or not words else []
        deep = False
        for size in range(1, len(words) + 1):
            stem = within(base, "/".join(words[:size]))
            names = [each for each in (f"{stem}.py", f"{stem}/__init__.py") if each in self._paths]
            if size == len(words) and not names:
                names = [each for each in self._in(stem) if each.endswith(".py")]
            deep = deep or bool(names)
            found += names
        return tuple(each for each in found if each in self._paths) if deep or not words else ()


def _some(path: str) -> tuple[str, ...]:
    return (path,) if path else ()
