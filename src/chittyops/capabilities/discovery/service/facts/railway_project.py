"""Railway projects as code: .railway/railway.ts (https://docs.railway.com/infrastructure-as-code/reference).

Only what is literal is read; the code is never run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service.facts import launch, literals
from chittyops.capabilities.discovery.service.facts.environment import Needs, bound, is_store, needs, store
from chittyops.capabilities.discovery.service.facts.literals import Call, Expression
from chittyops.capabilities.discovery.service.facts.railway import RANK

_ENGINES: Final = {"postgres": "postgres", "mysql": "mysql", "redis": "redis", "mongo": "mongodb"}


def read(path: str, text: str) -> Facts:
    """Return the services of a railway.ts, with the databases and services that their variables lead to."""
    calls = tuple(literals.calls(literals.parse(text)))
    named = {call.variable: call for call in calls if call.variable and _name(call)}
    deployments = tuple(_deployment(call, named) for call in calls if call.function == "service" and _is_ours(call))
    return Facts(path, kind="config", deployments=deployments)


def _name(call: Call) -> str:
    first = call.arguments[0].data if call.arguments else None
    return first if isinstance(first, str) else ""


def _options(call: Call) -> Document:
    found = call.arguments[1] if len(call.arguments) > 1 else Document({})
    return found if isinstance(found.data, dict) else Document({})


def _is_ours(call: Call) -> bool:
    """Return whether the service runs the repository's code, and no image that others made."""
    source = _options(call).at("source")
    return bool(_name(call)) and not (isinstance(source, Expression) and source.root == "image")


def _deployment(call: Call, named: Mapping[str, Call]) -> Deployment:
    options = _options(call)
    command = options.text("start") or options.text("deploy", "startCommand")
    health = "healthcheck" if options.text("healthcheck") else "healthcheckPath"
    asked = needs((name, value if isinstance(value, str) else "", line) for name, value, line in _variables(options))
    # The file stands in .railway; the project is the folder around that.
    root = options.text("rootDirectory") or options.text("root")
    folder = posixpath.normpath(posixpath.join("..", root.lstrip("/")))
    return Deployment(
        "railway",
        line=call.line,
        name=_name(call),
        folder=folder,
        entrypoint=launch.entrypoint(command, folder),
        entrypoint_line=options.line("start"),
        rank=RANK + 1,
        stages={"": _stage(options, named, asked)},
        references=(*_services(options, named), *asked.references),
        secrets=asked.secrets,
        start=command,
        build=options.text("build") or options.text("build", "buildCommand"),
        health=options.text(health) or options.text("deploy", health),
        health_line=options.line(health) if options.text(health) else options.line("deploy", health),
    )


def _variables(options: Document) -> Iterator[tuple[str, Any, int]]:
    for name, value in options.table("env").items():
        yield name, value, options.line("env", name)


def _leads_to(options: Document, named: Mapping[str, Call]) -> Iterator[tuple[str, Call, int]]:
    """Yield the variables whose values come from another resource of the project."""
    for name, value, line in _variables(options):
        if isinstance(value, Expression):
            target = named.get(value.root) or named.get(value.source.partition("(")[2].partition(",")[0].strip())
            if target is not None:
                yield name, target, line


def _services(options: Document, named: Mapping[str, Call]) -> Iterator[Reference]:
    for _, target, line in _leads_to(options, named):
        if target.function == "service":
            yield Reference("service-binding", _name(target), line)


def _stores(options: Document, named: Mapping[str, Call], asked: Needs) -> list[tuple[dict[str, Any], int]]:
    """Return the databases, each once: by the variable of its connection string, where it has one."""
    found: dict[str, tuple[dict[str, Any], int]] = {}
    linked = set()
    for variable, target, line in _leads_to(options, named):
        name = _name(target)
        linked.add(variable)
        if target.function in _ENGINES and (name not in found or is_store(variable)):
            found[name] = (store(_ENGINES[target.function], name=name, variable=variable), line)
    return [*found.values(), *((row, at) for row, at in asked.databases if row["binding"] not in linked)]


def _stage(options: Document, named: Mapping[str, Call], asked: Needs) -> StageFacts:
    bindings, lines = bound(_stores(options, named, asked))
    cron = options.text("cron") or options.text("cronSchedule") or options.text("deploy", "cronSchedule")
    domains = options.at("domains")
    return StageFacts(
        bindings=bindings,
        routes=tuple(
            (domain, options.line("domains", index))
            for index, domain in enumerate(domains if isinstance(domains, list) else ())
            if isinstance(domain, str)
        ),
        crons=(cron,) if cron else (),
        vars=asked.vars,
        lines=lines,
    )
