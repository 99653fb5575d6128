"""References in the values of a service, followed: to its own variables, another service's, the environment's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from chittyops.kernel import tree
from chittyops.kernel.configuration import PLATFORM_SECTIONS, REFERENCE, escaped, secret_names, unescaped, way
from chittyops.kernel.errors import Problem
from chittyops.kernel.nearest import nearest
from chittyops.kernel.tree import Scalar

_OPENING: Final = "${"
_OWN: Final = "service"
_ENVIRONMENT: Final = "env"
_FLEET: Final = "fleet"
_PLAIN_HINT: Final = "write $${ for a plain ${"
_Section = Mapping[str, tree.Node]


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable whose value refers to others; ``owner`` is "env" for one of the environment, seen by ``service``."""

    service: str
    owner: str
    key: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.key}"


class References:
    """Follows the references of one environment; what was followed once is remembered."""

    def __init__(
        self, fleet: str, environment: str, own: tree.Mapping, merged: Callable[[str], tree.Mapping | None]
    ) -> None:
        """Take the environment's own variables and a function that gives the merged tree of a service."""
        self.problems: list[Problem] = []
        self._names = {(_FLEET, "name"): fleet, (_ENVIRONMENT, "name"): environment}
        self._own = own
        self._merged = merged
        self._known: dict[_Variable, Scalar | None] = {}
        self._under_way: list[_Variable] = []

    def resolved(self, service: str, merged: tree.Mapping) -> tree.Mapping:
        """Return ``merged``, the tree of ``service``, with its references followed.

        Those to secrets stay as they are. What is wrong is added to ``problems``.
        """
        entries = dict(merged.entries)
        for section in PLATFORM_SECTIONS:
            if section in entries:
                entries[section] = self._tree(service, entries[section], (section,))
        config = entries.get("config")
        if isinstance(config, tree.Mapping):
            values = dict(config.entries)
            for key, node in values.items():
                if isinstance(node, Scalar):
                    values[key] = self._variable(_Variable(service, service, key), node) or node
            entries["config"] = tree.Mapping(values, config.keys, config.place)
        return tree.Mapping(entries, merged.keys, merged.place)

    def _tree(self, service: str, node: tree.Node, keys: tuple[str, ...]) -> tree.Node:
        """Return a platform's tree with its references followed; it is written to plain files: no secret may stand."""
        if isinstance(node, tree.Mapping):
            entries = {key: self._tree(service, each, (*keys, key)) for key, each in node.entries.items()}
            return tree.Mapping(entries, node.keys, node.place)
        if isinstance(node, tree.Sequence):
            items = tuple(self._tree(service, each, (*keys, str(n))) for n, each in enumerate(node.items))
            return tree.Sequence(items, node.place)
        found = (self._text(service, node, way(keys)) if _OPENING in node.text else None) or node
        if found is not node and _holds_secret(found):
            hint = "declare it in `secrets` alone: it reaches the service as a variable, and no plain file"
            self.problems.append(Problem(f"{way(keys)} would show a secret in a plain file", node.place, hint))
        return found

    def _variable(self, variable: _Variable, node: Scalar) -> Scalar | None:
        """Return the value of ``variable``, written as ``node``; None where it leads nowhere."""
        if _OPENING not in node.text:
            return node
        if variable in self._known:
            return self._known[variable]
        if variable in self._under_way:
            circle = [*self._under_way[self._under_way.index(variable) :], variable]
            trail = " -> ".join(str(each) for each in circle)
            message = f"these values refer to each other in a circle: {trail}"
            self.problems.append(Problem(message, node.place, "give one of them a value of its own"))
            return None
        self._under_way.append(variable)
        found = self._text(variable.service, node, f"config.{variable.key}")
        self._under_way.pop()
        self._known[variable] = found
        return found

    def _text(self, service: str, node: Scalar, trail: str) -> Scalar | None:
        """Return ``node`` with the references in its text followed; None where one leads nowhere."""
        matches = list(REFERENCE.finditer(node.text))
        found = [self._followed(service, match, node, trail) for match in matches]
        self.problems.extend(each for each in found if isinstance(each, Problem))
        values = [each for each in found if isinstance(each, Scalar)]
        if len(values) < len(found):
            return None
        if len(values) == 1 and matches[0][0] == node.text and matches[0]["of"]:
            # Nothing but a reference: a number stays one.
            return Scalar(values[0].text, values[0].quoted, node.place)
        edges = [0, *chain.from_iterable(match.span() for match in matches), len(node.text)]
        around = [node.text[edges[n] : edges[n + 1]] for n in range(0, len(edges), 2)]
        template = any(map(_holds_secret, values))
        told = [each.text if _holds_secret(each) else _as_part(each.text, template=template) for each in values]
        text = around[0] + "".join(one + after for one, after in zip(told, around[1:], strict=True))
        return Scalar(text if template else escaped(text), node.quoted or bool(matches), node.place)

    def _followed(self, service: str, match: re.Match[str], node: Scalar, trail: str) -> Scalar | Problem | None:
        """Return what the reference stands for, or what is wrong with it; None where that has been said."""
        of, key = match["of"], match["key"]
        names = {(_OWN, "name"): service, **self._names}
        if match["plain"] or (of, key) in names:
            return _text(names.get((of, key), _OPENING), node)
        if match["secret"] is not None:
            return self._secret(service, match, node, trail)
        if of == _ENVIRONMENT:
            variable = _Variable(service, of, key)
            return self._looked_up(variable, self._own.entries, {}, node, trail)
        owner = service if of == _OWN else of
        seen = self._merged(owner) if of != _FLEET else None
        if seen is None:
            hint = "write ${fleet.name}" if of == _FLEET else _PLAIN_HINT
            return Problem(f"{trail} refers to what is neither a service nor the environment", node.place, hint)
        variable = _Variable(owner, owner, key)
        found = self._looked_up(variable, _section(seen, "config"), _section(seen, "secrets"), node, trail)
        if isinstance(found, Scalar) and owner != service and _holds_secret(found):
            hint = "declare that secret in this service, and refer to it as ${secret:NAME}"
            return Problem(f"{trail} refers to {variable}, which holds a secret of {owner}", node.place, hint)
        return found

    def _looked_up(
        self, variable: _Variable, config: _Section, secrets: _Section, node: Scalar, trail: str
    ) -> Scalar | Problem | None:
        target = config.get(variable.key)
        if isinstance(target, Scalar):
            return self._variable(variable, target)
        if variable.key in secrets:
            hint = "a service refers to its own secrets, as ${secret:NAME}"
            return Problem(f"{trail} refers to {variable}, which is a secret", node.place, hint)
        of = "this environment" if variable.owner == _ENVIRONMENT else variable.owner
        message = f"{trail} refers to a variable that {of} does not have"
        # What refers to itself, or to what refers to it, is no better.
        known = [key for key, each in config.items() if each is not node]
        return Problem(message, node.place, nearest(variable.key, known))

    def _secret(self, service: str, match: re.Match[str], node: Scalar, trail: str) -> Scalar | Problem:
        declared = _section(self._merged(service), "secrets")
        if match["secret"] in declared:
            return _text(match[0], node)
        hint = nearest(match["secret"], declared) if declared else "declare it in the service's `secrets`"
        return Problem(f"{trail} refers to a secret that {service} does not declare", node.place, hint)


def _holds_secret(node: Scalar) -> bool:
    return any(secret_names(node.text))


def _as_part(text: str, *, template: bool) -> str:
    """Return the plain ``text`` as it stands in another one: in a template, ``${`` is written ``$${``."""
    plain = unescaped(text)
    return plain.replace(_OPENING, f"${_OPENING}") if template else plain


def _text(text: str, node: Scalar) -> Scalar:
    return Scalar(text, quoted=True, place=node.place)


def _section(node: tree.Mapping | None, name: str) -> _Section:
    found = node.entries.get(name) if node else None
    return found.entries if isinstance(found, tree.Mapping) else {}
