"""A fleet is read from its file, the services' parts, the defaults and the environments."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.service import Database, Environment, Health, Launch, Limits

SHOP = "fleet: shop\nservices:\n"


def test_found_from_a_folder_below_past_a_services_own_part(write: Write) -> None:
    root = write(
        {"chittyops.yaml": SHOP + "  cart: {path: services/cart}\n", "services/cart/chittyops.yaml": "tests: make\n"}
    )
    fleet = read_fleet(root / "services/cart")
    assert fleet.root == str(root)
    assert fleet.services["cart"].tests == "make"


def test_no_file_anywhere(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as raised:
        read_fleet(tmp_path)
    assert "chittyops init" in raised.value.hint


def test_layers_merge_maps_replace_lists_and_delete_with_null(write: Write) -> None:
    root = write(
        {
            "chittyops.yaml": """\
fleet: shop
environments: {local: {}, staging: {}}
defaults:
  config: {A: default, B: default, C: default}
  owners: [everyone]
services:
  cart:
    path: cart
    owners: [shop, web]
    config: {B: service, C: service}
    environments: {staging: {config: {B: staging, C: null}}}
""",
            "cart/chittyops.yaml": "config: {C: part, D: part}\nenvironments: {staging: {config: {D: staging-part}}}\n",
        }
    )
    cart = read_fleet(root, "local").services["cart"]
    assert cart.config == {"A": "default", "B": "service", "C": "part", "D": "part"}
    assert cart.owners == ("shop", "web")
    assert read_fleet(root, "staging").services["cart"].config == {"A": "default", "B": "staging", "D": "staging-part"}


def test_a_later_way_to_start_replaces_an_earlier_one(write: Write) -> None:
    root = write(
        {
            "chittyops.yaml": "fleet: shop\ndefaults: {deploy: {command: run, build: make}}\n"
            "services: {a: {path: a, deploy: {module: a}}, b: {path: b}}\n",
            "a/": "",
            "b/": "",
        }
    )
    fleet = read_fleet(root)
    assert fleet.services["a"].deploy.launch == Launch("module", "a")
    assert fleet.services["a"].deploy.build == "make"
    assert fleet.services["b"].deploy.launch == Launch("command", "run")


def test_values_of_config_are_taken_as_written(write: Write) -> None:
    config = "{A: yes, B: 08, C: 12:30:45, D: no, E: true, F: 1.10, G: 1e3, H: 0x10, I: 2024-01-01, J: '', K: on, L: ~}"
    root = write({"chittyops.yaml": SHOP + f"  a:\n    path: a\n    config: {config}\n", "a/": ""})
    assert read_fleet(root).services["a"].config == {
        "A": "yes", "B": "08", "C": "12:30:45", "D": "no", "E": "true", "F": "1.10",
        "G": "1e3", "H": "0x10", "I": "2024-01-01", "J": "", "K": "on",
    }  # fmt: skip


def test_norway_is_a_name(write: Write) -> None:
    text = "fleet: no\nservices:\n  no: {path: a}\n  on: {path: b, depends_on: [no]}\n"
    root = write(
        {
            "chittyops.yaml": text,
            "a/": "",
            "b/": "",
        }
    )
    fleet = read_fleet(root)
    assert fleet.name == "no"
    assert fleet.services["on"].depends_on == ("no",)


def test_a_full_service(write: Write) -> None:
    root = write(
        {
            "chittyops.yaml": SHOP
            + """\
  a:
    path: ./services//a/
    platform: railway
    git: https://example.com/a.git
    secrets: {KEY: "file:.env#KEY", DB: "database:main", BUS: "broker:events"}
    databases: {main: {env: MAIN_URL}}
    health: {path: /up, timeout_seconds: 1}
    deploy:
      script: serve
      protocol: tcp
      stop_grace_seconds: 0
      limits: {memory_mb: 64, open_files: 0x40}
    tags: [core]
""",
            "services/a/": "",
        }
    )
    service = read_fleet(root).services["a"]
    assert service.path == "services/a"
    assert {key: str(value) for key, value in service.secrets.items()} == {
        "KEY": "file:.env#KEY", "DB": "database:main", "BUS": "broker:events",
    }  # fmt: skip
    assert service.databases == (Database("main", "postgres", "MAIN_URL"),)
    assert service.health == Health("/up", 1.0, 5.0)
    assert service.deploy.launch == Launch("script", "serve")
    assert service.deploy.limits == Limits(memory_mb=64, open_files=64)
    assert (service.deploy.protocol, service.deploy.stop_grace_seconds) == ("tcp", 0)


def test_health_none_overrides_a_default_and_is_overridden(write: Write) -> None:
    root = write(
        {
            "chittyops.yaml": "fleet: shop\ndefaults: {health: {path: /ok, timeout_seconds: 1}}\nservices:\n"
            "  a: {path: a, health: none}\n  b: {path: b}\n",
            "a/": "",
            "b/": "",
        }
    )
    fleet = read_fleet(root)
    assert fleet.services["a"].health.path == ""
    assert fleet.services["b"].health == Health("/ok", 1.0)


def test_environments(write: Write) -> None:
    environments = "  staging: {protected: true}\n  local: {provider: local}\n  spare:\n"
    text = f"fleet: shop\nenvironments:\n{environments}services: {{a: {{path: a}}}}\n"
    root = write({"chittyops.yaml": text, "a/": ""})
    assert read_fleet(root).environment == Environment("staging", "", protected=True)
    assert read_fleet(root, "local").environment == Environment("local", "local")
    assert read_fleet(root, "spare").environment == Environment("spare")
    with pytest.raises(Misconfigured, match='no environment "locale"') as raised:
        read_fleet(root, "locale")
    assert raised.value.hint == 'did you mean "local"?'
    assert str(raised.value.place).endswith("chittyops.yaml:2:1")


def test_without_environments_there_is_the_local_one(write: Write) -> None:
    root = write({"chittyops.yaml": SHOP + "  a: {path: a}\n", "a/": ""})
    assert read_fleet(root).environment == Environment("local", "local")


def test_aliases_are_read(write: Write) -> None:
    text = "fleet: shop\ndefaults: {config: &c {A: 1}}\nservices:\n  a: {path: a, config: *c}\n"
    root = write({"chittyops.yaml": text, "a/": ""})
    assert read_fleet(root).services["a"].config == {"A": "1"}


def test_a_byte_order_mark_is_passed_over(write: Write) -> None:
    root = write({"chittyops.yaml": "\ufeff" + SHOP + "  a: {path: a}\n", "a/": ""})
    assert list(read_fleet(root / "a").services) == ["a"]


def test_places_are_shown_from_where_the_user_is(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"chittyops.yaml": SHOP + "  a: {path: a, x: 1}\n", "a/": ""})
    monkeypatch.chdir(root / "a")
    with pytest.raises(Misconfigured) as raised:
        read_fleet(Path())
    assert str(raised.value.place) == "../chittyops.yaml:3:16"


def test_a_link_to_a_folder_within_the_workspace_may_be_a_service(write: Write) -> None:
    root = write({"chittyops.yaml": SHOP + "  a: {path: link}\n", "real/app.py": ""})
    (root / "link").symlink_to("real")
    assert read_fleet(root).services["a"].deploy.launch == Launch("command", "python app.py")
