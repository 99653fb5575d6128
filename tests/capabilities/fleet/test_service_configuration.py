"""Every value of a large fleet says line and column it was written at; views are made once and only when asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.config import generated
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.wiring import configuration
from chittyops.kernel import tree
from chittyops.kernel.errors import Misconfigured, NotFound


def test_every_leaf_of_a_large_fleet_knows_its_line_and_column(tmp_path: Path) -> None:
    large = generated(services=60, variables=100, environments=5)
    assert large.leaves >= 20_000
    large.write(tmp_path)
    config = configuration(tmp_path)
    found = {}
    for (service, environment), view in config.views.items():
        for keys, node in tree.leaves(view.resolved):
            if keys[0] == "config":
                path = str(Path(node.place.path).relative_to(tmp_path))
                found[service, environment, keys[1]] = ((path, node.place.line, node.place.column), tree.value(node))
    assert found == large.expected
    assert {path for (path, _, _), _ in found.values()} == set(config.files)
    assert len(config.files) > 20


def test_what_stands_at_the_place_of_a_leaf_is_its_value(tmp_path: Path) -> None:
    large = generated(services=12, variables=40, environments=3, seed=7)
    large.write(tmp_path)
    lines = {path: text.splitlines() for path, text in large.files.items()}
    checked = 0
    for view in configuration(tmp_path).views.values():
        merged = view.merged.entries["config"]
        assert isinstance(merged, tree.Mapping)
        for given in (each for key in merged.entries for each in view.chain(("config", key))):
            if isinstance(given.node, tree.Scalar):
                written = lines[given.layer.path][given.place.line - 1][given.place.column - 1 :]
                assert written.lstrip("'\"").startswith(given.node.text)
                checked += 1
    assert checked > 1000


SHOP = """\
fleet: shop
environments: {staging: {}, production: {}}
rules: {levels: {groups: [all], values: {LEVEL: {one_of: [info]}}}}
groups: {all: [cart]}
services:
  cart: {path: cart, config: {LEVEL: info}}
  web: {path: nowhere, config: {LEVEL: "${service.X}"}}
"""


def test_a_broken_fleet_can_be_looked_into(write: Write) -> None:
    root = write({"chittyops.yaml": SHOP, "cart/": ""})
    with pytest.raises(Misconfigured):
        configuration(root)
    config = configuration(root, checked=False)
    assert tree.value(config.views["cart", "staging"].resolved)["config"] == {"LEVEL": "info"}
    assert config.problems("cart", "staging") == ()
    assert [each.message for each in config.problems("web", "staging")] == [
        "config.LEVEL refers to a variable that web does not have"
    ]
    assert [(rule.name, rule.groups) for rule in config.rules] == [("levels", frozenset({"all"}))]


def test_views_are_made_once(write: Write) -> None:
    config = configuration(write({"chittyops.yaml": SHOP, "cart/": ""}), checked=False)
    assert config.views["cart", "staging"] is config.views["cart", "staging"]
    assert list(config.views) == [(s, e) for s in ("cart", "web") for e in ("staging", "production")]
    assert ("cart", "nowhere") not in config.views
    with pytest.raises(NotFound, match='no service "crat"'):
        config.service("crat")
    with pytest.raises(Misconfigured, match='no environment "stage"'):
        config.environment("stage")


def test_problems_of_layers_are_told_once_and_at_their_place(write: Write) -> None:
    text = """\
fleet: shop
environments: {staging: {config: [x]}, production: {}}
groups:
  core: {services: [cart, crat], environments: {stagin: {}}}
  list: [cart]
rules:
  one: {services: [cat], groups: [cor], environments: [prod]}
  two: {values: {LEVEL: {type: text, pattern: "("}}}
secrets: {recipients: {alice: AGE-SECRET-KEY-1NOTTOBESHOWN}}
services:
  cart:
    path: cart
    wrangler: {env: {}}
    sinks: {a: {kind: vercel, account: x}, b: {account: x}, c: {kind: dotenv, secrets: [NO]}}
"""
    root = write({"chittyops.yaml": text, "cart/": "", "chittyops.local.yaml": "services: {web: {config: {A: 1}}}\n"})
    with pytest.raises(Misconfigured) as raised:
        configuration(root)
    told = [
        f"{Path(each.place.path).name}:{each.place.line}:{each.place.column} {each.message}"
        for each in raised.value.problems
        if each.place
    ]
    assert told == [
        "chittyops.yaml:2:34 environments.staging.config must be a map, not a list",
        'chittyops.yaml:4:27 groups.core: "crat" is no service of this fleet',
        'chittyops.yaml:4:49 groups.core.environments: "stagin" is no environment of this fleet',
        'chittyops.yaml:7:20 rules.one.services: "cat" is no service of this fleet',
        'chittyops.yaml:7:35 rules.one.groups: "cor" is no group of this fleet',
        'chittyops.yaml:7:56 rules.one.environments: "prod" is no environment of this fleet',
        (
            "chittyops.yaml:8:32 rules.two.values.LEVEL.type must be one of string, integer, number, boolean, url, "
            "duration, port, json, semver, list, map"
        ),
        (
            "chittyops.yaml:8:47 rules.two.values.LEVEL.pattern is no regular expression: missing ), unterminated "
            "subpattern"
        ),
        (
            "chittyops.yaml:9:31 secrets.recipients.alice must be an age recipient (age1...) or an SSH public key; "
            "never the key itself"
        ),
        "chittyops.yaml:13:16 services.cart.wrangler.env cannot be given",
        'chittyops.yaml:14:13 services.cart.sinks.a lacks the key "project"',
        "chittyops.yaml:14:31 services.cart.sinks.a: a sink of kind vercel has no account",
        "chittyops.yaml:14:44 services.cart.sinks.b says not what it is",
        'chittyops.yaml:14:89 services.cart.sinks.c.secrets: "NO" is no secret of this service',
        'chittyops.local.yaml:1:12 services: "web" is no service of this fleet',
    ]
    assert "NOTTOBESHOWN" not in repr(raised.value.problems)


def test_what_is_wrong_in_a_sink_is_not_told_as_missing_too(write: Write) -> None:
    sinks = "{a: {kind: github, repository: bad}, b: {kind: gitlab}}"
    text = f"fleet: shop\nservices: {{cart: {{path: cart, sinks: {sinks}}}}}\n"
    with pytest.raises(Misconfigured) as raised:
        configuration(write({"chittyops.yaml": text, "cart/": ""}))
    assert [each.message.partition(" must be ")[0] for each in raised.value.problems] == [
        "services.cart.sinks.a.repository",
        "services.cart.sinks.b.kind",
    ]
