"""Fly.io: fly.toml and fly.<environment>.toml (https://fly.io/docs/reference/configuration/)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.document import Document, Keys
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, StageFacts
from chittyops.capabilities.discovery.service.facts import launch
from chittyops.capabilities.discovery.service.facts.environment import bound, needs, table
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 65
_FILE: Final = re.compile(r"fly\.([\w-]+)\.toml|([\w-]+)\.fly\.toml|fly[-_]([\w-]+)\.toml")


def read(path: str, text: str) -> Facts:
    """Return what a fly.toml tells: one application, which a suffix of the file's name sets in an environment."""
    config, problems = document(path, text)
    if not (config.text("app") or config.data.keys() & {"http_service", "services", "processes", "build", "vm"}):
        return Facts(path, kind="config", problems=problems)
    health, line = next(_checks(config), ("", 0))
    command = _command(config)
    asked = needs(table(config, "env"))
    bindings, lines = bound(asked.databases)
    stage = StageFacts(bindings={**bindings, **_volumes(config)}, vars=asked.vars, name=config.text("app"), lines=lines)
    environment = _environment(path)
    deployment = Deployment(
        "fly",
        name="" if environment else config.text("app"),
        entrypoint=launch.entrypoint(command),
        rank=RANK if not environment else RANK - 1,
        stages={environment: stage},
        references=asked.references,
        secrets=asked.secrets,
        start=command,
        health=health,
        health_line=line,
        standard=posixpath.basename(path) == "fly.toml",
    )
    return Facts(path, kind="config", deployments=(deployment,), problems=problems)


def _environment(path: str) -> str:
    found = _FILE.fullmatch(posixpath.basename(path))
    return next((group for group in found.groups() if group), "") if found else ""


def _command(config: Document) -> str:
    """Return the command of the process that serves, where the file names processes of its own."""
    processes = config.table("processes")
    first = next((name for name in ("web", "app") if name in processes), next(iter(processes), ""))
    return launch.line(processes.get(first)) or config.text("experimental", "cmd")


def _volumes(config: Document) -> dict[str, tuple[dict[str, str], ...]]:
    mounts = config.at("mounts")
    rows = mounts if isinstance(mounts, list) else [mounts]
    found = tuple({"binding": str(row["source"])} for row in rows if isinstance(row, dict) and "source" in row)
    return {"volumes": found} if found else {}


def _checks(config: Document) -> Iterator[tuple[str, int]]:
    """Yield the paths of health checks, with their lines."""
    places: list[Keys] = [("http_service", "checks"), ("http_service", "http_checks")]
    places += [("services", index, key) for index, _ in config.rows("services") for key in ("http_checks", "checks")]
    for keys in places:
        for index, row in config.rows(*keys):
            if isinstance(row.get("path"), str):
                yield row["path"], config.line(*keys, index, "path")
    for name, check in config.table("checks").items():
        if isinstance(check, dict) and isinstance(check.get("path"), str):
            yield check["path"], config.line("checks", name, "path")
