"""The data key is wrapped for each reader by age; damage shows as far as it can without a reader's key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chittyops.capabilities.secrets.providers.sops.metadata import Metadata, Rule, Share
from chittyops.capabilities.secrets.providers.sops.recipients import check, recipient, unwrap, wrap
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.kernel.errors import Misconfigured

KEY = bytes(range(32))


def said(groups: tuple[tuple[Share, ...], ...], threshold: int = 0) -> Metadata:
    return Metadata(groups, threshold, (), Rule(), "", "", "")


def test_every_reader_unwraps_the_key_and_nobody_else(alice: Any, bob: Any) -> None:
    groups = wrap(KEY, [[str(alice.to_public()), str(bob.to_public())]])
    assert [unwrap(said(groups), [each]) for each in (alice, bob)] == [KEY, KEY]
    assert unwrap(said(groups), [type(alice).generate()]) is None
    assert unwrap(said(groups), []) is None


def test_groups_share_the_key(alice: Any, bob: Any) -> None:
    groups = wrap(KEY, [[str(alice.to_public())], [str(bob.to_public())]], 2)
    assert unwrap(said(groups, 2), [alice, bob]) == KEY
    assert unwrap(said(groups, 2), [alice]) is None
    with pytest.raises(Malformed, match="do not belong together"):
        unwrap(said((groups[0], groups[0]), 2), [alice])


@pytest.mark.parametrize("text", ["", "age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1", "alice"])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="is not an age recipient"):
        recipient(text)


def test_a_damaged_recipient_or_block_shows_without_its_key(alice: Any) -> None:
    ((share,),) = wrap(KEY, [[str(alice.to_public())]])
    check(share)
    damaged = [
        replace(share, recipient=share.recipient[:-1] + ("q" if share.recipient[-1] != "q" else "p")),
        replace(share, recipient=share.recipient.upper()),
        replace(share, armor=share.armor.replace("BEGIN", "BEGUN")),
        replace(share, armor=share.armor.replace("YWdl", "YWdm", 1)),
        replace(share, armor=share.armor.replace("\n", "\n ", 1)),
        replace(share, armor=share.armor + "more"),
    ]
    for each in damaged:
        with pytest.raises(Malformed, match="is damaged"):
            check(each)
