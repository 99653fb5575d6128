"""What a file says of itself is read strictly: what sops writes, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from chittyops.capabilities.secrets.providers.sops.cipher import Cipher
from chittyops.capabilities.secrets.providers.sops.metadata import Metadata, Rule, Share, read
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed

SAID: dict[str, Any] = {
    "age": [{"recipient": "age1x", "enc": "block"}],
    "lastmodified": "2026-01-02T03:04:05Z",
    "mac": Cipher(bytes(32)).encrypt("x", b""),
    "version": "3.13.2",
}


def test_one_group_is_what_stands_at_the_top() -> None:
    found = read({**SAID, "kms": None, "pgp": [], "mac_only_encrypted": True, "encrypted_regex": "^x"})
    assert found == Metadata(
        ((Share("age1x", "block"),),), 0, (), Rule("encrypted_regex", "^x", True), SAID["lastmodified"], SAID["mac"], ""
    )
    assert found.recipients == ("age1x",)


def test_several_groups_and_keys_of_others_are_told() -> None:
    pgp = [{"created_at": "2026-01-02T03:04:05Z", "enc": "x", "fp": "y"}]
    groups = [{"age": SAID["age"]}, {"age": SAID["age"], "pgp": pgp}, {"hc_vault": [], "pgp": pgp}]
    found = read({**{key: SAID[key] for key in SAID if key != "age"}, "key_groups": groups, "shamir_threshold": "2"})
    assert (len(found.groups), found.threshold, found.others, found.recipients) == (3, 2, ("pgp",), ("age1x",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "3.x"}, "version"),
        ({"version": None}, "version"),
        ({"lastmodified": "2026-01-02 03:04:05"}, "lastmodified"),
        ({"lastmodified": ""}, "lastmodified"),
        ({"mac": "ENC[x]"}, "mac"),
        ({"age": []}, "nobody who could read"),
        ({"age": {}}, "not a list of keys"),
        ({"age": [{"recipient": "age1x"}]}, "another form"),
        ({"age": [{"recipient": "age1x", "enc": "b", "more": 1}]}, "another form"),
        ({"age": [{"recipient": "", "enc": "b"}]}, "recipient"),
        ({"key_groups": [{"aged": []}], "age": None}, "not known: aged"),
        ({"key_groups": ["x"], "age": None}, "nobody who could read"),
        ({"lastmodifieds": "x"}, "not known: lastmodifieds"),
        ({"encrypted_regex": "(" }, "regular expression"),
        ({"encrypted_regex": "a", "unencrypted_suffix": "b"}, "both unencrypted_suffix and encrypted_regex"),
        ({"mac_only_encrypted": "yes"}, "neither true nor false"),
        ({"shamir_threshold": -1}, "not a number"),
        ({"shamir_threshold": True}, "not a number"),
        ({"seal_of_chittyops": "00"}, "seal_of_chittyops"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        read({**SAID, **change})


def test_no_metadata_is_no_sops_file() -> None:
    with pytest.raises(Malformed, match="no `sops` part"):
        read(None)


@pytest.mark.parametrize(
    ("rule", "encrypted", "plain"),
    [
        (Rule(), ("a", "b"), ("a_unencrypted", "b")),
        (Rule("encrypted_suffix", "_s"), ("a_s", "b"), ("a", "b")),
        (Rule("encrypted_regex", "^p"), ("x", "pw"), ("x", "up")),
        (Rule("unencrypted_regex", "name$"), ("x", "names"), ("username", "x")),
    ],
)
def test_a_rule_looks_at_every_key_on_the_way(rule: Rule, encrypted: tuple[str, ...], plain: tuple[str, ...]) -> None:
    assert (rule.encrypts(encrypted), rule.encrypts(plain)) == (True, False)


def test_a_rule_about_comments_cannot_be_told_from_keys() -> None:
    assert Rule("encrypted_comment_regex", "secret").encrypts(("a",)) is None
