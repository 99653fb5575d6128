"""Where a folder lies: its fleet file, its repository, its branch. Read from files alone, so that it takes no time.

Nothing here trusts a repository: what is no plain file is not opened, and no more than a little of it is read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chittyops.capabilities.awareness.model.project import Head, Place

FLEET_FILE: Final = "chittyops.yaml"
_IS_FLEET: Final = re.compile(r"""^\ufeff?\{?\s*["']?fleet["']?\s*:""", re.MULTILINE)
_LITTLE_BYTES: Final = 1 << 16
_REFS_BYTES: Final = 1 << 24
_MOST_ENTRIES: Final = 2000
_OBJECT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REBASES: Final = ("rebase-merge/head-name", "rebase-apply/head-name")
_BRANCH: Final = "refs/heads/"


def locate(folder: Path) -> Place:
    """Return where ``folder`` lies: in the fleet above it, else in its repository, else above some projects."""
    here = folder.resolve()
    above = (here, *here.parents)
    fleet = next((each for each in above if _is_fleet(each)), None)
    repository = next((each for each in above if (each / ".git").exists() or _is_bare(each)), None)
    state = head(repository) if repository else Head()
    root = fleet or repository
    projects = () if root else tuple(str(each) for each in below(here))
    return Place(
        str(here),
        str(root or ""),
        str(fleet / FLEET_FILE) if fleet else "",
        str(repository or ""),
        state,
        projects,
    )


def below(folder: Path) -> Iterator[Path]:
    """Yield the projects right below ``folder``, or one folder further down."""
    for each in _folders(folder):
        if _is_project(each):
            yield each
        else:
            yield from filter(_is_project, _folders(each))


def head(repository: Path) -> Head:
    """Return where ``repository`` stands; the branch that is being rebased, during a rebase."""
    folder = git_folder(repository)
    file = folder / "HEAD"
    line = read(file).partition("\n")[0]
    if not line:
        return Head()
    state = "bare" if _is_bare(repository) else "branch"
    told = line.removeprefix("ref:").strip() if line.startswith("ref:") else ""
    if not told:
        rebased = next(filter(None, (read(folder / name).strip() for name in _REBASES)), "")
        commit = line.strip() if _OBJECT.fullmatch(line.strip()) else ""
        kind = "branch" if rebased else "detached"
        return Head(kind, rebased.removeprefix(_BRANCH), commit, str(file), line)
    commit = commit_of(folder, told)
    if state == "branch" and not commit:
        state = "unborn"
    return Head(state, told.removeprefix(_BRANCH), commit, str(file), line)


def git_folder(repository: Path) -> Path:
    """Return the folder that holds HEAD and the index: ``.git``, or what a file of that name says; a bare one's own."""
    folder = repository / ".git"
    if folder.is_dir():
        return folder
    if named := read(folder).partition("gitdir:")[2].strip():
        return repository / named
    return repository


def common_folder(folder: Path) -> Path:
    """Return the folder that holds refs and objects: of a worktree, that of the repository it belongs to."""
    named = read(folder / "commondir").strip()
    return folder / named if named else folder


def read(path: Path, most_bytes: int = _LITTLE_BYTES) -> str:
    """Return the beginning of a plain file, or "": a pipe would make a prompt wait for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return ""
    with os.fdopen(descriptor, "rb") as file:
        try:
            plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
            return file.read(most_bytes).decode("utf-8", "surrogateescape") if plain else ""
        except OSError:
            return ""


def commit_of(folder: Path, ref: str) -> str:
    """Return the commit that ``ref`` names in the git directory ``folder``, or ""."""
    common = common_folder(folder)
    if ".." in ref.split("/"):
        return ""
    for each in (folder, common):
        if _OBJECT.fullmatch(found := read(each / ref).strip()):
            return found
    for line in read(common / "packed-refs", _REFS_BYTES).splitlines():
        commit, _, name = line.partition(" ")
        if name == ref and _OBJECT.fullmatch(commit):
            return commit
    return ""


def _is_fleet(folder: Path) -> bool:
    return bool(_IS_FLEET.search(read(folder / FLEET_FILE)))


def _is_bare(folder: Path) -> bool:
    has_parts = (folder / "objects").is_dir() and (folder / "refs").is_dir()
    return has_parts and (folder / "HEAD").is_file() and not (folder / ".git").exists()


def _is_project(folder: Path) -> bool:
    return (folder / ".git").exists() or _is_fleet(folder)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            seen = [entry for entry, _ in zip(entries, range(_MOST_ENTRIES), strict=False)]
    except OSError:
        return []
    names = (each.name for each in seen if each.is_dir(follow_symlinks=False))
    return [folder / name for name in sorted(names) if not name.startswith(".") and name != "node_modules"]
