"""Deno: deno.json and deno.jsonc (https://docs.deno.com/runtime/fundamentals/configuration/), Deno Deploy with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Package
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 60
_TEST: Final = "test"


def read(path: str, text: str) -> Facts:
    """Return what a deno.json tells: a package with its tasks; a service where it is deployed or has a start task."""
    config, problems = document(path, text)
    tasks = {name: _command(value) for name, value in config.table("tasks").items()}
    start = tasks.get("start", "")
    package = Package(
        "deno",
        name=config.text("name"),
        entrypoint=config.text("exports") or config.text("exports", "."),
        scripts=tasks,
        dependencies=tuple(
            (name, str(each), config.line("imports", name)) for name, each in config.table("imports").items()
        ),
        workspaces=_members(config),
        manager="deno",
        library=bool(config.text("version")) and not start and not config.table("deploy"),
        tests=("deno test", f"deno task {_TEST}" if _TEST in tasks else "deno test") if _TEST in tasks else ("", ""),
        start=start,
        mcp=any("@modelcontextprotocol/sdk" in str(each) for each in config.table("imports").values()),
    )
    scripts = tuple(
        shell.script(name, "npm-script", command, config.line("tasks", name))
        for name, command in tasks.items()
        if command
    )
    return Facts(
        path,
        kind="config",
        deployments=tuple(_deployments(config)),
        package=package,
        scripts=scripts,
        problems=problems,
    )


def _deployments(config: Document) -> Iterator[Deployment]:
    """Yield what ``deploy`` sets up; a start task alone is for the code around it to judge."""
    if config.table("deploy"):
        yield Deployment(
            "deno-deploy",
            line=config.line("deploy"),
            name=config.text("deploy", "app"),
            entrypoint=config.text("deploy", "entrypoint"),
            entrypoint_line=config.line("deploy", "entrypoint"),
            rank=RANK,
        )


def _command(value: Any) -> str:
    command = value.get("command") if isinstance(value, dict) else value
    return command if isinstance(command, str) else ""


def _members(config: Document) -> tuple[str, ...]:
    found = config.at("workspace") or config.at("workspace", "members")
    found = found.get("members") if isinstance(found, dict) else found
    return tuple(str(each) for each in found) if isinstance(found, list) else ()
