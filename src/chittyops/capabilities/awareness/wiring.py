"""Awareness put together with the disk, git, the state directory and the operations centre."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chittyops.capabilities.awareness.model.context import Candidate, Centre, Choice, Context
from chittyops.capabilities.awareness.model.project import Activity, FileChange, History, KnownProblem, Place
from chittyops.capabilities.awareness.providers import migrations, places
from chittyops.capabilities.awareness.providers.git import Git
from chittyops.capabilities.awareness.providers.memory import Activities, Prompts, SnapshotFiles
from chittyops.capabilities.awareness.providers.stamps import stamp
from chittyops.capabilities.awareness.service import assembly, choice, hooks
from chittyops.capabilities.awareness.service.assembly import Chosen, Seen
from chittyops.capabilities.awareness.service.environments import environment
from chittyops.capabilities.awareness.service.prompt import prompt
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import Unavailable
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import Home

if TYPE_CHECKING:  # nothing of them is needed where the project is known already
    from chittyops.kernel.inventory import Inventory
    from chittyops.kernel.service import Fleet

VISIT_SECONDS = 600.0
"""One visit of a folder counts once in so long a time."""
FRESH_SECONDS = 86400.0
LOOSE_FRESH_SECONDS = 300.0
"""How long a project is taken for unchanged where git does not tell."""


def record(home: Home, root: str, service: str, *, folder: str = "", kind: str = "command") -> None:
    """Remember that a command was run for ``service`` of the project at ``root``: it is meant when in doubt."""
    where = Path(folder or root)
    repository = places.locate(where)
    at = SystemClock().now().timestamp()
    Activities(home).add(Activity(at, root, service, folder or root, repository.head.branch, kind))


def is_project(place: Place) -> bool:
    """Return whether ``place`` lies in something to be read: no bare repository, and no home kept in git as a whole."""
    return bool(place.root) and place.head.state != "bare" and Path(place.root) not in {Path.home(), Path("/")}


@dataclass(frozen=True, slots=True)
class Awareness:
    """What is known in ``home``, and what can be read now."""

    home: Home
    clock: Clock

    def locate(self, folder: Path) -> Place:
        """Return where ``folder`` lies."""
        return places.locate(folder)

    async def see(self, place: Place) -> Seen:
        """Return what can be read of ``place`` at once, and what is remembered of its project."""
        if not is_project(place):
            return Seen(place, None, fresh=True)
        dirty, remark = await self._dirty(place)
        known = SnapshotFiles(self.home).load(place.root)
        limit = FRESH_SECONDS if place.repository and not remark else LOOSE_FRESH_SECONDS
        fresh = known is not None and known.stamp == self._stamp(place, dirty) and self._age(known.read_at) < limit
        return Seen(place, known, fresh, dirty, remark)

    def keep(self, seen: Seen, found: Inventory, fleet: Fleet | None, problem: KnownProblem | None = None) -> Seen:
        """Remember the project as it was just read; ``problem`` is what is wrong with its fleet file."""
        from chittyops.capabilities.awareness.service.snapshot import (  # noqa: PLC0415 - loads all of discovery's words
            snapshot,
        )

        root, now = seen.place.root, self.clock.now().timestamp()
        known = snapshot(root, self._stamp(seen.place, seen.dirty), now, found, fleet, problem)
        SnapshotFiles(self.home).keep(known)
        return replace(seen, snapshot=known, fresh=True)

    def reading_lock(self, place: Place) -> int | None:
        """Return a descriptor that keeps others from reading the project meanwhile; None where somebody does."""
        return try_lock(SnapshotFiles(self.home).lock_path(place.root))

    def project(self, place: Place) -> Choice:
        """Return which of the projects below ``place`` is meant; its own where it lies in one."""
        if place.root or len(place.projects) == 1:
            return Choice(place.root or place.projects[0], "path" if place.root else "only", 1.0)
        known = set(place.projects)

        def told(each: Activity) -> str | None:
            if each.root == place.folder:
                return each.service if each.service in known else None
            return each.root if each.root in known else None

        return choice.choose(place.projects, self._weights(place, told))

    def service(self, seen: Seen) -> Choice:
        """Return which service of the project is meant."""
        place, known = seen.place, seen.snapshot
        if not known:
            return Choice("", "none", 0.0)
        folder = Path(place.folder).relative_to(place.root).as_posix()
        found = choice.within(known, folder)
        names = tuple(dict.fromkeys(each.name for each in found))
        if len(names) == 1:
            by_path = (folder + "/").startswith(found[0].path + "/") or found[0].path in {"", "."}
            return Choice(names[0], "path" if by_path else "only", 1.0, (Candidate(names[0], 1.0),))
        weights = self._weights(place, lambda each: each.service if each.root == place.root else None)
        for name in {choice.owner(known, each.path.rstrip("/")) for each in seen.dirty} & set(names):
            weights[name] = weights.get(name, 0.0) + choice.WEIGHTS["visit"]
        here = len({each.path for each in found}) == 1
        return choice.choose(names, weights, choice.looks(found, Path(place.folder).name) if here else None)

    async def settle(self, seen: Seen, service: Choice) -> Seen:
        """Return ``seen`` with the repository that the chosen service lies in, where that is another one."""
        known = seen.snapshot.service(service.name) if seen.snapshot else None
        if not known:
            return seen
        there = places.locate(Path(seen.place.root) / known.path)
        if there.repository in {"", seen.place.repository}:
            return seen
        place = replace(seen.place, repository=there.repository, head=there.head)
        dirty, remark = await self._dirty(place)
        return replace(seen, place=place, dirty=dirty, remark=remark)

    def environment(self, seen: Seen, service: Choice) -> Choice:
        """Return the environment that the branch stands for."""
        known = seen.snapshot.service(service.name) if seen.snapshot else None
        said = [each for each in Activities(self.home).activities() if each.root == seen.place.root]
        return environment(seen.place.head, assembly.configured(seen.snapshot, known), said)

    def learn(self, place: Place, service: str, kind: str, *, environment: str = "") -> None:
        """Remember a sign of use; a visit only where the last one is a while ago."""
        memory = Activities(self.home)
        now, root = self.clock.now().timestamp(), place.root or place.folder
        if kind == "visit":
            key = (root, service, place.folder, place.head.branch)
            before = (each for each in memory.activities() if now - each.at < VISIT_SECONDS)
            if any((each.root, each.service, each.folder, each.branch) == key for each in before):
                return
        memory.add(Activity(now, root, service, place.folder, place.head.branch, kind, environment))

    async def tell(
        self, seen: Seen, chosen: Chosen, environ: Mapping[str, str], commands: Collection[str], *, quick: bool = False
    ) -> Context:
        """Return the context; ``commands`` are those that can be suggested. ``quick`` leaves out the history."""
        place, known = seen.place, seen.snapshot
        service = known.service(chosen.service.name) if known else None
        centre = await asyncio.to_thread(self._centre, known.fleet if known else "", environ)
        since, history = assembly.base(centre, chosen, "", ""), History()
        if place.head.commit and place.repository and not quick:
            git = _git(place)
            if since.kind == "none":
                since = assembly.base(centre, chosen, await git.tag(), _remote(git))
            try:
                history = await git.history(since, _paths(place, service.path if service else "."))
            except Unavailable as error:
                seen = replace(seen, remark=seen.remark or error.message)
            history = replace(history, files=tuple(assembly.from_root(place, each) for each in history.files))
        root = Path(place.root)
        folders = {each.path: migrations.folder(root / each.path) for each in (service.migrations if service else ())}
        return assembly.context(seen, chosen, centre, since, history, folders, commands)

    def keep_prompt(self, folder: str, context: Context) -> None:
        """Keep the line of the prompt for ``folder``, an absolute path as the shell names it."""
        head = context.head
        lines = [prompt(context), head.file, head.line]
        if any("\n" in line or "\0" in line for line in lines):
            lines[1:] = ["", ""]
        Prompts(self.home, hooks.CACHE_NAME).keep(folder, lines)

    def hook(self, name: str, program: Sequence[str]) -> str:
        """Return the hook ``name`` (a shell's or an agent's); ``program`` is how chittyops is run."""
        if name in hooks.AGENTS:
            return hooks.agent_hook(name, program)
        return hooks.shell_hook(name, str(Prompts(self.home, hooks.CACHE_NAME).folder), program)

    def _centre(self, fleet: str, environ: Mapping[str, str]) -> Centre:
        if not fleet or not ("CHITTYOPS_URL" in environ or (self.home.path / "run" / "api.json").exists()):
            return Centre(remark="centre not running" if fleet else "")
        from chittyops.capabilities.awareness.providers import centre  # noqa: PLC0415 - its HTTP client is slow to load

        return centre.deployments(fleet, environ)

    def _weights(self, place: Place, told: choice.Told) -> dict[str, float]:
        activities, now = Activities(self.home).activities(), self.clock.now().timestamp()
        return choice.weigh(activities, now, place.folder, place.head.branch, told)

    async def _dirty(self, place: Place) -> tuple[tuple[FileChange, ...], str]:
        if not place.repository or place.head.state in {"bare", "none"}:
            return (), ""
        try:
            found = await _git(place).dirty()
        except Unavailable as error:
            return (), error.message
        return tuple(replace(each, path=assembly.from_root(place, each.path)) for each in found), ""

    def _stamp(self, place: Place, dirty: Sequence[FileChange]) -> str:
        below = () if place.repository else places.below(Path(place.root))
        return stamp(place, dirty, [(each, places.head(each).commit, places.git_folder(each)) for each in below])

    def _age(self, at: float) -> float:
        return self.clock.now().timestamp() - at


def _git(place: Place) -> Git:
    repository = Path(place.repository)
    folder = places.git_folder(repository)
    return Git(repository, folder, places.common_folder(folder), place.head)


def _remote(git: Git) -> str:
    """Return the remote's branch of the same name, or ""."""
    name = f"origin/{git.head.branch}"
    there = git.head.state == "branch" and places.commit_of(git.folder, f"refs/remotes/{name}")
    return name if there else ""


def _paths(place: Place, folder: str) -> list[str]:
    """Return the ``folder`` of the project as git sees it: relative to the repository."""
    path = (Path(place.root) / folder).resolve()
    repository = Path(place.repository)
    inside = path != repository and path.is_relative_to(repository)
    return [path.relative_to(repository).as_posix()] if inside else []
