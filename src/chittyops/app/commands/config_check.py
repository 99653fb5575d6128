"""``chittyops config validate`` and ``schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.app.commands.config import ENVIRONMENT
from chittyops.interface.terminal import Terminal, command, pass_terminal
from chittyops.interface.terminal.errors import FAILED, report_problem
from chittyops.kernel.errors import Misconfigured, Problem
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from chittyops.capabilities.config.model import Finding


@command("validate")
@ENVIRONMENT
@pass_terminal
def validate(terminal: Terminal, environment: str | None) -> int:
    """Check every value: the format, references, the fleet's rules, the platforms' own schemas, slips of names.

    Ends with 1 where something is wrong; warnings alone end with 0.
    """
    from chittyops.capabilities.config import wiring
    from chittyops.capabilities.fleet.wiring import configuration

    found = configuration(Path(), checked=False)
    chosen = found.environment(environment) if environment else ""
    try:
        found.check()
    except Misconfigured as error:
        if not terminal.json:
            raise
        terminal.emit({"findings": [_problem(each) for each in error.problems], "checked": 0})
        return FAILED
    views = {key: view for key, view in found.views.items() if not chosen or key[1] == chosen}
    folders = {name: found.folder(name) for name in found.services}
    findings = wiring.validate(Path(found.root), views, found.rules, found.groups, folders)
    errors = [each for each in findings if each.error]
    for each in findings if not terminal.json else ():
        _tell(terminal, each)
    warnings = len(findings) - len(errors)
    counted = f"{number(len(errors), 'error')}, {number(warnings, 'warning')}" if findings else "no problem"
    text = f"{found.name}: {number(len(views), 'service-environment')}, {counted}"
    terminal.emit({"findings": [_data(each) for each in findings], "checked": len(views)}, text)
    return FAILED if errors else 0


@command("schema")
@click.option("--part", is_flag=True, help="The schema of a service's own chittyops.yaml.")
@click.option("--local", is_flag=True, help="The schema of chittyops.local.yaml.")
@pass_terminal
def schema(terminal: Terminal, *, part: bool, local: bool) -> None:
    """Print the JSON Schema of the fleet file, for editors."""
    from chittyops.capabilities.fleet.model.fileformat import json_schema

    if part and local:
        raise click.UsageError("of --part and --local, one can be given")
    terminal.line(json.dumps(json_schema(part=part, local=local), indent=2))


def _tell(terminal: Terminal, finding: Finding) -> None:
    where = f" in {', '.join(finding.environments)}" if finding.environments else ""
    if finding.error:
        report_problem(Problem(f"{finding.message}{where}", finding.place, finding.hint), terminal)
        return
    place = f" ({finding.place})" if finding.place else ""
    hint = f"; {finding.hint}" if finding.hint else ""
    terminal.warn(f"{finding.message}{where}{place}{hint}")


def _data(finding: Finding) -> dict[str, Any]:
    return {
        **_problem(Problem(finding.message, finding.place, finding.hint)),
        "level": "error" if finding.error else "warning",
        "service": finding.service,
        "environments": list(finding.environments),
        "key": finding.key,
        "rule": finding.rule,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "level": "error",
        "message": problem.message,
        "path": place.path if place else "",
        "line": place.line if place else 0,
        "column": place.column if place else 0,
        "hint": problem.hint,
    }
