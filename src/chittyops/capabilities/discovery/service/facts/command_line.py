"""The command behind its wrappers: ``sudo npx --yes cross-env A=1 wrangler deploy`` runs ``wrangler deploy``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_VERSION: Final = re.compile(r"((?:@[\w.-]+/)?[\w.-]+)@[\w.^~*-]+")
_PATH_OF_PROGRAM: Final = re.compile(
    r"(?:.*/)?node_modules/\.bin/([^/]+)|/(?:usr/(?:local/)?|opt/[\w.-]+/)?s?bin/([^/]+)"
)

_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p"}),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "cross-env": frozenset(),
    "cross-env-shell": frozenset(),
    "dotenv": frozenset({"-e", "-v", "-p", "-c"}),
    "dotenvx run": frozenset({"-f", "-fk", "--env-file"}),
    "time": frozenset({"-f", "-o"}),
    "nohup": frozenset(),
    "nice": frozenset({"-n"}),
    "exec": frozenset({"-a"}),
    "timeout": frozenset({"-s", "-k", "--signal", "--kill-after"}),
    "gtimeout": frozenset({"-s", "-k"}),
    "retry": frozenset({"-t", "-n"}),
    "xargs": frozenset({"-n", "-I", "-P", "-L", "-d", "-s", "-E"}),
    "npx": frozenset({"-p", "--package", "-c", "--prefix", "-w", "--workspace"}),
    "bunx": frozenset({"-p", "--package"}),
    "pnpx": frozenset(),
    "bun x": frozenset(),
    "pnpm exec": frozenset(),
    "pnpm dlx": frozenset({"--package"}),
    "yarn dlx": frozenset({"-p", "--package"}),
    "yarn exec": frozenset(),
    "npm exec": frozenset({"-p", "--package", "-c", "-w", "--workspace"}),
    "npm x": frozenset({"-p", "--package"}),
    "bundle exec": frozenset(),
    "poetry run": frozenset({"-C", "-P"}),
    "uv run": frozenset({"--with", "--python", "-p", "--extra", "--group", "--project", "--directory", "--env-file"}),
    "pipenv run": frozenset(),
    "pdm run": frozenset(),
    "hatch run": frozenset(),
    "uvx": frozenset({"--from", "--with", "--python"}),
    "pipx run": frozenset({"--spec"}),
    "op run": frozenset({"--env-file", "--account"}),
    "doppler run": frozenset({"-p", "--project", "-c", "--config", "-t", "--token"}),
    "infisical run": frozenset({"--env", "--path", "--projectId"}),
    "docker compose exec": frozenset({"-u", "-w", "-e", "--user", "--env", "--workdir", "--index"}),
    "docker compose run": frozenset({"-u", "-w", "-e", "-v", "-p", "--entrypoint", "--name", "--user", "--env"}),
    "docker-compose exec": frozenset({"-u", "-w", "-e"}),
    "docker-compose run": frozenset({"-u", "-w", "-e", "-v", "-p", "--entrypoint", "--name"}),
    "docker exec": frozenset({"-u", "-w", "-e", "--user", "--env", "--workdir", "--env-file"}),
    "railway run": frozenset({"-s", "--service", "-e", "--environment", "-p", "--project"}),
}
"""Programs that only run another one, with their options that take a value."""
CONTAINERS: Final = frozenset(
    {"docker compose exec", "docker compose run", "docker-compose exec", "docker-compose run", "docker exec"}
)
"""Wrappers that run the command among other files."""
_BEFORE_COMMAND: Final[Mapping[str, int]] = {"timeout": 1, "gtimeout": 1, **dict.fromkeys(CONTAINERS, 1)}
"""Arguments of theirs that stand before the command."""
KEPT: Final = frozenset({"op run", "doppler run", "infisical run", "railway run", "dotenv", "dotenvx run"})
"""Wrappers that do something themselves: they inject secrets."""
_MAX_WRAPPERS: Final = 8


def unwrap(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the program that is run in the end, by its plain name."""
    return layers(words)[-1]


def layers(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the command and what each of its wrappers runs, outermost first; there is always one."""
    found = [_named(tuple(words))]
    for _ in range(_MAX_WRAPPERS):
        inner = _inner(found[-1])
        if not inner:
            break
        found.append(_named(inner))
    return tuple(found)


def _inner(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the wrapper at the head of ``words`` runs; () where there is no wrapper."""
    for length in (3, 2, 1):
        head = " ".join(words[:length])
        if len(words) > length and head in _OPTIONS:
            return _after_options(words[length:], _OPTIONS[head], _BEFORE_COMMAND.get(head, 0))
    # `pnpm wrangler deploy`, `yarn vitest`: a program's name where a script's may stand.
    if len(words) > 1 and words[0] in {"pnpm", "yarn", "bun"} and words[1] in _PROGRAMS:
        return words[1:]
    if len(words) > 2 and words[0] in {"python", "python3"} and words[1] == "-m" and words[2] in _PROGRAMS:  # noqa: PLR2004
        return words[2:]
    return ()


_PROGRAMS: Final = frozenset(
    [
        "wrangler",
        "vitest",
        "jest",
        "mocha",
        "playwright",
        "tsc",
        "tsx",
        "vite",
        "esbuild",
        "eslint",
        "prettier",
        "drizzle-kit",
        "prisma",
        "knex",
        "turbo",
        "vercel",
        "pytest",
        "alembic",
        "ruff",
        "mypy",
        "uvicorn",
        "gunicorn",
        "biome",
        "concurrently",
        "cross-env",
        "run-s",
        "run-p",
        "npm-run-all",
        "unittest",
    ]
)


def _after_options(words: tuple[str, ...], valued: frozenset[str], arguments: int) -> tuple[str, ...]:
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return words[at + 1 :]
        if word.startswith("-"):
            at += 2 if word in valued else 1
        elif _ASSIGNMENT.fullmatch(word):
            at += 1
        elif arguments:
            arguments -= 1
            at += 1
        else:
            return words[at:]
    return ()


def _named(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words with the program's plain name first: without its folder and its version."""
    first = words[0]
    if program := _PATH_OF_PROGRAM.fullmatch(first):
        first = program[1] or program[2]
    elif version := _VERSION.fullmatch(first):
        first = version[1]
    return (first, *words[1:])
