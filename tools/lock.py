"""Write requirements/*.txt: the dependencies of pyproject.toml, each pinned to one version with its hashes.

Run by ``make lock`` with the oldest supported Python, whose set of dependencies holds those of the newer ones.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
COMPILE = [
    "--quiet",
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--all-build-deps",
    "--no-emit-options",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--no-annotate",
    "--resolver=backtracking",
]


def compile_requirements(name: str, *options: str) -> None:
    """Write ``requirements/<name>.txt``; versions already in it stay unless ``--upgrade`` is given."""
    target = ROOT / "requirements" / f"{name}.txt"
    command = [sys.executable, "-m", "piptools", "compile", *COMPILE, *options]
    command += [*sys.argv[1:], f"--output-file={target.relative_to(ROOT)}", "pyproject.toml"]
    print(f"requirements/{name}.txt ...", flush=True)
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "CUSTOM_COMPILE_COMMAND": "make lock"})
    if address := re.search(r"^[^#]*(\w+://\S+|^--\S+)", target.read_text(), re.MULTILINE):
        sys.exit(f"{target}: names a place, so it would not install elsewhere: {address.group().strip()}")


def main() -> None:
    """Write the requirements of the product first; those of development keep to the same versions."""
    if sys.version_info[:2] != OLDEST:
        sys.exit(f"make lock needs Python {'.'.join(map(str, OLDEST))}, the oldest that is supported")
    compile_requirements("runtime")
    compile_requirements("dev", "--extra=dev", "--constraint=requirements/runtime.txt")


if __name__ == "__main__":
    main()
