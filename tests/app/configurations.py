"""A shop in several environments, written as files with real secrets, and published; rotations of its secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
from tests.app.serving import Centre

from chittyops.capabilities.config.wiring import configurations
from chittyops.capabilities.deploy.wiring import deploys
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets.model import EVERY, Level, Part, Slot
from chittyops.capabilities.secrets.service.rotation.model import RotationRequest, RotationStatus, StepStatus
from chittyops.capabilities.secrets.wiring import fleet_store, records
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home
from chittyops.workflows.publish_configuration import Described, describe
from chittyops.workflows.ship import document

PLANTED = "planted-value-4c7e19"
"""In every value of a secret: it must show nowhere."""
MISPLACED = "sk_live_51Habcdefghijklmnopqrstu"
"""A credential that somebody wrote as a plain variable: it must not show either."""

SHOP = """\
fleet: shop
environments:
  staging:
    config: {LOG_LEVEL: debug, REGION: eu-west-1}
  production:
    protected: true
    config: {LOG_LEVEL: warning, REGION: us-east-1}
  preview: {}
defaults:
  config: {LOG_LEVEL: info, REGION: local, TRACE_SAMPLE: "0.1"}
  health: {path: /health}
groups:
  selling:
    services: [catalog, cart, storefront]
    config: {CURRENCY: EUR}
    environments:
      production: {config: {CURRENCY: USD}}
services:
  inventory: {path: services/inventory}
  accounts:
    path: services/accounts
    secrets: {SESSION_KEY: "sops:SESSION_KEY", DATABASE_URL: "sops:ACCOUNTS_DB"}
  catalog: {path: services/catalog, depends_on: [inventory], secrets: {API_KEY: "sops:API_KEY"}}
  cart:
    path: services/cart
    depends_on: [catalog, accounts]
    config:
      SELF_URL: https://cart.${env.name}.shop.example
      CATALOG_URL: ${catalog.REGION}.catalog.shop.example
      QUEUE_DSN: amqp://cart:${secret:QUEUE_PASSWORD}@queue.example
      MISPLACED: MISPLACED_VALUE
    secrets:
      API_KEY: sops:API_KEY
      STRIPE_KEY: sops:STRIPE_KEY
      QUEUE_PASSWORD: sops:QUEUE_PASSWORD
      LEDGER_TOKEN: vault:apps/ledger#token
    environments:
      production: {config: {REPLICAS: "6"}}
  storefront:
    path: services/storefront
    platform: cloudflare
    depends_on: [cart, catalog]
    secrets: {API_KEY: "sops:API_KEY"}
    wrangler:
      compatibility_date: "2026-01-01"
      kv_namespaces: [{binding: CACHE, id: 9ad1ec979ad1ec979ad1ec979ad1ec97}]
    environments:
      production:
        wrangler: {kv_namespaces: [{binding: CACHE, id: 1ab2c1111ab2c1111ab2c1111ab2c111}]}
secrets:
  recipients: {ada: RECIPIENT}
  policies:
    STRIPE_KEY: {expires: "2026-01-01"}
    API_KEY: {max_age_days: 90, rotate: {kind: token}}
""".replace("MISPLACED_VALUE", MISPLACED)

VALUES: Mapping[tuple[Level, str, str], Sequence[str]] = {
    (Level.FLEET, "", EVERY): ("STRIPE_KEY", "LEFT_OVER"),
    (Level.FLEET, "", "staging"): ("API_KEY",),
    (Level.FLEET, "", "production"): ("API_KEY",),
    (Level.GROUP, "selling", "production"): ("QUEUE_PASSWORD",),
    (Level.SERVICE, "cart", "staging"): ("QUEUE_PASSWORD",),
    (Level.SERVICE, "accounts", "production"): ("SESSION_KEY", "ACCOUNTS_DB"),
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of the shop, and the key that opens its store."""

    folder: Path
    identity: str


def write_shop(folder: Path, home: Home, text: str = SHOP) -> Workspace:
    """Write the shop into ``folder`` with values in its store."""
    identity = pyrage.x25519.Identity.generate()
    found = Workspace(folder, str(identity))
    (folder / "chittyops.yaml").write_text(text.replace("RECIPIENT", str(identity.to_public())))
    for name in ("inventory", "accounts", "catalog", "cart", "storefront"):
        (folder / "services" / name).mkdir(parents=True, exist_ok=True)
        (folder / "services" / name / "app.py").write_text("print('hello')\n")
    store = fleet_store(read_fleet(folder), home, {"SOPS_AGE_KEY": found.identity})
    for (level, owner, environment), names in VALUES.items():
        part = Part(level, owner, environment)
        opened = store.open(environment)
        store.save(opened, {Slot(part, name): Secret(f"{PLANTED}-{name}-{environment}") for name in names})
    return found


async def publish(centre: Centre, described: Described) -> None:
    """Publish as ``chittyops publish`` does."""
    clock = SystemClock()
    fleet = described.fleet
    await configurations(centre.database, clock).publish(fleet.name, described.snapshot, "ada")
    await deploys(centre.database, centre.home, clock).describe(fleet.name, fleet.root, document(fleet))


async def published_shop(centre: Centre, folder: Path) -> Workspace:
    """Write the shop into ``folder`` and publish it."""
    workspace = write_shop(folder, centre.home)
    await publish(centre, describe(folder, centre.home, SystemClock()))
    return workspace


API_KEY = RotationRequest("shop", "production", "/srv/shop", "API_KEY", "production", "fleet", "token")


async def rotating(
    centre: Centre, steps: Sequence[str], request: RotationRequest = API_KEY, *, failed: str = ""
) -> str:
    """Have a rotation under way that has taken ``steps``, all but the last one done; return its id."""
    found = records(centre.database, centre.home, SystemClock())
    rotation = await found.rotations.create(request, "ada")
    await found.progress.begin(rotation.id)
    for name in steps:
        claim = await found.progress.claim(rotation.id, name, "worker-1")
        if name != steps[-1]:
            await found.progress.settle(claim, StepStatus.DONE, {"services": ["cart", "catalog"]})
        elif failed:
            await found.progress.settle(claim, StepStatus.FAILED, {}, failed)
            await found.progress.finish(rotation.id, RotationStatus.FAILED, f"{name}: {failed}")
    return rotation.id
