"""``chittyops config set`` and ``unset``: one value in the right file, with what it does to the fleet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chittyops.app.commands.config import ENVIRONMENT, SERVICE
from chittyops.interface.terminal import Table, Terminal, command, pass_terminal
from chittyops.kernel import tree
from chittyops.kernel.errors import Misconfigured, NotFound, Refused
from chittyops.kernel.nearest import nearest
from chittyops.kernel.words import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chittyops.capabilities.config.model import Difference
    from chittyops.capabilities.fleet.service.targets import Target
    from chittyops.capabilities.fleet.wiring import Changed, Level
    from chittyops.kernel.configuration import View

    F = TypeVar("F", bound=Callable[..., Any])

NULL = "null"


def _level(function: F) -> F:
    options = (
        ENVIRONMENT,
        click.option("--group", metavar="NAME", default="", help="For every service of a group."),
        click.option("--defaults", "shared", is_flag=True, help="For every service of the fleet."),
        click.option("--local", is_flag=True, help="On this machine alone (chittyops.local.yaml)."),
        click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@command("set")
@SERVICE
@click.argument("key")
@click.argument("value")
@_level
@click.option("--plain", is_flag=True, help="Take a value that looks like a secret: it is none.")
@pass_terminal
def set_(
    terminal: Terminal, /, service: str, key: str, value: str, *, plain: bool, dry_run: bool, **level: Any
) -> None:
    """Set KEY of SERVICE to VALUE, in the file that says it or in the fleet file; comments stay.

    A variable is taken as it is written; anything else is YAML: `config set cart tags '[web, core]'`. What looks like
    a secret is refused: the file is in git.
    """
    _edit(terminal, service, key, value, _chosen(**level), dry_run=dry_run, plain=plain)


@command("unset")
@SERVICE
@click.argument("key")
@_level
@click.option("--null", "nothing", is_flag=True, help="Say that there is no such value, whatever wider layers say.")
@pass_terminal
def unset(terminal: Terminal, /, service: str, key: str, *, nothing: bool, dry_run: bool, **level: Any) -> None:
    """Take KEY of SERVICE out of a layer; what wider layers say of it then holds."""
    _edit(terminal, service, key, None, _chosen(**level), dry_run=dry_run, nothing=nothing)


def _refuse_secret(service: str, key: str, value: str) -> None:
    """Raise Refused where ``value`` looks like a secret; what refers to one does not, and it is never repeated."""
    from chittyops.app.commands.config_render import looks_secret
    from chittyops.capabilities.fleet.wiring import value_of
    from chittyops.kernel.configuration import REFERENCE, steps

    keys = steps(key)
    if keys[:1] == ("secrets",):
        return
    given = value if len(keys) == 1 else value_of(value)
    for name, text in _texts(keys[-1] if keys else key, given):
        own = REFERENCE.sub("", text)
        # Of a text with a reference in it, the name says nothing: the secret is where it refers to.
        if looks_secret(name if own == text else "", own):
            message = f"{key} of {service} looks like a secret: its value would be in git for everyone to read"
            hint = f"`chittyops secrets set {name or 'NAME'} {service}` keeps it encrypted; --plain, if it is none"
            raise Refused(message, hint=hint)


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text of ``value`` with what it is called; what a list is called says nothing of its items."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(str(key), each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts("", each)
    elif isinstance(value, str):
        yield name, value


def _chosen(*, environment: str | None, group: str, shared: bool, local: bool) -> Level:
    from chittyops.capabilities.fleet.wiring import Level

    if sum((bool(group), shared, local)) > 1:
        raise click.UsageError("of --group, --defaults and --local, one can be given")
    return Level(environment or "", group, shared, local)


def _edit(
    terminal: Terminal,
    service: str,
    key: str,
    value: str | None,
    level: Level,
    *,
    dry_run: bool,
    nothing: bool = False,
    plain: bool = False,
) -> None:
    from chittyops.capabilities.config.service.impact import impact
    from chittyops.capabilities.fleet.wiring import changed, configuration

    found = configuration(Path(), checked=False)
    environment = found.environment(level.environment or None)
    view = found.views[found.service(service), environment]
    keys = view.at(key)
    if keys[0] == "secrets" and len(keys) > 1 and key == keys[1] and value is not None:
        message = f"{key} is a secret of {service}: its value is no configuration"
        raise Refused(message, hint=f"`chittyops secrets set {key} {service}`, or give secrets.{key} another reference")
    if value is not None and not plain:
        _refuse_secret(service, key, value)
    try:
        done = changed(Path(), service, keys, NULL if nothing else value, level, plain=not nothing)
    except NotFound as error:
        chain = view.chain(keys)
        hint = (
            f"it is said by {chain[0].layer.title} ({chain[0].place}); `--null` takes it away here"
            if chain
            else (f"nothing says it any more, in no layer; `chittyops config list {service}` shows what there is")
        )
        raise NotFound(error.message, hint=error.hint or hint) from None
    differences = impact(done.before.views, done.after.views)
    redeployed = _redeployed(done, differences)
    if not dry_run and done.new != done.text:
        done.save()
    data = _data(done, differences, redeployed, written=not dry_run and done.new != done.text)
    terminal.emit(data, _table(differences, redeployed))
    _tell(terminal, done, differences, redeployed, dry_run=dry_run)
    if value is not None and (added := _new_item(done.target, view, keys)):
        terminal.warn(added) if "did you mean" in added else terminal.note(added)
    for message in _against_rules(done, differences):
        terminal.warn(message)


def _new_item(target: Target, view: View, keys: tuple[str, ...]) -> str:
    """Return what to say of an item that a list gets, and that the service did not have; "" where it had it."""
    if not target.item:
        return ""
    name, within = target.item[0], keys[: len(keys) - len(target.item)]
    found = tree.at(view.resolved, within)
    items = found.items if isinstance(found, tree.Sequence) else ()
    nodes = [tree.at(each, (target.told_by,)) if isinstance(each, tree.Mapping) else each for each in items]
    names = [each.text for each in nodes if isinstance(each, tree.Scalar)]
    if name in names:
        return ""
    near = nearest(name, names)
    return f"adds the {target.told_by} {name} to {'.'.join(within)}" + (f"; {near}" if near.startswith("did") else "")


def _against_rules(done: Changed, differences: tuple[Difference, ...]) -> list[str]:
    """Return what the change does against the fleet's rules that was not so before."""
    from chittyops.capabilities.config.service.rules import check

    seen = dict.fromkeys((each.service, each.environment) for each in differences)
    before, after = (
        check(each.rules, {key: each.views[key] for key in seen if key in each.views}, each.groups)
        for each in (done.before, done.after)
    )
    known = {each.message for each in before}
    return [f"{each.message} in {', '.join(each.environments)}" for each in after if each.message not in known]


