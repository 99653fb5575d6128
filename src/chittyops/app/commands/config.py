"""``chittyops config``: the group, and the verbs that look: explain, get, list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.interface.terminal import Cell, LazyGroup, Table, Terminal, command, pass_terminal
from chittyops.interface.terminal.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chittyops.capabilities.config.model import Change, Explanation, Link
    from chittyops.capabilities.fleet.wiring import Configuration

_HERE = "app.commands.config"
VERBS = {
    "explain": f"{_HERE}:explain",
    "get": f"{_HERE}:get",
    "list": f"{_HERE}:list_",
    "set": "app.commands.config_edit:set_",
    "unset": "app.commands.config_edit:unset",
    "validate": "app.commands.config_check:validate",
    "schema": "app.commands.config_check:schema",
    "render": "app.commands.config_render:render",
    "import": "app.commands.config_render:import_",
    "promote": "app.commands.config_render:promote",
    "diff": "app.commands.config_diff:diff",
}
STYLES = {"wins": "green", "merged": "green", "removes": "red", "shadowed": "dim"}

SERVICE = click.argument("service")
ENVIRONMENT = click.option("--env", "environment", metavar="NAME", help="The environment; the first one by default.")
SET = click.option("--set", "given", metavar="KEY=VALUE", multiple=True, help="As if this were said, above all layers.")

config = LazyGroup(
    "config",
    verbs=VERBS,
    short_help="Explain, edit, check and render configuration.",
    help="Explain, edit, check and render the configuration of services: layers of files in git, each value with "
    "where it was said.",
)


def opened(service: str, environment: str | None, given: Sequence[str] = ()) -> tuple[Configuration, str]:
    """Return the configuration around the current folder and the environment's name; ``given`` is for ``service``.

    What is wrong elsewhere in the files does not stand in the way of looking.
    """
    from chittyops.capabilities.fleet.wiring import configuration

    found = configuration(Path(), [f"{service}:{each}" for each in given], checked=False)
    found.service(service)
    return found, found.environment(environment)


@command("explain")
@SERVICE
@click.argument("key")
@ENVIRONMENT
@SET
@pass_terminal
def explain(terminal: Terminal, service: str, key: str, environment: str | None, given: tuple[str, ...]) -> None:
    """Show why KEY of SERVICE has its value: every layer that says something, the one that wins first.

    KEY is a variable (LOG_LEVEL) or a way (wrangler.routes, deploy.build, wrangler.kv_namespaces[CACHE].id).
    """
    from chittyops.capabilities.config import wiring
    from chittyops.capabilities.config.service.explain import explain as explained

    found, name = opened(service, environment, given)
    told = explained(found.views, service, name, key, fleet=found.name)
    changes = wiring.changes(Path(found.root), told)
    terminal.emit(_explained(told, changes) if terminal.json else None, _text(terminal, told, changes))
    for problem in found.problems(service, name):
        terminal.warn(f"{problem.message} ({problem.place})")


@command("get")
@SERVICE
@click.argument("key")
@ENVIRONMENT
@SET
@pass_terminal
def get(terminal: Terminal, service: str, key: str, environment: str | None, given: tuple[str, ...]) -> None:
    """Print the value of KEY of SERVICE, references followed; of a secret, where it is kept."""
    from chittyops.capabilities.config.service.explain import value_of
    from chittyops.capabilities.config.service.words import literal
    from chittyops.kernel import tree

    found, name = opened(service, environment, given)
    node, secret = value_of(found.views[service, name], key)
    value = literal(node)
    data = {"key": key, "value": value if isinstance(node, tree.Scalar) else tree.value(node), "secret": secret}
    terminal.emit(data, value or "")
    if secret:
        terminal.note(f"this is where the secret is kept; `chittyops secrets get` shows what {service} sees of it")


@command("list")
@SERVICE
@ENVIRONMENT
@SET
@click.option("--origin", is_flag=True, help="Show which layer each value is of, and where that stands.")
@pass_terminal
def list_(terminal: Terminal, service: str, environment: str | None, given: tuple[str, ...], *, origin: bool) -> None:
    """List the variables of SERVICE; of secrets, where they are kept."""
    from chittyops.capabilities.config.service.explain import variables

    found, name = opened(service, environment, given)
    table = Table("variable", "value", *(("layer", "where") if origin else ()))
    items = []
    for each in variables(found.views[service, name]):
        link, place = each.chain[0], each.chain[0].place
        where = f"{place.path}:{place.line}" if link.path else ""
        value = Cell(each.value or "", "dim" if each.secret else "")
        table.row(each.key, value, *((link.layer, where) if origin else ()))
        items.append({"key": each.key, "value": each.value, "secret": each.secret, "origin": _link(link, {})})
    terminal.emit({"service": service, "environment": name, "items": items}, table)


def _explained(told: Explanation, changes: Mapping[tuple[str, int], Change]) -> dict[str, Any]:
    return {
        "service": told.service,
        "environment": told.environment,
        "key": told.key,
        "value": told.value,
        "secret": told.secret,
        "chain": [{**_link(each, changes), "state": each.state, "value": each.value} for each in told.chain],
        "references": [
            {
                "text": each.text,
                "value": each.value,
                "path": each.place.path if each.place else "",
                "line": each.place.line if each.place else 0,
                "depth": each.depth,
            }
            for each in told.references
        ],
    }


def _link(link: Link, changes: Mapping[tuple[str, int], Change]) -> dict[str, Any]:
    changed = changes.get((link.path, link.place.line))
    return {
        "layer": link.layer,
        "scope": link.scope,
        "path": link.path,
        "line": link.place.line if link.path else 0,
        "column": link.place.column if link.path else 0,
        **({"changed": _change(changed)} if changes else {}),
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    at = change.at.isoformat() if change.at else None
    return {
        "committed": bool(change.commit),
        "commit": change.commit,
        "author": change.author,
        "at": at,
        "summary": change.summary,
    }


def _text(terminal: Terminal, told: Explanation, changes: Mapping[tuple[str, int], Change]) -> str:
    table = Table("", "layer", "where", "value", "last change")
    for each in told.chain:
        where = f"{each.place.path}:{each.place.line}" if each.path else ""
        change = _told(changes.get((each.path, each.place.line)))
        table.row(Cell(each.state, STYLES[each.state]), each.layer, where, each.value, change)
    value = "is not set" if told.value is None else f"is {clean(told.value)}"
    kept = ", a secret" if told.secret else ""
    lines = [f"{told.key} of {told.service} in {told.environment} {value}{kept}", ""]
    lines.append(table.render(width=terminal.width, colour=terminal.colour))
    for reference in told.references:
        place = f"  {reference.place.path}:{reference.place.line}" if reference.place and reference.place.path else ""
        lines.append(clean(f"{'  ' * (reference.depth + 1)}{reference.text} = {reference.value}{place}"))
    return "\n".join(lines)


def _told(change: Change | None) -> str:
    if change is None:
        return ""
    if not change.commit or change.at is None:
        return "not committed"
    return f"{change.author}, {change.at:%Y-%m-%d}, {change.commit[:8]}"
