"""What is published of a configuration, from real files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.config.model import SecretMark, ServiceSummary, Snapshot, State, Value, Word
from chittyops.capabilities.config.service.published import LONGEST_VALUE, summaries, values
from chittyops.capabilities.fleet.wiring import configuration

FLEET = """\
fleet: shop
environments:
  staging: {config: {LOG_LEVEL: debug}}
  production: {}
defaults:
  config: {LOG_LEVEL: info}
services:
  catalog: {path: catalog, config: {REGION: eu}}
  cart:
    path: cart
    platform: cloudflare
    config: {URL: "https://${catalog.REGION}.example", LONG: "%s"}
    secrets: {KEY: "sops:KEY"}
    wrangler: {kv_namespaces: [{binding: CACHE, id: one}]}
    environments:
      staging: {wrangler: {kv_namespaces: [{binding: CACHE, id: two}]}}
""" % ("x" * (LONGEST_VALUE + 10))


@pytest.fixture
def found(tmp_path: Path) -> Mapping[str, Value]:
    for name in ("catalog", "cart"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").touch()
    (tmp_path / "chittyops.yaml").write_text(FLEET)
    views = configuration(tmp_path).views
    return {value.key: value for value in values(views, views["cart", "staging"])}


def test_a_value_has_the_word_of_every_layer_with_its_line(found: Mapping[str, Value]) -> None:
    assert found["LOG_LEVEL"].value == "debug"
    assert found["LOG_LEVEL"].words == (
        Word("environment staging", State.WINS, "debug", "chittyops.yaml", 3),
        Word("fleet defaults", State.SHADOWED, "info", "chittyops.yaml", 6),
    )


def test_references_are_published_with_what_they_stand_for(found: Mapping[str, Value]) -> None:
    assert found["URL"].value == "https://eu.example"
    assert found["URL"].references == (("${catalog.REGION}", "eu"),)


def test_of_a_secret_it_is_where_the_value_is_kept(found: Mapping[str, Value]) -> None:
    assert (found["KEY"].section, found["KEY"].value, found["KEY"].secret) == ("secrets", "sops:KEY", True)


def test_items_of_keyed_lists_are_values_of_their_own(found: Mapping[str, Value]) -> None:
    item = found["wrangler.kv_namespaces.CACHE.id"]
    assert [word.value for word in item.words] == ["two", "one"]


def test_a_long_value_is_cut(found: Mapping[str, Value]) -> None:
    assert found["LONG"].value == "x" * LONGEST_VALUE + "…"


def plain(key: str, value: str) -> Value:
    return Value("config", key, value, secret=False, words=())


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("AB")), max_size=8))
def test_a_summary_counts_each_value_once(pairs: list[tuple[str, str]]) -> None:
    found = {
        "one": tuple(plain(str(number), left) for number, (left, _) in enumerate(pairs)),
        "two": tuple(plain(str(number), right) for number, (_, right) in enumerate(pairs)),
    }
    marks = (SecretMark("cart", "K", "one", "sops:K", "missing"), SecretMark("cart", "K", "two", "sops:K", "set"))
    made = summaries(Snapshot(("one", "two"), {"cart": found, "other": {}}, marks))
    differing = sum(left != right for left, right in pairs)
    assert made["cart"] == ServiceSummary(len(pairs), differing, secrets=1, missing=1)
    assert made["other"] == ServiceSummary()
