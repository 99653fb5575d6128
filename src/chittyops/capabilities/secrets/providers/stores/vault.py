"""``vault:PATH#KEY``: a key of a secret in HashiCorp Vault or OpenBao, whose API is the same.

PATH is written as for ``vault kv get``: the mount, then the path in it, for both versions of the KV engine
(https://developer.hashicorp.com/vault/api-docs/secret/kv). Which version a mount has, it says itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chittyops.capabilities.secrets.model import Missing
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

DEFAULT_ADDRESS = "https://127.0.0.1:8200"
TIMEOUT_SECONDS = 10
_LOG_IN = "log in: `vault login` (or `bao login`), or set VAULT_TOKEN; VAULT_ADDR says where it is"


class _Trouble(Exception):
    """Why a path cannot be read; it never leaves this module."""

    def __init__(self, message: str, hint: str = _LOG_IN, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.message, self.hint, self.permanent = message, hint, permanent


class Vault:
    """Reads secrets with the token that Vault's own command line uses."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the environment: VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT, or BAO_ for VAULT_."""
        self._environ = environ

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
        """Return the values by variable; each path is read once."""
        secrets: dict[str, dict[str, Any] | _Trouble] = {}
        found: dict[str, Secret | Missing] = {}
        for variable, reference in references.items():
            path = reference.location.strip("/")
            if path not in secrets:
                try:
                    secrets[path] = self._secret(path)
                except _Trouble as trouble:
                    secrets[path] = trouble
            found[variable] = _value(secrets[path], reference, self._address)
        return found

    @property
    def _address(self) -> str:
        return self._setting("ADDR") or DEFAULT_ADDRESS

    def _setting(self, name: str) -> str:
        return self._environ.get(f"VAULT_{name}") or self._environ.get(f"BAO_{name}") or ""

    def _token(self) -> str:
        if token := self._setting("TOKEN"):
            return token
        try:
            return Path(self._environ.get("HOME", "~"), ".vault-token").expanduser().read_text("utf-8").strip()
        except OSError:
            raise _Trouble("there is no token") from None

    def _secret(self, path: str) -> dict[str, Any]:
        import hvac  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load, rarely needed
        import requests  # noqa: PLC0415 - hvac's own client

        if not _is_safe(self._address):
            raise _Trouble("the token would travel unencrypted", "set VAULT_ADDR to an https or a loopback address")
        client = hvac.Client(
            url=self._address,
            token=self._token(),
            namespace=self._setting("NAMESPACE") or None,
            verify=self._setting("CACERT") or True,
            timeout=TIMEOUT_SECONDS,
            # The token would go along, wherever that leads.
            allow_redirects=False,
        )
        try:
            return _read(client, path)
        except hvac.exceptions.Forbidden:
            raise _Trouble("the token may not read it, or has expired") from None
        except (hvac.exceptions.VaultDown, hvac.exceptions.InternalServerError, hvac.exceptions.BadGateway):
            raise _Trouble("it is sealed or unwell", "`vault status` tells more", permanent=False) from None
        except hvac.exceptions.VaultError as error:
            raise _Trouble(f"it refuses: {type(error).__name__}") from None
        except requests.exceptions.RequestException:
            raise _Trouble("it does not answer", permanent=False) from None
        finally:
            client.adapter.close()


def _read(client: Any, path: str) -> dict[str, Any]:
    """Return the keys of the secret at ``path``, whichever version its mount has."""
    mount = _answer(client, f"sys/internal/ui/mounts/{path}").get("data", {})
    at = str(mount.get("path", path.partition("/")[0] + "/"))
    is_second = (mount.get("options") or {}).get("version") == "2"
    rest = path.removeprefix(at.rstrip("/")).lstrip("/")
    data = _answer(client, f"{at.rstrip('/')}/data/{rest}" if is_second else path).get("data") or {}
    found = data.get("data") if is_second else data
    if not isinstance(found, dict) or not found:
        raise _Trouble("there is no secret at this path", f"`vault kv get {path}` shows what there is")
    return found


def _answer(client: Any, path: str) -> dict[str, Any]:
    """Return what stands at ``path``, nothing where there is nothing. Raises _Trouble for an answer of another kind."""
    answer = client.read(path)
    if answer is None or isinstance(answer, dict):
        return answer or {}
    if answer.is_redirect:
        parts = urlsplit(answer.headers["Location"])
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "another path"
        raise _Trouble(
            f"it redirects to {where}, where the token is not sent",
            "set VAULT_ADDR to the address that answers itself: the active node, without a proxy's detour",
        )
    raise _Trouble(f"it answers with status {answer.status_code}", "see whether VAULT_ADDR is that of a Vault")


def _value(secret: dict[str, Any] | _Trouble, reference: SecretRef, address: str) -> Secret | Missing:
    if isinstance(secret, _Trouble):
        message = f"{reference}: Vault at {address}: {secret.message}"
        return Missing(message, secret.hint, permanent=secret.permanent)
    value = secret.get(reference.key)
    if value is None:
        hint = f"its keys: {', '.join(sorted(secret))}"
        return Missing(f"{reference}: the secret in Vault at {address} has no key {reference.key}", hint)
    return Secret(value if isinstance(value, str) else json.dumps(value))


def _is_safe(address: str) -> bool:
    """Return whether a token can be sent to ``address``: by https, or within this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
