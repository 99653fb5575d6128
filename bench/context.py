"""What awareness costs: the hook in a shell's prompt, and ``chittyops context`` in a repository of 500 files.

The hook is measured in a real bash, over 200 prompts, beside prompts without it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("chittyops"))
FILES = 500


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: medians; of the prompt, the slowest of a hundred too."""

    prompt_ms: float
    prompt_slow_ms: float
    context_first_seconds: float
    context_seconds: float
    brief_seconds: float


def run(*command: str, home: Path, folder: Path) -> float:
    """Run a command that must succeed and return how long it took, in seconds."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHITTYOPS_")}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env={**environ, "CHITTYOPS_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - began
    if done.returncode:
        message = f"{shlex.join(command)} ended with {done.returncode}: {done.stderr}"
        raise SystemExit(message)
    return took


def make(root: Path) -> None:
    """Write a repository of ten services and FILES files, with one commit and one edited file."""
    for number in range(10):
        folder = root / f"services/s{number}"
        folder.mkdir(parents=True)
        bound = f'services = [{{ binding = "NEXT", service = "s{(number + 1) % 10}" }}]\n'
        (folder / "wrangler.toml").write_text(f'name = "s{number}"\nmain = "src/index.ts"\n{bound}')
        (folder / "src").mkdir()
        for file in range(FILES // 10 - 1):
            name = f"m{file}.ts" if file else "index.ts"
            (folder / "src" / name).write_text("export default { fetch() { return new Response('ok'); } };\n" * 20)
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "init.defaultBranch=main")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        subprocess.run([*git, *words], cwd=root, check=True, capture_output=True)
    (root / "services/s1/src/index.ts").write_text("export default {};\n")


def prompts(home: Path, folder: Path, count: int) -> list[float]:
    """Return how long the hook took at each of ``count`` prompts, in ms: as bash runs PROMPT_COMMAND."""
    hook = subprocess.run(
        [PROGRAM, "context", "hook", "bash"],
        env={**os.environ, "CHITTYOPS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    script = f"""PS1='$ '
{hook}
times=()
for ((n = 0; n < {count}; n++)); do
  began=$EPOCHREALTIME
  eval "$PROMPT_COMMAND"
  ended=$EPOCHREALTIME
  times+=($((${{ended/./}} - ${{began/./}})))
done
printf '%s\\n' "${{times[@]}}" "$CHITTYOPS_CONTEXT"
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "CHITTYOPS_HOME": str(home), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    *times, shown = done.stdout.splitlines()
    if not shown:
        message = f"the prompt shows nothing: {done.stderr}"
        raise SystemExit(message)
    return [int(each) / 1000 for each in times]


def measure(runs: int) -> Report:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="chittyops-bench-") as scratch:
        root, home = Path(scratch) / "shop", Path(scratch) / "home"
        make(root)
        folder = root / "services/s1"
        first = run(PROGRAM, "context", "--json", home=home, folder=folder)
        run(PROGRAM, "context", "--refresh", str(folder), home=home, folder=folder)
        whole, brief = zip(
            *(
                (
                    run(PROGRAM, "context", "--json", home=home, folder=folder),
                    run(PROGRAM, "context", "--brief", home=home, folder=folder),
                )
                for _ in range(runs)
            ),
            strict=True,
        )
        times = sorted(prompts(home, folder, 200))
        time.sleep(2)  # the refresh that the first prompt began
    return Report(
        statistics.median(times),
        times[int(len(times) * 0.99)],
        first,
        statistics.median(whole),
        statistics.median(brief),
    )


def main() -> None:
    """Measure and print; ``--json`` for machines, ``--quick`` for a first impression."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="few runs")
    options = parser.parse_args()
    report = measure(3 if options.quick else 15)
    if options.json:
        json.dump(asdict(report), sys.stdout)
        return
    print(
        f"hook at a prompt         {report.prompt_ms:6.2f} ms  ({report.prompt_slow_ms:.2f} ms at the 99th percentile)"
    )
    print(f"chittyops context, first {report.context_first_seconds * 1000:6.0f} ms")
    print(f"chittyops context, again {report.context_seconds * 1000:6.0f} ms")
    print(f"chittyops context --brief{report.brief_seconds * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
