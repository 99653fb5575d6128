"""The configuration slice put together with git, the vendors' schemas and the disk."""

# ruff: noqa: PLC0415 - what only looks at values must not wait for what edits files and asks git

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chittyops.capabilities.config.model import Change, Explanation, Finding
from chittyops.kernel.configuration import Rule, View

if TYPE_CHECKING:
    from chittyops.capabilities.config.service.published import Configurations
    from chittyops.kernel.clock import Clock
    from chittyops.runtime.postgres import Database

LOCAL_FILENAME = "chittyops.local.yaml"


def changes(root: Path, explanation: Explanation) -> Mapping[tuple[str, int], Change]:
    """Return who last changed each line that says something about the value; nothing where git does not know."""
    from chittyops.capabilities.config.providers import git

    return git.changes(root, [(each.path, each.place.line) for each in explanation.chain if each.path])


def validate(
    root: Path,
    views: Mapping[tuple[str, str], View],
    rules: Iterable[Rule],
    groups: Mapping[str, tuple[str, ...]],
    folders: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Return what is wrong, or doubtful, with the values of ``views``; ``folders`` are the services' own ones.

    Rules, what platforms ask for and their own schemas, slips of names, and a local file that git would take.
    """
    from chittyops.capabilities.config.providers import git, vendor_schemas
    from chittyops.capabilities.config.service import rules as ruled

    found = [*ruled.check(rules, views, groups), *ruled.near_misses(views, rules)]
    for view in views.values():
        found += vendor_schemas.problems(root, folders[view.service], view)
    if (root / LOCAL_FILENAME).exists() and (state := git.exposed(root, LOCAL_FILENAME)):
        removal = f"`git rm --cached {LOCAL_FILENAME}`, and " if state == "tracked" else ""
        message = f"{LOCAL_FILENAME} is {state} by git"
        found.append(Finding(message, hint=f"{removal}add it to .gitignore", error=state == "tracked"))
    return ruled.merged(found)


def target_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the files in a service's ``folder``."""
    from chittyops.capabilities.config.providers import target_files

    return target_files.names(folder)


def target_text(path: Path, shown: str) -> str | None:
    """Return the text of a file that is imported or rendered, None where there is none. Raises Misconfigured."""
    from chittyops.capabilities.config.providers import target_files

    return target_files.read(path, shown)


def write_target(path: Path, shown: str, before: str | None, after: str) -> None:
    """Write a file that says ``before`` as a whole or not at all. Raises Conflict, Refused."""
    from chittyops.capabilities.config.providers import target_files

    target_files.write(path, shown, before, after)


def configurations(database: Database, clock: Clock) -> Configurations:
    """Return published configuration as the API and the pages use it."""
    from chittyops.capabilities.config.providers.postgres import PostgresConfigurations
    from chittyops.capabilities.config.service.published import Configurations

    return Configurations(PostgresConfigurations(database, clock))
