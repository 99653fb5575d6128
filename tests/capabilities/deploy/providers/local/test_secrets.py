"""Where secrets come from, and what an error about one may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from chittyops.capabilities.deploy.model import Desired
from chittyops.capabilities.deploy.providers.local.secrets import (
    broker_secret,
    file_secret,
    secret_values,
)
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef
from chittyops.kernel.service import Service
from chittyops.runtime.home import Home


def desired(source: Path, path: str = "services/web") -> Desired:
    return Desired(Service("web", path), inputs={}, content="", digest="", source=str(source))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "root" / "services" / "web"
    folder.mkdir(parents=True)
    (folder / ".env").write_text("KEY=own\n")
    (tmp_path / "root" / ".env").write_text("KEY=of the fleet\n")
    (tmp_path / ".env").write_text("KEY=outside\n")
    return folder


def test_a_secret_is_read_from_the_service_or_the_workspace(source: Path) -> None:
    assert file_secret(desired(source), SecretRef.parse("file:.env#KEY")) == Secret("own")
    assert file_secret(desired(source), SecretRef.parse("file:../../.env#KEY")) == Secret("of the fleet")


@pytest.mark.parametrize(
    ("path", "location"),
    [("services/web", "../../../.env"), ("elsewhere", "../../.env"), ("services/web", "/etc/passwd")],
)
def test_a_file_outside_the_workspace_is_not_read(source: Path, path: str, location: str) -> None:
    with pytest.raises(Misconfigured, match="outside the workspace"):
        file_secret(desired(source, path), SecretRef.parse(f"file:{location}#KEY"))


def test_a_link_to_the_outside_is_not_followed(source: Path, tmp_path: Path) -> None:
    (source / "link").symlink_to(tmp_path / ".env")
    with pytest.raises(Misconfigured, match="outside the workspace"):
        file_secret(desired(source), SecretRef.parse("file:link#KEY"))


def test_an_error_never_shows_a_value(source: Path) -> None:
    (source / "binary").write_bytes(b"KEY=\xff\xfe")
    for ref in ("file:.env#OTHER", "file:none#KEY", "file:binary#KEY"):
        with pytest.raises(Misconfigured) as caught:
            file_secret(desired(source), SecretRef.parse(ref))
        assert "own" not in f"{caught.value} {caught.value.hint}"
        assert ref in str(caught.value)


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
