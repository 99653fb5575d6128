"""Which files configure platforms, packages and tools, or describe a repository, and what reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import (
    cloud,
    compose,
    deno,
    docker,
    dotenv,
    ecosystems,
    fly,
    markdown,
    mcp,
    monorepo,
    netlify,
    owners,
    packages,
    procfile,
    python,
    railway,
    railway_project,
    render,
    replit,
    static,
    tool_settings,
    vercel,
)

_SAMPLE: Final = r"(?:example|sample|template|tpl|tmpl|dist|defaults?|schema)"
_CODE: Final = r"[cm]?[jt]s"
_SETTINGS: Final = (
    r"turbo\.jsonc?|nx\.json|biome\.jsonc?|components\.json|jsr\.json|firebase\.json|\.prettierrc\.json|"
    r"\.eslintrc\.json|\.babelrc\.json|\.releaserc\.json|renovate\.json|\.devcontainer/devcontainer\.json|"
    r"\.vscode/(?:settings|extensions|launch|tasks)\.json|\.claude/settings(?:\.local)?\.json|"
    r"angular\.json|apphosting\.json|tslint\.json|\.swcrc|typedoc\.json|\.c8rc\.json|\.nycrc\.json"
)
"""Files of tools that tell of no service."""
_EXAMPLES: Final = (
    rf"(?:\.env|\.dev\.vars|env|dotenv)(?:\.[\w-]+)*[.-]{_SAMPLE}(?:\.[\w-]+)?|{_SAMPLE}\.(?:[\w-]+\.)?env|"
    rf"\.{_SAMPLE}\.env|[\w-]+\.env\.{_SAMPLE}"
)

PATTERNS: Final[tuple[tuple[str, Callable[[str, str], Facts]], ...]] = tuple(
    (rf"(?:.*/)?(?:{name})", read)
    for name, read in (
        # platforms
        (r"railway(?:[.-][\w-]+)?\.(?:json|toml)", railway.read),
        (r"\.railway/railway\.ts", railway_project.read),
        (r"nixpacks\.toml", railway.nixpacks),
        (r"(?:vercel|now)\.json", vercel.read),
        (rf"vercel\.{_CODE}", vercel.read_code),
        (r"fly(?:[.-][\w-]+)?\.toml|[\w-]+\.fly\.toml", fly.read),
        (r"render\.ya?ml", render.read),
        (r"netlify\.toml", netlify.read),
        (r"(?:.+\.)?(?:Dockerfile|Containerfile|dockerfile)(?:[.-][\w.-]+)?", docker.read),
        (r"(?:docker-|podman-)?compose(?:[.-][\w.-]+)?\.ya?ml", compose.read),
        (r"Procfile(?:\.[\w-]+)?", procfile.read),
        (r"app\.json", procfile.app_json),
        (r"\.replit", replit.read),
        (r"deno\.jsonc?", deno.read),
        (r"app\.ya?ml", cloud.app_engine),
        (r"service\.ya?ml|[\w-]+\.run\.ya?ml", cloud.cloud_run),
        (r"serverless(?:\.[\w-]+)?\.ya?ml", cloud.serverless),
        (r"[\w@.-]+\.service", cloud.systemd),
        (rf"(?:ecosystem|pm2)\.config\.{_CODE}", cloud.pm2),
        (r"index\.html", static.page),
        (r"_redirects", static.redirects),
        (r"CNAME", static.domain),
        # MCP servers
        (r"\.?mcp(?:[-_.](?:config|servers|settings))?\.json|mcp_config\.json|claude_desktop_config\.json", mcp.read),
        (r"[\w-]+-mcp\.json|cline_mcp_settings\.json", mcp.read),
        (r"server\.json", mcp.registry),
        (r"smithery\.ya?ml", mcp.smithery),
        (r"manifest\.json", mcp.bundle),
        # packages and monorepos
        (r"package\.json", packages.read),
        (r"pyproject\.toml", python.pyproject),
        (r"requirements(?:[-_.][\w.-]+)?\.txt|requirements/[\w.-]+\.txt", python.requirements),
        (r"setup\.(?:py|cfg)", python.setup),
        (r"Pipfile", python.pipfile),
        (r"Cargo\.toml", ecosystems.cargo),
        (r"go\.mod", ecosystems.go),
        (r"Gemfile", ecosystems.gemfile),
        (r"composer\.json", ecosystems.composer),
        (r"pnpm-workspace\.yaml", monorepo.pnpm),
        (r"lerna\.json", monorepo.lerna),
        (r"rush\.json", monorepo.rush),
        (r"go\.work", monorepo.go_work),
        (r"project\.json", monorepo.nx_project),
        (_SETTINGS, tool_settings.read),
        # variables, owners, documents
        (_EXAMPLES, dotenv.example),
        (r"\.env(?:\.[\w-]+)*|\.dev\.vars(?:\.[\w-]+)*", dotenv.committed),
        (r"CODEOWNERS", owners.read),
        (r"[^/]+\.(?:md|markdown|mdx)", markdown.read),
    )
)
"""Patterns of whole paths; the first one that fits decides."""
