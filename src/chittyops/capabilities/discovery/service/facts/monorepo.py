"""Monorepos: which folders are members, and the tasks that their tools run."""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_yaml
from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.reading import document

_USED: Final = re.compile(r"^(?:use\s+|\s+)(\.{1,2}(?:/[\w./-]+)?)\s*$", re.MULTILINE)


def pnpm(path: str, text: str) -> Facts:
    """Return the members that a pnpm-workspace.yaml names (https://pnpm.io/pnpm-workspace_yaml)."""
    config, problems = document(path, text, parse_yaml)
    return Facts(path, kind="config", package=_root(config.at("packages"), "pnpm"), manager="pnpm", problems=problems)


def lerna(path: str, text: str) -> Facts:
    """Return the members that a lerna.json names."""
    config, problems = document(path, text)
    return Facts(path, kind="config", package=_root(config.at("packages"), config.text("npmClient")), problems=problems)


def rush(path: str, text: str) -> Facts:
    """Return the members that a rush.json names."""
    config, problems = document(path, text)
    folders = [row["projectFolder"] for _, row in config.rows("projects") if isinstance(row.get("projectFolder"), str)]
    return Facts(path, kind="config", package=_root(folders, ""), problems=problems)


def go_work(path: str, text: str) -> Facts:
    """Return the members that a go.work names (https://go.dev/ref/mod#workspaces)."""
    folders = tuple(posixpath.normpath(found[1]) for found in _USED.finditer(text))
    return Facts(path, kind="config", package=Package("go", workspaces=folders, manager="go"), manager="go")


def nx_project(path: str, text: str) -> Facts:
    """Return the targets of an Nx project.json that are command lines (https://nx.dev/reference/project-configuration)."""
    config, problems = document(path, text)
    if not config.table("targets"):
        return Facts(path, kind="config")
    scripts = tuple(
        shell.script(name, "npm-script", command, config.line("targets", name))
        for name, target in config.table("targets").items()
        if (command := _command(config, name, target))
    )
    package = Package("node", name=config.text("name"), library=config.text("projectType") == "library")
    return Facts(path, kind="config", package=package, scripts=scripts, problems=problems)


def _command(config: Document, name: str, target: Any) -> str:
    if not isinstance(target, dict):
        return ""
    several = config.at("targets", name, "options", "commands")
    if isinstance(several, list):
        lines = [each.get("command") if isinstance(each, dict) else each for each in several]
        return "\n".join(each for each in lines if isinstance(each, str))
    return config.text("targets", name, "command") or config.text("targets", name, "options", "command")


def _root(members: Any, manager: str) -> Package:
    return Package("node", workspaces=tuple(map(str, members)) if isinstance(members, list) else (), manager=manager)
