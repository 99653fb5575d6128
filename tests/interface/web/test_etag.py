"""Edits that lose nobody's work."""

from __future__ import annotations

import pytest

from chittyops.interface.web.etag import check_match, etag
from chittyops.interface.web.problems import HttpProblem


def test_a_tag_depends_on_the_content_alone() -> None:
    assert etag({"a": 1, "b": 2}) == etag({"b": 2, "a": 1})
    assert etag({"a": 1}) != etag({"a": 2})
    assert etag({}).startswith('"')


@pytest.mark.parametrize(("sent", "there"), [('"a"', '"a"'), ('"x", "a"', '"a"'), ("*", '"a"'), (None, None)], ids=str)
def test_an_edit_that_knows_what_is_there_passes(sent: str | None, there: str | None) -> None:
    check_match(sent, there)


@pytest.mark.parametrize(
    ("sent", "there", "status"),
    [(None, '"a"', 428), ('"b"', '"a"', 412), ('"a"', None, 412), ("*", None, 412)],
    ids=["unconditional", "other-version", "gone", "nothing-there"],
)
def test_one_that_does_not_is_refused(sent: str | None, there: str | None, status: int) -> None:
    with pytest.raises(HttpProblem) as caught:
        check_match(sent, there)
    assert caught.value.status_code == status
