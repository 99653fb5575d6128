"""The values of a rotation under way: encrypted, private, and gone at the end."""

from __future__ import annotations

import json

import pytest

from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home


def test_both_values_are_kept_encrypted_and_private_until_they_are_removed(home: Home) -> None:
    recipient = wiring.new_key(home, SystemClock(), keyring=False)
    kept = wiring.staged("rot-1", [recipient], home, {})
    assert kept.read("old") is None
    kept.keep("old", Issued(Secret("planted-old"), "id-1"))
    kept.keep("new", Issued(Secret("planted-new")))
    again = wiring.staged("rot-1", [], home, {})
    assert again.read("old") == Issued(Secret("planted-old"), "id-1")
    assert again.read("new") == Issued(Secret("planted-new"))
    (path,) = (home.path / "rotations").iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == ("rot-1.sops.json", 0o600)
    assert "planted" not in path.read_text()
    assert json.loads(path.read_text())["sops"]["age"][0]["recipient"] == recipient
    for _ in range(2):
        again.remove()
    assert again.read("new") is None
    assert list(path.parent.iterdir()) == []


def test_who_has_no_key_cannot_read_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    recipient = wiring.new_key(home, SystemClock(), keyring=False)
    wiring.staged("rot-1", [recipient], home, {}).keep("old", Issued(Secret("planted-old")))
    (home.path / "keys" / "age.txt").unlink()
    monkeypatch.setenv("HOME", str(home.path))
    with pytest.raises(Misconfigured):
        wiring.staged("rot-1", [], home, {"HOME": str(home.path)}).read("old")
