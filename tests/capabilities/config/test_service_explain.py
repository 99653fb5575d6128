"""A value is explained by all that is said of it, the winner first, and by what its references lead to."""

from __future__ import annotations

import pytest
from tests.capabilities.config.conftest import Fleet

from chittyops.capabilities.config.model import State
from chittyops.capabilities.config.service.explain import explain, value_of, variables
from chittyops.kernel.errors import NotFound

TEXT = """\
fleet: shop
environments:
  staging: {config: {REGION: eu}}
  production: {config: {REGION: us}}
defaults:
  config: {LEVEL: info, GONE: x}
groups:
  core: {services: [a], config: {LEVEL: warn}}
services:
  a:
    path: a
    secrets: {KEY: "sops:KEY"}
    config:
      URL: "https://${service.NAME}/${env.REGION}?${env.name}${fleet.name}"
      NAME: "${b.NAME}-a"
      DSN: "x:${secret:KEY}@${b.NAME}"
      PLAIN: "$${b.NAME}"
    tags: [one]
    wrangler:
      limits: {cpu_ms: 1}
      kv_namespaces: [{binding: CACHE, id: low}, {binding: OTHER, id: o}]
    environments:
      staging:
        config: {GONE: null}
        tags: [two]
        wrangler:
          limits: {memory: 2}
          kv_namespaces: [{binding: CACHE, id: high}]
      production: {tags: [live]}
  b: {path: b, config: {NAME: bee}}
"""


def links(fleet: Fleet, key: str, *overrides: str) -> list[tuple[str, str, str, str]]:
    told = explain(fleet(TEXT, *overrides).views, "a", "staging", key)
    return [(each.state, each.layer, str(each.place), each.value) for each in told.chain]


def test_the_winner_comes_first_and_shadows_the_others(fleet: Fleet) -> None:
    assert links(fleet, "LEVEL", "a:LEVEL=debug") == [
        (State.WINS, "--set", "--set", "debug"),
        (State.SHADOWED, "group core", "chittyops.yaml:8:41", "warn"),
        (State.SHADOWED, "fleet defaults", "chittyops.yaml:6:19", "info"),
    ]


def test_null_takes_away_what_wider_layers_say(fleet: Fleet) -> None:
    assert links(fleet, "GONE") == [
        (State.REMOVES, "a in staging", "chittyops.yaml:24:24", "null"),
        (State.SHADOWED, "fleet defaults", "chittyops.yaml:6:31", "x"),
    ]
    told = explain(fleet(TEXT).views, "a", "staging", "GONE")
    assert (told.value, told.secret) == (None, False)


@pytest.mark.parametrize(
    ("key", "states", "value"),
    [
        ("tags", [State.WINS, State.SHADOWED], '["two"]'),
        ("wrangler.limits", [State.MERGED, State.MERGED], '{"cpu_ms": 1, "memory": 2}'),
        ("wrangler.limits.cpu_ms", [State.WINS], "1"),
        ("wrangler.kv_namespaces[CACHE].id", [State.WINS, State.SHADOWED], "high"),
        ("wrangler.kv_namespaces.OTHER.id", [State.WINS], "o"),
        (
            "wrangler.kv_namespaces",
            [State.MERGED, State.MERGED],
            '[{"binding": "CACHE", "id": "high"}, {"binding": "OTHER", "id": "o"}]',
        ),
    ],
)
def test_maps_and_keyed_lists_are_made_together(fleet: Fleet, key: str, states: list[State], value: str) -> None:
    told = explain(fleet(TEXT).views, "a", "staging", key)
    assert [each.state for each in told.chain] == states
    assert told.value == value


def test_references_are_followed_to_where_they_lead(fleet: Fleet) -> None:
    told = explain(fleet(TEXT).views, "a", "staging", "URL", fleet="shop")
    assert told.value == "https://bee-a/eu?stagingshop"
    assert [(each.depth, each.text, each.value, str(each.place or "")) for each in told.references] == [
        (0, "${service.NAME}", "bee-a", "chittyops.yaml:15:13"),
        (1, "${b.NAME}", "bee", "chittyops.yaml:30:31"),
        (0, "${env.REGION}", "eu", "chittyops.yaml:3:30"),
        (0, "${env.name}", "staging", ""),
        (0, "${fleet.name}", "shop", ""),
    ]


def test_of_a_secret_there_is_only_where_it_is_kept(fleet: Fleet) -> None:
    views = fleet(TEXT).views
    told = explain(views, "a", "staging", "KEY")
    assert (told.value, told.secret) == ("sops:KEY", True)
    told = explain(views, "a", "staging", "DSN")
    assert (told.value, told.secret) == ("x:${secret:KEY}@bee", True)
    assert [(each.text, each.value) for each in told.references] == [
        ("${secret:KEY}", "sops:KEY"),
        ("${b.NAME}", "bee"),
    ]


def test_what_nobody_speaks_of(fleet: Fleet) -> None:
    views = fleet(TEXT).views
    for look in (explain, lambda views, *key: value_of(views[key[0], key[1]], key[2])):
        with pytest.raises(NotFound) as raised:
            look(views, "a", "staging", "LEVLE")
        assert raised.value.hint == 'did you mean "LEVEL"?'
    with pytest.raises(NotFound):
        value_of(views["a", "staging"], "GONE")


def test_all_variables_with_their_winners(fleet: Fleet) -> None:
    found = {
        each.key: (each.value, each.secret, each.chain[0].layer)
        for each in variables(fleet(TEXT).views["a", "production"])
    }
    assert found == {
        "LEVEL": ("warn", False, "group core"),
        "GONE": ("x", False, "fleet defaults"),
        "URL": ("https://bee-a/us?productionshop", False, "service a"),
        "NAME": ("bee-a", False, "service a"),
        "DSN": ("x:${secret:KEY}@bee", True, "service a"),
        "PLAIN": ("${b.NAME}", False, "service a"),
        "REGION": ("us", False, "environment production"),
        "KEY": ("sops:KEY", True, "service a"),
    }
