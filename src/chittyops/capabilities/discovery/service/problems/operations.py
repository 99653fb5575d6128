"""Scripts and workflows that name what does not exist."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from msgspec import structs

from chittyops.capabilities.discovery.model.facts import Command, Deployment
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly import entries
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.command_line import unwrap
from chittyops.capabilities.discovery.service.graph.index import is_live
from chittyops.capabilities.discovery.service.operations.catalogue import Catalogue, inert
from chittyops.capabilities.discovery.service.operations.classify import option, options
from chittyops.capabilities.discovery.service.operations.runs import Origin, Run, runs
from chittyops.capabilities.discovery.service.problems import checks
from chittyops.capabilities.discovery.service.problems.members import Members
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "unknown-environment": ("error", "A command names an environment that its configuration does not have."),
    "unknown-config": ("error", "A command names a configuration file that does not exist."),
    "unknown-script": ("error", "A command runs a script, file or target that does not exist."),
    "inert-workflow": ("warning", "A workflow stands where it is never run, or says itself that it never runs."),
    **checks.CODES,
}
_ASIDE: Final = re.compile(
    r"(?:^|/)(?:(?:[^/]*[-_.])?tests?|__tests__|spec|e2e|fixtures?|examples?|samples?|demos?"
    r"|templates?|skeletons?|boilerplates?|docs?|archived?|legacy[^/]*|backups?|deprecated|old|\.?quarantine|attached_assets|vendor|third_party|node_modules)/",
    re.IGNORECASE,
)
"""Folders whose scripts are nobody's operations."""
_BUILT: Final = re.compile(
    r"(?:^|/)(?:dist|build|out|output|target|coverage|generated|node_modules|tmp|_|\.(?!github|husky|config|scripts)[\w-]+)(?:/|$)"
)
"""Folders that commands make."""
_SHELL_KINDS: Final = frozenset({"shell", "npm-script", "make-target", "task", "job"})
_CONFIG_READERS: Final = frozenset(
    [
        "wrangler",
        "vite",
        "vitest",
        "jest",
        "drizzle-kit",
        "playwright",
        "eslint",
        "tsup",
        "fly",
        "railway",
        "docker",
        "docker-compose",
        "alembic",
        "webpack",
        "rollup",
        "prettier",
    ]
)
_SHORT_CONFIG: Final = {
    "docker": ("-f",),
    "docker-compose": ("-f",),
    "wrangler": ("-c",),
    "alembic": ("-c",),
    "fly": ("-c",),
}
_WRANGLER_FILES: Final = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
_READS_STAGE: Final = frozenset(
    [
        "deploy",
        "publish",
        "dev",
        "secret",
        "versions",
        "tail",
        "d1",
        "kv",
        "r2",
        "rollback",
        "deployments",
        "delete",
        "triggers",
        "types",
        "queues",
        "kv:key",
        "kv:namespace",
        "kv:bulk",
        "secret:bulk",
    ]
)
_RUNS_SQL: Final = {("wrangler", "d1", "execute"): ("--file",), ("psql",): ("-f", "--file")}
_IN_CONTAINERS: Final = frozenset({"docker compose", "docker exec", "docker-compose exec", "docker-compose run"})
_FETCHES: Final = re.compile(
    r"git (?:clone|submodule|checkout|worktree)|unzip|tar|gh (?:repo clone|release download)|degit"
    r"|(?:npm|pnpm|yarn|bun) (?:init|create)|npx create-.*"
)
_FETCHING_ACTION: Final = re.compile(r"actions/download-artifact|.*/download-")


