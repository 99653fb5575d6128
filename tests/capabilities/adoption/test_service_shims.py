"""Shims: run for real, in each language, and files edited in place."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chittyops.capabilities.adoption.model import Disposition, Outcome
from chittyops.capabilities.adoption.service.shims import retire

COMMAND = "chittyops task run cart/go"


def wrapped(path: str, kind: str, name: str = "go") -> Disposition:
    """Return a script that a task runs from now on."""
    return Disposition(path, name, kind, "cart", "", Outcome.WRAPPED, "", COMMAND, task="cart/go")


def replaced(
    path: str, kind: str, name: str = "go", command: str = "chittyops plan cart && chittyops deploy cart"
) -> Disposition:
    """Return a script whose work commands do from now on."""
    return Disposition(path, name, kind, "cart", "", Outcome.REPLACED, "", command)


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """Return a folder with a chittyops that says how it was called, and where."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "chittyops"
    command.write_text('#!/bin/sh\necho "$(basename "$PWD"):" "$@"\n[ "$1" != fail ] || exit 9\n')
    command.chmod(0o755)
    return folder


def _run(folder: Path, bin_folder: Path, *argv: str) -> tuple[str, int]:
    path = f"{bin_folder}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(argv, cwd=folder, env={"PATH": path}, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, done.returncode


LANGUAGES = [
    ("shell", "go.sh", "#!/usr/bin/env bash\nset -e\necho old\n", "bash"),
    ("shell", "go", "#!/bin/sh\necho old\n", "sh"),
    ("javascript", "go.js", "console.log('old')\n", "node"),
    ("javascript", "go.mjs", "import fs from 'fs'; console.log('old')\n", "node"),
    ("python", "go.py", "#!/usr/bin/env python3\nprint('old')\n", sys.executable),
]


@pytest.mark.parametrize(("kind", "name", "text", "runner"), LANGUAGES, ids=[each[1] for each in LANGUAGES])
def test_a_shim_runs_the_command_with_the_arguments(
    kind: str, name: str, text: str, runner: str, tmp_path: Path, bin_folder: Path
) -> None:
    if shutil.which(runner) is None:
        pytest.skip(f"needs {runner}")
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for found, expected in (
        (wrapped(f"scripts/{name}", kind), ["scripts: task run cart/go -- a b --c"]),
        (replaced(f"scripts/{name}", kind), ["scripts: plan cart", "scripts: deploy cart a b --c"]),
    ):
        changes, kept = retire(f"scripts/{name}", text.encode(), [found])
        assert kept == []
        (scripts / name).write_bytes(changes[-1].data)
        assert len(changes[-1].data.decode().removeprefix(text.split("\n", maxsplit=1)[0]).strip().splitlines()) == 1
        output, code = _run(tmp_path, bin_folder, runner, f"scripts/{name}", "a b", "--c")
        assert (output.splitlines(), code) == (expected, 0)


@pytest.mark.parametrize(("kind", "name", "text", "runner"), LANGUAGES, ids=[each[1] for each in LANGUAGES])
def test_a_shim_ends_with_the_commands_exit_code(
    kind: str, name: str, text: str, runner: str, tmp_path: Path, bin_folder: Path
) -> None:
    if shutil.which(runner) is None:
        pytest.skip(f"needs {runner}")
    changes, _ = retire(name, text.encode(), [replaced(name, kind, command="chittyops fail && chittyops never")])
    (tmp_path / name).write_bytes(changes[-1].data)
    assert _run(tmp_path, bin_folder, runner, name)[1] == 9


def test_the_original_of_a_wrapped_script_is_kept_beside_it() -> None:
    kept, shim = retire("s/go.sh", b"echo old\n", [wrapped("s/go.sh", "shell")])[0]
    assert (kept.path, kept.data, kept.copy_of) == ("s/.adopted.go.sh", b"echo old\n", "s/go.sh")
    assert (shim.path, shim.copy_of) == ("s/go.sh", "")
    assert [change.path for change in retire("s/go.sh", b"echo\n", [replaced("s/go.sh", "shell")])[0]] == ["s/go.sh"]


@pytest.mark.parametrize(
    ("path", "kind", "data"),
    [
        ("go.js", "javascript", b"module.exports = { go };\n"),
        ("go.ts", "typescript", b"export function go() {}\n"),
        ("go.py", "python", b"def go(): pass\n"),
        ("go.sh", "shell", b"echo \xff\n"),
        ("go", "shell", b"echo\n"),
        ("package.json", "npm-script", b'{"scripts": {"other": "x"}}'),
        ("package.json", "npm-script", b'{"scripts": {"go": "x", "prego": "y"}}'),
        ("Makefile", "make-target", b"other:\n\techo\n"),
        ("Makefile", "make-target", b"go:\n\techo $@\n"),
    ],
    ids=["cjs module", "es module", "py module", "bytes", "no name", "gone", "hooks", "no rule", "own name"],
)
def test_what_may_not_be_replaced_is_not(path: str, kind: str, data: bytes) -> None:
    changes, kept = retire(path, data, [wrapped(path, kind)])
    assert changes == []
    assert kept[0].reason


PACKAGE = """\
{
    "name": "cart",
    "config": {"scripts": {"go": "not this"}},
    "scripts": {
        "dev": "x \\"quoted\\"",
        "go": "wrangler deploy",
        "other": "y"
    }
}
"""


def test_package_json_keeps_its_formatting() -> None:
    (change,), kept = retire("package.json", PACKAGE.encode(), [wrapped("package.json", "npm-script")])
    assert kept == []
    assert change.data.decode() == PACKAGE.replace(
        '        "go": "wrangler deploy",\n',
        '        "go": "chittyops task run cart/go --",\n        "adopted:go": "wrangler deploy",\n',
    )


def test_a_package_json_of_one_line_stays_one() -> None:
    text = '{"scripts": {"go": "x", "b": "y"}}'
    (change,), _ = retire(
        "package.json",
        text.encode(),
        [wrapped("package.json", "npm-script"), replaced("package.json", "npm-script", "b", "chittyops status")],
    )
    data = json.loads(change.data)
    assert data["scripts"] == {"go": "chittyops task run cart/go --", "adopted:go": "x", "b": "chittyops status"}
    assert b"\n" not in change.data


MAKE = ".PHONY: go\nall: go\n\ngo: build  ## go\n\t@echo one\n\techo two\n\nbuild:\n\tmake it\n"


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_a_makefile_runs_the_command_and_keeps_the_original(tmp_path: Path, bin_folder: Path) -> None:
    (change,), _ = retire("Makefile", MAKE.encode(), [wrapped("Makefile", "make-target")])
    assert change.data.decode() == MAKE.replace("go: build", "go:\n\t@chittyops task run cart/go\n\nadopted-go: build")
    (tmp_path / "Makefile").write_bytes(change.data)
    output, code = _run(tmp_path, bin_folder, "make", "-s", "go")
    assert (output.split(": ", 1)[1], code) == ("task run cart/go\n", 0)
    assert "one" in _run(tmp_path, bin_folder, "make", "-n", "adopted-go")[0]


def test_a_replaced_target_loses_its_recipe() -> None:
    (change,), _ = retire(
        "Makefile", MAKE.encode(), [replaced("Makefile", "make-target", command="chittyops deploy cart")]
    )
    assert change.data.decode() == MAKE.replace(
        "go: build  ## go\n\t@echo one\n\techo two\n", "go:\n\t@chittyops deploy cart\n"
    )
