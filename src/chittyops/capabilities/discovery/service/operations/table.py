"""What the programs of ops work do, as a table; its lines stand in ``platforms``, ``development``, ``administration``.

A line is a pattern, two blanks or more, a category, and the verb with its object. A pattern is a program and the
arguments that must follow in this order; options (``--noEmit``) may stand anywhere; ``*`` fits any part of a word;
``...`` passes over arguments. The first line that fits decides, so special cases stand above the general.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import Final

from chittyops.capabilities.discovery.service.operations import administration, development, platforms

ALIASES: Final = {
    "flyctl": "fly",
    "vc": "vercel",
    "ntl": "netlify",
    "opentofu": "terraform",
    "tofu": "terraform",
    "mariadb": "mysql",
    "neonctl@latest": "neonctl",
    "trivy-action": "trivy",
    "pip3": "pip",
    "py.test": "pytest",
    "cf": "wrangler",
}
"""Other names of programs in the table."""

VALUED: Final = frozenset(
    [
        "-e",
        "--env",
        "--environment",
        "--stage",
        "-c",
        "--config",
        "-n",
        "--name",
        "--namespace",
        "-f",
        "--file",
        "-p",
        "--project",
        "--project-name",
        "--branch",
        "-t",
        "--token",
        "-s",
        "--service",
        "--org",
        "-a",
        "--app",
        "--cwd",
        "-C",
        "--prefix",
        "--filter",
        "-w",
        "--workspace",
        "--scope",
        "--account",
        "--vault",
        "--repo",
        "-R",
        "--region",
        "--profile",
        "--context",
        "--dir",
        "--outdir",
        "--port",
        "-d",
        "--database",
        "--target",
        "--output",
        "-o",
        "--log-level",
        "--loglevel",
        "--reporter",
        "--tag",
        "--message",
        "-m",
        "--dockerfile",
        "--build-arg",
        "--platform",
        "--remote",
        "--schema",
    ]
)
"""Options that take the next word as their value, in most programs."""

VALUELESS: Final = {
    "tsc": frozenset({"-p", "--project", "-w"}),
    "rm": VALUED,
    "cp": VALUED,
    "tar": VALUED,
    "wrangler": frozenset({"--remote", "-d"}),
    "crontab": VALUED,
    "openssl": VALUED,
    "docker": frozenset({"-d", "-a"}),
}
"""Programs that use some of these options without a value."""

ENVIRONMENT_OPTIONS: Final = ("--env", "--environment", "--stage", "--target-environment")
SHORT_ENVIRONMENT: Final = frozenset({"wrangler", "railway"})
"""Programs whose ``-e`` names an environment."""
CONFIG_OPTIONS: Final = ("--config", "--compose-file")
SHORT_CONFIG: Final = {
    "wrangler": "-c",
    "fly": "-c",
    "railway": "-c",
    "docker": "-f",
    "docker-compose": "-f",
    "vite": "-c",
    "jest": "-c",
    "alembic": "-c",
    "vitest": "-c",
}
"""Programs with a short option that names their configuration."""
PRODUCTION_FLAGS: Final = {"vercel": ("--prod", "--production"), "netlify": ("--prod", "-p"), "deployctl": ("--prod",)}
"""Programs with an option that means production."""
WEIGHTS: Final = {
    "deploy": 10,
    "secrets": 8,
    "databases": 8,
    "backup": 8,
    "health": 7,
    "registry": 7,
    "events": 6,
    "security": 6,
    "performance": 6,
    "testing": 5,
    "config": 4,
    "resources": 4,
    "build": 3,
    "install": 1,
    "git": 1,
    "network": 1,
    "clean": 1,
}
"""How much one action of a category says about what a script is for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table, without its program."""

    arguments: tuple[re.Pattern[str] | None, ...]
    """None passes over arguments."""
    options: tuple[str, ...]
    category: str
    verb: str


@cache
def rules() -> tuple[dict[str, tuple[Rule, ...]], tuple[tuple[re.Pattern[str], Rule], ...]]:
    """Return the rules by program, in order, and those whose program is a pattern."""
    named: dict[str, list[Rule]] = {}
    patterns: list[tuple[re.Pattern[str], Rule]] = []
    for line in f"{platforms.LINES}\n{development.LINES}\n{administration.LINES}".splitlines():
        if not line:
            continue
        pattern, category, verb = re.split(r"\s{2,}", line)
        program, *words = pattern.split()
        arguments = tuple(
            None if word == "..." else re.compile(translate(word)) for word in words if not word.startswith("-")
        )
        options = tuple(word for word in words if word.startswith("-"))
        rule = Rule(arguments, options, category, verb)
        if "*" in program[1:]:
            patterns.append((re.compile(translate(program)), rule))
        else:
            named.setdefault(program, []).append(rule)
    return {program: tuple(found) for program, found in named.items()}, tuple(patterns)