@dataclass(frozen=True)
class _Script:
    """The commands of one script or job, with where they stand."""

    origin: Origin
    commands: Sequence[Command]

    @cached_property
    def made(self) -> frozenset[str]:
        """Return the names of files that the commands make or test for: they need not be there."""
        found: set[str] = set()
        for command in self.commands:
            words = command.words
            found.update(words[at + 1] for at, word in enumerate(words[:-1]) if word in {">", "-o", "--output", "-O"})
            if words[0] in {"[", "[["}:
                found.update(words)
            elif words[0] in {"cp", "mv", "tee", "touch", "ln", "install", "test", "ls"}:
                found.update(words[1:])
        return frozenset(posixpath.basename(word) for word in found)

    @cached_property
    def fetches(self) -> bool:
        """Tell whether the commands bring files from elsewhere."""
        return any(_brings_files(command) for command in self.commands)

    def certain(self, run: Run) -> bool:
        """Tell whether the job runs an npm script of the repository that it has checked out."""
        return run.kind == "npm-script" and self.origin.kind == "job" and self.checked_out

    @cached_property
    def checked_out(self) -> bool:
        """Tell whether the files of the repository are there: a job has them only once it asks for them."""
        return self.origin.kind != "job" or any(
            each.words[0] == "uses" and each.words[1].startswith("actions/checkout") for each in self.commands
        )

    def there(self, folder: str) -> bool:
        """Tell whether ``folder`` is one of the workspace."""
        return not folder or folder in self.origin.world.folders

    def makes(self, path: str) -> bool:
        """Tell whether ``path`` may be made while the commands run, or by a build before."""
        built = _BUILT.search(path) is not None and not entries.never_made(self.origin.world, path)
        return posixpath.basename(path) in self.made or built


def _brings_files(command: Command) -> bool:
    words = command.words
    if words[0] == "uses":
        elsewhere = any(word.startswith(("repository=", "path=")) and not word.endswith("=") for word in words[2:])
        return bool(_FETCHING_ACTION.match(words[1])) or (words[1].startswith("actions/checkout") and elsewhere)
    return _FETCHES.match(" ".join(words[:3])) is not None


def find(world: World) -> Iterator[Finding]:
    """Yield what the scripts and workflows of the workspace have wrong."""
    known, members = Catalogue(world), Members(world)
    for script in _scripts(world, known):
        yield from _unknown(world, known, script)
        if not script.fetches:
            yield from members.find(script.origin, script.commands)
        actions = [(each, action) for each in script.commands for action in known.does(script.origin, each)]
        yield from checks.find(script.origin.path, script.origin.kind, actions, script.commands)
    for facts in world.facts.values():
        told = any(each.code == "inert-workflow" for each in facts.problems)
        # A template's own workflows run where it is copied to.
        told = told or any(each.status == "template" for each in world.owners(facts.path))
        if facts.workflow and not told and not places.template(posixpath.dirname(facts.path)):
            yield from _inert(facts.path, inert(world, facts))
        for job in facts.workflow.jobs if facts.workflow else ():
            if not _ASIDE.search(facts.path) and not inert(world, facts):
                yield from checks.tests_nothing(facts.path, job)


def _scripts(world: World, known: Catalogue) -> Iterator[_Script]:
    for path, script in known.scripts.values():
        if script.kind in _SHELL_KINDS and not _ASIDE.search(path):
            yield _Script(Origin(world, path, script.kind), script.commands)
    for path, facts in world.facts.items():
        if _ASIDE.search(path):
            continue
        if facts.workflow and not inert(world, facts):
            for job in facts.workflow.jobs:
                yield _Script(Origin(world, path, "job"), job.commands)
        for each in facts.deployments:
            if any(line for _, line in each.commands) and is_live(facts, each):
                yield _Script(Origin(world, path, "npm-script"), tuple(_commands(each)))


def _commands(deployment: Deployment) -> Iterator[Command]:
    """Yield the commands that a platform runs to build and start a deployment."""
    for text, line in deployment.commands:
        for each in shell.commands(text, line) if line else ():
            folder = posixpath.normpath(posixpath.join(deployment.command_folder, each.folder))
            yield structs.replace(each, folder="" if folder == "." else folder)


