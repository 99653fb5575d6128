"""Secrets do not show."""

from __future__ import annotations

import json
import logging
import pickle

import pytest

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef, redact

VALUE = "s3cr3t-v4lue"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>40}".format, "%s".__mod__], ids=range(5))
def test_no_way_of_showing_gives_a_secret_away(show: object) -> None:
    assert callable(show)
    assert VALUE not in show(Secret(VALUE))
    assert VALUE not in repr([Secret(VALUE)])


def test_a_secret_does_not_travel(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Secret(VALUE))
    with pytest.raises(TypeError):
        json.dumps(Secret(VALUE))
    logging.getLogger().warning("token %s", Secret(VALUE))
    assert VALUE not in caplog.text
    assert Secret(VALUE).reveal() == VALUE


@pytest.mark.parametrize("text", ["file:.dev.vars#KEY", "database:orders", "broker:events"])
def test_references_are_read_and_written(text: str) -> None:
    assert str(SecretRef.parse(text)) == text


@pytest.mark.parametrize("text", ["", "hunter2", "file:.env", "kms:a#b", "file:#KEY", "database:"])
def test_what_is_no_reference_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        SecretRef.parse(text)
    assert not text or text not in str(caught.value)


def test_redaction_hides_the_longest_value_first() -> None:
    assert redact("a abcdef abc", frozenset({"abc", "abcdef", ""})) == "a [redacted] [redacted]"
