"""GitHub's workflows and composite actions: jobs, steps, triggers, secrets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_yaml
from chittyops.capabilities.discovery.model.facts import Command, Facts, ScriptFacts, Secret, WorkflowFacts
from chittyops.capabilities.discovery.service.facts import shell, shipping
from chittyops.capabilities.discovery.service.facts.reading import document
from chittyops.capabilities.discovery.service.facts.shell_words import HIDDEN, SECRET_NAME
from chittyops.kernel.inventory import Finding

PATH: Final = r"(?:.*/)?\.github/workflows[^/]*/[^/]+\.ya?ml"
_LIVE: Final = re.compile(r"(?:.*/)?\.github/workflows/[^/]+")
ACTION: Final = r"(?:.*/)?\.github/actions/(?:.*/)?action\.ya?ml"

EVENTS: Final = frozenset(
    [
        "branch_protection_rule",
        "check_run",
        "check_suite",
        "create",
        "delete",
        "deployment",
        "deployment_status",
        "discussion",
        "discussion_comment",
        "fork",
        "gollum",
        "image_version",
        "issue_comment",
        "issues",
        "label",
        "member",
        "merge_group",
        "milestone",
        "page_build",
        "project",
        "project_card",
        "project_column",
        "public",
        "pull_request",
        "pull_request_comment",
        "pull_request_review",
        "pull_request_review_comment",
        "pull_request_target",
        "push",
        "registry_package",
        "release",
        "repository_dispatch",
        "schedule",
        "status",
        "watch",
        "workflow_call",
        "workflow_dispatch",
        "workflow_run",
    ]
)
"""https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows"""
_SECRET: Final = re.compile(r"\$\{\{[^{}]*?\bsecrets\.([A-Za-z_]\w*)")
_EXPRESSION: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_NAMED: Final = re.compile(
    r"(?:secrets|vars|env|inputs|matrix|github|steps|needs|runner|job)(?:\.[\w-]+)*\.([A-Za-z_][\w-]*)"
)
_BLOCK: Final = re.compile(r":\s*[|>][+-]?\d*\s*(?:#.*)?$")
_SHELLS: Final = ("bash", "sh", "zsh", "")
_LONGEST_INPUT: Final = 300
_NEVER: Final = frozenset({"false", "${{ false }}", "${{false}}"})


def read(path: str, text: str) -> Facts:
    """Return what a workflow tells."""
    found, problems = document(path, text, parse_yaml)
    if not found.data:
        return Facts(path, kind="config", problems=problems or (_commented_out(path),))
    reader = _Reader(found, text)
    jobs = tuple(reader.job(name) for name, job in found.table("jobs").items() if isinstance(job, dict))
    secrets = tuple(_secrets(text))
    name = found.text("name") or path.rpartition("/")[2]
    workflow = WorkflowFacts(plain(name), tuple(_triggers(found)), jobs, secrets)
    expected = [Secret(name, line, "workflow") for name, line in secrets]
    put = [secret for job in jobs for secret in shell.secrets_put(job.commands)]
    return Facts(
        path,
        kind="config",
        workflow=workflow,
        deployments=tuple(shipping.deployments(jobs)) if _LIVE.fullmatch(path) else (),
        secrets=(*expected, *put),
        problems=(*problems, *_inert(path, found)),
    )


def _commented_out(path: str) -> Finding:
    message = "the workflow never runs: all of it is commented out"
    return Finding("inert-workflow", "warning", path, message, 1, 1, "delete it: the history keeps it")


def action(path: str, text: str) -> Facts:
    """Return what a composite action tells: one script, made of its steps."""
    found, problems = document(path, text, parse_yaml)
    reader = _Reader(found, text)
    steps = tuple(reader.steps(("runs", "steps"), "", ()))
    name = path.split("/")[-2]
    script = ScriptFacts(name=name, kind="task", line=1, commands=steps, summary=found.text("description")[:200])
    return Facts(path, kind="config", scripts=(script,) if steps else (), problems=problems)


def _secrets(text: str) -> Iterator[tuple[str, int]]:
    """Yield each secret once, with the line that names it first."""
    seen = {"GITHUB_TOKEN"}
    for match in _SECRET.finditer(text):
        if match[1] not in seen:
            seen.add(match[1])
            yield match[1], text.count("\n", 0, match.start(1)) + 1


def _triggers(found: Document) -> Iterator[str]:
    on = found.at("on")
    for event in (on,) if isinstance(on, str) else on or () if isinstance(on, list | dict) else ():
        crons = [row["cron"] for _, row in found.rows("on", "schedule") if isinstance(row.get("cron"), str)]
        if event == "schedule" and crons:
            yield from (f"schedule: {cron}" for cron in crons)
        elif isinstance(event, str):
            yield event


def _inert(path: str, found: Document) -> Iterator[Finding]:
    """Yield why GitHub never runs this workflow, where the file itself says so."""
    jobs = found.table("jobs")
    events = [trigger.partition(":")[0] for trigger in _triggers(found)]
    if not jobs:
        reason, line, hint = "it has no jobs", found.line("jobs"), "add a job, or delete the file"
    elif not events:
        reason, line, hint = "it has no triggers", found.line("on"), "say under `on` what starts it"
    elif not any(event in EVENTS for event in events):
        reason = f"GitHub knows no event called {', '.join(events)}"
        line, hint = found.line("on"), "name an event that GitHub sends"
    elif all(isinstance(job, dict) and job.get("if") in _NEVER for job in jobs.values()):
        line = found.line("jobs", next(iter(jobs)), "if")
        reason, hint = "all of its jobs are switched off", "delete the file, or take `if: false` away"
    else:
        return
    yield Finding("inert-workflow", "warning", path, f"the workflow never runs: {reason}", line, 1, hint)


class _Reader:
    """Makes commands of steps."""

    def __init__(self, found: Document, text: str) -> None:
        self._found = found
        self._lines = text.splitlines()

    def job(self, name: str) -> ScriptFacts:
        """Return the commands of a job, or its call of another workflow."""
        keys = ("jobs", name)
        folder = self._folder(keys) or self._folder(())
        given = self._found.at(*keys, "environment")
        stage = given.get("name") if isinstance(given, dict) else given
        assigns = (f"ENVIRONMENT={stage}",) if isinstance(stage, str) and "${{" not in stage else ()
        commands = tuple(self.steps((*keys, "steps"), folder, assigns))
        if isinstance(self._found.at(*keys, "uses"), str):
            commands = (self._uses(keys, (), ""), *commands)
        return ScriptFacts(
            name=name,
            kind="job",
            line=self._found.line(*keys),
            commands=commands,
            lines=sum(len(self._text(keys, index).splitlines()) for index, _ in self._found.rows(*keys, "steps")),
            summary=plain(self._found.text(*keys, "name")),
        )

    def _text(self, keys: tuple[str | int, ...], index: int) -> str:
        return self._found.text(*keys, "steps", index, "run")

    def _folder(self, keys: tuple[str | int, ...]) -> str:
        return plain(self._found.text(*keys, "defaults", "run", "working-directory"))

    def steps(self, keys: tuple[str | int, ...], folder: str, assigns: tuple[str, ...]) -> Iterator[Command]:
        """Yield the commands of the steps at ``keys``."""
        for index, step in self._found.rows(*keys):
            at = (*keys, index)
            own = plain(self._found.text(*at, "working-directory")) or folder
            ignored = step.get("continue-on-error") == "true"
            if isinstance(step.get("run"), str) and str(step.get("shell", "")).split(" ")[0] in _SHELLS:
                part = shell.Part("", 0, own.removeprefix("./").rstrip("/"), ignored, assigns)
                found = shell.commands(plain(step["run"]), self._first_line(at))
                yield from (shell.within(command, part) for command in found)
            elif isinstance(step.get("uses"), str):
                uses = self._uses(at, assigns, own)
                yield uses
                yield from self._equivalent(step, uses)

    def _first_line(self, at: tuple[str | int, ...]) -> int:
        """Return where the text of ``run`` begins: below its key where it is a block."""
        line = self._found.line(*at, "run")
        return line + 1 if line <= len(self._lines) and _BLOCK.search(self._lines[line - 1]) else line

    def _uses(self, at: tuple[str | int, ...], assigns: tuple[str, ...], folder: str) -> Command:
        inputs = tuple(_inputs(self._found.table(*at, "with")))
        words = ("uses", self._found.text(*at, "uses"), *inputs)
        ignored = self._found.at(*at, "continue-on-error") == "true"
        return Command(words, self._found.line(*at, "uses"), assigns, ignored=ignored, folder=folder)

    def _equivalent(self, step: Mapping[str, Any], uses: Command) -> Iterator[Command]:
        """Yield the commands that the action runs, where its inputs tell: cloudflare/wrangler-action."""
        if not uses.words[1].startswith("cloudflare/wrangler-action"):
            return
        inputs = step.get("with")
        inputs = inputs if isinstance(inputs, dict) else {}
        text = {key: plain(value) for key, value in inputs.items() if isinstance(value, str)}
        folder = text.get("workingDirectory", "").removeprefix("./").rstrip("/")
        stage = f" --env {shlex.quote(text['environment'])}" if text.get("environment") else ""
        for line in (text.get("command") or "deploy").splitlines():
            part = shell.Part("", 0, folder, uses.ignored, uses.assigns)
            yield from (shell.within(each, part) for each in shell.commands(f"wrangler {line}{stage}", uses.line))
        for name in text.get("secrets", "").split():
            yield Command(("wrangler", "secret", "put", name), uses.line, uses.assigns, folder=folder)


def _inputs(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the inputs of a step as ``name=value``, without what a secret's name is given literally."""
    for key, value in given.items():
        text = plain(value) if isinstance(value, str) else ""
        hidden = SECRET_NAME.search(key) and text and not text.startswith("$")
        yield f"{key}={HIDDEN if hidden else text[:_LONGEST_INPUT]}"


def plain(text: str) -> str:
    """Return ``text`` with its expressions as variables of the shell, by the last part of their names."""

    def variable(match: re.Match[str]) -> str:
        named = _NAMED.fullmatch(match[1])
        return f"${{{named[1].replace('-', '_')}}}" if named else "$EXPRESSION"

    return _EXPRESSION.sub(variable, text) if "${{" in text else text
