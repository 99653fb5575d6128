"""How long configuration takes: one value explained from cold, a large fleet read, rendered and checked."""

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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from chittyops.capabilities.config import wiring
from chittyops.capabilities.config.service.render import Subject, Target, render
from chittyops.capabilities.fleet.wiring import Configuration, configuration
from chittyops.kernel import tree

PROGRAM: Final = str(Path(sys.executable).with_name("chittyops"))
SEED: Final = 20_000
QUOTES: Final = ("", "'", '"')
WORKER: Final = (
    "platform: cloudflare",
    "wrangler:",
    "  main: src/index.ts",
    "  compatibility_date: 2026-01-01",
    "  kv_namespaces: [{binding: CACHE, id: '${service.name}-${env.name}'}]",
)

Place = tuple[str, int, int]
Said = dict[str, tuple[Place, str | None]]


@dataclass(slots=True)
class Sheet:
    """A file that is being written; it remembers where each value comes to stand."""

    path: str
    chance: random.Random
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def line(self, depth: int, text: str) -> None:
        """Add a line, and now and then a comment or nothing before it."""
        if self.chance.random() < 0.1:
            self.lines.append(self.chance.choice(["", "  " * depth + "# a remark: not a key"]))
        self.lines.append("  " * depth + text)

    def config(self, depth: int, keys: list[str]) -> Said:
        """Add a map of variables, as a block or in braces; return what it says and where."""
        flow = self.chance.random() < 0.2
        said: Said = {}
        pieces, text = [], "  " * depth + "config: {"
        if not flow:
            self.line(depth, "config:")
        for key in keys:
            value, written = self._value()
            if flow:
                pieces.append(f"{key}: {written}")
                column = len(text) + sum(map(len, pieces)) + 2 * (len(pieces) - 1) - len(written) + 1
                said[key] = ((self.path, len(self.lines) + 1, column), value)
            else:
                self.line(depth + 1, f"{key}: {written}")
                said[key] = ((self.path, len(self.lines), len(self.lines[-1]) - len(written) + 1), value)
        if flow:
            self.lines.append(text + ", ".join(pieces) + "}")
        return said

    def _value(self) -> tuple[str | None, str]:
        self.count += 1
        if self.chance.random() < 0.04:
            return None, "null"
        quote = self.chance.choice(QUOTES)
        value = f"{self.path.split('/')[0].removesuffix('.yaml')}-{self.count}"
        return value, f"{quote}{value}{quote}"


@dataclass(slots=True)
class Workspace:
    """A generated fleet: its files, and where each value of each service in each environment has to come from."""

    files: dict[str, str]
    expected: dict[tuple[str, str, str], tuple[Place, str]]
    leaves: int

    def write(self, root: Path) -> None:
        """Write the files."""
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)


