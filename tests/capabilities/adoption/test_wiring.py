"""Adoption over files on a disk: it reads the texts that tell where secrets go, and values of none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capabilities.adoption.conftest import NOW, service, values
from tests.capabilities.adoption.conftest import inventory as inventory_of
from tests.capabilities.adoption.conftest import script as script_of

from chittyops.capabilities.adoption.wiring import Adoption, services_of
from chittyops.kernel.inventory import Action, Evidence, Inventory, Named
from chittyops.runtime.home import Home

ACCOUNT = "0123456789abcdef0123456789abcdef"
PUT = "wrangler secret put API_KEY"
RUN = "op run --env-file=.env.op -- wrangler dev"
PLANTED = "planted-value-51bd0e"


@pytest.fixture
def adoption(tmp_path: Path) -> Adoption:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart/put.sh").write_text(f"{PUT}\n")
    (tmp_path / "cart/wrangler.toml").write_text(f'account_id = "{ACCOUNT}"\n')
    (tmp_path / "cart/.env.op").write_text(f"API_KEY=op://Shop/cart/key\nPLAIN={PLANTED}\n")
    return Adoption(tmp_path, Home(tmp_path / "home"))


@pytest.fixture
def found() -> Inventory:
    cart = service(secrets=(Named("API_KEY", (Evidence("cart/src/index.js", 1),)),))
    run = script_of("cart/package.json", Action("secrets", "inject secrets", "op", RUN, 1), kind="npm-script", name="x")
    return inventory_of(cart, script_of("cart/put.sh", Action("secrets", "put secret", "wrangler", PUT, 1)), run)


def test_the_account_of_the_file_is_that_of_the_sink(adoption: Adoption, found: Inventory) -> None:
    proposal = adoption.propose(found, {}, NOW)
    assert values(proposal)["services.cart.sinks.worker.account"] == ACCOUNT
    assert PLANTED not in str(proposal)


def test_a_file_that_is_gone_tells_nothing(adoption: Adoption, found: Inventory) -> None:
    (adoption.root / "cart/wrangler.toml").unlink()
    assert not [key for key in values(adoption.propose(found, {}, NOW)) if ".sinks." in key]


def test_a_new_fleet_file_has_services_alone(found: Inventory) -> None:
    assert {key for key in values(services_of(found, NOW)) if key.startswith("services.cart.")} == {
        "services.cart.path",
        "services.cart.platform",
        "services.cart.secrets.API_KEY",
        "services.cart.health",
    }
