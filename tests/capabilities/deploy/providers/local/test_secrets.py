"""What stores are told of a service, and the broker's URL for services."""

from __future__ import annotations

from pathlib import Path

import pytest

from chittyops.capabilities.deploy.model import Desired, Target
from chittyops.capabilities.deploy.providers.local.secrets import broker_secret, scope_of, secret_values
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef, SecretScope
from chittyops.kernel.service import Service
from chittyops.runtime.home import Home


def target(source: Path, path: str, store: str = "secrets") -> Target:
    service = Service("web", path, groups=("core",))
    desired = Desired(service, inputs={}, content="", digest="", source=str(source), store=store)
    return Target("shop", "local", "shop-1", "b1", 1, desired, {})


@pytest.mark.parametrize(
    ("path", "root", "folder"),
    [("services/web", ".", "services/web"), ("elsewhere", "services/web", "."), ("../web", "services/web", ".")],
)
def test_a_store_is_told_of_the_workspace_where_the_folder_shows_it(
    tmp_path: Path, path: str, root: str, folder: str
) -> None:
    source = tmp_path / "services" / "web"
    source.mkdir(parents=True)
    expected = SecretScope(
        str((tmp_path / root).resolve()), "shop", "local", "web", folder, groups=("core",), store="vault"
    )
    assert scope_of(target(source, path, "vault")) == expected


def test_the_broker_of_services_is_not_the_centres(home: Home) -> None:
    ref = SecretRef.parse("broker:events")
    external = {"CHITTYOPS_NATS_URL": "nats://admin:planted@h"}
    with pytest.raises(Misconfigured, match="CHITTYOPS_SERVICES_NATS_URL"):
        broker_secret(ref, external, home)
    restricted = {**external, "CHITTYOPS_SERVICES_NATS_URL": "nats://services:p@h"}
    assert broker_secret(ref, restricted, home) == Secret("nats://services:p@h")


async def test_the_embedded_broker_has_a_user_for_services(home: Home) -> None:
    from chittyops.runtime.embedded_nats import EmbeddedNats

    server = EmbeddedNats(home)
    admin = await server.start()
    try:
        services = broker_secret(SecretRef.parse("broker:events"), {}, home).reveal()
        assert services.startswith("nats://services:")
        assert services.rpartition("@")[2] == admin.rpartition("@")[2]
    finally:
        await server.stop()


def test_passwords_within_urls_are_secret_too() -> None:
    found = secret_values({"DATABASE_URL": Secret("postgresql://role:planted@h/db"), "KEY": Secret("k")})
    assert found == {"postgresql://role:planted@h/db", "planted", "k"}
