"""Every layer has its turn: fleet, environment, group, service, service in environment, local file, --set."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.wiring import configuration, read_fleet
from chittyops.kernel import tree
from chittyops.kernel.configuration import Scope
from chittyops.kernel.errors import Misconfigured, NotFound

ROOT = """\
fleet: shop
environments:
  staging: {config: {V: environment}}
  production:
defaults: {config: {V: fleet, KEPT: fleet}}
groups:
  plain: [cart]
  core:
    services: [cart, web]
    config: {V: group}
    environments: {staging: {config: {V: group in environment}}}
services:
  cart:
    path: cart
    config: {V: service}
    environments: {staging: {config: {V: service in environment}}}
  web: {path: web}
"""
PART = "config: {V: part}\nenvironments: {staging: {config: {V: part in environment}}}\n"
LOCAL = """\
defaults: {config: {V: local}}
environments: {staging: {config: {V: local environment}}}
services: {cart: {config: {V: local service}, environments: {staging: {config: {V: local service in environment}}}}}
"""


@pytest.fixture
def root(write: Write) -> Path:
    return write({"chittyops.yaml": ROOT, "cart/chittyops.yaml": PART, "web/": "", "chittyops.local.yaml": LOCAL})


def test_all_of_them_in_their_order(root: Path) -> None:
    chain = configuration(root, ["V=set", "cart:V=set for cart"]).views["cart", "staging"].chain(("config", "V"))
    assert [(given.layer.scope, tree.value(given.node)) for given in reversed(chain)] == [
        (Scope.FLEET, "fleet"),
        (Scope.ENVIRONMENT, "environment"),
        (Scope.GROUP, "group"),
        (Scope.GROUP, "group in environment"),
        (Scope.SERVICE, "service"),
        (Scope.SERVICE, "part"),
        (Scope.SERVICE_ENVIRONMENT, "service in environment"),
        (Scope.SERVICE_ENVIRONMENT, "part in environment"),
        (Scope.LOCAL, "local"),
        (Scope.LOCAL, "local environment"),
        (Scope.LOCAL, "local service"),
        (Scope.LOCAL, "local service in environment"),
        (Scope.SET, "set"),
        (Scope.SET, "set for cart"),
    ]


@pytest.mark.parametrize(
    ("service", "environment", "value"),
    [
        ("cart", "staging", "part in environment"),
        ("cart", "production", "part"),
        ("web", "staging", "group in environment"),
        ("web", "production", "group"),
    ],
)
def test_the_narrowest_wins(
    root: Path, monkeypatch: pytest.MonkeyPatch, service: str, environment: str, value: str
) -> None:
    monkeypatch.setenv("CHITTYOPS_NO_LOCAL", "1")
    fleet = read_fleet(root, environment)
    assert fleet.services[service].config == {"V": value, "KEPT": "fleet"}
    assert "chittyops.local.yaml" not in configuration(root).files


def test_every_layer_says_where_it_stands(root: Path) -> None:
    config = configuration(root)
    files = {path: (root / path).read_text() for path in config.files}
    assert set(files) == {"chittyops.yaml", "cart/chittyops.yaml", "chittyops.local.yaml"}
    for layer in config.views["cart", "staging"].layers:
        place = layer.tree.place
        assert place.path.endswith(layer.path)
        assert layer.keys or layer.path == "cart/chittyops.yaml"
        assert place.line <= files[layer.path].count("\n")


def test_groups_and_sinks_and_the_store_reach_the_fleet(write: Write) -> None:
    root = write(
        {
            "chittyops.yaml": """\
fleet: shop
defaults: {sinks: {edge: {kind: cloudflare, account: abc}}}
groups: {one: [cart], two: {services: [cart]}}
secrets:
  folder: ./vault
  recipients: {alice: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p}
  policies: {KEY: {max_age_days: 90, expires: 2027-01-31, rotate: {kind: token, length: 40}}}
services:
  cart: {path: cart, secrets: {KEY: "sops:KEY"}, sinks: {edge: {script: cart, secrets: [KEY]}}}
""",
            "cart/": "",
        }
    )
    fleet = read_fleet(root)
    cart = fleet.services["cart"]
    assert cart.groups == ("one", "two")
    assert fleet.groups == {"one": ("cart",), "two": ("cart",)}
    assert [(sink.kind, dict(sink.target), sink.secrets) for sink in cart.sinks] == [
        ("cloudflare", {"account": "abc", "script": "cart"}, ("KEY",))
    ]
    policy = fleet.store.policies["KEY"]
    assert (policy.max_age_days, policy.expires, policy.rotator, policy.options) == (
        90, "2027-01-31", "token", {"length": "40"},
    )  # fmt: skip
    assert (fleet.store.folder, list(fleet.store.recipients)) == ("vault", ["alice"])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("V", Misconfigured, "--set wants KEY=VALUE"),
        ("=x", Misconfigured, "--set wants KEY=VALUE"),
        ("crat:V=1", NotFound, 'there is no service "crat"'),
        ("deploy.protocol=smoke", Misconfigured, "--set.deploy.protocol must be one of http, tcp, none"),
        ("config.V.W=1", Misconfigured, "--set.config.V must be a text, a number or a boolean, not a map"),
    ],
)
def test_what_is_set_is_checked(root: Path, given: str, error: type[Misconfigured], message: str) -> None:
    with pytest.raises(error) as raised:
        configuration(root, [given])
    assert raised.value.message == message


def test_what_is_set_may_be_any_value(root: Path) -> None:
    config = configuration(root, ["cart:deploy.build=make all", "cart:tags=[a, b]", "cart:V=a=b", "web:V="])
    cart = config.fleet("staging").services["cart"]
    assert (cart.deploy.build, cart.tags, cart.config["V"]) == ("make all", ("a", "b"), "a=b")
    assert config.fleet("staging").services["web"].config["V"] == ""
