"""Each file is read by what knows it, and no text brings a reader down or makes it hang."""

from __future__ import annotations

import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from chittyops.capabilities.discovery.service.facts import registry

READ_BY = {
    "wrangler.toml": "wrangler",
    "sub/wrangler copy.toml": "wrangler",
    "package.json": "packages",
    "Makefile": "makefile",
    "justfile": "makefile",
    "Taskfile.yml": "taskfile",
    "sub/.github/workflows/deploy.yml": "workflow",
    ".railway/railway.ts": "railway_project",
    "vercel.json": "vercel",
    "fly.toml": "fly",
    "render.yaml": "render",
    "netlify.toml": "netlify",
    "docker-compose.prod.yml": "compose",
    "api.Dockerfile": "docker",
    "Procfile": "procfile",
    ".replit": "replit",
    "deno.json": "deno",
    ".mcp.json": "mcp",
    ".env.example": "dotenv",
    ".github/CODEOWNERS": "owners",
    "pnpm-workspace.yaml": "monorepo",
    "pyproject.toml": "python",
    "README.md": "markdown",
    "crontab": "crontab",
    "scripts/deploy.sh": "shell",
    "migrations/0001_first.sql": "migrations",
    "drizzle.config.ts": "database_tools",
    "tsconfig.json": "tsconfig",
    "src/index.tsx": "javascript",
    "src/main.py": "python_code",
}
SEEDS = (
    "const a = `x${b}`;\nfetch('https://a.example/c')\nexport default { fetch(r, env) { return env.X.fetch(r) } }\n",
    '[a]\nb = "c"\n[[d]]\ne = 1\n',
    '{"a": [1, {"b": "c"}], "scripts": {"x": "wrangler deploy"}} // x\n',
    'if x; then echo "$Y" <<E\nfoo\nE\nfi\nfor i in a b; do curl -f "$i"; done\n',
    "def f(a):\n    '''d'''\n    return f\"{a}\"\n",
    "on: push\njobs:\n  a:\n    steps:\n    - run: |\n        npm test\n",
    "all: x\n\techo $(Y)\nY := $(shell z)\n",
    "/[a-z]+/.test(x) ? <div a={b}>c</div> : y\n",
)
ODD = "\u00e9\u4e2d\U0001f600\u200b\ufeff\0\u2028'\"`${}()[]<>#\\\n\t =:;|&*@%!~^\ud7ff\ue000\U0010ffff\u0301"


@pytest.mark.parametrize(("path", "module"), READ_BY.items())
def test_a_file_is_read_by_what_knows_it(path: str, module: str) -> None:
    reader = registry.by_path(path)
    assert reader is not None
    assert reader.__module__.rpartition(".")[2] == module


def test_patterns_capture_nothing() -> None:
    assert [pattern for pattern, _ in registry.PATTERNS if re.compile(pattern).groups] == []


def test_scripts_without_a_suffix_are_told_by_their_first_line() -> None:
    assert registry.recogniser("bin/deploy", "#!/bin/sh\nwrangler deploy\n") is not None
    assert registry.recogniser("bin/deploy", "wrangler deploy\n") is None


def mutated(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Yield names of files with texts that were once well-formed, perhaps in another language."""
    chance = random.Random(seed)
    names = list(READ_BY)
    for _ in range(count):
        text = list(chance.choice(SEEDS) * chance.randint(1, 3))
        for _ in range(chance.randint(1, 30)):
            at = chance.randrange(len(text) + 1)
            if chance.random() < 0.7:
                text.insert(at, chance.choice(ODD))
            else:
                del text[at : at + chance.randint(1, 5)]
        yield chance.choice(names), "".join(text)


def read_all(seed: int, count: int) -> float:
    """Read mutated texts; return the median time for one, in milliseconds."""
    times = []
    for path, text in mutated(seed, count):
        began = time.perf_counter()
        if reader := registry.recogniser(path, text):
            reader(path, text)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def test_no_text_brings_a_reader_down(long_form: bool) -> None:
    """Grammars are native code: they are tried in a process whose death would be seen."""
    code = "from tests.capabilities.discovery.facts.test_registry import read_all; print(read_all(7, {}))"
    command = [sys.executable, "-X", "faulthandler", "-c", code.format(20_000 if long_form else 1_500)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 50
