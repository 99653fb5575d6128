"""Taskfiles (taskfile.dev): their tasks, with the commands of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document, parse_yaml
from chittyops.capabilities.discovery.model.facts import Facts, ScriptFacts
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.reading import document

PATH: Final = r"(?:.*/)?[Tt]askfile(?:\.dist)?\.ya?ml"

_TEMPLATE: Final = re.compile(r"\{\{[-\s]*\.?([A-Za-z_]\w*)?[^{}]*\}\}")


def read(path: str, text: str) -> Facts:
    """Return what a Taskfile tells."""
    found, problems = document(path, text, parse_yaml)
    scripts = tuple(_script(found, name) for name in found.table("tasks"))
    scripts = tuple(each for each in scripts if each.commands)
    secrets = tuple(secret for each in scripts for secret in shell.secrets_put(each.commands))
    return Facts(path, kind="script", scripts=scripts, secrets=secrets, problems=problems)


def _script(found: Document, name: str) -> ScriptFacts:
    task = found.at("tasks", name)
    folder = plain(found.text("tasks", name, "dir"))
    parts = [shell.Part(plain(line), number, folder) for line, number in _lines(found, name, task)]
    said = found.text("tasks", name, "desc") or found.text("tasks", name, "summary")
    return shell.assembled(name, "task", found.line("tasks", name), parts, said.partition("\n")[0])


def _lines(found: Document, name: str, task: Any) -> Iterator[tuple[str, int]]:
    """Yield the command lines of a task: those it depends on first, as runs of ``task``."""
    if isinstance(task, list):
        yield from _given(found, ("tasks", name), task, "cmds")
    elif isinstance(task, str):
        yield task, found.line("tasks", name)
    for key in ("deps", "cmds", "cmd") if isinstance(task, dict) else ():
        value = task.get(key)
        yield from _given(found, ("tasks", name, key), value if isinstance(value, list) else [value], key)


def _given(found: Document, keys: tuple[str | int, ...], given: list[Any], key: str) -> Iterator[tuple[str, int]]:
    for index, each in enumerate(given):
        text = each.get("cmd") or each.get("task") if isinstance(each, dict) else each
        if isinstance(text, str):
            other = key == "deps" or (isinstance(each, dict) and "cmd" not in each)
            yield f"task {text}" if other else text, found.line(*keys, index)


def plain(text: str) -> str:
    """Return ``text`` with its template's expressions as variables of the shell."""
    return _TEMPLATE.sub(lambda match: f"${{{match[1]}}}" if match[1] else "$UNKNOWN", text)
