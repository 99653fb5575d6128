"""The fleet slice put together with the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from chittyops.capabilities.fleet import service
from chittyops.capabilities.fleet.model.fileformat import FILENAME
from chittyops.capabilities.fleet.providers.workspace import EditedFiles, WorkspaceFiles
from chittyops.capabilities.fleet.service import Configuration
from chittyops.capabilities.fleet.service.targets import Level, Target, target
from chittyops.kernel import tree
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Problem
from chittyops.kernel.secret import Secret, fingerprint
from chittyops.kernel.service import Fleet, Service

if TYPE_CHECKING:
    from chittyops.capabilities.fleet.model.content import FileEntry
    from chittyops.capabilities.fleet.model.inputs import ServiceInputs
    from chittyops.capabilities.fleet.providers.files.hashing import HashCache
    from chittyops.capabilities.fleet.providers.files.tree import Walk
    from chittyops.kernel.clock import Clock
    from chittyops.kernel.edit import Edit

# ruff: noqa: PLC0415 - who only reads a fleet must not wait for what edits, hashes and packs its files: it is slower
# to load than the fleet is to read.

NO_LOCAL = "CHITTYOPS_NO_LOCAL"
"""Set to anything, this variable leaves the local file out."""
PLATFORM_FILES = {"cloudflare": "wrangler", "vercel": "vercel", "railway": "railway"}
"""Which section of a service a platform reads, in a file made of it."""

Values = Callable[[Service], Mapping[str, Secret]]
"""Returns the secrets of a service whose values can be read here and now, by variable."""

__all__ = [
    "NO_LOCAL",
    "Changed",
    "Configuration",
    "Level",
    "Written",
    "add_service",
    "changed",
    "configuration",
    "desired",
    "edited",
    "pack",
    "read_fleet",
    "redeployed",
    "remove_value",
    "set_value",
    "text_of",
    "unpack",
    "value_of",
    "written",
]


@dataclass(frozen=True, slots=True)
class Written:
    """The fleet file as it is: its text ("" where there is none), and as plain data with the services' own parts."""

    path: Path
    text: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """A fleet before and after a change of one file, which ``save`` makes."""

    before: Configuration
    after: Configuration
    target: Target
    file: Path
    text: str
    new: str

    def save(self) -> None:
        """Write the file. Raises Conflict when somebody else changed it meanwhile, Refused when it cannot be."""
        from chittyops.capabilities.fleet.providers import editing

        editing.replace(self.file, self.text, self.new)


def written(start: Path) -> Written:
    """Return the fleet file found from ``start`` upwards, or the one that could be made there.

    Raises Misconfigured as ``read_fleet`` does where there is one and it is wrong.
    """
    from chittyops.capabilities.fleet.providers import editing

    try:
        workspace = _workspace(start)
    except NotFound:
        return Written(start.absolute() / FILENAME, "", {})
    service.read(workspace, None)
    path = workspace.folder_path / FILENAME
    return Written(path, editing.read(path), service.plain(workspace))


def text_of(path: Path) -> str:
    """Return the text of the fleet file at ``path``, "" where there is none. Raises Misconfigured."""
    from chittyops.capabilities.fleet.providers import editing

    return editing.read(path) if path.exists() else ""


def edited(file: Written, edits: Sequence[Edit]) -> str:
    """Return the text of ``file`` with ``edits``; comments and layout stay.

    Raises Misconfigured for the file as it would be.
    """
    from chittyops.capabilities.fleet.providers.editing.adding import with_edits

    text = with_edits(file.text, edits)
    service.read(EditedFiles(WorkspaceFiles(file.path.parent), {FILENAME: text.encode()}), None)
    return text


