"""How long discovery takes over a workspace of many repositories, beside ``git grep -c http`` over the same files.

``python bench/discover.py [--files 10000] [--repositories 24] [--workspace PATH]``: without a workspace one is made.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

PROGRAM = str(Path(sys.executable).with_name("chittyops"))
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: medians in seconds, the largest memory of all processes together in MB."""

    files: int
    megabytes: float
    git_grep_seconds: float
    first_seconds: float
    again_seconds: float
    changed_seconds: float
    memory_mb: float

    @property
    def first_ratio(self) -> float:
        """Return how many times ``git grep`` the first run takes."""
        return self.first_seconds / self.git_grep_seconds

    @property
    def again_ratio(self) -> float:
        """Return how many times ``git grep`` a run takes when nothing has changed."""
        return self.again_seconds / self.git_grep_seconds


def run(*command: str, home: Path | None = None, sampled: bool = False) -> tuple[float, float]:
    """Run a command and return how long it took and, ``sampled``, the most memory of its processes, in MB."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHITTYOPS_")}
    if home:
        environ["CHITTYOPS_HOME"] = str(home)
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    most = 0.0
    while sampled and process.poll() is None:
        most = max(most, _memory_mb(process.pid))
        time.sleep(SAMPLE_SECONDS)
    _, said = process.communicate()
    took = time.perf_counter() - began
    if process.returncode not in {0, 1}:  # git grep ends with 1 where it finds nothing
        message = f"{' '.join(command)} ended with {process.returncode}: {said}"
        raise SystemExit(message)
    return took, most


def _memory_mb(pid: int) -> float:
    """Return the memory of ``pid`` and all it started, shared pages counted once (PSS where the system tells)."""
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            memory = process.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.rss
    except psutil.Error:
        return 0.0
    return total / 2**20


def make(root: Path, files: int, repositories: int) -> None:
    """Write a workspace: of each ten files six are code, two are documents, two are configuration or data."""
    chance = random.Random(7)
    names = [f"{chance.choice(WORDS)}-{chance.choice(WORDS)}-{number}" for number in range(repositories)]
    for number, name in enumerate(names):
        share = files // repositories + (number < files % repositories)
        for path, text in _repository(name, names, share, chance):
            target = root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        (root / name / ".git").mkdir()


WORDS = (
    "ledger",
    "router",
    "beacon",
    "intake",
    "signal",
    "quota",
    "mailer",
    "search",
    "vault",
    "relay",
    "index",
    "auth",
)


def _repository(name: str, names: list[str], files: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    other = chance.choice(names)
    fixed = [
        ("wrangler.jsonc", WRANGLER % (name, other, other)),
        ("package.json", json.dumps({"name": name, "scripts": {"deploy": "wrangler deploy", "test": "vitest run"}})),
        (".github/workflows/deploy.yml", WORKFLOW),
        ("scripts/deploy.sh", SCRIPT),
        ("README.md", f"# {name}\n\nSet `API_TOKEN` first.\n"),
        ("src/index.ts", 'import { m0 } from "./m0";\n' + CODE),
    ]
    yield from fixed[:files]
    for number in range(max(files - len(fixed), 0)):
        kind = number % 10
        body = "".join(
            chance.choice(LINES) % (number, chance.randrange(10**6)) for _ in range(chance.randrange(40, 200))
        )
        if kind < 6:
            yield f"src/m{number}.ts", f'import {{ m{number + 1} }} from "./m{number + 1}";\n{body}{CODE}'
        elif kind < 8:
            yield f"docs/d{number}.md", f"# Page {number}\n\n" + body
        elif kind < 9:
            yield (
                f"migrations/{number:04}_step.sql",
                f"CREATE TABLE t{number} (id SERIAL PRIMARY KEY, at TIMESTAMPTZ);\n",
            )
        else:
            yield f"data/d{number}.json", json.dumps({f"key{n}": chance.random() for n in range(60)})


WRANGLER = """{
  // made by bench/discover.py
  "name": "%s", "main": "src/index.ts", "compatibility_date": "2026-01-01",
  "kv_namespaces": [{"binding": "CACHE", "id": "0123456789abcdef0123456789abcdef"}],
  "services": [{"binding": "OTHER", "service": "%s"}],
  "env": {"production": {"services": [{"binding": "OTHER", "service": "%s"}]}},
}
"""
WORKFLOW = """on: {push: {branches: [main]}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci && npm test
      - run: npx wrangler deploy --env production
"""
SCRIPT = """#!/usr/bin/env bash
set -euo pipefail
for stage in staging production; do npx wrangler deploy --env "$stage"; done
until curl -fsS https://service.example/health; do sleep 1; done
"""
CODE = """
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/health") return Response.json({ ok: true });
    const answer = await env.OTHER.fetch("https://service.example/api/v1/items");
    return new Response(await answer.text(), { status: answer.status });
  },
};
"""
LINES = (
    "export const value%d = compute({ seed: %d, name: 'a plain string', list: [1, 2, 3] });\n",
    "// a remark about number %d and %d, which says nothing of interest to anyone\n",
    "export function handler%d(input: string) { return input.length > %d ? input.trim() : input; }\n",
    "const endpoint%d = `https://service.example/api/${version}/items/%d`;\n",
)


def measure(root: Path, runs: int) -> Report:
    """Return what the runs took; first and later ones and ``git grep`` take turns."""
    found = [path for path in root.rglob("*") if path.is_file()]
    grep: list[float] = []
    first: list[float] = []
    again: list[float] = []
    changed: list[float] = []
    memory = 0.0
    discover = (PROGRAM, "discover", str(root), "--json")
    for turn in range(runs):
        with tempfile.TemporaryDirectory(prefix="chittyops-bench-") as home:
            state = Path(home) / "home"
            grep.append(run("git", "-C", str(root), "grep", "--no-index", "-c", "http")[0])
            first.append(run(*discover, home=state)[0])
            again.append(run(*discover, home=state)[0])
            found[turn].write_bytes(found[turn].read_bytes() + b"\n")
            changed.append(run(*discover, home=state)[0])
            memory = max(memory, run(*discover, home=Path(home) / "other", sampled=True)[1])
    size = sum(path.stat().st_size for path in found) / 2**20
    medians = [statistics.median(each) for each in (grep, first, again, changed)]
    return Report(len(found), round(size, 1), medians[0], medians[1], medians[2], medians[3], memory)


def main() -> None:
    """Measure and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--repositories", type=int, default=24)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one run over 500 files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.files, options.runs = 500, 1
    with tempfile.TemporaryDirectory(prefix="chittyops-bench-") as scratch:
        root = options.workspace or Path(scratch) / "workspace"
        if not options.workspace:
            make(root, options.files, options.repositories)
            time.sleep(2.1)  # files this young are read again, as git does
        report = measure(root, options.runs)
    if options.json:
        print(json.dumps(asdict(report) | {"first_ratio": report.first_ratio, "again_ratio": report.again_ratio}))
        return
    print(f"{report.files} files, {report.megabytes} MB, medians of {options.runs}")
    print(f"git grep -c http    {report.git_grep_seconds:6.2f} s")
    print(f"first run           {report.first_seconds:6.2f} s  {report.first_ratio:5.1f} times")
    print(f"nothing changed     {report.again_seconds:6.2f} s  {report.again_ratio:5.1f} times")
    print(f"one file changed    {report.changed_seconds:6.2f} s")
    print(f"memory              {report.memory_mb:6.0f} MB, all processes together")


if __name__ == "__main__":
    main()
