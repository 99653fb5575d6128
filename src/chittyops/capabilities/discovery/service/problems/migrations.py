"""Migrations that their tool does not know of, that share a number, lack one, or are of two dialects."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chittyops.capabilities.discovery.model.facts import Migration
from chittyops.capabilities.discovery.service import migrations
from chittyops.capabilities.discovery.service.migrations import Folder
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding, Migrations

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "migration-unjournaled": (
        "warning",
        "Files of migrations that the tool's journal does not list: the tool never applies them.",
    ),
    "migration-file-missing": ("error", "The journal lists a migration whose file does not exist: migrating fails."),
    "migration-duplicate-number": ("warning", "Several migrations have one number: their order is not determined."),
    "migration-gap": ("info", "Numbers are missing in a sequence of migrations: files may have been lost."),
    "migration-mixed-dialects": ("warning", "The migrations of one folder are written for different databases."),
    "push-only-schema": ("info", "A schema is pushed to the database: there are no migrations to review or to undo."),
}
_SEQUENCE: Final = re.compile(r"\d{1,7}|\d{12,17}|(?!(?:19|20)\d\d[._])\d+(?:[._]\d+)+")
_COUNTED: Final = re.compile(r"\d{3,6}")
_DATES: Final = re.compile(r"(?:19|20)\d\d(?:[01]\d)?")
_NOT_OURS: Final = re.compile(
    r"(?:^|/)(?:tests?|__tests__|fixtures?|testdata|examples?|archived?|_archive|backups?|old|vendor|third_party|node_modules|templates?)/"
)
_SHOWN: Final = 4
_MOST_MISSING: Final = 20
_LEAST_SEQUENCE: Final = 3


def find(world: World) -> Iterator[Finding]:
    """Yield what is wrong with the folders of migrations."""
    for folder in migrations.inventory(world):
        if _NOT_OURS.search(folder.path + "/"):
            continue
        yield from _journaled(folder)
        yield from _numbered(folder)
        yield from _mixed(folder)
    yield from _pushed(world)


def _listed(names: Sequence[str]) -> str:
    """Return ``names`` as a short list: the first few, and how many more."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _journaled(folder: Folder) -> Iterator[Finding]:
    if not folder.journal:
        return
    path, journal = folder.journal
    if unlisted := [posixpath.relpath(each, folder.path) for each in folder.unlisted()]:
        count, of = len(unlisted), len(folder.files)
        message = f"{count} of {of} migrations in {folder.path} are not in the journal: {_listed(unlisted)}"
        hint = "generate them with drizzle-kit, or move what is applied by hand to a folder of its own"
        yield Finding("migration-unjournaled", "warning", path, message, 1, 1, hint)
    present = {migrations.tag_of(each) for each, _ in folder.files}
    for tag, line in journal.entries:
        if tag not in present:
            message = f"the journal lists {tag}, which is not in {folder.path}"
            hint = "restore the file from history, or take its entry out of the journal"
            yield Finding("migration-file-missing", "error", path, message, line, hint=hint)


def _numbered(folder: Folder) -> Iterator[Finding]:
    named: dict[str, dict[str, str]] = defaultdict(dict)
    for path, each in folder.files:
        if posixpath.basename(path) == "migration.sql":
            continue  # applied in the order of the whole names of their folders
        if _SEQUENCE.fullmatch(each.number) and not (_DATES.fullmatch(each.number) and _COUNTED.fullmatch(each.number)):
            named[_plain(each)].setdefault(each.name, path)
    for found in named.values():
        paths = sorted(found.values())
        if len(paths) > 1:
            names = [posixpath.basename(migrations.tag_of(each)) for each in paths]
            number = next(each.number for path, each in folder.files if path == paths[0])
            message = f"{len(paths)} migrations in {folder.path} have the number {number}: {_listed(names)}"
            hint = "renumber the ones that are not applied yet"
            yield Finding("migration-duplicate-number", "warning", paths[-1], message, hint=hint)
    yield from _gaps(folder)


def _plain(each: Migration) -> str:
    """Return a number without the zeros before it: 7 and 007 are one."""
    return each.number.lstrip("0") or "0"


def _gaps(folder: Folder) -> Iterator[Finding]:
    counted = [
        each for _, each in folder.files if _COUNTED.fullmatch(each.number) and not _DATES.fullmatch(each.number)
    ]
    numbers = sorted({int(each.number) for each in counted})
    if len(numbers) < _LEAST_SEQUENCE:
        return
    missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    if not missing or len(missing) > min(_MOST_MISSING, len(numbers)):
        return  # numbered in steps, or by something else
    width = len(counted[0].number)
    names = [f"{number:0{width}}" for number in missing]
    after = next(path for path, each in folder.files if each in counted and int(each.number) > missing[0])
    message = f"the migrations in {folder.path} skip {_listed(names)}"
    hint = "look in the history for a file that was lost; nothing is to be done where the number was never used"
    yield Finding("migration-gap", "info", after, message, hint=hint)


def _mixed(folder: Folder) -> Iterator[Finding]:
    by_dialect: dict[str, list[str]] = defaultdict(list)
    for path, each in folder.files:
        # a name that tells the dialect is one of a pair: its end was cut off
        if each.dialect and migrations.tag_of(path).endswith(each.name):
            by_dialect[each.dialect].append(path)
    if len(by_dialect) < 2:  # noqa: PLR2004 - two of them are mixed
        return
    ranked = sorted(by_dialect, key=lambda each: (-len(by_dialect[each]), each))
    shown = [f"{len(by_dialect[each])} for {each} ({posixpath.basename(by_dialect[each][0])} ...)" for each in ranked]
    message = f"{folder.path} holds migrations for different databases: {', '.join(shown)}"
    hint = "keep the migrations of each database in a folder of its own"
    yield Finding("migration-mixed-dialects", "warning", by_dialect[ranked[-1]][0], message, hint=hint)


def _migrated(world: World, manifest: str, tool: str, kept: Sequence[tuple[str, Migrations]]) -> bool:
    """Return whether the package of ``manifest`` has migrations of ``tool``, wherever its configuration says."""
    return any(each.count and each.tool == tool and _manifest(world, path) == manifest for path, each in kept)


def _manifest(world: World, folder: str) -> str:
    """Return the nearest package.json around ``folder``, "" where there is none."""
    while (path := posixpath.join(folder, "package.json")) not in world.paths:
        if not folder:
            return ""
        folder = posixpath.dirname(folder)
    return path


def _pushed(world: World) -> Iterator[Finding]:
    with_files = {each.path for each in migrations.inventory(world)}
    kept = migrations.folders(world)
    for path, facts in world.facts.items():
        config = facts.database_config
        if not config or config.tool not in {"drizzle", "prisma"} or _NOT_OURS.search(path):
            continue
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), config.folder))
        pushed = migrations.pushes(world, path)
        if pushed and folder not in with_files and not _migrated(world, pushed[0], config.tool, kept):
            message = f'the schema is pushed by "{pushed[1]}" of {pushed[0]}; {folder} holds no migrations'
            hint = (
                f"generate migrations ({'drizzle-kit generate' if config.tool == 'drizzle' else 'prisma migrate dev'})"
            )
            yield Finding("push-only-schema", "info", path, message, config.line, hint=hint)
