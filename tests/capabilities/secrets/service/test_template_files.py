"""References in a file are filled, the file's own ``${...}`` stay, and what is unknown has its place."""

from __future__ import annotations

import pytest

from chittyops.capabilities.secrets.service.template_files import fill
from chittyops.kernel.errors import Misconfigured, Place
from chittyops.kernel.secret import SecretScope

SCOPE = SecretScope("/root", "shop", "local", "api")


def filled(text: str) -> str:
    return fill(text, "a.conf", SCOPE, {"MODE": "plain"}, {"TOKEN": "p$1\\1 ${secret:TOKEN}"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${secret:TOKEN}", "p$1\\1 ${secret:TOKEN}"),
        ("${service.MODE} ${service.TOKEN}", "plain p$1\\1 ${secret:TOKEN}"),
        ("${service.name}/${env.name}/${fleet.name}", "api/local/shop"),
        ("$host ${host} ${a.b} $${host}", "$host ${host} ${a.b} ${host}"),
        ("$${secret:TOKEN}", "${secret:TOKEN}"),
        ("", ""),
    ],
)
def test_references_are_filled_once(text: str, expected: str) -> None:
    assert filled(text) == expected


def test_all_that_is_unknown_is_told_with_its_place_and_no_value() -> None:
    with pytest.raises(Misconfigured) as caught:
        filled("a\n ${secret:TOKENS} ${secret:MODE}\n${env.NAME}")
    assert [each.place for each in caught.value.problems] == [
        Place("a.conf", 2, 2), Place("a.conf", 2, 19), Place("a.conf", 3, 1),
    ]  # fmt: skip
    assert caught.value.problems[0].hint == 'did you mean "secret:TOKEN"?'
    assert "p$1" not in repr(caught.value.problems)
