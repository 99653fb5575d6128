"""Vault and OpenBao: both versions of the key-value engine, and every way in which a value cannot be had."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hvac  # type: ignore[import-untyped]
import pytest
from tests.capabilities.secrets.providers.stores.kv import TOKEN, Engines, serving

from chittyops.capabilities.secrets.model import Missing
from chittyops.capabilities.secrets.providers.stores.vault import Vault
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

SCOPE = SecretScope("/w", "shop", "staging", "cart")


@pytest.fixture
def engines() -> Iterator[Engines]:
    """Return the running stand-in, filled by hvac's own calls."""
    with serving(Engines()) as running:
        client = hvac.Client(url=running.address, token=TOKEN)
        kv = client.secrets.kv
        kv.v2.create_or_update_secret("cart/db", secret={"url": "older"}, mount_point="secret")
        kv.v2.create_or_update_secret("cart/db", secret={"url": "pg://x", "port": 5432}, mount_point="secret")
        kv.v1.create_or_update_secret("cart", secret={"token": "first"}, mount_point="team/old")
        client.adapter.close()
        running.reads.clear()
        yield running


def read(environ: dict[str, str], *texts: str) -> list[str | Missing]:
    references = {text: SecretRef.parse(text) for text in texts}
    found = Vault(environ)(SCOPE, references)
    return [value.reveal() if isinstance(value := found[text], Secret) else value for text in texts]


def refused(environ: dict[str, str], text: str) -> Missing:
    (found,) = read(environ, text)
    assert isinstance(found, Missing)
    return found


def environ(engines: Engines, **more: str) -> dict[str, str]:
    return {"VAULT_ADDR": engines.address, "VAULT_TOKEN": TOKEN, **more}


def test_both_versions_are_read_by_the_path_that_people_write(engines: Engines) -> None:
    texts = ("vault:secret/cart/db#url", "vault:team/old/cart#token", "vault:/secret/cart/db#port")
    assert read(environ(engines), *texts) == ["pg://x", "first", "5432"]


def test_a_path_is_read_once(engines: Engines) -> None:
    read(environ(engines), "vault:secret/cart/db#url", "vault:secret/cart/db#port")
    assert engines.reads == ["cart/db"]


def test_the_names_of_openbao_do_as_well(engines: Engines) -> None:
    names = {"BAO_ADDR": engines.address, "BAO_TOKEN": TOKEN, "BAO_NAMESPACE": "team"}
    assert read(names, "vault:secret/cart/db#url") == ["pg://x"]
    assert engines.namespaces[-1] == "team"


def test_the_token_of_the_command_line_is_used(engines: Engines, tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text(f"{TOKEN}\n")
    assert read({"VAULT_ADDR": engines.address, "HOME": str(tmp_path)}, "vault:secret/cart/db#url") == ["pg://x"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vault:secret/cart/nope#url", "there is no secret at this path"),
        ("vault:team/old/nope#url", "there is no secret at this path"),
        ("vault:secret/cart/db#nope", "has no key nope"),
        ("vault:hidden/cart#url", "the token may not read it"),
    ],
)
def test_what_is_not_there_is_told_by_store_and_path(engines: Engines, text: str, message: str) -> None:
    missing = refused(environ(engines), text)
    assert message in missing.message
    assert text in missing.message
    assert engines.address in missing.message
    assert "pg://x" not in f"{missing}"


def test_a_wrong_token_says_how_to_log_in(engines: Engines) -> None:
    missing = refused(environ(engines, VAULT_TOKEN="wrong-token"), "vault:secret/cart/db#url")
    assert "vault login" in missing.hint
    assert "wrong-token" not in f"{missing}"


def test_no_token_says_how_to_log_in(engines: Engines, tmp_path: Path) -> None:
    missing = refused({"VAULT_ADDR": engines.address, "HOME": str(tmp_path)}, "vault:secret/cart/db#url")
    assert "there is no token" in missing.message
    assert "vault login" in missing.hint


def test_a_sealed_one_and_one_that_is_away_may_come_back(engines: Engines) -> None:
    engines.sealed = True
    assert not refused(environ(engines), "vault:secret/cart/db#url").permanent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        missing = refused(environ(engines, VAULT_ADDR=address), "vault:secret/cart/db#url")
    assert "it does not answer" in missing.message
    assert not missing.permanent


def test_a_token_never_travels_unencrypted() -> None:
    surroundings: dict[str, Any] = {"VAULT_ADDR": "http://vault.example.com:8200", "VAULT_TOKEN": TOKEN}
    assert "unencrypted" in refused(surroundings, "vault:secret/cart/db#url").message


def test_the_token_follows_no_redirect(engines: Engines) -> None:
    with serving(Engines()) as other:
        engines.leads_to = other.address
        missing = refused(environ(engines), "vault:secret/cart/db#url")
        assert other.tokens == []
    assert f"it redirects to {other.address}, where the token is not sent" in missing.message
    assert "VAULT_ADDR" in missing.hint
