"""Which recogniser reads which file.

The first pattern that fits the whole path decides. Patterns hold no capturing groups: they are joined into one
expression, so that 10,000 paths are told apart in a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import (
    configurations,
    crontab,
    database_tools,
    html,
    javascript,
    makefile,
    migrations,
    pipelines,
    python_code,
    shebang,
    shell,
    spring,
    taskfile,
    tsconfig,
    workflow,
    wrangler,
)

Recogniser = Callable[[str, str], Facts]

PATTERNS: Final[tuple[tuple[str, Recogniser], ...]] = (
    (wrangler.PATTERN, wrangler.read),
    *configurations.PATTERNS,
    (workflow.PATH, workflow.read),
    (workflow.ACTION, workflow.action),
    (pipelines.PATH, pipelines.read),
    (makefile.PATH, makefile.read),
    (makefile.JUSTFILE, makefile.just),
    (taskfile.PATH, taskfile.read),
    (crontab.PATH, crontab.read),
    (crontab.TIMER, crontab.timer),
    (crontab.PLIST, crontab.plist),
    (shell.PATH, shell.read),
    (migrations.SQL, migrations.sql),
    (migrations.JOURNAL, migrations.journal),
    (migrations.JAVASCRIPT, migrations.script),
    (migrations.PYTHON, migrations.python),
    (database_tools.DRIZZLE, database_tools.drizzle),
    (database_tools.KNEX, database_tools.knex),
    (database_tools.PRISMA, database_tools.prisma),
    (database_tools.ALEMBIC, database_tools.alembic),
    (database_tools.SUPABASE, database_tools.supabase),
    (database_tools.NEON, database_tools.neon),
    (tsconfig.PATH, tsconfig.read),
    (spring.PATH, spring.read),
    # source code last: its patterns are the widest
    (javascript.PATTERN, javascript.read),
    (python_code.PATTERN, python_code.read),
    (html.COMPONENTS, html.component),
    (html.PATTERN, html.read),
)
CONTENT: Final[tuple[tuple[Callable[[str, str], bool], Recogniser], ...]] = (
    (wrangler.fits, wrangler.read),
    # scripts without a suffix, told by their first line
    (shell.fits, shell.read),
    (shebang.fits, shebang.read),
)
"""Tests by path and content, for files whose path alone tells nothing."""

LOCKS: Final = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "deno.lock": "deno",
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv",
}
"""Lock files tell the package manager by their name alone; they are not read."""


@cache
def _joined() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<k{index}>{pattern})" for index, (pattern, _) in enumerate(PATTERNS)))


def recogniser(path: str, text: str) -> Recogniser | None:
    """Return what reads the file at ``path``: by its path, else by the look of its ``text``."""
    if found := by_path(path):
        return found
    return next((read for fits, read in CONTENT if fits(path, text)), None)


def by_path(path: str) -> Recogniser | None:
    """Return what reads the file at ``path``, as far as its path tells."""
    found = _joined().fullmatch(path)
    return PATTERNS[int(found.lastgroup[1:])][1] if found and found.lastgroup else None
