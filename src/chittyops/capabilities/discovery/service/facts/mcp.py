"""MCP servers: the configurations of clients, and the manifests of servers.

https://modelcontextprotocol.io : .mcp.json and its like name servers to start; server.json (the registry's),
smithery.yaml and the manifest.json of a bundle describe a server that is made here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Keys, parse_yaml
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Secret, Server
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.reading import document
from chittyops.capabilities.discovery.service.facts.variables import is_secret

RANK: Final = 18
_PLACES: Final[tuple[Keys, ...]] = (("mcpServers",), ("servers",), ("mcp", "servers"), ("context_servers",))
_SECRET_FLAG: Final = re.compile(r"--?[\w-]*(?:token|key|secret|password|auth|header|bearer)[\w-]*", re.IGNORECASE)
_HIDDEN: Final = "***"
_QUERY: Final = re.compile(r"[?#].*$")
_USER: Final = re.compile(r"(?<=://)[^/@]*@")
_BUNDLES: Final = frozenset({"mcpb", "dxt", "bundle", "extension", "desktop-extension"})
"""Folders in which a server's package is made into a bundle."""
_REMOTE: Final = frozenset({"http", "sse", "streamable-http", "streamableHttp", "ws"})


def read(path: str, text: str) -> Facts:
    """Return the servers that a client's configuration names. They are tools of who works here, and no services."""
    config, problems = document(path, text)
    servers = tuple(
        _server(name, row, config.line(*keys, name))
        for keys in _PLACES
        for name, row in config.table(*keys).items()
        if isinstance(row, dict) and row.keys() & {"command", "url", "serverUrl", "httpUrl"}
    )
    return Facts(path, kind="config", servers=servers, problems=problems)


def _server(name: str, row: dict[str, Any], line: int) -> Server:
    url = next((row[key] for key in ("url", "serverUrl", "httpUrl") if isinstance(row.get(key), str)), "")
    arguments = row.get("args")
    command = [*launch.words(str(row.get("command") or "")), *(arguments if isinstance(arguments, list) else ())]
    remote = bool(url) or row.get("type") in _REMOTE
    return Server(name, "http" if remote else "stdio", tuple(_shown(command)), _address(url), line)


def _shown(command: list[Any]) -> Iterator[str]:
    """Yield the words of a command; what follows a flag for something secret is left out."""
    hide = False
    for word in map(str, command):
        flag, equals, _ = word.partition("=")
        secret = _SECRET_FLAG.fullmatch(flag) is not None
        yield _HIDDEN if hide else f"{flag}={_HIDDEN}" if secret and equals else word
        hide = secret and not equals


def _address(url: str) -> str:
    return _USER.sub("", _QUERY.sub("", url))


def registry(path: str, text: str) -> Facts:
    """Return what a server.json tells (https://github.com/modelcontextprotocol/registry)."""
    if "modelcontextprotocol" not in text and '"remotes"' not in text and '"packages"' not in text:
        return Facts(path)
    config, problems = document(path, text)
    rows = [*config.rows("remotes"), *config.rows("packages")]
    if not config.text("name") or not rows:
        return Facts(path, kind="config", problems=problems)
    remote = next(config.rows("remotes"), None)
    url = str(remote[1].get("url", "")) if remote else ""
    name = config.text("name").rpartition("/")[2]
    server = Server(name, "http" if remote else "stdio", url=_address(url), line=config.line("name"))
    secrets = tuple(
        Secret(
            str(variable["name"]), config.line("packages", index, "environmentVariables", place, "name"), "reference"
        )
        for index, _ in config.rows("packages")
        for place, variable in config.rows("packages", index, "environmentVariables")
        if variable.get("isSecret") is True and "name" in variable
    )
    root = config.text("repository", "subfolder").strip("/")
    if not root:
        # Where the server's package stands is not said; that package itself tells.
        return Facts(path, kind="config", servers=(server,), secrets=secrets, problems=problems)
    folder = "" if posixpath.dirname(path).endswith(root) else root
    return _described(path, server, folder=folder, problems=problems, secrets=secrets)


def smithery(path: str, text: str) -> Facts:
    """Return what a smithery.yaml tells (https://smithery.ai/docs/build/project-config/smithery-yaml)."""
    config, problems = document(path, text, parse_yaml)
    if not config.data:
        return Facts(path, kind="config", problems=problems)
    kind = config.text("startCommand", "type")
    transport = "stdio" if kind == "stdio" else "http"
    folder = posixpath.basename(posixpath.dirname(path))
    server = Server(config.text("name") or folder, transport, line=config.line("startCommand"))
    return _described(path, server, named=bool(config.text("name")), problems=problems)


def bundle(path: str, text: str) -> Facts:
    """Return what the manifest.json of an MCP bundle tells (MCPB, once DXT); other manifests tell nothing."""
    if '"mcp_config"' not in text and '"dxt_version"' not in text:
        return Facts(path)
    config, problems = document(path, text)
    source = config.text("server", "entry_point")
    folder = ".." if posixpath.basename(posixpath.dirname(path)) in _BUNDLES else ""
    server = Server(config.text("name"), "stdio", line=config.line("server"))
    secrets = tuple(
        Secret(name, config.line("server", "mcp_config", "env", name), "reference")
        for name in config.table("server", "mcp_config", "env")
        if is_secret(name)
    )
    return _described(path, server, source=source, folder=folder, problems=problems, secrets=secrets)


def _described(
    path: str, server: Server, *, source: str = "", folder: str = "", named: bool = True, **other: Any
) -> Facts:
    deployment = Deployment(
        "mcp",
        line=server.line,
        name=server.name if named else "",
        folder=folder,
        kind=f"mcp-{server.transport}",
        entrypoint=posixpath.normpath(posixpath.join(folder, source)) if source else "",
        entrypoint_line=server.line,
        rank=RANK,
    )
    return Facts(path, kind="config", deployments=(deployment,), servers=(server,), **other)
