"""A SOPS file is read, verified, changed and written; whatever does not fit is told, and gives nothing out."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.capabilities.secrets.providers.sops.conftest import FLAT, FORMATS, RICH, file_of, revealed, unsealed

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.values import walk
from chittyops.kernel.errors import ChittyOpsError, Misconfigured
from chittyops.kernel.secret import Secret

READ = {
    "fleet": {"TOKEN": "t0ken", "EMPTY": ""},
    "services": {
        "api": {
            "URL": "postgres://user:pass@host/db?a=1#ä\nsecond line",
            "PORT": "8080",
            "RATIO": "0.25",
            "DEBUG": "true",
            "NOTHING": None,
            "HOSTS": ["one", "two", {"deep": "three"}, ["four"]],
        }
    },
}


class Standing:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=UTC)

    def monotonic_seconds(self) -> float:
        return 0.0


def values_in(form: str) -> dict[tuple[str, ...], Any]:
    return FLAT if form == "env" else RICH


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_values_of_every_type_come_back(alice: Any, form: str) -> None:
    document = sops.load(file_of([alice], form, RICH), f"x.sops.{form}", [alice])
    assert revealed(document.values) == READ


def test_dotenv_values_come_back(alice: Any) -> None:
    document = sops.load(file_of([alice], "env", FLAT), "x.sops.env", [alice])
    assert revealed(document.values) == {"TOKEN": "t0ken", "URL": "a=b\nsecond # ä", "EMPTY": ""}


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_without_our_seal_is_read_as_well(alice: Any, form: str) -> None:
    data = file_of([alice], form, values_in(form))
    document = sops.load(unsealed(data), f"x.sops.{form}", [alice])
    assert document.values == sops.load(data, f"x.sops.{form}", [alice]).values


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_is_not_changed_is_written_byte_for_byte(alice: Any, form: str) -> None:
    data = file_of([alice], form, values_in(form))
    document = sops.load(data, f"x.sops.{form}", [alice])
    same = {keys: Secret(value) for keys, value in values_in(form).items() if isinstance(value, str)}
    assert sops.dump(document) == data
    assert sops.dump(sops.with_values(document, same)) == data


@pytest.mark.parametrize("form", FORMATS)
def test_a_change_leaves_the_lines_of_other_values_alone(alice: Any, form: str) -> None:
    data = file_of([alice], form, values_in(form))
    keys = ("TOKEN",) if form == "env" else ("fleet", "TOKEN")
    document = sops.with_values(sops.load(data, f"x.sops.{form}", [alice]), {keys: Secret("new")})
    changed = sops.dump(document, Standing()).decode().splitlines()
    different = [line for line in changed if line not in data.decode().splitlines()]
    assert [re.sub(r"[\s\"]*(sops_)?([a-zA-Z_]+).*", r"\2", line) for line in different] == [
        "TOKEN",
        "lastmodified",
        "mac",
        "seal_of_chittyops",
    ]
    assert sops.load("\n".join([*changed, ""]).encode(), f"x.sops.{form}", [alice]).modified == "2026-01-02T03:04:05Z"


def test_neither_repr_nor_errors_hold_values_or_keys(alice: Any) -> None:
    document = sops.load(file_of([alice], "yaml", RICH), "x.sops.yaml", [alice])
    assert "t0ken" not in repr(document)
    assert repr(document.key) not in repr(document)
    assert "t0ken" not in repr(list(walk(document.leaves)))


def test_the_wrong_key_is_told_who_could_read_it(alice: Any, bob: Any) -> None:
    with pytest.raises(Misconfigured, match=str(alice.to_public())) as caught:
        sops.load(file_of([alice], "yaml", RICH), "x.sops.yaml", [bob])
    assert "secrets grant" in caught.value.hint


def test_each_of_several_readers_reads(alice: Any, bob: Any) -> None:
    data = file_of([alice, bob], "yaml", RICH)
    assert [revealed(sops.load(data, "x.sops.yaml", [each]).values) for each in (alice, bob)] == [READ, READ]


def test_a_new_reader_gets_the_key_as_it_is(alice: Any, bob: Any) -> None:
    document = sops.load(file_of([alice], "yaml", RICH), "x.sops.yaml", [alice])
    both = [str(alice.to_public()), str(bob.to_public())]
    after = sops.load(sops.dump(sops.with_recipients(document, both)), "x.sops.yaml", [bob])
    assert (after.key, after.recipients) == (document.key, tuple(both))
    assert revealed(after.values) == READ


@pytest.mark.parametrize("form", FORMATS)
def test_without_a_reader_everything_is_encrypted_anew(alice: Any, bob: Any, form: str) -> None:
    path = f"x.sops.{form}"
    before = sops.load(file_of([alice, bob], form, values_in(form)), path, [alice])
    data = sops.dump(sops.with_recipients(before, [str(alice.to_public())]))
    after = sops.load(data, path, [alice])
    old = [value for value in sops.outline(sops.dump(before), path).ciphertexts.values() if value]
    assert after.key != before.key
    assert after.values == before.values
    assert not [value for value in old if value in data.decode()]
    with pytest.raises(Misconfigured, match="none of your keys"):
        sops.load(data, path, [bob])


def test_nobody_is_no_reader(alice: Any) -> None:
    document = sops.load(file_of([alice], "yaml", RICH), "x.sops.yaml", [alice])
    with pytest.raises(Misconfigured, match="nobody could read it"):
        sops.with_recipients(document, [])
    with pytest.raises(Misconfigured, match="needs a recipient"):
        sops.create("x.sops.yaml", [])
    with pytest.raises(Misconfigured, match="is not an age recipient"):
        sops.create("x.sops.yaml", ["age1nobody"])


@pytest.mark.parametrize(("groups", "threshold", "readable"), [(3, 2, True), (3, 3, False), (2, 0, False)])
def test_key_groups_need_as_many_keys_as_the_threshold_says(
    alice: Any, bob: Any, groups: int, threshold: int, readable: bool
) -> None:
    other = type(alice).generate()
    readers = [[str(each.to_public())] for each in (alice, other, bob)[:groups]]
    document = sops.with_values(sops.create("x.sops.yaml", *readers, threshold=threshold), {("A",): Secret("a")})
    data = sops.dump(document)
    assert b"shamir_threshold" in data
    if readable:
        loaded = sops.load(data, "x.sops.yaml", [alice, bob])
        again = sops.dump(sops.with_values(loaded, {("B",): Secret("b")}))
        assert revealed(sops.load(again, "x.sops.yaml", [bob, alice]).values) == {"A": "a", "B": "b"}
        with pytest.raises(Misconfigured, match="several key groups"):
            sops.with_recipients(loaded, [str(alice.to_public())])
    else:
        with pytest.raises(Misconfigured, match="key groups are needed"):
            sops.load(data, "x.sops.yaml", [alice, bob] if groups > 2 else [alice])


def test_what_is_no_sops_file_or_is_cut_off_is_told(alice: Any) -> None:
    data = file_of([alice], "yaml", RICH)
    for broken in (
        b"",
        b"a: b\n",
        b"- a\n",
        b"a: [\n",
        b"\xff\xfe",
        data[: len(data) // 2],
        data[: data.index(b"sops:")],
    ):
        with pytest.raises(Misconfigured, match="no SOPS file, or is cut off or damaged"):
            sops.load(broken, "x.sops.yaml", [alice])


def test_a_file_cut_off_anywhere_is_never_read_as_less(alice: Any) -> None:
    for form in FORMATS:
        data = file_of([alice], form, FLAT)
        values = sops.load(data, f"x.sops.{form}", [alice]).values
        read = []
        for length in range(len(data)):
            with suppress(ChittyOpsError):
                read.append(sops.load(data[:length], f"x.sops.{form}", [alice]).values)
        assert len(read) < 200  # where nothing but what sops does not need is missing
        assert all(each == values for each in read)


@pytest.mark.parametrize("attack", ["swapped", "renamed", "removed", "reordered", "added", "in the clear"])
def test_values_cannot_be_swapped_moved_removed_or_added(alice: Any, attack: str) -> None:
    data = unsealed(file_of([alice], "yaml", {("a",): "first", ("b",): "second", ("c",): "third"})).decode()
    lines = data.splitlines(keepends=True)
    a, b, c, *rest = lines
    attacks = {
        "swapped": [a.replace(a[3:], b[3:]), b.replace(b[3:], a[3:]), c],
        "renamed": [a.replace("a:", "d:", 1), b, c],
        "removed": [a, b],
        "reordered": [b, a, c],
        "added": [a, b, c, "d_unencrypted: 1\n"],
        "in the clear": ["a: first\n", b, c],
    }
    with pytest.raises(Misconfigured):
        sops.load("".join([*attacks[attack], *rest]).encode(), "x.sops.yaml", [alice])


def test_an_alteration_names_the_line(alice: Any) -> None:
    data = unsealed(file_of([alice], "yaml", {("a", "b"): "first", ("a", "c"): "second"})).decode()
    head, _, rest = data.partition("    c: ENC[AES256_GCM,data:")
    broken = f"{head}    c: ENC[AES256_GCM,data:{'B' if rest[0] != 'B' else 'C'}{rest[1:]}"
    with pytest.raises(Misconfigured, match=r"the value of a\.c") as caught:
        sops.load(broken.encode(), "x.sops.yaml", [alice])
    assert str(caught.value.place) == "x.sops.yaml:3"


def test_a_comment_added_by_hand_breaks_the_seal_and_the_hint_says_how_to_go_on(alice: Any) -> None:
    data = file_of([alice], "yaml", RICH)
    commented = b"# mine\n" + data
    with pytest.raises(Misconfigured, match="seal is broken") as caught:
        sops.load(commented, "x.sops.yaml", [alice])
    assert "take out the line seal_of_chittyops" in caught.value.hint
    assert revealed(sops.load(unsealed(commented), "x.sops.yaml", [alice]).values) == READ


@pytest.mark.parametrize("form", FORMATS)
def test_an_outline_needs_no_key(alice: Any, form: str) -> None:
    data = file_of([alice], form, values_in(form))
    outline = sops.outline(data, f"x.sops.{form}")
    document = sops.load(data, f"x.sops.{form}", [alice])
    assert list(outline.ciphertexts) == [keys for keys, _ in walk(document.leaves)]
    assert (outline.recipients, outline.modified) == (document.recipients, document.modified)
    token = outline.ciphertexts[("TOKEN",) if form == "env" else ("fleet", "TOKEN")]
    assert token.startswith("ENC[AES256_GCM,data:")


def test_files_laid_out_by_older_versions_of_sops_are_read(alice: Any) -> None:
    data = unsealed(file_of([alice], "yaml", RICH)).decode()
    older = data.replace(
        "sops:\n", "sops:\n    kms: []\n    gcp_kms: []\n    azure_kv: []\n    hc_vault: []\n    pgp: []\n"
    )
    older = re.sub(r'lastmodified: "([^"]+)"', r"lastmodified: '\1'", older)
    older = older.replace("        - enc: |", "    -   enc: |").replace("          recipient:", "        recipient:")
    older = older.replace("3.13.2", "3.6.1")
    assert revealed(sops.load(older.encode(), "x.sops.yaml", [alice]).values) == READ


@pytest.mark.parametrize(
    ("rule", "encrypted", "plain"),
    [
        ("encrypted_regex: ^pass", "password", "user"),
        ("unencrypted_regex: ^user", "password", "user"),
        ("encrypted_suffix: word", "password", "user"),
        ("unencrypted_suffix: ser", "password", "user"),
    ],
)
def test_the_rules_of_a_file_say_what_is_encrypted(alice: Any, rule: str, encrypted: str, plain: str) -> None:
    document = made_with(alice, rule)
    changed = sops.with_values(document, {("map", encrypted): Secret("hidden")})
    data = sops.dump(changed).decode()
    assert "hidden" not in data
    with pytest.raises(Misconfigured, match="would leave it unencrypted"):
        sops.with_values(document, {("map", plain): Secret("shown")})
    assert revealed(sops.load(data.encode(), "x.sops.yaml", [alice]).values) == {"map": {encrypted: "hidden"}}


@pytest.mark.parametrize("only", [True, False])
def test_values_in_the_clear_count_in_the_mac_unless_it_covers_encrypted_ones_only(alice: Any, only: bool) -> None:
    from dataclasses import replace

    from chittyops.capabilities.secrets.providers.sops.metadata import Rule
    from chittyops.capabilities.secrets.providers.sops.values import Leaf

    empty = sops.create("x.sops.yaml", [str(alice.to_public())])
    said = {**empty.said, "mac_only_encrypted": True} if only else empty.said
    document = replace(empty, said=said, rule=Rule(mac_only_encrypted=only))
    document = sops.with_values(document, {("a",): Secret("x")})
    document = document.with_leaves({**document.leaves, "n_unencrypted": Leaf("int", "12", 12, encrypted=False)})
    data = unsealed(sops.dump(document))
    assert revealed(sops.load(data, "x.sops.yaml", [alice]).values) == {"a": "x", "n_unencrypted": "12"}
    altered = data.replace(b"n_unencrypted: 12", b"n_unencrypted: 13")
    if only:
        assert revealed(sops.load(altered, "x.sops.yaml", [alice]).values)["n_unencrypted"] == "13"
    else:
        with pytest.raises(Misconfigured, match="not encrypted"):
            sops.load(altered, "x.sops.yaml", [alice])


def made_with(alice: Any, rule: str) -> sops.Document:
    """Return a document that says ``rule`` of itself."""
    from dataclasses import replace

    from chittyops.capabilities.secrets.providers.sops import metadata

    empty = sops.create("x.sops.yaml", [str(alice.to_public())])
    name, pattern = rule.split(": ")
    said = {key: value for key, value in empty.said.items() if key != "unencrypted_suffix"}
    return replace(empty, said={**said, name: pattern}, rule=metadata.Rule(name, pattern))


def test_formats_are_told_by_the_name() -> None:
    from chittyops.capabilities.secrets.providers.sops.document import format_of

    names = ["a.sops.yaml", "a.yml", "a.json", "a.env", Path("x/.env.local").as_posix(), "secret"]
    assert [format_of(name) for name in names] == ["yaml", "yaml", "json", "dotenv", "dotenv", "yaml"]