def read_fleet(path: Path, environment: str | None = None, overrides: Sequence[str] = ()) -> Fleet:
    """Return the fleet whose file is found from ``path`` upwards, as ``environment`` sees it.

    ``environment`` None means the first one declared; ``overrides`` are as for ``configuration``. Raises
    Misconfigured that carries every problem found, each with file, line and column; NotFound when there is no fleet
    file.
    """
    return service.read(_workspace(path), environment, overrides)


def configuration(
    path: Path, overrides: Sequence[str] = (), *, checked: bool = True, local: bool = True
) -> Configuration:
    """Return the fleet whose file is found from ``path`` upwards, in all environments and value by value.

    ``overrides`` (``KEY=VALUE``, ``SERVICE:KEY=VALUE``) are the last layer. Raises as ``read_fleet`` does; with
    ``checked`` False only for what is no fleet file at all, so that a broken one can be looked into. ``local`` False
    leaves the local file out: what goes into git is made without it.
    """
    workspace = _workspace(path)
    found = Configuration(workspace if local else replace(workspace, local=False), overrides)
    if checked:
        found.check()
    return found


def _workspace(path: Path) -> WorkspaceFiles:
    return replace(WorkspaceFiles.find(path), local=not os.environ.get(NO_LOCAL))


def set_value(path: Path, keys: str, value: str) -> None:
    """Set the value at ``keys`` (``services.cart.tests``) in the fleet file found from ``path`` upwards.

    ``value`` is YAML. Comments and layout stay; the file is written only when the result is right. Raises
    Misconfigured as ``read_fleet`` does, for the file as it would be.
    """
    from chittyops.capabilities.fleet.providers import editing

    _edit(path, lambda text: editing.with_value(text, keys.split("."), editing.value_of(value)))


def remove_value(path: Path, keys: str) -> None:
    """Remove the entry at ``keys``, like ``set_value``. Raises NotFound when there is none."""
    from chittyops.capabilities.fleet.providers import editing

    _edit(path, lambda text: editing.without(text, keys.split(".")))


def add_service(path: Path, name: str, folder: str) -> None:
    """Add the service ``name``, whose folder is relative to the fleet file. Raises Conflict when there is one."""
    from chittyops.capabilities.fleet.providers import editing

    if name in read_fleet(path).services:
        message = f"there is a service {name} already"
        raise Conflict(message, hint=f"`chittyops fleet show` lists them; `fleet set services.{name}...` changes it")
    _edit(path, lambda text: editing.with_value(text, ["services", name], {"path": folder}))


def value_of(text: str) -> Any:
    """Return the value that a user typed as YAML; what is none is a text."""
    from chittyops.capabilities.fleet.providers import editing

    return editing.value_of(text)


def _edit(path: Path, change: Callable[[str], str]) -> None:
    from chittyops.capabilities.fleet.providers import editing

    workspace = _workspace(path)
    file = workspace.folder_path / FILENAME
    before = editing.read(file)
    after = change(before)
    service.read(EditedFiles(workspace, {FILENAME: after.encode()}), None)
    editing.replace(file, before, after)


def changed(
    path: Path, service_name: str, keys: tuple[str, ...], value: str | None, level: Level, *, plain: bool = True
) -> Changed:
    """Return the fleet as it would be with ``value`` at ``keys`` of a service; nothing is written yet.

    ``value`` is YAML; with ``plain``, a variable is taken as written. None takes the entry away. Raises
    Misconfigured for the fleet as it would be, NotFound where there is nothing to take away.
    """
    from chittyops.capabilities.fleet.providers.editing import layers

    workspace = _workspace(path)
    before = Configuration(workspace)
    at = target(before.documents, before.service(service_name), keys, level)
    file = workspace.folder_path / at.path
    text = text_of(file)
    new = (
        layers.without(text, at)
        if value is None
        else layers.with_value(text, at, value, variable=plain and keys[0] == "config")
    )
    after = Configuration(EditedFiles(workspace, {at.path: new.encode()}))
    after.check()
    return Changed(before, after, at, file, text, new)


