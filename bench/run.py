"""How long ``chittyops run`` takes to give 50 secrets to ``true``, beside other ways to start it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]

from chittyops.capabilities.secrets.providers import sops
from chittyops.kernel.secret import Secret

PROGRAM = str(Path(sys.executable).with_name("chittyops"))
SECRETS = 50
DOTENVX = "@dotenvx/dotenvx@1"
SETTLED_SECONDS = 2.1
"""What ``run`` keeps of a fleet wants files that have not changed for two seconds."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long one command takes, in seconds."""

    median_seconds: float
    p95_seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; ``dotenvx`` is None where npm could not install it."""

    env: Times
    python: Times
    run: Times
    first: Times
    dotenvx: Times | None

    @property
    def ratio(self) -> float | None:
        """Return what part of ``dotenvx run`` the command takes, by medians."""
        return self.run.median_seconds / self.dotenvx.median_seconds if self.dotenvx else None


@dataclass(frozen=True, slots=True)
class Peer:
    """A command to measure, where it runs, and with which environment."""

    argv: tuple[str, ...]
    folder: Path
    environ: Mapping[str, str]

    def timed(self) -> float:
        """Run it and return how long it took; it must succeed."""
        began = time.perf_counter()
        done = subprocess.run(
            self.argv, cwd=self.folder, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        took = time.perf_counter() - began
        if done.returncode:
            message = f"{' '.join(self.argv)} ended with {done.returncode}: {done.stderr.decode(errors='replace')}"
            raise SystemExit(message)
        return took


def workspace(root: Path, home: Path) -> None:
    """Write a fleet whose service has SECRETS secrets in a SOPS file, and the key that opens it."""
    identity = pyrage.x25519.Identity.generate()
    key = home / "keys" / "age.txt"
    key.parent.mkdir(mode=0o700, parents=True)
    home.chmod(0o700)
    key.write_text(f"{identity}\n", "utf-8")
    key.chmod(0o600)
    names = [f"SECRET_{number}" for number in range(SECRETS)]
    (root / "api").mkdir(parents=True)
    (root / "secrets").mkdir()
    references = "".join(f"      {name}: sops:{name}\n" for name in names)
    fleet = f"fleet: bench\nservices:\n  api:\n    path: api\n    health: none\n    secrets:\n{references}"
    root.joinpath("chittyops.yaml").write_text(fleet, "utf-8")
    document = sops.create("secrets/local.sops.yaml", (str(identity.to_public()),))
    values: dict[tuple[str, ...], Any] = {
        ("services", "api", name): Secret(f"value of {name} {'x' * 30}") for name in names
    }
    root.joinpath("secrets/local.sops.yaml").write_bytes(sops.dump(sops.with_values(document, values)))


def dotenvx(folder: Path, environ: Mapping[str, str]) -> Peer | None:
    """Return ``dotenvx run -- true`` with as many encrypted values; None, with a word, where npm cannot install it."""
    npm = shutil.which("npm")
    command = [str(npm), "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), DOTENVX]
    if npm is None or subprocess.run(command, env=environ, capture_output=True, check=False).returncode:
        print("dotenvx is left out: npm is missing, or cannot install it", file=sys.stderr)
        return None
    program = str(folder / "node_modules" / ".bin" / "dotenvx")
    lines = "".join(f"SECRET_{number}=value-{number}-{'x' * 30}\n" for number in range(SECRETS))
    folder.joinpath(".env").write_text(lines, "utf-8")
    subprocess.run([program, "encrypt"], cwd=folder, env=environ, capture_output=True, check=True)
    return Peer((program, "run", "--quiet", "--", "true"), folder, environ)


def alternating(runs: int, peers: Mapping[str, Peer]) -> dict[str, Times]:
    """Return the times of each; they take turns, so that all see the same load."""
    for peer in peers.values():
        peer.timed()
    rounds = [{name: peer.timed() for name, peer in peers.items()} for _ in range(runs)]
    return {name: times([each[name] for each in rounds]) for name in peers}


def times(found: list[float]) -> Times:
    """Return median and 95th percentile."""
    return Times(statistics.median(found), statistics.quantiles(found, n=20, method="inclusive")[-1])


def measure(*, runs: int, others: bool = True) -> Report:
    """Measure everything; ``others``: dotenvx, too."""
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "workspace"), Path(folder, "home")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CHITTYOPS_")}
        environ = {**clean, "CHITTYOPS_HOME": str(home)}
        workspace(root, home)
        command = (PROGRAM, "run", "api", "--", "true")
        first = times([Peer(command, root, environ).timed() for _ in range(3)])
        time.sleep(SETTLED_SECONDS)
        Peer(command, root, environ).timed()
        peers = {
            "env": Peer(("env", "true"), root, environ),
            "python": Peer((sys.executable, "-c", "pass"), root, environ),
            "run": Peer(command, root, environ),
        }
        Path(folder, "dotenvx").mkdir()
        peer = dotenvx(Path(folder, "dotenvx"), environ) if others else None
        found = alternating(runs, {**peers, **({"dotenvx": peer} if peer else {})})
        return Report(found["env"], found["python"], found["run"], first, found.get("dotenvx"))


def show(report: Report) -> None:
    """Print the report for people."""
    rows = {
        "env true": report.env,
        "python -c pass": report.python,
        f"chittyops run -- true, {SECRETS} secrets": report.run,
        "the same, right after a change": report.first,
        f"dotenvx run -- true, {SECRETS} secrets": report.dotenvx,
    }
    for name, each in rows.items():
        if each:
            print(f"{name:38}{each.median_seconds * 1000:7.1f} ms  p95 {each.p95_seconds * 1000:7.1f} ms")
    if report.ratio:
        print(f"that is 1/{1 / report.ratio:.0f} of dotenvx")


def main() -> None:
    """Measure and print; ``--json`` for machines, ``--quick`` for a first impression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="few runs")
    options = parser.parse_args()
    report = measure(runs=20 if options.quick else 60)
    if options.json:
        json.dump({**asdict(report), "ratio": report.ratio}, sys.stdout)
    else:
        show(report)


if __name__ == "__main__":
    main()
