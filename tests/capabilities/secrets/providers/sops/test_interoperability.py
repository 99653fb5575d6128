"""Other tools read what we write: Debian's age the key blocks, npm's sops-age whole files."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.capabilities.secrets.providers.sops.conftest import FLAT, FORMATS, RICH, file_of
from tests.needs import AGE

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops import metadata
from chittyops.capabilities.secrets.providers.sops.yaml import parse

PLAIN = {
    "fleet": {"TOKEN": "t0ken", "EMPTY": ""},
    "services": {
        "api": {
            "URL": "postgres://user:pass@host/db?a=1#ä\nsecond line",
            "PORT": 8080,
            "RATIO": 0.25,
            "DEBUG": True,
            "NOTHING": None,
            "HOSTS": ["one", "two", {"deep": "three"}, ["four"]],
        }
    },
}
READ = """
import { decryptSops } from "sops-age";
const [path, secretKey, fileType] = process.argv.slice(2);
console.log(JSON.stringify(await decryptSops({ path, secretKey, fileType })));
"""


@AGE
def test_age_opens_the_key_and_the_file_is_what_the_format_says(tmp_path: Path, alice: Any, bob: Any) -> None:
    """Everything but the opening of a block is worked out here once more, from the description of the format."""
    data = file_of([alice, bob], "yaml", RICH)
    tree, _ = parse(data.decode())
    about = metadata.read(tree.pop("sops"))
    (tmp_path / "key").write_text(str(bob))
    block = about.groups[0][1].armor.encode()
    opened = subprocess.run(["age", "-d", "-i", str(tmp_path / "key")], input=block, capture_output=True, check=True)
    key, digest = AESGCM(opened.stdout), hashlib.sha512()

    def read(raw: Any, keys: str) -> None:
        if isinstance(raw, dict):
            for name, each in raw.items():
                read(each, f"{keys}{name}:")
        elif isinstance(raw, list):
            for each in raw:
                read(each, keys)
        elif raw:
            digest.update(decrypted(key, raw, keys))

    read(tree, "")
    assert decrypted(key, about.mac, about.modified).decode() == digest.hexdigest().upper()


def decrypted(key: AESGCM, raw: str, additional: str) -> bytes:
    parts = dict(part.split(":", 1) for part in raw.removeprefix("ENC[AES256_GCM,").removesuffix("]").split(","))
    iv, data, tag = (b64decode(parts[name]) for name in ("iv", "data", "tag"))
    return key.decrypt(iv, data + tag, additional.encode())


@AGE
def test_we_read_with_a_key_made_by_age(tmp_path: Path) -> None:
    from pyrage import x25519  # type: ignore[import-untyped]

    subprocess.run(["age-keygen", "-o", str(tmp_path / "key")], capture_output=True, check=True)
    said = subprocess.run(["age-keygen", "-y", str(tmp_path / "key")], capture_output=True, check=True).stdout.decode()
    identity = x25519.Identity.from_str((tmp_path / "key").read_text().split()[-1])
    assert str(identity.to_public()) == said.strip()
    assert sops.load(file_of([identity], "yaml", RICH), "x.sops.yaml", [identity]).recipients == (said.strip(),)


@pytest.fixture(scope="module")
def sops_age(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which npm's sops-age can be imported."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("needs npm, which is not installed")
    folder = tmp_path_factory.mktemp("sops-age")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "sops-age@4"]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False, timeout=90).returncode:
        pytest.skip("npm cannot install sops-age here")
    (folder / "read.mjs").write_text(READ)
    return folder


@pytest.mark.node
@pytest.mark.parametrize("form", FORMATS)
def test_npm_sops_age_reads_our_files(tmp_path: Path, sops_age: Path, alice: Any, form: str) -> None:
    path = tmp_path / f"x.sops.{form}"
    path.write_bytes(file_of([alice], form, FLAT if form == "env" else RICH))
    run = ["node", "read.mjs", str(path), str(alice), form]
    done = subprocess.run(run, cwd=sops_age, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    expected = {keys[0]: value for keys, value in FLAT.items()} if form == "env" else PLAIN
    assert json.loads(done.stdout) == expected
