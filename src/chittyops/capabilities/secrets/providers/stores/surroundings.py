"""``env:NAME``: the environment that ChittyOps runs in, such as that of a CI job; and values that are handed in."""

from __future__ import annotations

from collections.abc import Mapping

from chittyops.capabilities.secrets.model import Missing
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

_DEPLOYED = {
    "database": "the provider that makes the database knows its URL",
    "broker": "the operations centre knows the broker's URL",
}


class Environ:
    """Reads variables of the environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the environment."""
        self._environ = environ

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
        """Return the values by variable."""
        return {variable: self._value(reference) for variable, reference in references.items()}

    def _value(self, reference: SecretRef) -> Secret | Missing:
        name = reference.location
        if name in self._environ:
            return Secret(self._environ[name])
        return Missing(f"{reference}: {name} is not set here", f"export {name}, or let the CI job pass it")


class Given:
    """Reads what only a deployed service has, where whoever deploys it hands it in."""

    def __init__(self, given: Mapping[str, Secret]) -> None:
        """Take the values, by reference (``database:main``)."""
        self._given = given

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
        """Return the values by variable."""
        return {variable: self._value(reference) for variable, reference in references.items()}

    def _value(self, reference: SecretRef) -> Secret | Missing:
        if value := self._given.get(str(reference)):
            return value
        message = f"{reference}: only a deployed service has it: {_DEPLOYED[reference.scheme]}"
        return Missing(message, "`chittyops deploy` hands it in; for `chittyops run`, set the variable yourself")
