"""Packages of other languages, by name and needs alone: Cargo.toml, go.mod, Gemfile, composer.json."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service.facts.reading import document

_MODULE: Final = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_REQUIRED: Final = re.compile(r"^(?:require\s+|\t|\s{2,})([\w.-]+\.[a-z]+/\S+)\s+(v\S+)", re.MULTILINE)
_GEM: Final = re.compile(r"^\s*gem\s+[\"']([\w-]+)[\"'](?:\s*,\s*[\"']([^\"']+)[\"'])?", re.MULTILINE)


def cargo(path: str, text: str) -> Facts:
    """Return what a Cargo.toml tells (https://doc.rust-lang.org/cargo/reference/manifest.html)."""
    config, problems = document(path, text)
    package = Package(
        "rust",
        name=config.text("package", "name"),
        bin=tuple(str(row["name"]) for _, row in config.rows("bin") if "name" in row),
        dependencies=tuple(
            (name, spec if isinstance(spec, str) else "", config.line("dependencies", name))
            for name, spec in config.table("dependencies").items()
        ),
        workspaces=tuple(map(str, config.at("workspace", "members") or ())),
        manager="cargo",
        library="lib" in config.data and "bin" not in config.data,
    )
    return Facts(path, kind="config", package=package, manager="cargo", problems=problems)


def go(path: str, text: str) -> Facts:
    """Return what a go.mod tells (https://go.dev/ref/mod)."""
    module = _MODULE.search(text)
    needed = tuple((found[1], found[2], text.count("\n", 0, found.start(1)) + 1) for found in _REQUIRED.finditer(text))
    package = Package("go", name=module[1] if module else "", dependencies=needed, manager="go")
    return Facts(path, kind="config", package=package, manager="go")


def gemfile(path: str, text: str) -> Facts:
    """Return what a Gemfile tells."""
    needed = tuple((found[1], found[2] or "", text.count("\n", 0, found.start(1)) + 1) for found in _GEM.finditer(text))
    return Facts(
        path, kind="config", package=Package("ruby", dependencies=needed, manager="bundler"), manager="bundler"
    )


def composer(path: str, text: str) -> Facts:
    """Return what a composer.json tells (https://getcomposer.org/doc/04-schema.md)."""
    config, problems = document(path, text)
    needed = tuple((name, str(spec), config.line("require", name)) for name, spec in config.table("require").items())
    package = Package(
        "php",
        name=config.text("name"),
        dependencies=needed,
        manager="composer",
        library=config.text("type") == "library",
    )
    return Facts(path, kind="config", package=package, manager="composer", problems=problems)
