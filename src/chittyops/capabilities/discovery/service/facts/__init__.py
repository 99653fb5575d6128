"""What each kind of file tells: one module a kind, one function a file, ``(path, text) -> Facts``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import code, containers, manifests, platforms, wrangler

Recogniser = Callable[[str, str], Facts]

_CONFIG: Final[tuple[tuple[re.Pattern[str], Recogniser], ...]] = (
    (wrangler.FILENAME, wrangler.read),
    (re.compile(r"package\.json"), manifests.package_json),
    (re.compile(r"pyproject\.toml"), manifests.pyproject),
    (re.compile(r"requirements\.txt"), manifests.requirements),
    (re.compile(r"Procfile"), containers.procfile),
    (re.compile(r"(.+\.)?Dockerfile(\..+)?"), containers.dockerfile),
    (re.compile(r"(docker-)?compose([.-][A-Za-z0-9_.-]+)?\.ya?ml"), containers.compose),
    (re.compile(r"vercel\.json"), platforms.vercel),
    (re.compile(r"railway\.(json|toml)"), platforms.railway),
    (re.compile(r"(\.env|\.dev\.vars)\.(example|sample|template)"), manifests.env_example),
)
_LOCKS: Final = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "uv.lock": "uv",
    "poetry.lock": "poetry",
}


def recogniser(path: str) -> tuple[Recogniser, bool] | None:
    """Return what reads the file at ``path`` and whether it is configuration; None for files of no interest."""
    name = path.rpartition("/")[2]
    for pattern, read in _CONFIG:
        if pattern.fullmatch(name):
            return read, True
    return (code.read, False) if code.FILENAME.fullmatch(name) else None


def lock_file(path: str) -> Facts | None:
    """Return the package manager that the name of a lock file tells; its content is not needed."""
    manager = _LOCKS.get(path.rpartition("/")[2])
    return Facts(path, package_manager=manager) if manager else None
