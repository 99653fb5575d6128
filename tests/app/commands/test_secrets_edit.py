"""``chittyops secrets edit, generate, import, export``: many values at once, none of them left lying about."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.app.commands.secret_shop import Shop, shop

from chittyops.interface.terminal import Terminal
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Refused, Unavailable

PLANTED = "kd93jf-planted-8s2"
MEMORY = Path("/dev/shm")


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = shop(tmp_path / "shop", tmp_path / "home")
    monkeypatch.chdir(made.folder)
    monkeypatch.setenv("CART_TOKEN", "from the environment")
    return made


def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = tmp_path / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))


def files_holding(text: str, *folders: Path) -> list[Path]:
    """Return the files below ``folders`` in which ``text`` stands."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if path.is_file() and text.encode() in path.read_bytes():
                    found.append(path)
            except OSError:
                continue
    return found


def test_an_edit_changes_what_was_changed_and_nothing_else(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KEPT", "CHANGED", "GONE"):
        ours.run("set", name, "--env", "staging", "-", given=f"old {name}")
    file = ours.folder / "secrets" / "staging.sops.yaml"
    kept = next(line for line in file.read_text().splitlines() if "KEPT" in line)
    editor(
        tmp_path,
        monkeypatch,
        'sed -i -e "s/old CHANGED/new value/" -e "/GONE/d" "$1"; '
        'printf "  NEW: |\\n    two\\n    lines\\n" > "$1.x"; sed -i "/KEPT/r $1.x" "$1"',
    )
    done = json.loads(ours.run("edit", "--env", "staging", "--json").stdout)
    assert {item["name"]: item["state"] for item in done["items"]} == {
        "CHANGED": "set",
        "GONE": "removed",
        "NEW": "set",
    }
    assert kept in file.read_text().splitlines()
    assert ours.run("get", "CHANGED", "--env", "staging").stdout == "new value\n"
    assert json.loads(ours.run("get", "NEW", "--env", "staging", "--json").stdout)["value"] == "two\nlines\n"


def test_nothing_is_written_when_nothing_was_changed(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.run("set", "KEY", "--all", "-", given="x")
    before = (ours.folder / "secrets" / "all.sops.yaml").read_bytes()
    editor(tmp_path, monkeypatch, "true")
    assert "nothing was changed" in ours.run("edit", "--all").stderr
    assert (ours.folder / "secrets" / "all.sops.yaml").read_bytes() == before


def test_a_mistake_opens_the_editor_again(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.run("set", "KEY", "--all", "-", given="x")
    editor(
        tmp_path,
        monkeypatch,
        f'if grep -q "^# !!" "$1"; then cp "$1" {tmp_path}/seen; sed -i "s/KEY: \\[/KEY: /" "$1"; '
        'else sed -i "s/KEY: x/KEY: [new/" "$1"; fi',
    )
    ours.run("edit", "--all")
    assert ours.run("get", "KEY", "--all").stdout == "new\n"
    assert "this is not YAML" in (tmp_path / "seen").read_text()


def test_a_mistake_that_is_left_changes_nothing(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.run("set", "KEY", "--all", "-", given="x")
    editor(tmp_path, monkeypatch, 'grep -q "^# !!" "$1" || echo "nonsense: [" >> "$1"')
    with pytest.raises(Refused, match="nothing was changed"):
        ours.run("edit", "--all")
    assert ours.run("get", "KEY", "--all").stdout == "x\n"


def test_the_text_is_private_in_memory_and_gone(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.run("set", "KEY", "--all", "-", given=PLANTED)
    editor(
        tmp_path, monkeypatch, f'echo "$1" > {tmp_path}/path; stat -c "%a" "$1" "$(dirname "$1")" >> {tmp_path}/path'
    )
    done = ours.run("edit", "--all")
    path, *modes = (tmp_path / "path").read_text().split()
    assert modes == ["600", "700"]
    assert not Path(path).parent.exists()
    if MEMORY.is_mount():
        assert Path(path).is_relative_to(MEMORY)
        assert "on a disk" not in done.stderr
    assert files_holding(PLANTED, tmp_path) == []


def test_where_there_is_no_memory_for_files_this_is_said(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chittyops.capabilities.secrets.providers import scratch

    monkeypatch.setattr(scratch, "MEMORY", tmp_path / "nowhere")
    ours.run("set", "KEY", "--all", "-", given=PLANTED)
    editor(tmp_path, monkeypatch, f'echo "$1" > {tmp_path}/path')
    assert "on a disk" in ours.run("edit", "--all").stderr
    assert Path((tmp_path / "path").read_text().strip()).is_relative_to(tmp_path / "home")
    assert files_holding(PLANTED, tmp_path) == []


def test_a_killed_edit_leaves_nothing_readable(ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.run("set", "KEY", "--all", "-", given=PLANTED)
    editor(tmp_path, monkeypatch, f'echo "$1 $$" > {tmp_path}/now; mv {tmp_path}/now {tmp_path}/path; exec sleep 60')
    process = subprocess.Popen([sys.executable, "-m", "chittyops", "secrets", "edit", "--all"], cwd=ours.folder)
    for _ in range(600):
        if (tmp_path / "path").exists():
            break
        time.sleep(0.05)
    name, pid = (tmp_path / "path").read_text().split()
    try:
        assert PLANTED in Path(name).read_text()
        process.send_signal(signal.SIGKILL)
        process.wait()
        for _ in range(200):
            if not Path(name).parent.exists():
                break
            time.sleep(0.05)
        assert not Path(name).parent.exists()
    finally:
        os.kill(int(pid), signal.SIGKILL)
    editor(tmp_path, monkeypatch, "true")
    ours.run("edit", "--all")
    assert files_holding(PLANTED, tmp_path) == []
    assert [path for path in MEMORY.glob("chittyops-edit-*") if files_holding(PLANTED, path)] == []


def test_any_command_takes_away_what_a_dead_edit_left(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chittyops.capabilities.secrets.providers import scratch

    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = [
        tmp_path / f"chittyops-edit-{dead.pid}-1-x",
        tmp_path / "home" / "scratch" / f"chittyops-edit-{dead.pid}-1-y",
    ]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "text").write_text(PLANTED)
    ours.run("list")
    assert [folder for folder in left if folder.exists()] == []


def test_generated_values_are_stored_and_not_shown(ours: Shop) -> None:
    done = ours.run("generate", "API_KEY", "cart", "--env", "staging", "--kind", "hex")
    value = ours.run("get", "API_KEY", "cart", "--env", "staging").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", value)
    assert value not in done.output


def test_what_is_there_is_replaced_only_when_asked_to(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="x")
    with pytest.raises(Refused, match="set for fleet, all environments already"):
        ours.run("generate", "API_KEY", "--all")
    ours.run("generate", "API_KEY", "--all", "--replace")
    assert ours.run("get", "API_KEY", "--all").stdout != "x\n"


def test_of_a_key_pair_the_public_key_is_printed(ours: Shop) -> None:
    done = ours.run("generate", "SIGNING", "--all", "--kind", "ed25519")
    assert done.stdout.startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in done.output
    assert "BEGIN PRIVATE KEY" in ours.run("get", "SIGNING", "--all").stdout


def test_a_token_is_signed_with_another_secret(ours: Shop) -> None:
    ours.run("generate", "SIGNING", "--all", "--kind", "jwt-secret")
    ours.run("generate", "TOKEN", "--all", "--kind", "jwt", "--key", "SIGNING", "--claim", "sub=cart", "--days", "1")
    assert ours.run("get", "TOKEN", "--all").stdout.count(".") == 2
    with pytest.raises(NotFound):
        ours.run("generate", "OTHER", "--all", "--kind", "jwt", "--key", "NOPE")


def test_htpasswd_stores_the_password_beside_the_line(ours: Shop) -> None:
    ours.run("generate", "ADMIN", "--all", "--kind", "htpasswd", "--user", "ops")
    assert ours.run("get", "ADMIN", "--all").stdout.startswith("ops:$2y$")
    assert len(ours.run("get", "ADMIN_PASSWORD", "--all").stdout.strip()) == 32


def test_a_file_is_imported_by_name(ours: Shop) -> None:
    ours.run("set", "SAME", "cart", "--env", "staging", "-", given="1")
    ours.run("set", "OTHER", "cart", "--env", "staging", "-", given="1")
    (ours.folder / ".dev.vars").write_text(f"SAME=1\nOTHER=2\nNEW={PLANTED}\nEMPTY=\n")
    words = ("import", ".dev.vars", "cart", "--env", "staging", "--json")
    dry = ours.run(*words, "--dry-run")
    states = {item["name"]: item["state"] for item in json.loads(dry.stdout)["items"]}
    assert states == {"SAME": "unchanged", "OTHER": "changed", "NEW": "added"}
    with pytest.raises(Refused, match="replace OTHER"):
        ours.run(*words)
    done = ours.run(*words, "--yes")
    assert {item["name"]: item["state"] for item in json.loads(done.stdout)["items"]} == states
    assert ours.run("get", "NEW", "cart", "--env", "staging").stdout == f"{PLANTED}\n"
    assert PLANTED not in dry.output + done.output
    assert "they are empty: EMPTY" in done.stderr


def test_names_that_cannot_be_are_no_matter_where_others_are_taken(ours: Shop) -> None:
    ours.run("import", "-", "--all", "--only", "A", given='{"A": "1", "b.c": "2"}')
    assert ours.run("get", "A", "--all").stdout == "1\n"


def test_what_somebody_else_set_while_a_person_was_asked_stays(ours: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.run("set", "A", "--all", "-", given="1")

    def set_meanwhile(*_: object, **__: object) -> None:
        ours.run("set", "B", "--all", "-", given="theirs")

    monkeypatch.setattr(Terminal, "confirm", set_meanwhile)
    with pytest.raises(Conflict):
        ours.run("import", "-", "--all", given='{"A": "2", "B": "3"}')
    assert ours.run("get", "A", "--all").stdout == "1\n"
    assert ours.run("get", "B", "--all").stdout == "theirs\n"


def test_some_can_be_taken_from_stdin(ours: Shop) -> None:
    ours.run("import", "-", "--all", "--only", "A", given='{"A": "1", "B": "2"}')
    assert [item["name"] for item in json.loads(ours.run("list", "--json").stdout)["items"]] == ["A"]
    with pytest.raises(Misconfigured, match="has no C"):
        ours.run("import", "-", "--all", "--only", "C", given='{"A": "1"}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no values"),
        ("A=\n", "has no values"),
        ('{"A": "planted', "is not JSON"),
        ('{"a-b": "planted"}', 'file: "a-b" cannot be the name'),
    ],
)
def test_what_cannot_be_imported_is_refused_without_values(ours: Shop, text: str, message: str) -> None:
    (ours.folder / "file").write_text(text)
    with pytest.raises(Misconfigured, match=message) as caught:
        ours.run("import", "file", "--all")
    assert "planted" not in f"{caught.value} {caught.value.hint}"


def test_an_export_is_what_the_service_sees(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="wide")
    ours.run("set", "DB_URL", "cart", "--env", "staging", "-", given="pg://$x")
    words = ("export", "cart", "--env", "staging")
    assert ours.run(*words).stdout == "API_KEY='wide'\nDATABASE='pg://$x'\nTOKEN='from the environment'\n"
    assert "export DATABASE='pg://$x'" in ours.run(*words, "--format", "shell").stdout
    assert json.loads(ours.run(*words, "--json").stdout)["DATABASE"] == "pg://$x"


def test_an_export_is_whole_or_not_at_all(ours: Shop) -> None:
    with pytest.raises(Misconfigured) as caught:
        ours.run("export", "cart", "--env", "staging")
    assert len(caught.value.problems) == 2


def test_an_export_does_not_come_into_git(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="x")
    (ours.folder / "tracked.env").touch()
    (ours.folder / ".gitignore").write_text(".env\n")
    ours.commit("all")
    words = ("export", "api", "--env", "staging", "-o")
    for name, message in (("tracked.env", "git tracks"), ("new.env", "does not ignore")):
        with pytest.raises(Refused, match=message):
            ours.run(*words, name)
    (ours.folder / "elsewhere").mkdir()
    for path in (Path("nowhere", "x.env"), Path("elsewhere", "x.env")):
        with pytest.raises((Misconfigured, Refused)):
            ours.run(*words, str(path))
        assert not path.exists()
    killed = ours.folder / "..env.0a1b2c3d"
    killed.write_text("API_KEY='half")
    ours.run(*words, ".env")
    assert not killed.exists()
    assert (ours.folder / ".env").read_text() == "API_KEY='x'\n"
    assert stat.S_IMODE((ours.folder / ".env").stat().st_mode) == 0o600


def test_an_export_in_a_repository_that_git_does_not_speak_for_is_refused(
    ours: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="x")
    (ours.folder / ".gitignore").write_text(".env\n")
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "git"
    fake.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership in repository' >&2; exit 128\n")
    fake.chmod(0o755)
    words = ("export", "api", "--env", "staging", "-o", ".env")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(Refused):
        ours.run(*words)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(Unavailable):
        ours.run(*words)
    assert not (ours.folder / ".env").exists()


def test_stdout_can_be_named_as_the_file(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="x")
    assert ours.run("export", "api", "--env", "staging", "-o", "-").stdout == "API_KEY='x'\n"
