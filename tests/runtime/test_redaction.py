"""What redaction hides, and what it leaves readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.kernel.secret import REDACTED, Secret
from chittyops.runtime.redaction import conceal, redacted, redacted_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ops:hunter2@db:5432/x", f"postgresql://ops:{REDACTED}@db:5432/x"),
        ("at nats://t0ken@127.0.0.1:4222.", f"at nats://{REDACTED}@127.0.0.1:4222."),
        ("tls://u:p@ss@host", f"tls://u:{REDACTED}@host"),
        ("GET /login?code=abcdef&next=/", f"GET /login?code={REDACTED}&next=/"),
        ("Authorization: Bearer abc.def-123456", f"Authorization: Bearer {REDACTED}"),
        ("https://example.org/a@b says hello", "https://example.org/a@b says hello"),
        ("mail ops@example.org, ratio 3:1 @ noon", "mail ops@example.org, ratio 3:1 @ noon"),
    ],
)
def test_credentials_in_text_are_masked_and_the_rest_stays(text: str, shown: str) -> None:
    assert redacted_text(text) == shown


@pytest.mark.parametrize(
    "key", ["password", "DB_PASSWORD", "api_key", "apiKey", "token", "Set-Cookie", "dsn", "secrets"]
)
def test_values_under_keys_that_look_secret_are_masked(key: str) -> None:
    assert redacted({key: "x1"}) == {key: REDACTED}
    assert redacted({key: ["a", "b"]}) == {key: [REDACTED, REDACTED]}


def test_names_below_a_secret_key_stay_and_numbers_and_nothing_are_no_secrets() -> None:
    assert redacted({"tokens": 3, "secret": None, "token": ""}) == {"tokens": 3, "secret": None, "token": ""}


def test_what_is_not_json_is_shown_by_its_text() -> None:
    conceal("tr0ub4dor")
    assert redacted(ValueError("bad tr0ub4dor")) == f"bad {REDACTED}"
    assert redacted({"a": Secret("s3cret")}) == {"a": REDACTED}


def test_of_a_url_the_password_is_registered_too_in_both_forms() -> None:
    conceal("postgresql://ops:w%40lrus-one@h/d")
    assert redacted_text("w%40lrus-one or w@lrus-one") == f"{REDACTED} or {REDACTED}"


def test_short_values_are_not_registered() -> None:
    conceal("1", Secret("on"))
    assert redacted_text("1 service is on") == "1 service is on"


@given(
    value=st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40), before=st.text(), after=st.text()
)
def test_a_registered_value_never_shows_anywhere(value: str, before: str, after: str) -> None:
    conceal(value)
    if value in REDACTED:
        return
    event = {"a": before + value + after, "b": [{"c": (value,)}], value: 1}
    assert value not in str(redacted(event)).replace(REDACTED, "")
