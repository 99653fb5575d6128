"""How long the command line and the operations centre take to start, beside ``python3 -c pass``."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("chittyops"))


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; times are medians, in seconds."""

    python_seconds: float
    version_seconds: float
    help_seconds: float
    up_first_seconds: float
    up_again_seconds: float
    down_seconds: float

    @property
    def version_ratio(self) -> float:
        """Return how many times ``python3 -c pass`` the command ``--version`` takes."""
        return self.version_seconds / self.python_seconds

    @property
    def help_ratio(self) -> float:
        """Return how many times ``python3 -c pass`` the command ``--help`` takes."""
        return self.help_seconds / self.python_seconds


def timed(*command: str, home: str = "") -> float:
    """Run a command and return how long it took; it must succeed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHITTYOPS_")}
    if home:
        environ["CHITTYOPS_HOME"] = home
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}: {done.stderr}"
        raise SystemExit(message)
    return took


def alternating(runs: int, *commands: tuple[str, ...]) -> list[float]:
    """Return the median time of each command; they take turns, so that all see the same load."""
    for command in commands:
        timed(*command)
    rounds = [[timed(*command) for command in commands] for _ in range(runs)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def centre() -> tuple[float, float, float]:
    """Return how long `up` takes in a new home, how long in a known one, and how long `down` takes."""
    with tempfile.TemporaryDirectory() as folder:
        home = f"{folder}/home"
        try:
            first = timed(PROGRAM, "up", home=home)
            timed(PROGRAM, "down", home=home)
            again = timed(PROGRAM, "up", home=home)
        finally:
            down = timed(PROGRAM, "down", home=home)
    return first, again, down


def measure(*, runs: int, centres: int) -> Report:
    """Measure everything."""
    python, version, help_ = alternating(
        runs, (sys.executable, "-c", "pass"), (PROGRAM, "--version"), (PROGRAM, "--help")
    )
    up_first, up_again, down = (
        statistics.median(times) for times in zip(*(centre() for _ in range(centres)), strict=True)
    )
    return Report(python, version, help_, up_first, up_again, down)


def show(report: Report) -> None:
    """Print the report for people."""
    print(f"python3 -c pass          {report.python_seconds * 1000:6.0f} ms")
    print(f"chittyops --version      {report.version_seconds * 1000:6.0f} ms  ({report.version_ratio:.1f} times)")
    print(f"chittyops --help         {report.help_seconds * 1000:6.0f} ms  ({report.help_ratio:.1f} times)")
    print(f"chittyops up, first time {report.up_first_seconds:6.2f} s")
    print(f"chittyops up, again      {report.up_again_seconds:6.2f} s")
    print(f"chittyops down           {report.down_seconds:6.2f} s")


def main() -> None:
    """Measure and print; ``--json`` for machines, ``--quick`` for a first impression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="few runs")
    options = parser.parse_args()
    report = measure(runs=7 if options.quick else 21, centres=1 if options.quick else 3)
    if options.json:
        ratios = {"version_ratio": report.version_ratio, "help_ratio": report.help_ratio}
        json.dump({**asdict(report), **ratios}, sys.stdout)
    else:
        show(report)


if __name__ == "__main__":
    main()
