"""No secret reaches a disk in clear: every write of the commands that hold secrets is traced, every file searched.

Traced are the system calls that write to files; what is mapped for writing and shared is told, too, since a write to
it makes no call. A pipe, a terminal, a socket and memory are no disk.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from tests.app.injection.workspace import FLEET, Workspace
from tests.functional.processes import Processes

CALLS = "write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,mmap"
_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
_PATH = re.compile(r"\d+<(/[^>]*)>")
_NO_DISK = ("/memfd:", "/dev/shm/", "/dev/pts/", "/dev/tty", "/dev/null", "/proc/")
PLANTED: dict[tuple[str, ...], str] = {
    ("fleet", "TOKEN"): "Planted7Token7Value",
    ("fleet", "FLAG"): "Planted7Flag7Value",
}
FILED, NEW, NEXT = "Planted7Filed7Value", "Planted7New7Value", "Planted7Next7Value"
EDITOR = """\
import pathlib, sys
file = pathlib.Path(sys.argv[1])
text = file.read_text()
assert "Planted7Token7Value" in text
file.write_text(text.replace("Planted7Token7Value", "Planted7New7Value"))
"""
ROTATOR = """\
import json, sys
asked = json.load(sys.stdin)
made = {"value": "Planted7" + "Next" + "7Value", "handle": "second"}
answers = {"create": made, "identify": {"handle": "first"}, "revoke": {"revoked": True}}
print(json.dumps(answers.get(asked["operation"], {})))
"""
SERVICE = """\
import http.server, json, os
body = json.dumps({"build": os.environ["CHITTYOPS_BUILD_ID"]}).encode()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("started with", os.environ["TOKEN"], flush=True)
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""
ROUNDS = re.compile(r"Planted7\w+7Value")


@dataclass
class Trace:
    """What a command wrote: the files by what was written to them, and what it mapped for writing."""

    writes: list[tuple[str, str]] = field(default_factory=list)
    mapped: list[str] = field(default_factory=list)

    def leaks(self, allowed: Sequence[Path] = ()) -> list[str]:
        """Return the files, but for those ``allowed``, that a planted value was written to."""
        told = {str(each) for each in allowed}
        found = {path for path, text in self.writes if ROUNDS.search(text) and path not in told}
        return sorted(found | set(self.mapped))


@cache
def can_trace() -> bool:
    """Return whether strace is there and may trace here."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


TRACED = pytest.mark.skipif(not can_trace(), reason="needs strace, and a machine where it may trace (ptrace)")


def read_trace(log: Path) -> Trace:
    """Return what strace wrote to ``log``, which goes: it quotes the values."""
    trace = Trace()
    for line in log.read_text("utf-8", errors="replace").splitlines():
        if match := _CALL.match(line):
            _note(trace, match[1], match[2])
    log.unlink()
    return trace


def tracer(log: Path) -> list[str]:
    """Return the command line of strace, as far as it is always the same."""
    return ["strace", "-f", "-y", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(log)]


def traced(workspace: Workspace, *arguments: str, **more: str) -> tuple[subprocess.CompletedProcess[str], Trace]:
    """Run the command line under strace."""
    log = workspace.root.parent / "trace"
    done = subprocess.run(
        [*tracer(log), *workspace.argv(*arguments)], cwd=workspace.root, env=workspace.environ(**more),
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    return done, read_trace(log)


def _note(trace: Trace, call: str, rest: str) -> None:
    paths = [path for path in _PATH.findall(rest) if not path.startswith(_NO_DISK)]
    if call == "mmap":
        trace.mapped += [path for path in paths if "PROT_WRITE" in rest and "MAP_SHARED" in rest]
    elif call in ("sendfile", "copy_file_range", "splice"):
        # What they move is not shown: a file that was read, and one that was written to.
        trace.writes += [
            (path, Path(path).read_text("utf-8", errors="replace")) for path in paths if Path(path).is_file()
        ]
    else:
        trace.writes += [
            (path, rest)
            for path in paths[:1]
            if rest.startswith(tuple("0123456789")) and rest.split("<")[1].startswith(path)
        ]


def in_files(*folders: Path, allowed: Sequence[Path] = ()) -> list[str]:
    """Return the files below ``folders`` that hold a planted value, but for those ``allowed``."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path) for path in files if path not in allowed and ROUNDS.search(path.read_bytes().decode("latin-1"))]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "shop", tmp_path / "home")
    sinks = "    sinks: {local: {kind: dotenv, path: .env.pushed, secrets: [TOKEN]}}\n"
    workspace.write("chittyops.yaml", FLEET.replace("    health: none\n", f"    health: none\n{sinks}", 1))
    workspace.write("api/.env", f"FILED={FILED}\n")
    workspace.write(".gitignore", ".env*\n")
    workspace.write("editor.py", EDITOR)
    workspace.seal("all", PLANTED)
    workspace.seal("local", {})
    (tmp_path / "temporary").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=workspace.root, check=True)
    yield workspace
    # The workspace's own dotenv file is where people keep it, and the editor's script names what it looks for.
    allowed = [workspace.root / name for name in ("api/.env", "api/.env.pushed", "editor.py")]
    assert in_files(tmp_path, allowed=allowed) == []


