"""Where a service begins: its entry point, and whether that is there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final

from chittyops.capabilities.discovery.model.facts import Deployment
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.world import World

_OUTPUT: Final = re.compile(
    r"(?i)(?:dist|build|built|out|output|target|public/build|\.next|\.output|\.svelte-kit|\.vercel|\.open-next|\.nuxt|"
    r"\.wrangler|\.worker-next|\.vercel_build_output|_site|site|www|generated|\.generated|bundle|compiled|\.astro|"
    r"(?:dist|build)[-_.].+|.+[-_.](?:dist|build))"
)
_OUTPUT_FILE: Final = re.compile(r"(?i)_worker\.js|.+\.(?:bundle|min|generated)\.[cm]?js|.+\.wasm")
_ENDS: Final = (
    *("", ".ts", ".js", ".mjs", ".tsx", ".jsx", ".mts", ".cjs", ".py"),
    *("/index.ts", "/index.js", "/__init__.py"),
)
_COMPILED: Final = frozenset({".js", ".mjs", ".cjs"})
_COMPILES: Final = re.compile(r"(?:npx\s+)?tsc(?:\s+(?:-p|--project|-b|--build)(?:\s+[\w./-]+)?)*")
"""Builds that compile and bundle nothing, so that each file is made of one of its name."""
_MAKES_NOTHING: Final = re.compile(r"\s*(?:chmod|chown|echo|ls|cat|rm|test|stat)\s[^&|;>]*")
"""Commands that only work on files which are there."""
_MODULE: Final = re.compile(r"@[^/]+/[^/]+.*|[\w+.-]+:.*")


def entrypoint(world: World, path: str, deployment: Deployment, builds: Iterable[str] = ()) -> tuple[str, str]:
    """Return the entry point that a deployment in the file ``path`` names, and its state.

    The entry point is a path of the workspace; the state is present, missing, build-output or none. ``builds`` are
    command lines that build it.
    """
    folder = posixpath.dirname(path) or "."
    builds = (deployment.build, *builds)
    if deployment.entrypoint:
        return located(world, folder, deployment.entrypoint, builds)
    if deployment.output:
        found = places.join(folder, deployment.output)
        return found, state(world, folder, deployment.output, builds) if found else "none"
    return "", "none"


def located(world: World, folder: str, written: str, builds: Iterable[str] = ()) -> tuple[str, str]:
    """Return the file that ``written`` in a file of ``folder`` means, and its state."""
    found = places.join(folder, written)
    for end in _ENDS:
        if found + end in world.paths:
            return found + end, "present"
    stem, suffix = posixpath.splitext(found)
    if suffix == ".py" and f"{stem}/__init__.py" in world.paths:
        return f"{stem}/__init__.py", "present"  # the module that a command names is a package
    for end in (".ts", ".tsx") if suffix in {".js", ".mjs", ".cjs"} else ():
        if stem + end in world.paths and any(builds):
            return found, "build-output"
    return found or written, state(world, folder, written, builds)


def state(world: World, folder: str, written: str, builds: Iterable[str] = ()) -> str:
    """Return whether what ``written`` names is present, missing, or made by a build."""
    found = places.join(folder, written)
    if found and (found in world.paths or found in world.folders):
        return "present"
    if _MODULE.fullmatch(written):
        return "build-output"
    if _made(places.relative(found, folder) if places.inside(found, folder) else found):
        return "missing" if never_made(world, found) else "build-output"
    base = posixpath.basename(written.rstrip("/"))
    stem = posixpath.splitext(base)[0]
    named = re.compile(rf"(?:^|[\s/=\"'.]){re.escape(stem)}(?:\.[cm]?js)?(?:$|[\s\"'/;&|])") if stem else None
    if named and any(named.search(line) for line in builds if line and not _MAKES_NOTHING.fullmatch(line)):
        return "build-output"
    return "missing"


def never_made(world: World, path: str) -> bool:
    """Return whether no build can make the file at ``path``: its package only compiles, and has no source of the name.

    The compiler keeps names, so that ``dist/server.js`` is made of some ``server.ts``.
    """
    stem, suffix = posixpath.splitext(posixpath.basename(path))
    around = (places.join(each, "package.json") for each in places.upwards(posixpath.dirname(path) or "."))
    manifest = next((each for each in around if each in world.facts), "")
    package = world.facts[manifest].package if manifest else None
    build = package.scripts.get("build", "").strip() if package else ""
    if suffix not in _COMPILED or not _COMPILES.fullmatch(build):
        return False
    return not any(places.inside(each, posixpath.dirname(manifest) or ".") for each in world.stems.get(stem, ()))


def _made(path: str) -> bool:
    *folders, name = path.split("/")
    return any(_OUTPUT.fullmatch(part) for part in (*folders, name)) or _OUTPUT_FILE.fullmatch(name) is not None
