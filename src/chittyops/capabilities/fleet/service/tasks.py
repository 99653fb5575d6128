"""The managed tasks of a fleet file, as the kernel knows them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.fleet.model.fileformat import TASK_KINDS
from chittyops.kernel.service import Task


def tasks(own: Mapping[str, Any], services: Mapping[str, Any]) -> dict[str, Task]:
    """Return every task by title: the fleet's ``own``, then those of the ``services``, whose values these are."""
    found = [_task(name, value, "", ".") for name, value in own.items()]
    for service, each in services.items():
        found += [_task(name, value, service, each["path"]) for name, value in each.get("tasks", {}).items()]
    return {task.title: task for task in found}


def _task(name: str, value: Mapping[str, Any], service: str, folder: str) -> Task:
    kind = next(each for each in TASK_KINDS if each in value)
    same = ("description", "arguments", "secrets", "timeout_seconds", "schedule", "lock")
    return Task(
        name,
        kind,
        value[kind],
        folder=posixpath.normpath(posixpath.join(folder, value.get("folder", "."))),
        service=service,
        inputs={key: word == "required" for key, word in value.get("inputs", {}).items()},
        **{key: value[key] for key in same if key in value},
    )
