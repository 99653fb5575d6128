"""Scripts that hand secrets on, to where services run or to a command: sinks and references in their place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from chittyops.capabilities.adoption.model import Abilities, Present, script_key
from chittyops.capabilities.adoption.service import running
from chittyops.capabilities.adoption.service.functions import LISTS, PUTS, Function, Known, function
from chittyops.capabilities.adoption.service.services import VARIABLE, environment_edits, is_in_file, kept_in, text_at
from chittyops.capabilities.adoption.service.sources import Source, source
from chittyops.capabilities.adoption.service.spots import LACKS, Spot, secret_name, spot
from chittyops.kernel.edit import Edit
from chittyops.kernel.inventory import Action, FoundService, Inventory, Script
from chittyops.kernel.kept import is_kept_file

_VAULT: Final = re.compile(r"op://[^\"'|)]*[^\"'|)\s]")


@dataclass(frozen=True, slots=True)
class _Put:
    """One secret that a script brings to a spot, and where it takes the value."""

    spot: Spot
    name: str
    source: Source


@dataclass(slots=True)
class Handing:
    """All secrets that the scripts of a workspace hand on.

    ``vaulted`` are the ``op://`` references that scripts read, by service and variable.
    """

    inventory: Inventory
    known: Known
    abilities: Abilities
    present: Present
    texts: Mapping[str, str]
    vaulted: Mapping[tuple[str, str], str]
    _puts: dict[tuple[str, int], _Put] = field(default_factory=dict)
    _spots: dict[tuple[str, ...], Spot] = field(default_factory=dict)
    _references: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look through all scripts: what one of them puts somewhere, another may list."""
        for script in self.inventory.scripts:
            for at, action in enumerate(script.actions if not is_kept_file(script.path) else ()):
                about = self.known.of_action(action, script.path, script.service)
                if about and (put := self._put(action, script, about)):
                    self._puts[_key(script), at] = put
                    self._declare(put, about)
                elif about:
                    for name, reference in running.handed(action, script, about, self.texts).items():
                        self._refer(("services", self.known.name(about)), name, reference, about)

    def edits(self) -> Iterator[Edit]:
        """Yield the sinks, and the references of what is pushed to them or handed to commands."""
        for at, where in self._spots.items():
            names = {put.name for put in self._puts.values() if put.spot == where}
            if where.stage:
                yield from environment_edits(("services", where.service), where.stage)
            yield from (Edit((*at, key), value) for key, value in where.target)
            yield Edit((*at, "secrets"), tuple(sorted(names)))
        yield from (Edit(keys, reference) for keys, reference in self._references.items())

    @property
    def references(self) -> Mapping[tuple[str, ...], str]:
        """Return where scripts take secrets from, by key of the fleet file: it counts before a guess."""
        return self._references

    def functions(self, script: Script) -> dict[int, Function]:
        """Return what does with secrets what ``script`` does, by position of the action."""
        found: dict[int, Function] = {}
        taken: dict[str, Function] = {}
        for at, action in enumerate(script.actions):
            about = self.known.of_action(action, script.path, script.service)
            each = self._function(script, at, about) if about and action.category == "secrets" else None
            if each:
                found[at] = each
                if put := self._puts.get((_key(script), at)):
                    taken[put.source.reference] = each
        for at, action in enumerate(script.actions):
            # What is read from a vault only to be put somewhere is done with the putting.
            place = _VAULT.search(action.command) if action.verb == "read secret" else None
            if place and place[0] in taken:
                found[at] = taken[place[0]]
        return found

    def _function(self, script: Script, at: int, about: FoundService) -> Function | None:
        action = script.actions[at]
        general = function(action, about, self.known, self.abilities)
        if general is None or not self.abilities.can("secrets"):
            return general
        if action.verb in PUTS | LISTS:
            return self._pushed(general, script, at, about)
        handed = running.handed(action, script, about, self.texts)
        line = running.wrapped(action)
        service = self.known.name(about)
        scope = ("services", service)
        if line and handed and all(self._is_from(about, scope, name, place) for name, place in handed.items()):
            return Function(f"chittyops run {service} -- {line}", able=self.abilities.can("run"), whole=True)
        return general

    def _pushed(self, general: Function, script: Script, at: int, about: FoundService) -> Function:
        action = script.actions[at]
        if put := self._puts.get((_key(script), at)):
            return self._put_by(put, about)
        where = spot(action, about, self.known.name(about), self.texts)
        if where is None:
            return Function(general.command, able=False, until=f"once its sink {LACKS[action.tool]}")
        if action.verb in LISTS and where in {each.spot for each in self._puts.values()}:
            return Function(general.command, able=True)
        return Function(general.command, able=False, until="once the fleet file names each secret and its sink")

    def _put_by(self, put: _Put, about: FoundService) -> Function:
        where, name, reference = put.spot, put.name, put.source.reference
        push = f"chittyops secrets push {where.service}{where.option}"
        if not reference:
            return Function(push, able=False, until=f"once it is said where {name} is taken from")
        if not self._is_from(about, where.scope, name, reference):
            there = self._reference(about, where.scope, name)
            return Function(
                push, able=False, until=f"once {name} is taken from where the script does, not from {there}"
            )
        stored = self._reference(about, where.scope, name)
        if not put.source.typed or not stored.startswith("sops:"):
            return Function(push, able=True)
        scope = where.option or " --all"
        first = f"chittyops secrets set {stored.removeprefix('sops:')} {where.service}{scope}"
        return Function(push, able=True, first=first)

    def _put(self, action: Action, script: Script, about: FoundService) -> _Put | None:
        if action.verb != "put secret" or action.tool not in LACKS:
            return None
        service, name = self.known.name(about), secret_name(action)
        where = spot(action, about, service, self.texts)
        if where is None or not VARIABLE.fullmatch(name) or name in {store.variable for store in about.databases}:
            return None
        if not self._is_sink(where):
            return None
        vault = {variable: place for (owner, variable), place in self.vaulted.items() if owner == service}
        return _Put(where, name, source(action, script, self.texts, name, vault))

    def _is_sink(self, where: Spot) -> bool:
        """Return whether the fleet file has, or can have, the sink: one of its name may lead elsewhere."""
        there = {key: text_at(self.present.data, (*where.sink, key)) for key, _ in where.target}
        by_hand = any(there.values()) and there != dict(where.target)
        return not by_hand and self._spots.setdefault(where.sink, where) == where

    def _declare(self, put: _Put, about: FoundService) -> None:
        """Note where a secret is taken from; that of an environment is not what lies in a file of this machine."""
        reference = put.source.reference
        if put.spot.stage or reference:
            self._refer(put.spot.scope, put.name, reference or f"sops:{put.name}", about)

    def _refer(self, scope: tuple[str, ...], name: str, reference: str, about: FoundService) -> None:
        if len(scope) > len(("services", "")) or not is_in_file(about, name):
            self._references.setdefault((*scope, "secrets", name), reference)

    def _is_from(self, about: FoundService, scope: tuple[str, ...], name: str, reference: str) -> bool:
        """Return whether the fleet file takes a secret from ``reference``, or from a store that people moved it to."""
        keys = (*scope, "secrets", name)
        found = self._reference(about, scope, name)
        by_hand = text_at(self.present.data, keys) == found and self.present.proposed.get(".".join(keys)) != found
        return found == reference or (by_hand and not found.startswith("file:"))

    def _reference(self, about: FoundService, scope: tuple[str, ...], name: str) -> str:
        """Return where the fleet file has, or will have, a secret."""
        for keys in ((*scope, "secrets", name), (*scope[:2], "secrets", name)):
            proposed = self.present.proposed.get(".".join(keys), "")
            there = text_at(self.present.data, keys)
            if there and there != proposed:
                return there
            if keys in self._references and (there or not proposed):
                return self._references[keys]
        return kept_in(about, name)


def _key(script: Script) -> str:
    return script_key(script.path, script.name, script.kind)
