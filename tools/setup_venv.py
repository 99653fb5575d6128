"""Create .venv and install the pinned requirements into it, when it is missing or stale.

``python3 tools/setup_venv.py runtime|dev``. Needs Python alone. Several may run at once: one works, the others wait.
A set-up that was interrupted leaves no stamp, and the next one starts from nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".setup-stamp"
OLDEST = (3, 11)
SETS = {"runtime": ("runtime",), "dev": ("runtime", "dev")}  # the second set holds the first


def main() -> None:
    """Bring .venv up to date for the set named on the command line, or say what stands against it."""
    wanted = sys.argv[1] if len(sys.argv) == 2 else ""
    if wanted not in SETS:
        sys.exit("usage: python3 tools/setup_venv.py runtime|dev")
    leave_unsuitable_python()
    if is_current(wanted):
        return
    lock = os.open(ROOT / "requirements", os.O_RDONLY)
    # Held until this process and its pip have ended, however they end.
    os.set_inheritable(lock, True)  # noqa: FBT003 - takes no keyword
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another set-up is under way; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    if not is_current(wanted):
        set_up(wanted)


def leave_unsuitable_python() -> None:
    """Go on under another interpreter when this one is too old, or is the one that may have to be replaced."""
    if sys.version_info < OLDEST:
        for minor in (13, 12, 11):
            newer = shutil.which(f"python3.{minor}")
            if newer and not subprocess.run([newer, "-c", ""], capture_output=True, check=False).returncode:
                os.execv(newer, [newer, *sys.argv])
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Python 3.11 or later is needed, and this is {found}\nhint: make PYTHON=/path/to/python3.11 ...")
    if Path(sys.prefix).resolve() == VENV:
        base = str(getattr(sys, "_base_executable", ""))
        if base and Path(base).parent.resolve() != VENV / "bin":
            os.execv(base, [base, *sys.argv])


def fingerprint(name: str) -> str:
    """Return a hash of all that the outcome depends on: requirements, project file, interpreter, place."""
    state = hashlib.sha256(f"{sys.version}\n{VENV}\n".encode())
    for path in (ROOT / "requirements" / f"{name}.txt", ROOT / "pyproject.toml"):
        state.update(path.read_bytes())
    return state.hexdigest()


def is_current(wanted: str) -> bool:
    """Return whether .venv was set up for exactly this set."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return bool(PYTHON.exists() and stamp.get(wanted) == fingerprint(wanted))


def set_up(wanted: str) -> None:
    """Install the set: into the .venv that is there if it is whole and of this Python, else into a new one."""
    started = time.monotonic()
    version = ".".join(map(str, sys.version_info[:3]))
    whole = STAMP.exists() and runs_this_python()
    STAMP.unlink(missing_ok=True)
    say(f"{'updating' if whole else 'creating'} .venv (Python {version})")
    pip = [str(PYTHON), "-m", "pip"]
    if not whole:
        pip = create()
    requirements = ROOT / "requirements" / f"{wanted}.txt"
    total = requirements.read_text().count("==")
    install([*pip, "install", "--require-hashes", "-r", str(requirements)], total)
    install([*pip, "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)], 1)
    STAMP.write_text(json.dumps({name: fingerprint(name) for name in SETS[wanted]}))
    say(f"ready: {total} packages, {time.monotonic() - started:.0f} s")


def runs_this_python() -> bool:
    """Return whether .venv starts and is of the interpreter that runs this."""
    try:
        asked = subprocess.run([str(PYTHON), "-c", "import sys; print(sys.version)"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return asked.stdout.decode().strip() == sys.version.strip()


def create() -> list[str]:
    """Create an empty .venv and return the pip command that installs into it."""
    bundled_pip = importlib.util.find_spec("ensurepip") is not None
    options = [] if bundled_pip else ["--without-pip"]
    run([sys.executable, "-m", "venv", "--clear", *options, str(VENV)])
    if bundled_pip:
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]  # distributions that split ensurepip off


def run(command: list[str]) -> None:
    """Run ``command``; end with what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nset-up failed: {' '.join(command[:4])} ...")


def install(command: list[str], total: int) -> None:
    """Run a pip ``command`` that installs ``total`` packages, showing how far it is on a terminal."""
    environ = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    said: list[str] = []
    count = 0
    with subprocess.Popen(
        [*command, "--no-input", "--progress-bar=off"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        close_fds=False,
        env=environ,
        cwd=ROOT,
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied:", "Obtaining ")):
                count += 1
                show(f"{min(count, total)}/{total} {line.split()[1].split('==')[0]}")
            elif line.startswith("Installing collected"):
                show("installing")
    show("")
    if pip.returncode:
        sys.exit("".join(said[-25:]) + "\nset-up failed: pip could not install the requirements (see above)")


def show(progress: str) -> None:
    """Rewrite the progress line, where there is a terminal to rewrite it on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{'setup: ' + progress if progress else ''}")
        sys.stderr.flush()


def say(text: str) -> None:
    """Print one line about the set-up, on stderr: stdout belongs to what is set up for."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