def _redeployed(done: Changed, differences: tuple[Difference, ...]) -> frozenset[tuple[str, str]]:
    """Return what would have to be deployed again; of a fleet that was not right before, all that changes."""
    from chittyops.capabilities.fleet.wiring import redeployed

    try:
        done.before.check()
    except Misconfigured:
        return frozenset((each.service, each.environment) for each in differences)
    return redeployed(done.before, done.after)


def _table(differences: tuple[Difference, ...], redeployed: frozenset[tuple[str, str]]) -> Table | str:
    table = Table("service", "environment", "key", "from", "to", "deploy again")
    for each in differences:
        again = "yes" if (each.service, each.environment) in redeployed else "no"
        key = each.key.removeprefix("config.")
        table.row(each.service, each.environment, key, _shown(each.before), _shown(each.after), again)
    return table if differences else ""


def _shown(value: str | None) -> str:
    return "-" if value is None else value


def _data(
    done: Changed, differences: tuple[Difference, ...], redeployed: frozenset[tuple[str, str]], *, written: bool
) -> dict[str, Any]:
    return {
        "path": done.target.path,
        "keys": [*done.target.keys, *done.target.item],
        "written": written,
        "changes": [
            {
                "service": each.service,
                "environment": each.environment,
                "key": each.key,
                "before": each.before,
                "after": each.after,
            }
            for each in differences
        ],
        "deploy": [{"service": service, "environment": name} for service, name in sorted(redeployed)],
    }


def _tell(
    terminal: Terminal,
    done: Changed,
    differences: tuple[Difference, ...],
    redeployed: frozenset[tuple[str, str]],
    *,
    dry_run: bool,
) -> None:
    seen = {(each.service, each.environment) for each in differences}
    count = f"{len(seen)} of {number(len(done.after.views), 'service-environment')}"
    verb = "would change" if dry_run else "changed"
    again = f"; {number(len(redeployed), 'deployment')} to do again" if redeployed else ""
    place = f"{done.target.path}: {'.'.join((*done.target.keys, *done.target.item))}"
    if done.new == done.text:
        terminal.note(f"{place} says so already; nothing to do")
    else:
        terminal.note(f"{place}: {count} {verb}{again}")
