"""package.json: a package, its scripts, its tests (https://docs.npmjs.com/cli/configuring-npm/package-json)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service.facts import npm_scripts, tsconfig
from chittyops.capabilities.discovery.service.facts.reading import document
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "no-tests": ("warning", "The test command of a package tests nothing."),
    "ignored-test-failure": ("warning", "The test command of a package passes when its tests fail."),
}
_DEPENDENCIES: Final = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_RUNNERS: Final = (
    (re.compile(r"\bvitest\b"), "vitest"),
    (re.compile(r"\bjest\b|\breact-scripts test\b"), "jest"),
    (re.compile(r"\bmocha\b"), "mocha"),
    (re.compile(r"\bplaywright\b"), "playwright"),
    (re.compile(r"\bcypress\b"), "cypress"),
    (re.compile(r"\b(?:node|tsx)\b.*\s--test\b"), "node"),
    (re.compile(r"\bbun test\b"), "bun"),
    (re.compile(r"\bdeno test\b"), "deno"),
    (re.compile(r"\bpytest\b"), "pytest"),
    (re.compile(r"\b(?:ava|tap|uvu|jasmine|karma)\b"), ""),
)
_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_JOINED: Final = re.compile(r"&&|\|\||;")
_NOTHING: Final = frozenset({"echo", "printf", "true", ":", "exit", "false"})
_FAILS: Final = re.compile(r"\bexit\s+[1-9]|^false$|&&\s*false\b")
_IGNORED: Final = re.compile(r"\|\|\s*(?:true|:|echo\b[^&;]*|exit\s+0)\s*$")
_ANOTHER: Final = re.compile(r"^(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?([\w:.-]+)\s*$")
_MCP: Final = frozenset(
    {"@modelcontextprotocol/sdk", "@modelcontextprotocol/server", "fastmcp", "mcp-framework", "mcp-handler"}
)
_NAMED_MCP: Final = re.compile(r"(?:^|[^a-z])mcp(?:[^a-z]|$)", re.IGNORECASE)
_PUBLISHED: Final = frozenset({"exports", "types", "typings", "module", "files", "publishConfig"})


def read(path: str, text: str) -> Facts:
    """Return what a package.json tells. Whether its package is a service is for the code around it to tell as well."""
    config, problems = document(path, text)
    commands = {name: value for name, value in config.table("scripts").items() if isinstance(value, str)}
    package = _package(config, commands)
    return Facts(
        path,
        kind="config",
        package=package if config.data else None,
        scripts=npm_scripts.scripts(config),
        manager=package.manager,
        aliases=tsconfig.imports(config.at("imports")),
        problems=(*problems, *_tests_nothing(path, config, commands.get("test", ""))),
    )


def _package(config: Document, commands: dict[str, str]) -> Package:
    start = commands.get("start", "").strip()
    dependencies = tuple(
        (name, str(version), config.line(key, name))
        for key in _DEPENDENCIES
        for name, version in config.table(key).items()
    )
    manager = config.text("packageManager").partition("@")[0]
    binaries = _binaries(config)
    mcp = any(name in _MCP for name, _, _ in dependencies) or any(_NAMED_MCP.search(name) for name in binaries)
    workspaces = config.at("workspaces")
    members = workspaces if isinstance(workspaces, list) else config.at("workspaces", "packages")
    return Package(
        "node",
        name=config.text("name"),
        entrypoint=_entrypoint(config),
        scripts=commands,
        bin=tuple(dict.fromkeys(posixpath.normpath(each) for each in binaries.values())),
        dependencies=dependencies,
        workspaces=tuple(each for each in members if isinstance(each, str)) if isinstance(members, list) else (),
        manager=manager,
        private=config.at("private") is True,
        library=bool(config.data.keys() & (_PUBLISHED if not start else {"publishConfig"})) and not workspaces,
        tests=_tests(commands, manager),
        start=start,
        mcp=mcp,
    )


def _entrypoint(config: Document) -> str:
    exported: Any = config.at("exports")
    for key in (".", "import", "default"):
        exported = exported.get(key, exported) if isinstance(exported, dict) else exported
    found = config.text("main") or config.text("module") or (exported if isinstance(exported, str) else "")
    return posixpath.normpath(found) if found else ""


def _binaries(config: Document) -> dict[str, str]:
    found = config.at("bin")
    if isinstance(found, str):
        return {config.text("name").rpartition("/")[2]: found}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _tests(commands: Mapping[str, str], manager: str) -> tuple[str, str]:
    """Return runner and command, following a script that only runs another one."""
    command = commands.get("test", "")
    if not command.strip() or _is_nothing(command):
        return "", ""
    another = _ANOTHER.match(command)
    text = commands.get(another[1], command) if another else command
    for pattern, runner in _RUNNERS:
        if found := pattern.search(text):
            return runner or found[0], _run(manager)
    return manager or "npm", _run(manager)


def _run(manager: str) -> str:
    return "bun run test" if manager == "bun" else f"{manager or 'npm'} test"


def _is_nothing(command: str) -> bool:
    parts = _JOINED.split(_QUOTED.sub("x", command))
    return all((part.split() or [":"])[0] in _NOTHING for part in parts)


def _tests_nothing(path: str, config: Document, command: str) -> Iterator[Finding]:
    if not command.strip():
        return
    line, column = config.position("scripts", "test")
    bare = _QUOTED.sub("x", command).strip()
    if _is_nothing(command):
        severity, ending = ("info", "and fails") if _FAILS.search(bare) else ("warning", "and passes")
        message = f"the script test tests nothing {ending}"
        yield Finding("no-tests", severity, path, message, line, column, "write a test, or remove the script")
    elif _IGNORED.search(bare):
        message = "the script test passes when its tests fail"
        yield Finding("ignored-test-failure", "warning", path, message, line, column, "remove what follows ||")
