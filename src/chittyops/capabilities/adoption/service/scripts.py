"""What becomes of every script and workflow: replaced by a command, wrapped as a task, or left."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chittyops.capabilities.adoption.model import Abilities, Disposition, Outcome, Present, script_key
from chittyops.capabilities.adoption.service.checks import required
from chittyops.capabilities.adoption.service.functions import Function, Known, function, settings
from chittyops.capabilities.adoption.service.handing import Handing
from chittyops.capabilities.adoption.service.tasks import Board, is_schedule, place, task, whole_line
from chittyops.kernel.edit import Edit
from chittyops.kernel.inventory import CAPABILITIES, Action, FoundService, Inventory, Script, Workflow
from chittyops.kernel.kept import is_kept_file, kept_script, kept_target

_PLACES: Final = re.compile(
    r"(?:^|/)(?:tests?|__tests__|e2e|spec|docs?|documentation|examples?|samples?|fixtures?|templates?|vendor(?:ed)?|"
    r"third[_-]party|node_modules|archived?|legacy[^/]*|deprecated|\.quarantine|quarantine|attached_assets|backups?)/",
    re.IGNORECASE,
)
_WRITES: Final = re.compile(r"(?<![0-9&<>=-])>{1,2}\s*(?![&/\s=]|$)|>\s*/(?!dev/)|\bsed\s+-i|\b(?:tee|mv|ln|rm)\s")
"""What a shell text holds that writes files: its commands alone do not tell what for."""
_HOOK: Final = re.compile(r"(?:^|/)\.(?:husky|githooks|git)/|(?:^|/)\.[^/]+/hooks/|(?:^|/)git-?hooks/")
_NOT_OURS: Final = frozenset({"copy", "template", "legacy", "quarantined", "library"})
_BY_BUILD: Final = frozenset({"build", "install"})
INTERPRETERS: Final = {"shell": "bash", "javascript": "node", "typescript": "npx tsx", "python": "python3"}
_KINDS: Final = frozenset({"shell", "javascript", "typescript", "python", "npm-script", "make-target", "cron", "task"})


@dataclass(slots=True)
class Sorter:
    """Sorts scripts one by one; ``edits`` grows with what each of them tells."""

    inventory: Inventory
    known: Known
    abilities: Abilities
    present: Present
    texts: Mapping[str, str]
    board: Board
    handing: Handing
    edits: list[Edit] = field(default_factory=list)
    _repositories: frozenset[str] = frozenset()
    _schedules: Mapping[str, str] = field(default_factory=dict)
    _required: dict[str, dict[str, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know the repositories by the services in them, and which scripts are run on a schedule."""
        self._schedules = schedules(self.inventory.scripts)
        self._repositories = frozenset(
            each.repository for each in self.inventory.services if each.repository not in ("", ".")
        )

    def script(self, script: Script) -> Disposition | None:
        """Return what becomes of ``script``; None for what adoption made itself."""
        if _is_kept(script):
            return None
        key = script_key(script.path, script.name, script.kind)
        if (before := self.present.retired.get(key)) and _runs_us(script):
            return before
        if script.kind == "cron" and not _PLACES.search(script.path):
            return self._cron(script)
        service = self.known.of_script(script.path, script.service)
        checked = required(script, self.texts.get(script.path, ""), service) if service else ()
        if reason := next(self._reasons(script, service, checks=bool(checked)), ""):
            return self._disposition(script, service, Outcome.LEFT, reason)
        return self._checked(script, service, checked) if service and checked else self._adopted(script, service)

    def _checked(self, script: Script, service: FoundService, names: tuple[str, ...]) -> Disposition:
        """Return what becomes of a script that checks that the variables ``names`` are set: a rule checks that."""
        self._required.setdefault(self.known.name(service), {}).update(dict.fromkeys(names))
        command, reason = "chittyops config validate", "its checks are rules of the fleet file"
        done = self._disposition(script, service, Outcome.REPLACED, reason, command=command)
        return replace(done, does="check variables")

    def rules(self) -> Iterator[Edit]:
        """Yield a rule for each service whose variables scripts check."""
        for name, names in self._required.items():
            yield Edit(("rules", name, "services"), (name,))
            yield Edit(("rules", name, "require"), tuple(names))

    def _adopted(self, script: Script, service: FoundService | None) -> Disposition:
        covered = self._functions(script, service)
        functions = [each for each in covered if each]
        commands = tuple(dict.fromkeys(command for each in functions for command in each.commands))
        done = all(self._done(action, each, service) for action, each in zip(script.actions, covered, strict=True))
        if commands and done and self._is_told_whole(script):
            reason = "all it does is in the fleet file"
            return self._disposition(script, service, Outcome.REPLACED, reason, command=" && ".join(commands))
        return self._wrapped(script, service, functions)

    def _functions(self, script: Script, service: FoundService | None) -> list[Function | None]:
        """Return what does each action of ``script`` from now on, None for one that nothing does."""
        handed = self.handing.functions(script)
        covered = [
            handed.get(at) if action.category == "secrets" else self._covered(action, script, service)
            for at, action in enumerate(script.actions)
        ]
        lines = {
            action.command: each for action, each in zip(script.actions, covered, strict=True) if each and each.whole
        }
        return [lines.get(action.command, each) for action, each in zip(script.actions, covered, strict=True)]

    def _is_told_whole(self, script: Script) -> bool:
        """Return whether its commands tell all that a script does: a program does more, as does what writes files."""
        if script.uses or script.kind not in {"shell", "npm-script", "make-target"}:
            return False
        return script.kind != "shell" or not _WRITES.search(self.texts.get(script.path, ""))

    def workflow(self, workflow: Workflow) -> Disposition:
        """Return what becomes of ``workflow``: its vendor runs it, so it is left, and said what could do its work."""
        service = self.known.of_script(workflow.path, workflow.service)
        found = [each for each in (self._covered(action, None, service) for action in workflow.actions) if each]
        there = dict.fromkeys(each.command for each in found if each.able or each.until)
        later = [each for each in dict.fromkeys(each.command for each in found) if each not in there]
        reason = "CI runs it" if workflow.active else f"it never runs: {workflow.reason}"
        if any(category in CAPABILITIES and category != "testing" for category in workflow.categories):
            reason += f"; its ops steps can become {', '.join(f'`{each}`' for each in there)}" if there else ""
            reason += "; its ops steps can become the planned commands" if later else ""
        does = ", ".join(dict.fromkeys(action.verb for action in workflow.actions)) or workflow.name
        name = self.known.name(service) if service else workflow.service
        planned = " && ".join(later)
        return Disposition(workflow.path, workflow.name, "workflow", name, does, Outcome.LEFT, reason, planned=planned)

    def _covered(self, action: Action, script: Script | None, service: FoundService | None) -> Function | None:
        about = self.known.of_action(action, script.path, script.service) if script else service
        if about:
            self.edits += settings(action, about, self.known)
        return function(action, about, self.known, self.abilities)

    def _done(self, action: Action, found: Function | None, service: FoundService | None) -> bool:
        if found:
            return found.able
        return action.category in _BY_BUILD and service is not None and bool(service.build)

    def _reasons(self, script: Script, service: FoundService | None, *, checks: bool) -> Iterator[str]:
        """Yield why a script is left as it is; nothing for one that is adopted."""
        if not script.path.isprintable() or "\\" in script.path:
            yield "its path cannot be written"
        if _PLACES.search(script.path):
            yield "it lies among tests, documents, templates, copies or other people's code"
        if script.path in self._schedules:
            return
        work = set(script.categories) & set(CAPABILITIES)
        if (script.kind not in _KINDS or not work) and not checks:
            yield "no ops work"
        if script.uses and not any(action.category in CAPABILITIES for action in script.actions):
            yield f"all it does is run {', '.join(script.uses)}"
        if _HOOK.search(script.path):
            yield "it is a hook: git or an editor calls it by its place"
        around = [each for each in self.inventory.services if script.path.startswith(f"{each.path}/")]
        owner = max(around, key=lambda each: len(each.path), default=None)
        if owner is not None and owner.status in _NOT_OURS:
            model = f" of {owner.copy_of}" if owner.copy_of else ""
            yield f"it belongs to {owner.path}, which is {owner.status}{model}"
        by_hand = script.kind in {"npm-script", "make-target"} or not any(_runs_tests(each) for each in script.actions)
        if work == {"testing"} and by_hand:
            yield "it tests or checks the code: it stays the way that is done by hand"
        if service and self._is_test_run(script, service):
            yield "it is how the service's tests are run"

    def _cron(self, script: Script) -> Disposition:
        """Return what becomes of a cron entry: the task that it runs is due when it was."""
        service = self.known.of_script(script.path, script.service)
        due = "chittyops task due --run"
        if script.uses:
            reason = f"the schedule is that of the task of {', '.join(script.uses)}"
            return self._disposition(script, service, Outcome.REPLACED, reason, command=due)
        line = whole_line(script, self.texts.get(script.path, ""))
        if not line:
            reason = "it is a line for a shell: put it into a script, and adopt that"
            return self._disposition(script, service, Outcome.LEFT, reason)
        done = self._wrapped(
            replace(script, actions=tuple(replace(each, command=line) for each in script.actions[:1])), service, []
        )
        return replace(done, reason="it is a task with this schedule")

    def _is_test_run(self, script: Script, service: FoundService) -> bool:
        """Return whether this script runs the service's tests, or will, where it has no other way to run them.

        To replace it would go in a circle.
        """
        if script.kind not in INTERPRETERS or set(script.categories) & set(CAPABILITIES) != {"testing"}:
            return False
        path = posixpath.relpath(script.path, service.path)
        command = f"{INTERPRETERS[script.kind]} {shlex.quote(path)}"
        if service.tests and service.tests.command:
            return path in service.tests.command.split() or f"./{path}" in service.tests.command.split()
        keys = ("services", self.known.name(service), "tests")
        given = next((edit for edit in self.edits if edit.keys == keys), None)
        if given is None:
            self.edits.append(Edit(keys, command))
        return given is None

    def _wrapped(self, script: Script, service: FoundService | None, functions: list[Function]) -> Disposition:
        name = self.known.name(service) if service else ""
        where = place(script, service, name, self._repositories)
        base = service.path if service else "."
        text, schedule = self.texts.get(script.path, ""), self._schedules.get(script.path, "")
        title, edits = task(script, where, base, text, self.board, schedule)
        self.edits += edits
        planned = tuple(dict.fromkeys(each.command for each in functions if not each.able and not each.until))
        return self._disposition(
            script,
            service,
            Outcome.WRAPPED,
            _why_wrapped(script, functions),
            command=f"chittyops task run {title}",
            planned=" && ".join(planned),
            task=title,
        )

    def _disposition(
        self,
        script: Script,
        service: FoundService | None,
        outcome: Outcome,
        reason: str,
        *,
        command: str = "",
        planned: str = "",
        task: str = "",
    ) -> Disposition:
        does = ", ".join(dict.fromkeys(action.verb for action in script.actions if action.category in CAPABILITIES))
        name = self.known.name(service) if service else script.service
        return Disposition(
            script.path, script.name, script.kind, name, does or script.summary, outcome, reason, command, planned, task
        )


