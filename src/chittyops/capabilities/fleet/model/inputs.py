"""The inputs of a service's digest: whatever, when it changes, is a reason to deploy again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from chittyops.capabilities.fleet.model.content import FileEntry, short_hash
from chittyops.kernel.plan import digest
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Deploy, Health, Limits, Service


@dataclass(frozen=True, slots=True)
class ServiceInputs:
    """One service as its files say it should be: the specification and every input of its digest.

    ``inputs`` maps ``file.<path>``, ``config.<KEY>``, ``secret.<NAME>``, ``setting.<key>`` and
    ``depends_on.<name>`` to short hashes; ``content`` is the digest of the files alone. ``source`` is the
    absolute path of the service's folder, ``files`` what is in it by relative path, and ``notes`` says what
    was left out of it and why.
    """

    service: Service
    inputs: Mapping[str, str]
    content: str
    digest: str
    source: str
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def assemble(
    service: Service,
    source: str,
    files: Mapping[str, FileEntry],
    *,
    fingerprints: Mapping[str, str],
    notes: tuple[str, ...] = (),
) -> ServiceInputs:
    """Return the inputs of ``service``; ``fingerprints`` has those of the secrets whose values are at hand."""
    inputs = {f"file.{path}": entry.hash for path, entry in sorted(files.items())}
    content = digest(inputs)
    inputs |= specification(service, fingerprints)
    return ServiceInputs(service, inputs, content, digest(inputs), source, files, notes)


def specification(service: Service, fingerprints: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the inputs of ``service`` that are no files."""
    known = fingerprints or {}
    inputs = {f"config.{key}": short_hash(value) for key, value in sorted(service.config.items())}
    inputs |= {
        f"secret.{name}": secret_hash(reference, known.get(name, ""))
        for name, reference in sorted(service.secrets.items())
    }
    inputs |= {f"setting.{key}": short_hash(json.dumps(value, sort_keys=True)) for key, value in _settings(service)}
    inputs |= {f"depends_on.{name}": short_hash(name) for name in sorted(service.depends_on)}
    return inputs


def secret_hash(reference: SecretRef, fingerprint: str) -> str:
    """Return the input that a secret is; ``fingerprint`` is that of its value, "" where that is not at hand."""
    return short_hash(f"{reference}\0{fingerprint}")


def _settings(service: Service) -> Iterator[tuple[str, Any]]:
    """Yield the settings that differ from their defaults, so that a new setting changes no digest."""
    if service.platform != "local":
        yield "platform", service.platform
    launch = service.deploy.launch
    if launch.kind:
        yield f"deploy.{launch.kind}", launch.value
    yield from _changed("deploy", service.deploy, Deploy(), leave_out=("launch", "limits"))
    yield from _changed("deploy.limits", service.deploy.limits, Limits())
    yield from _changed("health", service.health, Health())
    for database in service.databases:
        # How its migrations are applied is no reason to deploy again.
        told = {key: value for key, value in asdict(database).items() if key not in ("migrations", "tool")}
        yield f"databases.{database.name}", told


def _changed(
    prefix: str,
    value: Deploy | Limits | Health,
    default: Deploy | Limits | Health,
    leave_out: tuple[str, ...] = (),
) -> Iterator[tuple[str, Any]]:
    for each in fields(value):
        if each.name not in leave_out and getattr(value, each.name) != getattr(default, each.name):
            yield f"{prefix}.{each.name}", getattr(value, each.name)
