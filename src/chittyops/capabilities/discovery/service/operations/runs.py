"""Which other scripts a command runs, and where it looks for them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command
from chittyops.capabilities.discovery.service.facts.command_line import CONTAINERS, layers
from chittyops.capabilities.discovery.service.facts.shell_words import REPOSITORY, SCRIPT_FOLDER
from chittyops.capabilities.discovery.service.world import World

_INTERPRETERS: Final = frozenset(
    [
        "bash",
        "sh",
        "zsh",
        "dash",
        "ksh",
        "source",
        ".",
        "node",
        "nodejs",
        "tsx",
        "ts-node",
        "ts-node-esm",
        "python",
        "python3",
        "deno",
        "bun",
        "ruby",
        "perl",
        "nodemon",
    ]
)
_VALUED: Final = frozenset(
    [
        "-r",
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "--env-file",
        "--env-file-if-exists",
        "--tsconfig",
        "-P",
        "--project",
        "-O",
        "-C",
        "--conditions",
        "--config",
        "--unstable",
        "--import-map",
        "--watch-path",
        "--exec",
        "-W",
        "-X",
        "-o",
        "--stack-size",
        "--title",
    ]
)
_INLINE: Final = frozenset(
    {"-e", "--eval", "-p", "--print", "-c", "-m", "-s", "-", "--version", "-v", "-V", "--help", "--test"}
)
_CODE: Final = re.compile(r".*\.(?:[cm]?[jt]sx?|py|sh|bash|zsh|rb|pl)")
_NODE: Final = frozenset({"npm", "pnpm", "yarn", "bun"})
_LIFECYCLE: Final = frozenset({"test", "start", "stop", "restart"})
_FOLDER_OPTIONS: Final = frozenset({"--prefix", "-C", "--cwd", "--dir"})
_ELSEWHERE: Final = (
    "-w --workspace -ws --workspaces --workspaces-root -r --recursive --filter -F --if-present --include --parallel "
    "--stream --top-level -T --workspace-root"
)
"""Options of package managers by which a script runs in another package, or need not exist."""
_OF_MANAGERS: Final = frozenset(
    [
        "add",
        "audit",
        "autoclean",
        "bin",
        "build-only",
        "cache",
        "ci",
        "config",
        "constraints",
        "create",
        "dedupe",
        "deploy",
        "dlx",
        "doctor",
        "exec",
        "explain",
        "explore",
        "fetch",
        "fund",
        "generate-lock-entry",
        "global",
        "help",
        "import",
        "info",
        "init",
        "install",
        "install-test",
        "it",
        "link",
        "list",
        "licenses",
        "login",
        "logout",
        "ls",
        "node",
        "npm",
        "outdated",
        "owner",
        "pack",
        "patch",
        "patch-commit",
        "plugin",
        "policies",
        "prune",
        "publish",
        "rebuild",
        "rebase",
        "remove",
        "rm",
        "root",
        "run",
        "run-script",
        "search",
        "self-update",
        "set",
        "setup",
        "store",
        "tag",
        "team",
        "unlink",
        "unplug",
        "up",
        "update",
        "upgrade",
        "upgrade-interactive",
        "version",
        "versions",
        "view",
        "why",
        "whoami",
        "workspace",
        "workspaces",
        "x",
        "i",
        "t",
        "rb",
        "env",
        "server",
        "approve-builds",
        "ping",
        "pm",
        "-v",
        "--version",
    ]
)
_SHORT: Final = {"t": "test", "tst": "test"}
_MAX_PLACES: Final = 12


@dataclass(frozen=True, slots=True)
class Run:
    """A script that a command runs: ``kind`` is file, npm-script, make-target or just-recipe."""

    kind: str
    name: str
    folder: str = ""
    """Where it is looked for, relative to where the command runs."""


def runs(command: Command) -> Iterator[Run]:
    """Yield the scripts that the command runs."""
    for words in layers(command.words):
        if any(" ".join(words[:length]) in CONTAINERS for length in (2, 3)):
            return
        yield from _runs(words)


def _runs(words: Sequence[str]) -> Iterator[Run]:
    first = words[0]
    if first == "uses" and words[1].startswith("./"):
        yield Run("file", words[1][2:])
    elif first in _NODE and (found := _node_script(words)):
        yield found
    elif tuple(words[:2]) == ("deno", "task"):
        yield from (Run("deno-task", name) for name in words[2:3])
    elif first in {"make", "gmake", "just", "task"}:
        yield from _targets(words)
    elif first in _INTERPRETERS:
        yield from (Run("file", path) for path in (_interpreted(words),) if path)
    elif _is_path(first):
        yield Run("file", first)


def _is_path(word: str) -> bool:
    return word.startswith(("./", "../", SCRIPT_FOLDER + "/", REPOSITORY + "/")) or (
        "/" in word and not word.startswith(("/", "~", "$", "@")) and bool(_CODE.fullmatch(word))
    )


def _interpreted(words: Sequence[str]) -> str:
    """Return the file that an interpreter is given, "" where it is given none."""
    rest = list(words[1:])
    if words[0] in {"deno", "bun"} and rest[:1] == ["run"]:
        rest = rest[1:]
    if words[0] == "tsx" and rest[:1] == ["watch"]:
        rest = rest[1:]
    while rest:
        word = rest.pop(0)
        if word == "-c" and words[0] in {"node", "nodejs"}:
            continue  # checks the file that follows
        if word in _INLINE or word in {"<<", ">"}:
            return ""
        if word in _VALUED:
            rest = rest[1:]
        elif not word.startswith("-"):
            known = _CODE.fullmatch(word) or word.startswith(("./", "../", SCRIPT_FOLDER, REPOSITORY))
            return word if known and "://" not in word else ""
    return ""


def _node_script(words: Sequence[str]) -> Run | None:
    """Return the script of a package.json that is run, None for everything else a package manager does."""
    folder, rest = "", list(words[1:])
    plain: list[str] = []
    while rest and rest[0] != "--":
        word = rest.pop(0)
        name, _, value = word.partition("=")
        if name in _FOLDER_OPTIONS:
            folder = value or (rest.pop(0) if rest else "")
        elif name in _ELSEWHERE.split():
            return None
        elif not word.startswith("-") and word not in {">", "<<"}:
            plain.append(word)
        elif plain and plain[0] not in {"run", "run-script"}:
            break
    if not plain:
        return None
    if plain[0] in {"run", "run-script"}:
        return Run("npm-script", plain[1], folder) if len(plain) > 1 and not _CODE.fullmatch(plain[1]) else None
    name = _SHORT.get(plain[0], plain[0])
    if name in _LIFECYCLE and words[0] != "bun":
        return Run("npm-script", name, folder)
    if words[0] in {"pnpm", "yarn"} and name not in _OF_MANAGERS and not name.startswith("$"):
        return Run("npm-command", name, folder)
    return None


def _targets(words: Sequence[str]) -> Iterator[Run]:
    kind = {"just": "just-recipe", "task": "task"}.get(words[0], "make-target")
    folder, rest = "", list(words[1:])
    while rest:
        word = rest.pop(0)
        if word in {"-C", "--directory", "-d", "--working-directory"}:
            folder = rest.pop(0) if rest else ""
        elif word in {"-f", "--file", "-t", "--taskfile"}:
            return
        elif word in {">", "<<", "--"}:
            break
        elif not word.startswith("-") and "=" not in word:
            yield Run(kind, word, folder)
            if kind != "make-target":
                return


@dataclass(frozen=True)
class Origin:
    """Where a script stands, and so where its commands may run."""

    world: World
    path: str
    kind: str

    @property
    def certain(self) -> bool:
        """Tell whether it is known where the script is started."""
        return self.kind in {"npm-script", "make-target", "task", "job"}

    @cached_property
    def _folder(self) -> str:
        return posixpath.dirname(self.path)

    @cached_property
    def _repository(self) -> str:
        found = self.world.repository(self.path)
        return "" if found == "." else found

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """Return the folders it may be started in; "" is the workspace."""
        if self.kind == "job" or (self.kind == "task" and "/.github/" in f"/{self.path}"):
            return (self._repository,)
        if self.certain:
            return (self._folder,)
        found = [self._folder]
        while found[-1] not in {"", self._repository} and len(found) < _MAX_PLACES:
            found.append(posixpath.dirname(found[-1]))
        return tuple(found)

    def places(self, folder: str) -> tuple[str, ...]:
        """Return what ``folder`` may be, as seen by a command; () where that cannot be known."""
        bases: tuple[str, ...]
        if folder.startswith(SCRIPT_FOLDER):
            bases, rest = (self._folder,), folder[len(SCRIPT_FOLDER) :]
        elif folder.startswith(REPOSITORY):
            bases, rest = (self._repository,), folder[len(REPOSITORY) :]
        else:
            bases, rest = self.starts, f"/{folder}"
        if "$" in rest or "*" in rest or "~" in rest or folder.startswith("/") or "{" in rest:
            return ()
        joined = (posixpath.normpath(f"{base}{rest}".lstrip("/") or ".") for base in bases)
        return tuple("" if each == "." else each for each in joined if each != ".." and not each.startswith("../"))

    def paths(self, command: Command, word: str) -> tuple[str, ...]:
        """Return the paths that ``word`` may name for the command; () where that cannot be known."""
        if word.startswith((SCRIPT_FOLDER, REPOSITORY)) or not command.folder:
            return self.places(word)
        return () if word.startswith(("/", "$")) else self.places(f"{command.folder}/{word}")
