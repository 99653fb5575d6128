"""The commands of the fleet file: ``chittyops fleet ...``. They work on files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chittyops.interface.terminal import Table, Terminal, exit_code, group, pass_terminal
from chittyops.kernel.errors import Misconfigured

if TYPE_CHECKING:
    from chittyops.kernel.errors import Problem
    from chittyops.kernel.service import Fleet, Service

ENVIRONMENT = click.option("--env", "environment", metavar="NAME", help="The environment; the first one by default.")
FOLDER = click.argument("folder", type=click.Path(path_type=Path, exists=True), default=".")


@group("fleet")
def fleet() -> None:
    """Check, show and edit the fleet file (chittyops.yaml)."""


@fleet.command("schema")
@click.option("--part", is_flag=True, help="The schema of a service's own chittyops.yaml instead.")
@pass_terminal
def schema(terminal: Terminal, *, part: bool) -> None:
    """Print the JSON Schema of the fleet file, for editors."""
    from chittyops.capabilities.fleet.model.fileformat import json_schema

    terminal.line(json.dumps(json_schema(part=part), indent=2))


@fleet.command("check")
@FOLDER
@pass_terminal
def check(terminal: Terminal, folder: Path) -> None:
    """Check the fleet file and the services' parts in every environment."""
    from chittyops.capabilities.fleet.wiring import read_fleet

    try:
        found = read_fleet(folder)
    except Misconfigured as error:
        if not terminal.json:
            raise
        terminal.emit({"problems": [_problem(each) for each in error.problems]})
        raise SystemExit(exit_code(error)) from None
    for each in found.services.values():
        if not each.deploy.launch.kind and _is_local(found, each):
            terminal.warn(f"nothing says how to start {each.name}: set deploy.command in its entry")
    count = len(found.services)
    text = f"{found.name}: {count} service{'s' * (count != 1)}, no problem"
    terminal.emit({"fleet": found.name, "services": count, "problems": []}, text)


@fleet.command("show")
@ENVIRONMENT
@pass_terminal
def show(terminal: Terminal, environment: str | None) -> None:
    """Show every service as an environment sees it: defaults, parts and overrides merged."""
    from chittyops.capabilities.fleet.wiring import read_fleet
    from chittyops.interface.codec import dump

    found = read_fleet(Path(), environment)
    table = Table("service", "path", "platform", "starts with", "health", "depends on")
    for each in found.services.values():
        launch = f"{each.deploy.launch.kind}: {each.deploy.launch.value}" if each.deploy.launch.kind else "?"
        needed = ", ".join(each.depends_on)
        table.row(each.name, each.path, each.platform, launch, each.health.path or "none", needed)
    terminal.emit(dump(found) if terminal.json else None, table)


@fleet.command("graph")
@ENVIRONMENT
@pass_terminal
def graph(terminal: Terminal, environment: str | None) -> None:
    """Show who depends on whom: each service after what it needs."""
    from chittyops.capabilities.fleet.wiring import read_fleet

    found = read_fleet(Path(), environment)
    layers = found.graph.layers()
    edges = [{"from": name, "to": needed} for name in found.services for needed in found.services[name].depends_on]
    table = Table("layer>", "service", "depends on", "needed by")
    for number, layer in enumerate(layers):
        for name in layer:
            needed = ", ".join(found.services[name].depends_on)
            table.row(str(number), name, needed, ", ".join(found.graph.dependents(name)))
    terminal.emit({"layers": layers, "edges": edges}, table)


@fleet.command("set")
@click.argument("key")
@click.argument("value")
@pass_terminal
def set_(terminal: Terminal, key: str, value: str) -> None:
    """Set KEY (such as services.cart.tests) to VALUE, which is YAML; comments stay."""
    from chittyops.capabilities.fleet.wiring import set_value

    set_value(Path(), key, value)
    terminal.emit({"set": key}, f"{key} is set")


@fleet.command("unset")
@click.argument("key")
@pass_terminal
def unset(terminal: Terminal, key: str) -> None:
    """Remove KEY (such as services.cart.tests) and the comment right above it."""
    from chittyops.capabilities.fleet.wiring import remove_value

    remove_value(Path(), key)
    terminal.emit({"unset": key}, f"{key} is removed")


@fleet.command("add")
@click.argument("name")
@click.argument("folder")
@pass_terminal
def add(terminal: Terminal, name: str, folder: str) -> None:
    """Add the service NAME, whose FOLDER is relative to the fleet file."""
    from chittyops.capabilities.fleet.wiring import add_service

    add_service(Path(), name, folder)
    terminal.emit({"added": name}, f"{name} is added")


def _is_local(found: Fleet, service: Service) -> bool:
    return (found.environment.provider or service.platform) == "local"


def _problem(problem: Problem) -> dict[str, str | int]:
    place = problem.place
    return {
        "message": problem.message,
        "path": place.path if place else "",
        "line": place.line if place else 0,
        "column": place.column if place else 0,
        "hint": problem.hint,
    }