def environ(workspace: Workspace) -> Mapping[str, str]:
    """Return a place for temporary files that can be searched, and an editor."""
    editor = f"{sys.executable} {workspace.root / 'editor.py'}"
    return {"TMPDIR": str(workspace.root.parent / "temporary"), "EDITOR": editor, "VISUAL": editor}


@TRACED
def test_a_trace_sees_each_way_to_write(workspace: Workspace) -> None:
    out = workspace.root / "out"
    script = f"""
import os, mmap, shutil
value = os.environ["TOKEN"]
with open({str(out)!r}, "w") as file:
    file.write(value)
os.writev(os.open({str(out) + "v"!r}, os.O_CREAT | os.O_WRONLY), [value.encode()])
shutil.copyfile({str(out)!r}, {str(out) + "s"!r})
with open({str(out) + "m"!r}, "w+b") as file:
    file.truncate(100)
    mmap.mmap(file.fileno(), 100)[: len(value)] = value.encode()
"""
    done, trace = traced(workspace, "run", "api", "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    names = {Path(path).name for path in trace.leaks()}
    assert names == {"out", "outv", "outs", "outm"}
    assert {Path(path).name for path in in_files(workspace.root)} >= names
    for path in workspace.root.glob("out*"):
        path.unlink()


@TRACED
@pytest.mark.parametrize(
    "options",
    [[], ["--mask"], ["--file", "TOKEN"], ["--template", "a.conf"], ["--mask", "--file", "TOKEN", "-v"]],
    ids=" ".join,
)
def test_run_writes_no_secret_to_a_disk(workspace: Workspace, options: list[str]) -> None:
    workspace.write("a.conf", "${secret:TOKEN}")
    workspace.settle()
    command = ["sh", "-c", 'test -n "$FLAG" && cat $TOKEN_FILE /dev/null', "a.conf"]
    for _ in range(2):  # the long way, and the short one where there is one
        done, trace = traced(workspace, "run", "api", *options, "--", *command, **environ(workspace))
        assert done.returncode == 0, done.stderr
        assert trace.leaks() == []


@TRACED
def test_a_command_that_crashes_leaves_no_core(workspace: Workspace) -> None:
    done, trace = traced(workspace, "run", "api", "--", "sh", "-c", "kill -SEGV $$", **environ(workspace))
    assert done.returncode != 0
    assert trace.leaks() == []
    pattern = Path("/proc/sys/kernel/core_pattern").read_text("utf-8").strip()
    cores = [workspace.root, *([Path(pattern).parent] if pattern.startswith("/") else [])]
    assert [core for folder in cores for core in folder.glob("core*")] == []


@TRACED
def test_edit_writes_no_secret_to_a_disk(workspace: Workspace) -> None:
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("needs a memory file system at /dev/shm")
    done, trace = traced(workspace, "secrets", "edit", "--all", **environ(workspace))
    assert done.returncode == 0, done.stderr
    assert trace.leaks() == []
    assert NEW in workspace.run("run", "api", "--", "printenv", "TOKEN").stdout
    assert in_files(Path("/dev/shm")) == []


@TRACED
def test_push_writes_a_secret_to_its_sink_alone(workspace: Workspace) -> None:
    done, trace = traced(workspace, "secrets", "push", "api", "--yes", **environ(workspace))
    assert done.returncode == 0, done.stderr
    sink = workspace.root / "api/.env.pushed"
    assert PLANTED["fleet", "TOKEN"] in sink.read_text("utf-8")
    beside = {path for path in trace.leaks() if Path(path).parent == sink.parent}
    assert trace.leaks() == sorted(beside), "what takes the sink's place at once stands beside it first"


ROTATING = f"""\
fleet: shop
environments: {{local: {{provider: local}}}}
secrets:
  policies: {{TOKEN: {{rotate: {{kind: command, command: "{sys.executable} rotator.py", overlap_seconds: "0"}}}}}}
services:
  api:
    path: api
    secrets: {{TOKEN: "sops:TOKEN"}}
    sinks: {{local: {{kind: dotenv, path: .env.pushed, secrets: [TOKEN]}}}}
    deploy: {{command: "{sys.executable} -u main.py", start_timeout_seconds: 30, stop_grace_seconds: 2}}
"""


@contextmanager
def attached(home: Path, log: Path) -> Iterator[list[str]]:
    """Trace the centre in ``home`` for the length of the block, all that it starts included; yield what is traced.

    The database and the broker write what they are given: their files are searched instead.
    """
    ours = [each for each in Processes(home).now() if each.ppid() != os.getpid()]
    lines = {str(each.pid): " ".join(each.cmdline()) for each in ours}
    chosen = {pid: line for pid, line in lines.items() if "-m chittyops" in line or "main.py" in line}
    pids = [word for pid in chosen for word in ("-p", pid)]
    with subprocess.Popen([*tracer(log), *pids], stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr
        try:
            for _ in chosen:
                assert "attached" in strace.stderr.readline()
            yield list(chosen.values())
        finally:
            strace.terminate()


@TRACED
@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_rotation_writes_a_secret_to_its_sink_alone(workspace: Workspace) -> None:
    workspace.write("chittyops.yaml", ROTATING)
    workspace.write("rotator.py", ROTATOR)
    workspace.write("api/main.py", SERVICE)
    more = {**environ(workspace), "CHITTYOPS_PORT": "0"}
    log = workspace.root.parent / "trace"
    try:
        for command in (("up",), ("deploy", "--yes")):
            done = workspace.run(*command, **more)
            assert done.returncode == 0, done.stderr
        with attached(workspace.home, log) as processes:
            assert [name for name in ("worker", "agent", "api", "main.py") if name not in " ".join(processes)] == []
            done = workspace.run("secrets", "rotate", "TOKEN", "--all", "--yes", **more)
            assert done.returncode == 0, done.stderr
            time.sleep(1)
        trace = read_trace(log)
        shown = workspace.run("logs", "api", **more).stdout
    finally:
        workspace.run("down", **more)
    sink = workspace.root / "api/.env.pushed"
    assert NEXT in sink.read_text("utf-8")
    assert "started with" in shown
    # What a service prints goes through a pipe that has a name, in this folder, to the agent, which masks it.
    written = {Path(path) for path in trace.leaks() if "/agent/pipes/" not in path}
    assert {path.parent for path in written} == {sink.parent}, "the writes to the sink were seen, and no others"
    assert list((workspace.home / "rotations").iterdir()) == []
