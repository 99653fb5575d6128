"""Keys are found where sops, age and the system keep them, and one that others can read is refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from keyring import backend, get_keyring, set_keyring
from keyring.errors import KeyringLocked
from pyrage import x25519  # type: ignore[import-untyped]

from chittyops.capabilities.secrets.providers import keys, sops
from chittyops.kernel.errors import Conflict, Misconfigured, Refused, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home


class Ring(backend.KeyringBackend):
    """A keyring that counts how often it is asked."""

    priority = 1.0

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("nobody unlocks it")
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Any:
    """Put a keyring of the test's own in the place of the system's."""
    before = get_keyring()
    ring = Ring()
    set_keyring(ring)
    yield ring
    set_keyring(before)


def new() -> Any:
    return x25519.Identity.generate()


def public(found: Any) -> list[str]:
    return [keys.recipient_of(each) for each in found]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose home is empty."""
    (tmp_path / "user").mkdir()
    return {"HOME": str(tmp_path / "user"), "PATH": os.environ["PATH"]}


def own_file(home: Home, text: str, mode: int = 0o600) -> Path:
    path = home.file("keys", "age.txt")
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.usefixtures("ring")
def test_every_place_is_looked_at_in_its_order(home: Home, environ: dict[str, str], tmp_path: Path, ring: Ring) -> None:
    made = [new() for _ in range(7)]
    (tmp_path / "file").write_text(f"# created\n# public key: x\n\n{made[2]}\n")
    own_file(home, f"{made[3]}\n")
    of_sops = tmp_path / "config" / "sops" / "age" / "keys.txt"
    of_sops.parent.mkdir(parents=True)
    of_sops.write_text(f"{made[4]}\n")
    program = tmp_path / "told.py"
    program.write_text(f"print('{made[5]}')\n")
    ring.kept[keys.SERVICE, keys.ACCOUNT] = str(made[6])
    environ |= {
        "SOPS_AGE_KEY": f"{made[0]} {made[1]}",
        "SOPS_AGE_KEY_FILE": str(tmp_path / "file"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "SOPS_AGE_KEY_CMD": f"'{sys.executable}' {program}",
    }
    assert public(keys.identities(environ, home)) == [str(each.to_public()) for each in made]


def test_a_place_is_looked_at_only_when_those_before_do_not_help(
    home: Home, environ: dict[str, str], tmp_path: Path, ring: Ring
) -> None:
    key = new()
    environ |= {"SOPS_AGE_KEY": str(key), "SOPS_AGE_KEY_CMD": f"touch {tmp_path / 'ran'}"}
    document = sops.with_values(sops.create("x.yaml", [str(key.to_public())]), {("a",): Secret("b")})
    found = keys.identities(environ, home)
    for _ in range(2):
        sops.load(sops.dump(document), "x.yaml", found)
    assert (ring.asked, (tmp_path / "ran").exists()) == (0, False)


def test_what_is_found_is_kept(home: Home, environ: dict[str, str], ring: Ring) -> None:
    ring.kept[keys.SERVICE, keys.ACCOUNT] = str(new())
    found = keys.identities(environ, home)
    assert public(found) == public(found)
    assert ring.asked == 1


@pytest.mark.usefixtures("ring")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(home: Home, environ: dict[str, str], mode: int) -> None:
    path = own_file(home, str(new()), mode)
    with pytest.raises(Refused, match="other users can read") as caught:
        list(keys.identities(environ, home))
    assert caught.value.hint == f"run: chmod 600 {path}"


@pytest.mark.usefixtures("ring")
def test_a_new_key_is_for_its_owner_alone_and_never_overwritten(home: Home, environ: dict[str, str]) -> None:
    identity = keys.create(home, SystemClock())
    path = home.path / "keys" / "age.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert f"# public key: {keys.public(identity)}\n" in path.read_text()
    assert public(keys.identities(environ, home)) == [keys.public(identity)]
    with pytest.raises(Conflict, match="there is a key"):
        keys.create(home, SystemClock())


def test_a_new_key_can_be_kept_in_the_keyring(home: Home, environ: dict[str, str], ring: Ring) -> None:
    identity = keys.create(home, SystemClock(), keyring=True)
    assert not (home.path / "keys").exists()
    assert public(keys.identities(environ, home)) == [keys.public(identity)]
    with pytest.raises(Conflict, match="in the keyring already"):
        keys.create(home, SystemClock(), keyring=True)
    ring.kept.clear()
    ring.locked = True
    with pytest.raises(Unavailable, match="does not take the key"):
        keys.create(home, SystemClock(), keyring=True)


@pytest.mark.usefixtures("ring")
def test_a_key_of_ssh_reads_and_one_with_a_passphrase_is_passed_over(
    home: Home, environ: dict[str, str], tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private = Ed25519PrivateKey.generate()
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    folder = tmp_path / "user" / ".ssh"
    folder.mkdir()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (folder / "id_ed25519").write_bytes(pem)
    data = sops.dump(sops.with_values(sops.create("x.yaml", [line]), {("a",): Secret("b")}))
    found = keys.identities(environ, home)
    assert sops.load(data, "x.yaml", found).values == {"a": Secret("b")}
    with pytest.raises(Misconfigured, match="does not tell its public key"):
        keys.public(next(iter(found)))
    (folder / "id_ed25519").write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(b"pass"))
    )
    with pytest.raises(Misconfigured, match="none of your keys"):
        sops.load(data, "x.yaml", keys.identities(environ, home))


@pytest.mark.usefixtures("ring")
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SOPS_AGE_KEY": "secret"}, "SOPS_AGE_KEY is no age key"),
        ({"SOPS_AGE_KEY": "AGE-SECRET-KEY-1XYZ"}, "SOPS_AGE_KEY is no age key"),
        ({"SOPS_AGE_KEY_FILE": "/nowhere"}, "/nowhere, which cannot be read"),
        ({"SOPS_AGE_SSH_PRIVATE_KEY_FILE": "/nowhere"}, "/nowhere, which cannot be read"),
        ({"SOPS_AGE_KEY_CMD": "false"}, "ended with 1"),
        ({"SOPS_AGE_KEY_CMD": "'"}, "cannot be read"),
        ({"SOPS_AGE_KEY_CMD": "nowhere-at-all"}, "cannot run nowhere-at-all"),
    ],
)
def test_a_place_that_is_named_and_of_no_use_is_told(
    home: Home, environ: dict[str, str], variables: dict[str, str], message: str
) -> None:
    with pytest.raises(Misconfigured, match=message) as caught:
        list(keys.identities({**environ, **variables}, home))
    assert "XYZ" not in str(caught.value)


@pytest.mark.usefixtures("ring")
def test_keys_of_plugins_are_left_to_others(home: Home, environ: dict[str, str]) -> None:
    key = new()
    environ["SOPS_AGE_KEY"] = f"AGE-PLUGIN-YUBIKEY-1XYZ\n{key}"
    assert public(keys.identities(environ, home)) == [str(key.to_public())]


def test_the_keyring_is_loaded_only_when_it_is_asked() -> None:
    code = "import sys, chittyops.capabilities.secrets.providers.keys; print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"False\n"
