"""A process that becomes a command leaves nothing of itself to it but what it means to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chittyops.runtime.becoming import CANNOT_RUN, NOT_FOUND, become, environment

BECOME = """
import sys
from chittyops.runtime.becoming import become, environment, protect
{before}
sys.exit(become(sys.argv[1:], environment({{"A": "ä"}}, clean=False))[0])
"""


def becoming(*command: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = BECOME.format(before=before)
    return subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)


def test_a_command_is_found_on_the_path_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert becoming("printenv", "A").stdout == "ä\n"
    assert becoming("no-such-program").returncode == NOT_FOUND
    assert becoming("/").returncode == CANNOT_RUN


def test_why_a_command_cannot_run_is_told() -> None:
    assert become(["no-such-program"], {b"PATH": b"/nowhere"}) == (NOT_FOUND, "there is no command no-such-program")
    assert become(["/"], {}) == (CANNOT_RUN, "cannot run /: Permission denied")
    code, reason = become(["true"], {b"A": b"a\0b", b"PATH": b"/bin:/usr/bin"})
    assert (code, reason.startswith("cannot run true:")) == (CANNOT_RUN, True)


def test_a_closed_pipe_ends_the_command_as_ever() -> None:
    assert becoming("sh", "-c", "kill -PIPE $$").returncode == -13


def test_the_environment_is_ours_with_the_variables_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "1")
    monkeypatch.setenv("A", "mine")
    found = environment({"A": "x\udcff"}, clean=False)
    assert (found[b"A"], found[b"MINE"]) == (b"x\xff", b"1")
    clean = environment({"A": "x"}, clean=True)
    assert (clean[b"A"], b"PATH" in clean, b"MINE" in clean) == (b"x", True, False)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl and /proc, which Linux has")
def test_the_process_is_protected_and_the_command_makes_no_core() -> None:
    before = "import ctypes, resource\nnotes = protect()\n"
    before += "assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0, 'dumpable'\n"
    before += "status = open('/proc/self/status').read()\n"
    before += "locked = int(status.split('VmLck:')[1].split()[0])\n"
    before += "assert bool(locked) != any('swapped' in note for note in notes), (locked, notes)\n"
    done = becoming("sh", "-c", "ulimit -c", before=before)
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")
def test_where_memory_cannot_be_locked_that_is_said() -> None:
    before = "import os, resource\n"
    before += "resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))\n"
    before += "os.geteuid() or os.setuid(65534)\n"
    before += "print(protect(), flush=True)\nsys.exit(0)\n"
    assert "may be swapped out" in becoming("true", before=before).stdout
