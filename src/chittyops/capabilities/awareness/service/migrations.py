"""Migrations that may not be applied yet: what the files, the journal and the history say."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chittyops.capabilities.awareness.model.context import Base, MigrationState
from chittyops.capabilities.awareness.model.project import KnownMigrations

WHAT_FILES_SAY = "which of them a database has is not told by files"
_SINCE = {
    "deployment": "pending: came since the deployment",
    "tag": "pending: came since the tag {name}",
    "remote": "pending: came since {name}",
    "none": "pending: not committed",
}


def state(
    known: KnownMigrations, names: Sequence[str], listed: Collection[str] | None, changed: Collection[str], since: Base
) -> MigrationState:
    """Return the state of one folder.

    ``names`` are the migrations in it, ``listed`` those its journal lists (None where it keeps none), ``changed``
    the files of the project (relative to its root; a folder ends with a slash) that are new or changed ``since``.
    """
    pending = tuple(name for name in names if _is_new(f"{known.path}/{name}", changed))
    unlisted = () if listed is None else tuple(name for name in names if name.rpartition(".")[0] not in listed)
    remark = _SINCE[since.kind].format(name=since.name) if pending else WHAT_FILES_SAY if names else "no migrations"
    if known.state == "push-only":
        remark = "the schema is pushed; there are no migrations to apply"
    return MigrationState(known.path, known.tool, known.database, len(names), pending, unlisted, remark)


def _is_new(path: str, changed: Collection[str]) -> bool:
    """Return whether ``path`` was changed, or lies in a folder that is new, or is a folder where something is."""
    if path in changed:
        return True
    parents = path.split("/")[:-1]
    folders = {"/".join(parents[: number + 1]) + "/" for number in range(len(parents))}
    return any(each in folders or each.startswith(f"{path}/") for each in changed)
