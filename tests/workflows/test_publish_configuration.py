"""What is told of a fleet's files: nobody's local file, no value of a secret, nothing that looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.app.configurations import MISPLACED, PLANTED, SHOP, write_shop

from chittyops.capabilities.config.model import Value
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.workflows.publish_configuration import Described, describe


def described(folder: Path, home: Home) -> Described:
    return describe(folder, home, SystemClock())


def value(found: Described, service: str, environment: str, key: str) -> Value:
    (one,) = [each for each in found.snapshot.services[service][environment] if each.key == key]
    return one


def test_it_holds_every_service_in_every_environment(tmp_path: Path, home: Home) -> None:
    write_shop(tmp_path, home)
    found = described(tmp_path, home)
    assert found.snapshot.environments == ("staging", "production", "preview")
    assert list(found.snapshot.services) == ["inventory", "accounts", "catalog", "cart", "storefront"]
    assert value(found, "cart", "production", "CURRENCY").value == "USD"
    assert value(found, "cart", "staging", "CURRENCY").value == "EUR"
    states = {(each.variable, each.environment): each for each in found.snapshot.secrets if each.service == "cart"}
    assert states["API_KEY", "preview"].state == "missing"
    assert states["QUEUE_PASSWORD", "staging"].state == "set"
    assert states["STRIPE_KEY", "production"].shared
    assert states["STRIPE_KEY", "production"].expired
    assert states["LEDGER_TOKEN", "production"].state == "elsewhere"


def test_no_value_of_a_secret_is_in_it_nor_what_looks_like_one(tmp_path: Path, home: Home) -> None:
    write_shop(tmp_path, home)
    found = described(tmp_path, home)
    assert PLANTED not in repr(found)
    assert MISPLACED not in repr(found.snapshot)
    assert value(found, "cart", "staging", "QUEUE_DSN").value == "amqp://cart:${secret:QUEUE_PASSWORD}@queue.example"


def test_nobodys_local_file_is_published(tmp_path: Path, home: Home) -> None:
    write_shop(tmp_path, home)
    (tmp_path / "chittyops.local.yaml").write_text("defaults: {config: {LOG_LEVEL: trace}}\n")
    assert value(described(tmp_path, home), "catalog", "preview", "LOG_LEVEL").value == "info"


def test_a_wrong_file_and_no_file_are_told_apart(tmp_path: Path, home: Home) -> None:
    with pytest.raises(NotFound):
        described(tmp_path, home)
    write_shop(tmp_path, home)
    (tmp_path / "chittyops.yaml").write_text(SHOP.replace("${env.name}", "${env.nothing}"))
    with pytest.raises(Misconfigured, match="this environment does not have"):
        described(tmp_path, home)