def _inert(path: str, reason: str) -> Iterator[Finding]:
    if reason:
        severity = "info" if _ASIDE.search(path) or "disabled" in path else "warning"
        hint = "move it to .github/workflows of the repository's root, or delete it"
        yield Finding("inert-workflow", severity, path, f"the workflow never runs: {reason}", 1, 1, hint)


def _unknown(world: World, known: Catalogue, script: _Script) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for command in script.commands:
        words = unwrap(command.words)
        if " ".join(command.words[:2]) in _IN_CONTAINERS:
            continue
        found = [*_unknown_config(world, script, command, words), *_unknown_stage(world, script, command, words)]
        # A file that is run without regard for failures may be absent; an npm script that is absent never runs.
        found += _missing_input(world, script, command, words)
        judged = [each for each in runs(command) if not command.ignored or script.certain(each)]
        found += (each for run in judged for each in _unknown_script(world, known, script, command, run))
        for each in found:
            # One mistake is told once, where the script makes it first.
            if (each.code, each.message) not in seen:
                seen.add((each.code, each.message))
                yield each


def _unknown_config(world: World, script: _Script, command: Command, words: Sequence[str]) -> Iterator[Finding]:
    if words[0] not in _CONFIG_READERS:
        return
    for name in options(words, ("--config", *_SHORT_CONFIG.get(words[0], ()))):
        paths = (
            script.origin.paths(command, name)
            if "." in posixpath.basename(name) and not name.startswith(".env")
            else ()
        )
        there = any(path in world.paths or path in world.folders for path in paths)
        if not paths or there or script.fetches or any(script.makes(path) for path in (name, *paths)):
            continue
        message = f"{words[0]} is told to read {name}, which does not exist"
        hint = f"correct the name, or add {paths[0]}"
        yield Finding("unknown-config", "error", script.origin.path, message, command.line, 0, hint)


def _unknown_stage(world: World, script: _Script, command: Command, words: Sequence[str]) -> Iterator[Finding]:
    if words[0] != "wrangler" or not _READS_STAGE.intersection(words[1:2]):
        return
    stage = option(words, ("--env", "-e"))
    if not stage or not re.fullmatch(r"[\w-]+", stage):
        return
    named = option(words, ("--config", "-c"))
    configs = _configs(world, script, command, named)
    if not configs or any(script.makes(path) for path in configs) or script.fetches:
        return
    stages = {path: _stages(world, path) for path in configs}
    if any(not known or stage in known for known in stages.values()):
        return
    path = next(iter(stages))
    there = ", ".join(sorted(filter(None, stages[path])))
    message = f'wrangler is told to use the environment "{stage}", which {path} does not have'
    hint = f"add env.{stage} to {path}, or name one that it has: {there or 'it has none'}"
    # Without any environment wrangler warns, and deploys another worker without the bindings meant for it.
    yield Finding(
        "unknown-environment", "error" if there else "warning", script.origin.path, message, command.line, 0, hint
    )


def _configs(world: World, script: _Script, command: Command, named: str) -> tuple[str, ...]:
    """Return the configurations that wrangler may read there; () where that is not known."""
    if named:
        return tuple(path for path in script.origin.paths(command, named) if path in world.paths)
    found = []
    tried = script.origin.paths(command, ".")
    # Where the script cannot have gone, it reads nothing.
    for place in [each for each in tried if (each or ".") in world.folders] or tried:
        folder = place
        while not (here := [path for name in _WRANGLER_FILES if (path := posixpath.join(folder, name)) in world.paths]):
            if not folder or folder in world.repositories:
                break
            folder = posixpath.dirname(folder)
        found += here[:1]
    return tuple(dict.fromkeys(found))


def _stages(world: World, path: str) -> frozenset[str]:
    """Return the environments of the configuration at ``path``, "" among them; none where it cannot be read."""
    facts = world.facts.get(path)
    return frozenset(name for each in facts.deployments for name in ("", *each.stages)) if facts else frozenset()


