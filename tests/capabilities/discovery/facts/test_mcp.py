"""MCP: configurations of clients, manifests of servers."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.facts import mcp


def test_servers_that_a_client_starts_or_calls() -> None:
    text = """{
  "mcpServers": {
    "files": {"command": "npx", "args": ["-y", "server-files", "--token", "abc123", "--api-key=def456"]},
    "remote": {"type": "http", "url": "https://user:pw@mcp.acme.dev/mcp?key=s3cret"},
    "broken": 3
  }
}"""
    files, remote = mcp.read(".mcp.json", text).servers
    assert (files.name, files.transport, files.line) == ("files", "stdio", 3)
    assert files.command == ("npx", "-y", "server-files", "--token", "***", "--api-key=***")
    assert (remote.transport, remote.url) == ("http", "https://mcp.acme.dev/mcp")


def test_editors_name_the_table_otherwise() -> None:
    (server,) = mcp.read(".vscode/mcp.json", '{// note\n"servers": {"a": {"command": "uvx a"}},}').servers
    assert server.command == ("uvx", "a")


def test_a_manifest_of_the_registry() -> None:
    text = """{
  "$schema": "https://static.modelcontextprotocol.io/schemas/server.schema.json",
  "name": "dev.acme/weather",
  "repository": {"url": "x", "subfolder": "packages/weather"},
  "packages": [{"identifier": "@acme/weather", "transport": {"type": "stdio"},
    "environmentVariables": [
      {"name": "WEATHER_KEY", "isSecret": true}, {"name": "UNITS"}]}]
}"""
    found = mcp.registry("server.json", text)
    (deployment,) = found.deployments
    assert (deployment.platform, deployment.name, deployment.kind) == ("mcp", "weather", "mcp-stdio")
    assert deployment.folder == "packages/weather"
    assert [(each.name, each.line, each.source) for each in found.secrets] == [("WEATHER_KEY", 7, "reference")]
    assert mcp.registry("packages/weather/server.json", text).deployments[0].folder == ""


def test_a_server_json_of_anything_else_tells_nothing() -> None:
    found = mcp.registry("server.json", '{"port": 80}')
    assert (found.deployments, found.servers, found.problems) == ((), (), ())


def test_smithery() -> None:
    (stdio,) = mcp.smithery("w/smithery.yaml", "startCommand:\n  type: stdio\n").deployments
    (http,) = mcp.smithery("w/smithery.yaml", "runtime: typescript\n").deployments
    assert (stdio.kind, http.kind) == ("mcp-stdio", "mcp-http")


def test_a_bundle() -> None:
    text = """{"manifest_version": "0.2", "name": "notes", "server": {
  "type": "node", "entry_point": "server/index.js",
  "mcp_config": {"command": "node", "args": [], "env": {
    "NOTES_API_KEY": "${user_config.key}", "MODE": "x"}}}}"""
    found = mcp.bundle("notes/manifest.json", text)
    (deployment,) = found.deployments
    assert (deployment.name, deployment.kind, deployment.entrypoint) == ("notes", "mcp-stdio", "server/index.js")
    assert [(each.name, each.line) for each in found.secrets] == [("NOTES_API_KEY", 4)]
    assert mcp.bundle("notes/mcpb/manifest.json", text).deployments[0].folder == ".."


def test_other_manifests_are_not_even_parsed() -> None:
    assert mcp.bundle("public/manifest.json", '{"short_name": "App", oops').problems == ()