def schedules(scripts: Iterable[Script]) -> dict[str, str]:
    """Return when cron runs which script, by the script's path."""
    return {
        path: script.name
        for script in scripts
        if script.kind == "cron" and is_schedule(script.name)
        for path in script.uses
    }


def _why_wrapped(script: Script, functions: Sequence[Function]) -> str:
    """Return why a task runs ``script``, and what has to be done before a command can."""
    later = dict.fromkeys(f"`{each.command}` does it {each.until}" for each in functions if each.until)
    if not functions:
        return "nothing in ChittyOps does this work itself"
    if len(functions) < len(script.actions):
        return "; ".join(("a part of it has a command, the rest does not", *later))
    if later:
        return "; ".join(later)
    if all(each.able for each in functions):
        return "it may do more than its commands tell"
    return "its settings are in the fleet file; the command that will replace it is planned"


def _runs_tests(action: Action) -> bool:
    return action.category == "testing" and action.verb.startswith("run ")


def _is_kept(script: Script) -> bool:
    return is_kept_file(script.path) or script.name.startswith((kept_script(""), kept_target("")))


def _runs_us(script: Script) -> bool:
    """Return whether a script is the shim that adoption put there: nothing in it does ops work but ChittyOps itself."""
    return all(action.tool in {"chittyops", "cd", "exec"} for action in script.actions)