@dataclass(slots=True)
class Generator:
    """Writes the layers of a fleet, and keeps for each service and environment what they say, the widest first."""

    services: list[str]
    stages: list[str]
    variables: list[str]
    chance: random.Random
    layers: dict[tuple[str, str], list[Said]] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)

    def sheet(self, path: str) -> Sheet:
        """Begin a file."""
        self.sheets.append(Sheet(path, self.chance))
        return self.sheets[-1]

    def some(self, share: float) -> list[str]:
        """Return some of the variables."""
        return self.chance.sample(self.variables, max(1, int(share * len(self.variables))))

    def spoken(self, members: list[str], stages: list[str], said: Said) -> None:
        """Remember that a layer says something about ``members`` in ``stages``."""
        for name in members:
            for stage in stages:
                self.layers.setdefault((name, stage), []).append(said)

    def layer(self, sheet: Sheet, depth: int, members: list[str], shares: tuple[float, float]) -> list[Said]:
        """Add a layer and, below it, one for each environment; return these, which may have to wait for their turn."""
        self.spoken(members, self.stages, sheet.config(depth, self.some(shares[0])))
        sheet.line(depth, "environments:")
        found = []
        for stage in self.stages:
            sheet.line(depth + 1, f"{stage}:")
            found.append(sheet.config(depth + 2, self.some(shares[1])))
        return found

    def staged(self, members: list[str], said: list[Said]) -> None:
        """Remember what a layer says for each of the environments."""
        for stage, each in zip(self.stages, said, strict=True):
            self.spoken(members, [stage], each)

    def fleet(self) -> None:
        """Write the fleet file, the services' own parts and the local file."""
        root = self.sheet("chittyops.yaml")
        root.line(0, "fleet: large")
        root.line(0, "defaults:")
        self.spoken(self.services, self.stages, root.config(1, self.some(0.3)))
        root.line(0, "environments:")
        for stage in self.stages:
            root.line(1, f"{stage}:")
            self.spoken(self.services, [stage], root.config(2, self.some(0.1)))
        root.line(0, "groups:")
        for number in range(4):
            members = sorted(self.chance.sample(self.services, max(1, len(self.services) // 4)))
            root.line(1, f"group-{number}:")
            root.line(2, f"services: [{', '.join(members)}]")
            self.staged(members, self.layer(root, 2, members, (0.2, 0.1)))
        root.line(0, "services:")
        for name in self.services:
            root.line(1, f"{name}:")
            root.line(2, f"path: {name}")
            for line in WORKER:
                root.line(2, line)
            within = [self.layer(root, 2, [name], (0.6, 0.5))]
            if self.chance.random() < 0.5:
                within.append(self.layer(self.sheet(f"{name}/chittyops.yaml"), 0, [name], (0.3, 0.2)))
            for each in within:
                self.staged([name], each)
        self.local()

    def local(self) -> None:
        """Write the local file: for all services, and for a few of them."""
        sheet = self.sheet("chittyops.local.yaml")
        sheet.line(0, "defaults:")
        self.spoken(self.services, self.stages, sheet.config(1, self.some(0.02)))
        sheet.line(0, "services:")
        for name in self.chance.sample(self.services, min(3, len(self.services))):
            sheet.line(1, f"{name}:")
            self.staged([name], self.layer(sheet, 2, [name], (0.1, 0.1)))


def generated(services: int, variables: int, environments: int, seed: int = SEED) -> Workspace:
    """Return a fleet of all layers: defaults, environments, groups, services, parts and the local file."""
    names = [f"service-{n}" for n in range(services)]
    stages = [f"stage-{n}" for n in range(environments)]
    made = Generator(names, stages, [f"VARIABLE_{n}" for n in range(variables)], random.Random(seed))
    made.fleet()
    expected: dict[tuple[str, str, str], tuple[Place, str]] = {}
    for (name, stage), said in made.layers.items():
        merged: Said = {}
        for layer in said:
            merged |= layer
        expected |= {(name, stage, key): (at, value) for key, (at, value) in merged.items() if value is not None}
    files = {each.path: "\n".join(each.lines) + "\n" for each in made.sheets}
    files |= {f"{name}/README": "" for name in names if f"{name}/chittyops.yaml" not in files}
    return Workspace(files, expected, sum(each.count for each in made.sheets))


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; times are medians, in seconds."""

    python_seconds: float
    git_config_seconds: float
    explain_seconds: float
    explain_large_seconds: float
    service_environments: int
    read_and_checked_seconds: float
    rendered_seconds: float
    validated_seconds: float
    leaves: int
    leaves_with_origin: int
    origins_seconds: float

    @property
    def whole_seconds(self) -> float:
        """Return how long all service-environments take: read, rendered and validated."""
        return self.read_and_checked_seconds + self.rendered_seconds + self.validated_seconds


def timed(*command: str, folder: Path) -> float:
    """Run a command in ``folder`` and return how long it took; it must succeed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHITTYOPS_")}
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}: {done.stderr}"
        raise SystemExit(message)
    return took


def alternating(runs: int, *commands: tuple[Path, tuple[str, ...]]) -> list[float]:
    """Return the median time of each command; they take turns, so that all see the same load."""
    for folder, command in commands:
        timed(*command, folder=folder)
    rounds = [[timed(*command, folder=folder) for folder, command in commands] for _ in range(runs)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def written(root: Path, workspace: Workspace) -> Path:
    """Write ``workspace`` into ``root`` and commit it: git is asked who wrote a line."""
    root.mkdir()
    workspace.write(root)
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "generated")):
        timed("git", *words, folder=root)
    return root


def subject(config: Configuration, service: str) -> Subject:
    """Return a service as ``config render`` sees it."""
    views = {each: config.views[service, each] for each in config.environments}
    return Subject(service, config.views[service, ""], views)


def worked_out(root: Path) -> tuple[float, float, float]:
    """Return how long it takes to read and check a fleet, to render every service-environment, and to validate."""
    began = time.perf_counter()
    config = configuration(root)
    read = time.perf_counter()
    for service in config.services:
        one = subject(config, service)
        render(one, Target.WRANGLER)
        for environment in config.environments:
            render(one, Target.DOTENV, [environment])
    rendered = time.perf_counter()
    folders = {name: config.folder(name) for name in config.services}
    wiring.validate(root, config.views, config.rules, config.groups, folders)
    return read - began, rendered - read, time.perf_counter() - rendered


def origins(root: Path, workspace: Workspace) -> tuple[int, float]:
    """Return how many values are said to come from where they were written, and how long finding out takes."""
    began = time.perf_counter()
    found = {}
    for (service, environment), view in configuration(root).views.items():
        for keys, node in tree.leaves(view.resolved):
            if keys[0] == "config":
                path = os.path.relpath(node.place.path, root)
                found[service, environment, keys[1]] = ((path, node.place.line, node.place.column), tree.value(node))
    took = time.perf_counter() - began
    right = sum(found.get(key) == place for key, place in workspace.expected.items())
    return right if len(found) == len(workspace.expected) else 0, took


def measure(*, runs: int) -> Report:
    """Measure everything."""
    usual, many, large = generated(20, 20, 3), generated(100, 50, 4), generated(60, 100, 5)
    with tempfile.TemporaryDirectory() as folder:
        roots = [written(Path(folder) / name, each) for name, each in (("u", usual), ("m", many), ("l", large))]
        service, stage, key = next(iter(usual.expected))
        explain = (PROGRAM, "config", "explain", service, key, "--env", stage)
        python, git, small, big = alternating(
            runs,
            (roots[0], (sys.executable, "-c", "pass")),
            (roots[0], ("git", "config", "--show-origin", "--list")),
            (roots[0], explain),
            (roots[2], explain),
        )
        times = [worked_out(roots[1]) for _ in range(max(3, runs // 3))]
        read, rendered, validated = (statistics.median(each) for each in zip(*times, strict=True))
        right, took = origins(roots[2], large)
    return Report(python, git, small, big, 100 * 4, read, rendered, validated, len(large.expected), right, took)


def show(report: Report) -> None:
    """Print the report for people."""
    print(f"python3 -c pass                    {report.python_seconds * 1000:7.0f} ms")
    print(f"git config --show-origin --list    {report.git_config_seconds * 1000:7.0f} ms")
    print(f"config explain, 20 services        {report.explain_seconds * 1000:7.0f} ms")
    print(f"config explain, 20,000 values      {report.explain_large_seconds * 1000:7.0f} ms")
    print(f"{report.service_environments} service-environments           {report.whole_seconds * 1000:7.0f} ms")
    print(f"  read and checked                 {report.read_and_checked_seconds * 1000:7.0f} ms")
    print(f"  rendered                         {report.rendered_seconds * 1000:7.0f} ms")
    print(f"  validated                        {report.validated_seconds * 1000:7.0f} ms")
    print(f"values with the right origin       {report.leaves_with_origin:7} of {report.leaves}")


def main() -> None:
    """Measure and print; ``--json`` for machines, ``--quick`` for a first impression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="few runs")
    options = parser.parse_args()
    report = measure(runs=5 if options.quick else 21)
    if options.json:
        json.dump({**asdict(report), "whole_seconds": report.whole_seconds}, sys.stdout)
    else:
        show(report)


if __name__ == "__main__":
    main()
