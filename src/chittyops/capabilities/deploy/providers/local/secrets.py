"""Secret values: looked up when a process starts, given to its environment, kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from chittyops.capabilities.deploy.model import Target
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef, SecretScope
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.endpoints import NATS_VARIABLE
from chittyops.runtime.home import Home

SERVICES_NATS = "CHITTYOPS_SERVICES_NATS_URL"
"""The broker's URL for services where the broker is an external one."""


def scope_of(target: Target) -> SecretScope:
    """Return what a store has to know of the service of ``target``."""
    service, source = target.desired.service, Path(target.desired.source).resolve()
    root = _workspace(source, service.path)
    folder = source.relative_to(root).as_posix()
    return SecretScope(
        str(root), target.fleet, target.environment, target.name, folder, service.groups, target.desired.store
    )


def broker_secret(ref: SecretRef, environ: Mapping[str, str], home: Home) -> Secret:
    """Return the URL of the broker for services, never the centre's own. Raises Misconfigured."""
    if environ.get(NATS_VARIABLE):
        url = environ.get(SERVICES_NATS)
        if not url:
            message = f"{ref}: the broker is an external one, and {SERVICES_NATS} is not set"
            raise Misconfigured(message, hint="set it to the URL of a NATS user for services, restricted to fleet.>")
        return Secret(url)
    return Secret(EmbeddedNats(home).services_url)


def _workspace(source: Path, path: str) -> Path:
    """Return the fleet's root where the service's folder is known to be ``path`` within it, else that folder."""
    parts = PurePosixPath(path).parts
    if parts and ".." not in parts and source.parts[-len(parts) :] == parts:
        return Path(*source.parts[: -len(parts)])
    return source


def reveal(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return the values themselves, for the environment of the process that is about to start."""
    return {name: secret.reveal() for name, secret in secrets.items()}


def secret_values(secrets: Mapping[str, Secret]) -> frozenset[str]:
    """Return all that must not show in a log: the values, and the passwords within those that are URLs."""
    values = frozenset(reveal(secrets).values())
    return values | {password for value in values if (password := _password(value))}


def _password(value: str) -> str:
    with suppress(ValueError):
        return urlsplit(value).password or ""
    return ""
