"""Comments are encrypted and bound to the map they stand in; they outlive every change."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.capabilities.secrets.providers.sops.conftest import file_of, unsealed

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.cipher import Cipher, place
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

PLAIN = """\
# the whole
a: one
# the map
m:
    # within
    x: two # beside
    list:
        # an item
        - three
    # the last within

# the end
"""
PLACES = {
    " the whole": (), " the map": (), " within": ("m",), " beside": ("m",), " an item": ("m", "list"),
    " the last within": ("m",), " the end": (),
}  # fmt: skip


@pytest.fixture
def commented(alice: Any) -> bytes:
    """Return what sops makes of a file with comments."""
    values = {("a",): "one", ("m", "x"): "two", ("m", "list"): [Secret("three")]}
    data = unsealed(file_of([alice], "yaml", values))
    document = sops.load(data, "x.sops.yaml", [alice])
    cipher, text = Cipher(document.key), PLAIN
    for comment, keys in PLACES.items():
        text = text.replace(f"#{comment}\n", f"#{cipher.encrypt(comment, place(keys), 'comment')}\n")
    for plain, raw in (("one", document.leaves["a"]), ("two", document.leaves["m"]["x"])):
        text = text.replace(f": {plain}", f": {raw.raw}")
    text = text.replace("- three", f"- {document.leaves['m']['list'][0].raw}")
    return (text + data.decode()[data.index(b"sops:") :]).encode()


def test_comments_are_read_wherever_they_stand(alice: Any, commented: bytes) -> None:
    document = sops.load(commented, "x.sops.yaml", [alice])
    assert {text: keys for _, text, keys in document.comments} == PLACES
    assert b"within" not in commented


def test_comments_stay_when_values_change(alice: Any, commented: bytes) -> None:
    before = sops.load(commented, "x.sops.yaml", [alice])
    edits = {("m", "x"): Secret("new"), ("m", "z"): Secret("more"), ("b",): Secret("b"), ("a",): None}
    data = sops.dump(sops.with_values(before, edits))
    after = sops.load(data, "x.sops.yaml", [alice])
    assert after.comments == before.comments
    gone = sops.load(sops.dump(sops.with_values(after, {("m",): None})), "x.sops.yaml", [alice])
    assert [each[1:] for each in gone.comments][-2:] == [(" the last within", ()), (" the end", ())]
    order = [line.strip()[:7] for line in data.decode().split("sops:")[0].splitlines()]
    assert order == ["#ENC[AE", "#ENC[AE", "m:", "#ENC[AE", "x: ENC[", "list:", "#ENC[AE", "- ENC[A", "z: ENC[",
                     "#ENC[AE", "b: ENC[", "", "#ENC[AE"]  # fmt: skip


def test_comments_are_encrypted_anew_with_the_rest(alice: Any, bob: Any, commented: bytes) -> None:
    before = sops.load(commented, "x.sops.yaml", [alice])
    data = sops.dump(sops.with_recipients(before, [str(bob.to_public())]))
    after = sops.load(data, "x.sops.yaml", [bob])
    assert [each[1:] for each in after.comments] == [each[1:] for each in before.comments]
    assert not [raw for raw, _, _ in before.comments if raw in data.decode()]


@pytest.mark.parametrize("damage", ["moved", "cut", "garbled"])
def test_a_damaged_comment_is_detected_without_a_seal(alice: Any, commented: bytes, damage: str) -> None:
    text = commented.decode()
    within = next(line for line in text.splitlines() if line.startswith("    #"))
    new = {"moved": "", "cut": within[:40], "garbled": within.replace("data:", "data:AAAA", 1)}[damage]
    broken = text.replace(within, new)
    if damage == "moved":
        broken = f"{within.strip()}\n{broken}"
    with pytest.raises(Misconfigured, match="altered by something else"):
        sops.load(broken.encode(), "x.sops.yaml", [alice])


def test_a_comment_in_the_clear_stays_as_people_wrote_it(alice: Any) -> None:
    data = unsealed(file_of([alice], "yaml", {("a",): "x"})).replace(b"a: ", b"# by hand\na: ")
    document = sops.load(data, "x.sops.yaml", [alice])
    changed = sops.dump(sops.with_recipients(document, [str(alice.to_public())]))
    assert changed.startswith(b"# by hand\na: ENC[")
    assert re.search(rb"seal_of_chittyops: [0-9a-f]{64}\n", changed)
