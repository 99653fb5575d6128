"""Files that sops itself has written: the public ones of others, checked out beside; nothing of them is kept here.

``CHITTYOPS_SOPS_FILES`` names a folder of them, with the private keys that belong to them in its ``keys.txt``. What a
file shall hold stands beside it as ``NAME_plaintext``, or without the ``.enc`` of its name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]
import pytest
import yaml

from chittyops.capabilities.secrets.providers import sops
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

VARIABLE = "CHITTYOPS_SOPS_FILES"
FOLDER = os.environ.get(VARIABLE, "")
"""Read now, for tests begin without variables of one's own."""
ENDS = (".yaml", ".yml", ".json", ".env")


def _is_encrypted(path: Path) -> bool:
    return path.suffix in ENDS and b"ENC[AES256_GCM," in path.read_bytes()


FILES = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file() and _is_encrypted(path)) if FOLDER else []
pytestmark = pytest.mark.skipif(not FILES, reason=f"{VARIABLE} names no folder of files that sops has written")


@cache
def identities() -> list[Any]:
    """Return the private keys."""
    words = (Path(FOLDER) / "keys.txt").read_text().split()
    return [pyrage.x25519.Identity.from_str(word) for word in words if word.startswith("AGE-SECRET-KEY-")]


def opened(path: Path) -> sops.Document:
    """Return the document; skip where none of the keys is for it."""
    ours = {str(each.to_public()) for each in identities()}
    if ours.isdisjoint(sops.outline(path.read_bytes(), path.name).recipients):
        pytest.skip("the private key of this file is not public")
    return sops.load(path.read_bytes(), path.name, identities())


def plain(values: object) -> Any:
    """Return values as texts, in the words of JSON."""
    if isinstance(values, Mapping):
        return {key: plain(each) for key, each in values.items()}
    if isinstance(values, list | tuple):
        return [plain(each) for each in values]
    if isinstance(values, Secret):
        return values.reveal()
    if isinstance(values, bool):
        return str(values).lower()
    return None if values is None else str(values)


def expected(path: Path) -> Any:
    """Return what the file beside ``path`` says; None where there is no such file."""
    name = path.name.replace(".enc.", ".")
    beside = [path.with_name(f"{path.stem}_plaintext{path.suffix}"), path.with_name(name)]
    found = next((each for each in beside if each != path and each.is_file()), None)
    if found is None:
        return None
    return json.loads(found.read_bytes()) if found.suffix == ".json" else yaml.safe_load(found.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_it_is_read(path: Path) -> None:
    values = plain(opened(path).values)
    assert values
    if (told := expected(path)) is not None:
        assert values == plain(told)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_it_is_read_again_after_a_change(path: Path) -> None:
    document = opened(path)
    before = plain(document.values)
    key = next(iter(document.values))
    name = f"{key}_2" if document.format != "dotenv" else f"{key}_SECOND"
    try:
        changed = sops.with_values(document, {(name,): Secret("changed")})
    except Misconfigured:
        pytest.skip("the file's own rules leave this name unencrypted")
    again = sops.load(sops.dump(changed), path.name, identities())
    assert plain(again.values) == {**before, name: "changed"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_another_value_in_it_is_seen(path: Path) -> None:
    opened(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"data:") + len(b"data:")
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    with pytest.raises(Misconfigured):
        sops.load(bytes(data), path.name, identities())
