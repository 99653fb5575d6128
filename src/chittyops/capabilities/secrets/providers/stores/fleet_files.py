"""``sops:NAME``: the fleet's own SOPS files, one for all environments and one for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chittyops.capabilities.secrets.model import EVERY, Missing, Slot
from chittyops.capabilities.secrets.service import scopes
from chittyops.capabilities.secrets.service.sealed import Sealed, seal
from chittyops.kernel.errors import Misconfigured, Problem
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

SUFFIXES = (".sops.yaml", ".sops.yml", ".sops.json")
Decrypt = Callable[[bytes, str], Mapping[str, Any]]


def path_of(root: Path, folder: str, environment: str) -> Path:
    """Return the store's file for ``environment``: the one that is there, else the one that could be made."""
    candidates = [root / folder / f"{environment}{suffix}" for suffix in SUFFIXES]
    return next((path for path in candidates if path.exists()), candidates[0])


class FleetFiles:
    """Reads the values that a service sees; each file is decrypted once."""

    def __init__(self, decrypt: Decrypt) -> None:
        """Take what returns the values of a file, given its bytes and its path."""
        self._decrypt = decrypt

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
        """Return the values by variable."""
        try:
            stored = self._stored(scope)
        except Misconfigured as error:
            return {variable: _unreadable(error.problems[0]) for variable in references}
        found: dict[str, Secret | Missing] = {}
        for variable, reference in references.items():
            slot = scopes.find(scope, reference.location, stored)
            found[variable] = stored[slot] if slot else scopes.absent(scope, reference.location, stored)
        return found

    def _stored(self, scope: SecretScope) -> dict[Slot, Any]:
        stored: dict[Slot, Any] = {}
        for environment in (EVERY, scope.environment):
            path = path_of(Path(scope.root), scope.store, environment)
            shown = f"{scope.store}/{path.name}"
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise Misconfigured(f"{shown} cannot be read: {error.strerror}", hint="look at its mode") from None
            stored |= scopes.flat(environment, self._decrypt(data, shown))
        return stored


def _unreadable(problem: Problem) -> Missing:
    return Missing(problem.message, problem.hint, problem.place)


def files_of(scope: SecretScope) -> list[Path]:
    """Return the files that ``scope`` sees; those that are not there would count if they came."""
    folder = Path(scope.root, scope.store)
    return [folder / f"{each}{suffix}" for each in (EVERY, scope.environment) for suffix in SUFFIXES]


def sealed(scope: SecretScope, references: Mapping[str, SecretRef]) -> Sealed | None:
    """Return the values of ``references`` as they stand in the files, encrypted.

    None where they cannot be opened by themselves.
    """
    paths = {each: path_of(Path(scope.root), scope.store, each) for each in (EVERY, scope.environment)}
    texts = {each: path.read_text("utf-8") for each, path in paths.items() if references and path.is_file()}
    return seal(scope, {variable: reference.location for variable, reference in references.items()}, texts)
