"""Which files are read by what, and that none of it can be made to fail."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.service.facts import configurations, environment, launch, literals, registry

READERS = {
    "railway.json": "railway.read",
    "api/railway.staging.toml": "railway.read",
    ".railway/railway.ts": "railway_project.read",
    "nixpacks.toml": "railway.nixpacks",
    "web/vercel.json": "vercel.read",
    "vercel.ts": "vercel.read_code",
    "fly.toml": "fly.read",
    "fly.staging.toml": "fly.read",
    "render.yaml": "render.read",
    "netlify.toml": "netlify.read",
    "Dockerfile": "docker.read",
    "docker/Dockerfile.api": "docker.read",
    "api.Dockerfile": "docker.read",
    "Containerfile": "docker.read",
    "docker-compose.yml": "compose.read",
    "docker-compose.prod.yaml": "compose.read",
    "compose.yaml": "compose.read",
    "Procfile": "procfile.read",
    "app.json": "procfile.app_json",
    ".replit": "replit.read",
    "deno.jsonc": "deno.read",
    "app.yaml": "cloud.app_engine",
    "deploy/bot@.service": "cloud.systemd",
    "ecosystem.config.cjs": "cloud.pm2",
    ".mcp.json": "mcp.read",
    ".vscode/mcp.json": "mcp.read",
    ".github/copilot-mcp.json": "mcp.read",
    "claude_desktop_config.json": "mcp.read",
    "server.json": "mcp.registry",
    "smithery.yaml": "mcp.smithery",
    "manifest.json": "mcp.bundle",
    "a/b/package.json": "packages.read",
    "pyproject.toml": "python.pyproject",
    "requirements-dev.txt": "python.requirements",
    "requirements/base.txt": "python.requirements",
    "pnpm-workspace.yaml": "monorepo.pnpm",
    ".env.example": "dotenv.example",
    ".env.local.example": "dotenv.example",
    ".dev.vars.example": "dotenv.example",
    "example.env": "dotenv.example",
    "env.sample": "dotenv.example",
    ".env": "dotenv.committed",
    ".env.production": "dotenv.committed",
    "worker/.dev.vars": "dotenv.committed",
    ".github/CODEOWNERS": "owners.read",
    "README.md": "markdown.read",
    "docs/a b ~.md": "markdown.read",
    "setup.py": "python.setup",
    "public/_redirects": "static.redirects",
}


@pytest.mark.parametrize("path", READERS)
def test_each_file_has_its_reader(path: str) -> None:
    read = registry.by_path(path)
    assert read is not None
    assert f"{read.__module__.rpartition('.')[2]}.{read.__name__}" == READERS[path]


@pytest.mark.parametrize(
    "path",
    [
        ".vercel/project.json.bak",
        "package-lock.json",
        "compose.py",
        "src/env.ts",
        "notes.json",
        ".envrc",
        "CODEOWNERS copy",
    ],
)
def test_other_files_are_left_alone(path: str) -> None:
    assert not any(re.fullmatch(pattern, path) for pattern, _ in configurations.PATTERNS)


def test_patterns_hold_no_capturing_groups() -> None:
    assert [pattern for pattern, _ in configurations.PATTERNS if re.compile(pattern).groups] == []


READERS_BY_NAME = {f"{read.__module__.rpartition('.')[2]}.{read.__name__}": read for _, read in configurations.PATTERNS}
CRUMBS = (
    *(
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        ":",
        ",",
        "\n",
        "  ",
        "- ",
        "=",
        "#",
        "services",
        "build",
        "apps",
        "env",
        "name",
        "a",
    ),
    *(
        "&x",
        "*x",
        "<<: *x",
        "{{ x }}",
        "${A:-b}",
        "http://db:1",
        "https://x.dev",
        "API_TOKEN",
        "scripts",
        "test",
        "FROM a",
    ),
    *(
        "[[redirects]]",
        "[deploy]",
        "null",
        "true",
        "\t",
        "\u2028",
        "\ud800",
        "é",
        "module.exports =",
        "service(",
        ")",
        "`",
    ),
    *("/*", "//", "CMD", "1"),
)
KEYS = (
    *("services", "build", "env", "crons", "scripts", "deploy", "name", "apps", "projects", "environments", "rewrites"),
    *("packages", "remotes", "bin", "exports", "workspaces", "dependencies", "tasks", "test", "start", "mcpServers"),
    *("args", "command", "targets", "options", "imports", "entrypoint", "builds", "src", "depends_on", "environment"),
    *(
        "server",
        "functions",
        "checks",
        "http_service",
        "mounts",
        "processes",
        "extends",
        "image",
        "volumes",
        "repository",
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(st.sampled_from(CRUMBS), max_size=60))
def test_no_text_makes_a_reader_fail(parts: list[str]) -> None:
    text = "".join(parts)
    lines = text.count("\n") + text.count("\u2028") + 2
    for name, read in READERS_BY_NAME.items():
        found = read("a/README.md", text)
        assert all(0 <= each.line <= lines for each in found.problems), name


@settings(max_examples=150, deadline=None)
@example({"workspaces": {"packages": True}})
@given(value=VALUES)
def test_no_types_of_values_make_a_reader_fail(value: object) -> None:
    text = json.dumps(value)
    for read in READERS_BY_NAME.values():
        assert read("x.json", text).path == "x.json"
        assert read("x.yaml", text).path == "x.yaml"
        assert read("x.js", f"module.exports = {text}; service('x', {text})").path == "x.js"


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("node dist/main.js", "dist/main.js"),
        ("NODE_ENV=production node --enable-source-maps ./build/index.mjs", "build/index.mjs"),
        ("npx tsx src/server.ts", "src/server.ts"),
        ("python -u bot.py", "bot.py"),
        ("uvicorn app.main:app --host 0.0.0.0 --port 80", "app/main.py"),
        ("gunicorn --chdir src shop.wsgi", "src/shop/wsgi.py"),
        ("celery --app tasks worker --loglevel info", "tasks.py"),
        ("celery -A shop.celery beat", "shop.py"),
        ("celery --app=shop.jobs:queue worker", "shop/jobs.py"),
        ("celery --broker=redis://x flower", ""),
        ("sh -c 'node a.js'", "a.js"),
        ("node /app/dist/a.js", "dist/a.js"),
        ("deno run -A main.ts", "main.ts"),
        ("npm start", ""),
        ("cd api && node a.js", "api/a.js"),
        ("npx ts-node seed.ts && npm start", ""),
        ("python manage.py migrate && gunicorn shop.wsgi", "shop/wsgi.py"),
        ("cd /elsewhere && node a.js", ""),
        ("next start", ""),
        ("node 'unclosed", ""),
        ("node /elsewhere/a.js", ""),
    ],
)
def test_what_a_command_starts(command: str, file: str) -> None:
    assert launch.entrypoint(command) == file


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("curl -f http://localhost:3000/health || exit 1", "/health"),
        (["CMD", "wget", "-q", "http://127.0.0.1:80/"], "/"),
        ("curl http://localhost:${PORT}/api/ready", "/api/ready"),
        ("pg_isready", ""),
        (None, ""),
    ],
)
def test_what_a_health_check_asks_for(command: object, path: str) -> None:
    assert launch.health_path(command) == path


@pytest.mark.parametrize(
    ("name", "value", "engine"),
    [
        ("DATABASE_URL", "mysql://a@b/c", "mysql"),
        ("DATABASE_URL", "postgresql+asyncpg://a@b/c", "postgres"),
        ("REDIS_URL", "", "redis"),
        ("MONGODB_URI", "${X}", "mongodb"),
        ("DATABASE_URL", "", ""),
    ],
)
def test_the_engine_of_a_database(name: str, value: str, engine: str) -> None:
    assert environment.engine(name, value) == engine


def test_hosts_that_are_nobodys_are_left_out() -> None:
    text = "https://api.acme.dev/x http://localhost:1 https://your-app.com https://x.example.com https://10.0.0.1/"
    assert list(environment.outside(text)) == ["api.acme.dev"]


def test_literals_keep_their_places() -> None:
    found = literals.exported(
        literals.parse("export default {\n  a: [1, 'x'],\n  'b-c': { d: make(1) },\n} satisfies X;\n")
    )
    assert found.at("a", 1) == "x"
    assert found.position("b-c", "d") == (3, 12)
    assert found.at("b-c", "d").root == "make"
