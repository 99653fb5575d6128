"""What a service declares in an environment: its variables, and where its secrets are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chittyops.app.injection import kept
from chittyops.capabilities.secrets.wiring import files_of, scope_of, sealed
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import NotFound
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import SecretRef, SecretScope
from chittyops.kernel.service import Fleet
from chittyops.runtime.home import Home
from chittyops.workflows.ship import read

FILENAME, LOCAL_FILENAME = "chittyops.yaml", "chittyops.local.yaml"
KEPT = frozenset({"sops", "file", "env", "template"})
"""Schemes that the short way of ``run`` knows."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What one service declares in one environment; ``files`` say so, as they were at ``began`` (seconds)."""

    scope: SecretScope
    config: Mapping[str, str]
    secrets: Mapping[str, SecretRef]
    files: frozenset[Path]
    began: float


def declared(service: str, environment: str, clock: Clock) -> Declared:
    """Return what ``service`` declares, by the fleet file found from here upwards. Raises NotFound, Misconfigured."""
    began = clock.now().timestamp()
    fleet = read(Path.cwd(), environment or None)
    if service not in fleet.services:
        message = f"there is no service {service} in {fleet.name}"
        raise NotFound(message, hint=nearest(service, fleet.services))
    found = fleet.services[service]
    return Declared(scope_of(fleet, found), found.config, found.secrets, frozenset(_files(fleet, Path.cwd())), began)


def keep(found: Declared, asked: str, home: Home) -> None:
    """Keep what a service declares, with its secrets as they are encrypted, where the short way can open them.

    ``asked`` is the environment that was asked for, "" for the default one. Call it when the values have been had: the
    files are sound then.
    """
    by_scheme: dict[str, dict[str, SecretRef]] = {scheme: {} for scheme in KEPT}
    for name, reference in found.secrets.items():
        by_scheme.setdefault(reference.scheme, {})[name] = reference
    store = sealed(found.scope, by_scheme["sops"])
    if by_scheme.keys() != KEPT or store is None:
        return
    secrets = {
        "sops": store,
        "file": {name: [str(_path(found, each)), each.key] for name, each in by_scheme["file"].items()},
        "env": {name: each.location for name, each in by_scheme["env"].items()},
        "template": {name: each.location for name, each in by_scheme["template"].items()},
    }
    kept.save(
        home.path,
        found.scope.service,
        asked,
        files={*found.files, *store_files(found)},
        content={"config": dict(found.config), "secrets": secrets},
        began=found.began,
    )


def store_files(found: Declared) -> list[Path]:
    """Return the files that the values are read from, where they stand in files."""
    dotenvs = [_path(found, each) for each in found.secrets.values() if each.scheme == "file"]
    return [*files_of(found.scope), *dotenvs]


def _path(found: Declared, reference: SecretRef) -> Path:
    return Path(found.scope.root, found.scope.folder, reference.location).resolve()


def _files(fleet: Fleet, here: Path) -> list[Path]:
    """Return the files that decide what is declared: those that are not there would, too, if they came."""
    root = Path(fleet.root)
    above = [folder for folder in (here, *here.parents) if folder.is_relative_to(root)]
    folders = [root, *above, *(root / each.path for each in fleet.services.values())]
    return [root / LOCAL_FILENAME, *(folder / FILENAME for folder in folders)]
