"""Netlify: netlify.toml (https://docs.netlify.com/configure-builds/file-based-configuration/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service.facts.environment import needs, outside, table
from chittyops.capabilities.discovery.service.facts.reading import document

RANK: Final = 60
_PROXY: Final = range(200, 300)


def read(path: str, text: str) -> Facts:
    """Return what a netlify.toml tells: one site, with its functions and the contexts it is built for."""
    config, problems = document(path, text)
    asked = needs((*table(config, "build", "environment"), *_contexts(config)))
    functions = config.text("build", "functions") or config.text("functions", "directory")
    stages = {
        name: StageFacts(vars=tuple(config.table("context", name, "environment"))) for name in config.table("context")
    }
    deployment = Deployment(
        "netlify",
        folder=config.text("build", "base").strip("/"),
        kind="" if functions or config.table("functions") or config.at("edge_functions") else "static",
        rank=RANK,
        stages={"": StageFacts(crons=_crons(config), vars=tuple(config.table("build", "environment"))), **stages},
        references=(*_elsewhere(config), *asked.references),
        secrets=asked.secrets,
        build=config.text("build", "command"),
        output=config.text("build", "publish"),
    )
    return Facts(path, kind="config", deployments=(deployment,) if config.data else (), problems=problems)


def _contexts(config: Document) -> Iterator[tuple[str, str, int]]:
    for name in config.table("context"):
        yield from table(config, "context", name, "environment")


def _crons(config: Document) -> tuple[str, ...]:
    rows = config.table("functions").values()
    return tuple(row["schedule"] for row in rows if isinstance(row, dict) and isinstance(row.get("schedule"), str))


def _elsewhere(config: Document) -> Iterator[Reference]:
    """Yield the hosts that requests are passed on to (a status of 200); redirects only send the caller away."""
    for index, row in config.rows("redirects"):
        if row.get("status") in _PROXY and isinstance(row.get("to"), str):
            for host in outside(row["to"]):
                yield Reference("literal-url", host, config.line("redirects", index, "to"))
