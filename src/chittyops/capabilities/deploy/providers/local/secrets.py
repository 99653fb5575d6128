"""Secret values: looked up when a process starts, given to its environment, kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from chittyops.capabilities.deploy.model import Desired
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.endpoints import NATS_VARIABLE
from chittyops.runtime.home import Home

SERVICES_NATS = "CHITTYOPS_SERVICES_NATS_URL"
"""The broker's URL for services where the broker is an external one."""


def file_secret(desired: Desired, ref: SecretRef) -> Secret:
    """Return the value ``file:PATH#KEY`` refers to. Raises Misconfigured that names file and key, not more."""
    source = Path(desired.source).resolve()
    path = (source / ref.location).resolve()
    if not path.is_relative_to(_workspace(source, desired.service.path)):
        message = f"{ref}: the file is outside the workspace"
        raise Misconfigured(message, hint="keep secret files in the folder of the service or of the fleet")
    try:
        entries = dotenv.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"{ref}: {path} cannot be read: {reason}"
        raise Misconfigured(message, hint=f"create it with a line {ref.key}=...") from None
    if ref.key not in entries:
        message = f"{ref}: {path} has no key {ref.key}"
        raise Misconfigured(message, hint=f"add a line {ref.key}=...")
    return Secret(entries[ref.key])


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
