"""The fleet slice put together with the disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chittyops.capabilities.fleet import service
from chittyops.capabilities.fleet.model.content import short_hash
from chittyops.capabilities.fleet.model.fileformat import FILENAME
from chittyops.capabilities.fleet.model.inputs import ServiceInputs, assemble, fingerprint
from chittyops.capabilities.fleet.providers import editing
from chittyops.capabilities.fleet.providers.bundle import pack, unpack
from chittyops.capabilities.fleet.providers.editing.adding import with_edits
from chittyops.capabilities.fleet.providers.files.hashing import HashCache
from chittyops.capabilities.fleet.providers.files.ignoring import IgnoreRules
from chittyops.capabilities.fleet.providers.files.tree import Walk
from chittyops.capabilities.fleet.providers.workspace import EditedFiles, WorkspaceFiles
from chittyops.kernel import dotenv
from chittyops.kernel.clock import Clock
from chittyops.kernel.edit import Edit
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Problem
from chittyops.kernel.service import Fleet, Service

__all__ = [
    "Written",
    "add_service",
    "desired",
    "edited",
    "pack",
    "read_fleet",
    "remove_value",
    "set_value",
    "text_of",
    "unpack",
    "written",
]


@dataclass(frozen=True, slots=True)
class Written:
    """The fleet file as it is: its text ("" where there is none), and as plain data with the services' own parts."""

    path: Path
    text: str
    data: Mapping[str, Any]


def written(start: Path) -> Written:
    """Return the fleet file found from ``start`` upwards, or the one that could be made there.

    Raises Misconfigured as ``read_fleet`` does where there is one and it is wrong.
    """
    try:
        workspace = WorkspaceFiles.find(start)
    except NotFound:
        return Written(start.absolute() / FILENAME, "", {})
    service.read(workspace, None)
    path = workspace.folder_path / FILENAME
    return Written(path, editing.read(path), service.plain(workspace))


def text_of(path: Path) -> str:
    """Return the text of the fleet file at ``path``, "" where there is none. Raises Misconfigured."""
    return editing.read(path) if path.exists() else ""


def edited(file: Written, edits: Sequence[Edit]) -> str:
    """Return the text of ``file`` with ``edits``; comments and layout stay.

    Raises Misconfigured for the file as it would be.
    """
    text = with_edits(file.text, edits)
    service.read(EditedFiles(WorkspaceFiles(file.path.parent), text.encode()), None)
    return text


def read_fleet(path: Path, environment: str | None = None) -> Fleet:
    """Return the fleet whose file is found from ``path`` upwards, as ``environment`` sees it.

    ``environment`` None means the first one declared. Raises Misconfigured that carries every problem found, each
    with file, line and column; NotFound when there is no fleet file.
    """
    return service.read(WorkspaceFiles.find(path), environment)


def set_value(path: Path, keys: str, value: str) -> None:
    """Set the value at ``keys`` (``services.cart.tests``) in the fleet file found from ``path`` upwards.

    ``value`` is YAML. Comments and layout stay; the file is written only when the result is right. Raises
    Misconfigured as ``read_fleet`` does, for the file as it would be.
    """
    _edit(path, lambda text: editing.with_value(text, keys.split("."), editing.value_of(value)))


def remove_value(path: Path, keys: str) -> None:
    """Remove the entry at ``keys``, like ``set_value``. Raises NotFound when there is none."""
    _edit(path, lambda text: editing.without(text, keys.split(".")))


def add_service(path: Path, name: str, folder: str) -> None:
    """Add the service ``name``, whose folder is relative to the fleet file. Raises Conflict when there is one."""
    if name in read_fleet(path).services:
        message = f"there is a service {name} already"
        raise Conflict(message, hint=f"`chittyops fleet show` lists them; `fleet set services.{name}...` changes it")
    _edit(path, lambda text: editing.with_value(text, ["services", name], {"path": folder}))


def _edit(path: Path, change: Callable[[str], str]) -> None:
    workspace = WorkspaceFiles.find(path)
    file = workspace.folder_path / FILENAME
    before = editing.read(file)
    after = change(before)
    service.read(EditedFiles(workspace, after.encode()), None)
    editing.replace(file, before, after)


def desired(
    fleet: Fleet,
    clock: Clock,
    *,
    cache_folder: Path | None = None,
    key: bytes = b"",
    only: Collection[str] | None = None,
) -> list[ServiceInputs]:
    """Return the inputs of the fleet's services (``only`` these), in the fleet's order.

    ``cache_folder`` is where hashes of files are remembered; ``key`` lets the values of secrets that stand in
    files count, by a keyed fingerprint. Raises Misconfigured that names every service whose files cannot be read
    or that has none.
    """
    root = Path(fleet.root)
    cache = HashCache.load(cache_folder / f"{short_hash(fleet.root)}.json" if cache_folder else None, clock)
    rules = IgnoreRules(root)
    folders = frozenset(each.path for each in fleet.services.values())
    found: list[ServiceInputs] = []
    problems: list[Problem] = []
    for name, each in fleet.services.items():
        if only is None or name in only:
            try:
                found.append(_inputs(each, root, Walk(root, folders, rules), cache, key))
            except Misconfigured as error:
                problems.extend(error.problems)
    if problems:
        raise Misconfigured.of(tuple(problems))
    cache.save(forget=only is None)
    return found


def _inputs(each: Service, root: Path, walk: Walk, cache: HashCache, key: bytes) -> ServiceInputs:
    files = {found.path: cache.entry(found) for found in walk.files(each.path)}
    if not files:
        message = f"{each.name} has no files to deploy in {each.path}"
        raise Misconfigured(message, hint="the folder is empty, or .gitignore leaves all of it out")
    source = root / each.path
    fingerprints = _fingerprints(each, source, key) if key else {}
    return assemble(each, str(source), files, fingerprints=fingerprints, notes=tuple(walk.notes))


def _fingerprints(each: Service, source: Path, key: bytes) -> dict[str, str]:
    """Return a fingerprint of every secret whose value can be read here and now."""
    fingerprints = {}
    variables: dict[str, dict[str, str]] = {}
    for name, reference in each.secrets.items():
        if reference.scheme != "file":
            continue
        if reference.location not in variables:
            variables[reference.location] = _variables(source / reference.location)
        if (value := variables[reference.location].get(reference.key)) is not None:
            fingerprints[name] = fingerprint(value, key)
    return fingerprints


def _variables(path: Path) -> dict[str, str]:
    try:
        return dotenv.parse(path.read_text("utf-8", errors="surrogateescape"))
    except OSError:
        return {}
