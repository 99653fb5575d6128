"""The proposal: what was found, what people wrote and what was proposed before, brought together. Pure."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chittyops.capabilities.adoption.model import Abilities, Disposition, Present, Proposal, Remark
from chittyops.capabilities.adoption.service import names, services, vaults
from chittyops.capabilities.adoption.service.functions import Known
from chittyops.capabilities.adoption.service.handing import Handing
from chittyops.capabilities.adoption.service.running import env_files
from chittyops.capabilities.adoption.service.scripts import Sorter
from chittyops.capabilities.adoption.service.spots import config_texts
from chittyops.capabilities.adoption.service.tasks import Board
from chittyops.kernel.edit import Edit
from chittyops.kernel.errors import NotFound
from chittyops.kernel.inventory import Inventory
from chittyops.kernel.nearest import nearest
from chittyops.kernel.service import label
from chittyops.kernel.words import number

_ABSENT = object()
HEADER = (
    "# Written by ChittyOps from what it found. It is yours from now on: correct it, add to it.\n"
    "# `chittyops fleet schema` prints its JSON Schema, `chittyops fleet check` checks it.\n"
)


def propose(
    inventory: Inventory,
    present: Present,
    abilities: Abilities,
    texts: Mapping[str, str],
    only: Collection[str] = (),
) -> Proposal:
    """Return what to add to the fleet file, and what becomes of each script.

    ``texts`` has the texts of scripts by path; ``only`` names the services that count, all where it is empty.
    Raises NotFound for a name that is no service's.
    """
    ours, left = names.chosen(inventory.services)
    found = names.names(ours, present.data)
    wanted = _wanted(only, found.values())
    known = Known(ours, found)
    places = vaults.references(inventory, known, texts)
    handing = Handing(inventory, known, abilities, present, texts, places)
    sorter = Sorter(inventory, known, abilities, present, texts, Board(present.data), handing)
    sorted_ = [
        sorter.script(each) for each in sorted(inventory.scripts, key=lambda each: (each.path, each.line, each.name))
    ]
    dispositions = [each for each in sorted_ if each] + [sorter.workflow(each) for each in inventory.workflows]
    declared = tuple(vaults.declarations(places, {known.name(each): each for each in ours}))
    moved = {**{edit.keys: str(edit.value) for edit in declared}, **handing.references}
    edits = _unique(
        [*services.entries(ours, found, present.data), *declared, *handing.edits(), *sorter.edits, *sorter.rules()]
    )
    chosen = [
        edit
        for edit in vaults.with_references(edits, places, moved, present.data)
        if not only or _concerns(edit, wanted)
    ]
    used = {"local", *(edit.keys[3] for edit in chosen if edit.keys[2:3] == ("environments",))}
    chosen = [edit for edit in chosen if edit.keys[0] != "environments" or edit.keys[1] in used]
    chosen = [*_root(inventory, present, chosen), *chosen]
    needed, remarks = _merged(chosen, present)
    remarks += [Remark(each.path, f"{services.printable(each.path)} is left out: {reason}") for each, reason in left]
    remarks += _to_move(needed, {known.name(each): each.path for each in ours})
    values = {**present.proposed, **{".".join(edit.keys): _plain(edit.value) for edit in chosen}}
    return Proposal(tuple(needed), tuple(_of(dispositions, wanted, only)), tuple(remarks), values)


def texts_wanted(inventory: Inventory) -> tuple[str, ...]:
    """Return the paths of the files whose texts ``propose`` wants."""
    scripts = (
        each.path
        for each in inventory.scripts
        if each.inputs or each.kind in {"shell", "cron"} or "secrets" in each.categories
    )
    return tuple(dict.fromkeys((*scripts, *config_texts(inventory), *env_files(inventory))))


def _wanted(only: Collection[str], known: Collection[str]) -> frozenset[str]:
    for name in only:
        if name not in known:
            message = f"there is no service {name} here"
            raise NotFound(message, hint=nearest(name, known))
    return frozenset(only)


def _root(inventory: Inventory, present: Present, chosen: Sequence[Edit]) -> Iterator[Edit]:
    """Yield what a new fleet file begins with, where there is something to put into it."""
    if chosen and "fleet" not in present.data:
        yield Edit(("fleet",), label(inventory.workspace) or "fleet")
        yield Edit(("environments", "local"), {"provider": "local"})
        if not any(edit.keys[0] == "services" for edit in chosen):
            yield Edit(("services",), {})


def _unique(edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits, the first for each place: what a service says of itself counts before what scripts say.

    No variable is both a secret and a database's.
    """
    found: dict[tuple[str, ...], Edit] = {}
    taken: set[tuple[str, object]] = set()
    for edit in edits:
        if edit.keys[2:3] == ("databases",) and edit.keys[-1] == "env":
            taken.add((edit.keys[1], edit.value))
        if edit.keys[2:3] != ("secrets",) or (edit.keys[1], edit.keys[3]) not in taken:
            found.setdefault(edit.keys, edit)
    return list(found.values())