def _unknown_script(world: World, known: Catalogue, script: _Script, command: Command, run: Run) -> Iterator[Finding]:
    if re.search(r"[$*{}<>]", run.name.replace("$(dirname $0)", "").replace("$(git rev-parse --show-toplevel)", "")):
        return
    told = (
        _missing_file(world, script, command, run)
        if run.kind == "file"
        else _missing_name(world, known, script, command, run)
    )
    if told and not script.fetches:
        severity = "warning" if command.ignored else "error"
        yield Finding("unknown-script", severity, script.origin.path, told[0], command.line, 0, told[1])


def _missing_input(world: World, script: _Script, command: Command, words: Sequence[str]) -> Iterator[Finding]:
    """Find a file of SQL that a database is told to run and that is not there."""
    known = next((names for start, names in _RUNS_SQL.items() if words[: len(start)] == start), ())
    for name in options(words, known) if known and not command.ignored and not script.fetches else ():
        told = None if re.search(r"[$*{}<>]", name) else _missing_file(world, script, command, Run("file", name))
        if told:
            yield Finding("unknown-script", "error", script.origin.path, told[0], command.line, 0, told[1])


def _missing_file(world: World, script: _Script, command: Command, run: Run) -> tuple[str, str] | None:
    if not re.search(r"\.\w+$", run.name):
        return None
    paths = script.origin.paths(command, run.name)
    if not paths or any(path in world.paths or path in world.folders for path in paths):
        return None
    if any(script.makes(path) or _is_standalone(world, path) for path in paths):
        return None
    name = paths[0] if "$" in run.name else run.name
    return f"{name} is run and does not exist", f"correct the path, or add {paths[0]}"


def _is_standalone(world: World, path: str) -> bool:
    """Return whether ``path`` is the server that Next's standalone build makes beside its package, in the image."""
    folder, name = posixpath.split(path)
    manifest = world.facts.get(posixpath.join(folder, "package.json"))
    package = manifest.package if manifest else None
    return name == "server.js" and package is not None and any(each == "next" for each, _, _ in package.dependencies)


def _missing_name(
    world: World, known: Catalogue, script: _Script, command: Command, run: Run
) -> tuple[str, str] | None:
    manager = unwrap(command.words)[0]
    if run.kind not in {"npm-script", "make-target"} or (manager in {"yarn", "bun"} and ":" not in run.name):
        return None
    # npm starts server.js without a script, and a target with a dot or slash is a file that a rule may make.
    if re.search(r"[./]", run.name) if run.kind == "make-target" else run.name in {"start", "stop", "restart"}:
        return None
    files = known.files(script.origin, command, run)
    if not files and run.kind == "npm-script":
        return _no_manifest(script, command, run)
    if not files or any(known.knows(path, run.name) or not _tells(world, path) for path in files):
        return None
    if any(script.makes(path) for path in files):
        return None
    word = "script" if run.kind == "npm-script" else "target"
    return f'{files[0]} has no {word} "{run.name}"', f"add it to {files[0]}, or correct the name"


def _no_manifest(script: _Script, command: Command, run: Run) -> tuple[str, str] | None:
    """Return that a script is run where it is known that there is no manifest at all."""
    places = script.origin.paths(command, run.folder or ".")
    manifests = [posixpath.join(place, "package.json") for place in places]
    known = script.origin.certain and script.checked_out and places and all(map(script.there, places))
    if not known or any(script.makes(path) for path in manifests):
        return None
    message = f'there is no package.json that could have the script "{run.name}"'
    return message, f"add {manifests[0]}, or take the command out"


def _tells(world: World, path: str) -> bool:
    """Tell whether the file at ``path`` could be read."""
    facts = world.facts.get(path)
    return facts is not None and not any(each.code == "unparsable" for each in facts.problems)
