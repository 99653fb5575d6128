"""Fills the references in a configuration file with a service's values and secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chittyops.kernel.errors import Misconfigured, Place, Problem
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import SecretScope

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(?P<secret>secret:)|(?P<of>service|env|fleet)\.)(?P<name>[^}\n]*)\}")


def fill(text: str, path: str, scope: SecretScope, config: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """Return ``text`` with its references filled in.

    ``${secret:NAME}`` is a secret that the service declares, ``${service.KEY}`` a variable of it, ``${service.name}``,
    ``${env.name}`` and ``${fleet.name}`` are names, and ``$${`` is a plain ``${``. Other ``${...}`` are the file's own
    and stay. Raises Misconfigured with the place in ``path`` of each that is not known.
    """
    names = {"service.name": scope.service, "env.name": scope.environment, "fleet.name": scope.fleet}
    values = names | {f"service.{key}": value for key, value in {**config, **secrets}.items()}
    values |= {f"secret:{name}": value for name, value in secrets.items()}
    problems = []

    def filled(match: re.Match[str]) -> str:
        if match["name"] is None:
            return "${"
        reference = match[0][2:-1]
        if reference not in values:
            problems.append(_unknown(reference, _place(text, match.start(), path), scope.service, values))
        return values.get(reference, "")

    result = _REFERENCE.sub(filled, text)
    if problems:
        raise Misconfigured.of(tuple(problems))
    return result


def _unknown(reference: str, place: Place, service: str, known: Mapping[str, str]) -> Problem:
    return Problem(f"{service} has no ${{{reference}}}", place, nearest(reference, known))


def _place(text: str, offset: int, path: str) -> Place:
    return Place(path, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
