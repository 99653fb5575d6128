"""Files are made, opened to somebody and closed again; nothing is written that was not planned."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.creation import with_readers
from chittyops.capabilities.secrets.providers.sops.people import Change, People
from chittyops.kernel.errors import Conflict, Misconfigured, Refused
from chittyops.runtime.clock import SystemClock

PATHS = {"all": "secrets/all.sops.yaml", "prod": "secrets/prod.sops.yaml"}


@pytest.fixture
def people(tmp_path: Path, alice: Any) -> People:
    """Return the readers of a store that is not made yet."""
    return People(tmp_path, PATHS, lambda data, path: sops.load(data, path, [alice]), SystemClock())


def write(people: People, changes: list[Change], tmp_path: Path) -> None:
    people.write(changes, tmp_path / "lock")


def test_what_is_missing_is_made(tmp_path: Path, people: People, alice: Any) -> None:
    recipient = str(alice.to_public())
    assert (people.missing(), people.readers()) == (list(PATHS.values()), {})
    changes = people.created([recipient])
    assert not (tmp_path / "secrets").exists()
    write(people, changes, tmp_path)
    assert people.missing() == []
    assert people.readers() == dict.fromkeys(PATHS.values(), (recipient,))
    assert stat.S_IMODE((tmp_path / PATHS["all"]).stat().st_mode) == 0o644
    assert sops.load((tmp_path / PATHS["all"]).read_bytes(), PATHS["all"], [alice]).values == {}


def test_somebody_is_let_in_and_out_again(tmp_path: Path, people: People, alice: Any, bob: Any) -> None:
    a, b = str(alice.to_public()), str(bob.to_public())
    write(people, people.created([a]), tmp_path)
    granted = people.granted(b, ["prod"])
    assert [(each.path, each.added, each.removed) for each in granted] == [(PATHS["prod"], (b,), ())]
    write(people, granted, tmp_path)
    assert people.granted(b, ["prod"]) == []
    assert people.readers() == {PATHS["all"]: (a,), PATHS["prod"]: (a, b)}
    revoked = people.revoked(b, list(PATHS))
    assert [(each.path, each.added, each.removed) for each in revoked] == [(PATHS["prod"], (), (b,))]
    write(people, revoked, tmp_path)
    assert people.readers()[PATHS["prod"]] == (a,)


def test_the_last_reader_stays(tmp_path: Path, people: People, alice: Any) -> None:
    write(people, people.created([str(alice.to_public())]), tmp_path)
    with pytest.raises(Refused, match="nobody could read"):
        people.revoked(str(alice.to_public()), ["all"])


def test_a_file_that_changed_meanwhile_stops_everything(tmp_path: Path, people: People, alice: Any, bob: Any) -> None:
    write(people, people.created([str(alice.to_public())]), tmp_path)
    changes = people.granted(str(bob.to_public()), list(PATHS))
    (tmp_path / PATHS["prod"]).write_text("new")
    before = (tmp_path / PATHS["all"]).read_bytes()
    with pytest.raises(Conflict, match=r"prod\.sops\.yaml was changed"):
        write(people, changes, tmp_path)
    assert (tmp_path / PATHS["all"]).read_bytes() == before


def test_the_rules_of_sops_are_kept_in_step(tmp_path: Path, people: People, alice: Any, bob: Any) -> None:
    a, b = str(alice.to_public()), str(bob.to_public())
    made = people.created([a])
    write(people, made + people.rules(made), tmp_path)
    granted = people.granted(b, ["prod"])
    write(people, granted + people.rules(granted), tmp_path)
    text = (tmp_path / ".sops.yaml").read_text()
    assert f"age: {a}\n" in text
    assert f'age: "{a},{b}"\n' in text
    assert people.rules([]) == []


def test_gits_attributes_are_added_once(tmp_path: Path, people: People) -> None:
    (tmp_path / ".gitattributes").write_text("*.png binary")
    write(people, people.attributes("secrets"), tmp_path)
    lines = (tmp_path / ".gitattributes").read_text().splitlines()
    assert lines[0] == "*.png binary"
    assert lines[1] == "/secrets/*.sops.yaml text eol=lf merge=chittyops-secrets"
    assert people.attributes("secrets") == []


def test_rules_that_people_wrote_stay() -> None:
    text = (
        "# ours\ncreation_rules:\n    # keep\n    - path_regex: other/.*\n      pgp: ABC\n    - pgp: DEF # all else\n"
    )
    changed = with_readers(text, {"secrets/all.sops.yaml": ["age1x"]})
    assert changed.startswith("# ours\ncreation_rules:\n")
    assert changed.index("secrets/all") < changed.index("pgp: DEF")
    assert "pgp: ABC" in changed
    assert with_readers(changed, {"secrets/all.sops.yaml": ["age1x"]}) == changed
    narrow = with_readers(text.replace("    - pgp: DEF # all else\n", ""), {"secrets/all.sops.yaml": ["age1x"]})
    assert narrow.index("# keep") < narrow.index("pgp: ABC") < narrow.index("secrets/all")


@pytest.mark.parametrize("text", ["creation_rules: x\n", "creation_rules: [x]\n", "a: &x b\nc: *x\n", "["])
def test_rules_that_are_not_understood_are_left_alone(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"\.sops\.yaml cannot be changed"):
        with_readers(text, {"secrets/all.sops.yaml": ["age1x"]})