def redeployed(before: Configuration, after: Configuration) -> frozenset[tuple[str, str]]:
    """Return the (service, environment) whose deployment would have other inputs ``after``, files left aside."""
    from chittyops.capabilities.fleet.model.inputs import specification

    found = set()
    for environment in after.environments.keys() & before.environments.keys():
        old, new = before.fleet(environment).services, after.fleet(environment).services
        for name in old.keys() & new.keys():
            key = (name, environment)
            section = PLATFORM_FILES.get(new[name].platform, "")
            trees = [tree.at(each.views[key].resolved, (section,)) for each in (before, after)]
            rendered = [None if each is None else tree.value(each) for each in trees]
            if specification(old[name]) != specification(new[name]) or rendered[0] != rendered[1]:
                found.add(key)
    return frozenset(found)


def pack(inputs: ServiceInputs) -> Iterator[bytes]:
    """Yield the tar stream of the service's files: always the same bytes for the same files.

    Raises Conflict when a file is no longer the one that was hashed.
    """
    from chittyops.capabilities.fleet.providers import bundle

    return bundle.pack(inputs)


def unpack(stream: BinaryIO, folder: Path, content: str, *, max_bytes: int | None = None) -> None:
    """Make ``folder`` from what ``pack`` wrote: all of it, and only when its digest is ``content``.

    A folder that exists is left alone. Raises Misconfigured for what is no bundle, Refused for one with other
    content, with links or names that lead out of it, or above ``max_bytes`` (bundle.MAX_BYTES).
    """
    from chittyops.capabilities.fleet.providers import bundle

    bundle.unpack(stream, folder, content, max_bytes=bundle.MAX_BYTES if max_bytes is None else max_bytes)


def _no_values(_service: Service) -> Mapping[str, Secret]:
    return {}


def desired(
    fleet: Fleet,
    clock: Clock,
    *,
    cache_folder: Path | None = None,
    key: bytes = b"",
    values: Values = _no_values,
    only: Collection[str] | None = None,
) -> list[ServiceInputs]:
    """Return the inputs of the fleet's services (``only`` these), in the fleet's order.

    ``cache_folder`` is where hashes of files are remembered; the ``values`` of secrets that can be read here count by
    a fingerprint with ``key``. Raises Misconfigured that names every service whose files cannot be read or that has
    none.
    """
    from chittyops.capabilities.fleet.model.content import short_hash
    from chittyops.capabilities.fleet.model.inputs import assemble
    from chittyops.capabilities.fleet.providers.files.hashing import HashCache
    from chittyops.capabilities.fleet.providers.files.ignoring import IgnoreRules
    from chittyops.capabilities.fleet.providers.files.tree import Walk

    root = Path(fleet.root)
    cache = HashCache.load(cache_folder / f"{short_hash(fleet.root)}.json" if cache_folder else None, clock)
    rules = IgnoreRules(root)
    folders = frozenset(each.path for each in fleet.services.values())
    found: list[ServiceInputs] = []
    problems: list[Problem] = []
    for name, each in fleet.services.items():
        if only is None or name in only:
            try:
                walk = Walk(root, folders, rules)
                files = _hashed(each, walk, cache)
                known = {variable: fingerprint(secret.reveal(), key) for variable, secret in values(each).items()}
                notes = tuple(walk.notes)
                found.append(assemble(each, str(root / each.path), files, fingerprints=known, notes=notes))
            except Misconfigured as error:
                problems.extend(error.problems)
    if problems:
        raise Misconfigured.of(tuple(problems))
    cache.save(forget=only is None)
    return found


def _hashed(each: Service, walk: Walk, cache: HashCache) -> dict[str, FileEntry]:
    files = {found.path: cache.entry(found) for found in walk.files(each.path)}
    if not files:
        message = f"{each.name} has no files to deploy in {each.path}"
        raise Misconfigured(message, hint="the folder is empty, or .gitignore leaves all of it out")
    return files