def _concerns(edit: Edit, wanted: Collection[str]) -> bool:
    return edit.keys[0] in {"fleet", "environments"} or (
        edit.keys[0] in {"services", "rules"} and edit.keys[1] in wanted
    )


def _to_move(needed: Sequence[Edit], paths: Mapping[str, str]) -> Iterator[Remark]:
    """Yield that secrets are read from plain files from now on, and how they come into the store."""
    files: dict[tuple[str, str], int] = {}
    for edit in needed:
        reference = str(edit.value)
        if edit.keys[2:3] == ("secrets",) and reference.startswith("file:"):
            file = reference.removeprefix("file:").rpartition("#")[0]
            files[edit.keys[1], file] = files.get((edit.keys[1], file), 0) + 1
    for (service, file), count in list(files.items())[:1]:
        path = posixpath.normpath(posixpath.join(paths[service], file))
        others = sum(files.values()) - count
        total = f"; so {'is' if others == 1 else 'are'} {number(others, 'other')}" if others else ""
        yield Remark(
            f"services.{service}.secrets",
            f"{number(count, 'secret')} of {service} {'is' if count == 1 else 'are'} read from {file}{total}. "
            f"`chittyops secrets import {shlex.quote(path)} {service}` takes the values into the store; "
            f"then write sops:NAME instead of file:{file}#NAME",
        )


def _of(dispositions: Sequence[Disposition], wanted: Collection[str], only: Collection[str]) -> Iterator[Disposition]:
    return (each for each in dispositions if not only or each.service in wanted)


def _merged(edits: Sequence[Edit], present: Present) -> tuple[list[Edit], list[Remark]]:
    """Return the edits still needed, and remarks where people decided otherwise: what they wrote or took out stays."""
    needed: list[Edit] = []
    remarks: list[Remark] = []
    gone: set[tuple[str, ...]] = set()
    for edit in edits:
        key = ".".join(edit.keys)
        there, proposed = _at(present.data, edit.keys), present.proposed.get(key, _ABSENT)
        if any(edit.keys[: len(each)] == each for each in gone) or _same(there, edit.value):
            continue
        if there is _ABSENT and _is_leaf_above(present.data, edit.keys):
            remarks.append(Remark(key, f"{_above(present.data, edit.keys)} has another form here; {key} was not added"))
        elif there is _ABSENT and proposed is not _ABSENT:
            whole = (
                edit.keys[:2]
                if edit.keys[0] == "services" and _at(present.data, edit.keys[:2]) is _ABSENT
                else edit.keys
            )
            gone.add(whole)
            remarks.append(Remark(key, f"{'.'.join(whole)} was taken out by hand and is not proposed again"))
        elif there is _ABSENT:
            needed.append(edit)
        elif proposed is not _ABSENT and _same(there, proposed):
            needed.append(_only_new(edit))
        else:
            remarks.append(
                Remark(key, f"{key} stays as it is; what was found: {services.printable(str(_plain(edit.value)))}")
            )
    return _with_paths(needed, present), remarks


def _with_paths(needed: list[Edit], present: Present) -> list[Edit]:
    """Leave out what would stand below a service that is not there and is not being added."""
    added = {edit.keys[1] for edit in needed if edit.keys[0] == "services" and edit.keys[2:] == ("path",)}
    there = set(present.data.get("services") or {})
    return [edit for edit in needed if edit.keys[0] != "services" or not edit.keys[1:] or edit.keys[1] in added | there]


def _only_new(edit: Edit) -> Edit:
    return replace(edit, remark="" if isinstance(edit.remark, str) else edit.remark, above=())


def _at(data: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        if not isinstance(data, Mapping) or key not in data:
            return _ABSENT
        data = data[key]
    # Null in a fleet file means "not given", and somebody wrote it on purpose.
    return data


def _is_leaf_above(data: Any, keys: Sequence[str]) -> bool:
    return bool(_above(data, keys))


def _above(data: Any, keys: Sequence[str]) -> str:
    """Return the nearest key above ``keys`` that holds something other than a map, "" where none does."""
    for depth in range(1, len(keys)):
        found = _at(data, keys[:depth])
        if found is _ABSENT:
            return ""
        if not isinstance(found, Mapping):
            return ".".join(keys[:depth])
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _same(there: Any, value: Any) -> bool:
    """Return whether a value of the file, in which numbers are texts, is ``value``; a map or list may hold more."""
    if isinstance(value, Mapping) and not value:
        return there is not _ABSENT
    if isinstance(value, Mapping):
        return isinstance(there, Mapping) and all(_same(there.get(key, _ABSENT), each) for key, each in value.items())
    if isinstance(value, tuple | list):
        return isinstance(there, list) and {str(each) for each in there} >= {str(each) for each in value}
    if isinstance(value, bool):
        return str(there).lower() == str(value).lower()
    return there is not _ABSENT and not isinstance(there, Mapping | list) and str(there) == str(value)
