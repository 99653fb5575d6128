"""``chittyops config render``, ``import`` and ``promote``: between the fleet file and the platforms' own ones."""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from chittyops.app.difference_view import difference, show
from chittyops.interface.terminal import Table, Terminal, command, pass_terminal
from chittyops.interface.terminal.text import clean, paint
from chittyops.kernel.errors import NotFound
from chittyops.kernel.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from chittyops.capabilities.config.service.importing import Context
    from chittyops.capabilities.config.service.promote import Row
    from chittyops.capabilities.config.service.render import Subject
    from chittyops.capabilities.fleet.wiring import Configuration
    from chittyops.kernel.edit import Edit
    from chittyops.kernel.errors import Problem

TARGETS = ("wrangler", "vercel", "railway", "dotenv", "json", "k8s-env")
USUAL = "?"
"""What ``--write`` and ``--check`` say without a path: the target's usual file."""
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would be done and write nothing.")


@command("render", short_help="Write what a service's configuration comes to, for a platform or a program.")
@click.argument("service")
@click.option("--env", "environments", multiple=True, metavar="ENV", help="Only this environment; may be repeated.")
@click.option("--to", "target", type=click.Choice(TARGETS), required=True, help="For whom.")
@click.option(
    "--write",
    is_flag=False,
    flag_value=USUAL,
    metavar="[PATH]",
    help="Write the file, its usual one without a PATH; only what differs.",
)
@click.option(
    "--check",
    is_flag=False,
    flag_value=USUAL,
    metavar="[PATH]",
    help="Write nothing; end with 1 where the file says something else.",
)
@click.option("--format", "form", type=click.Choice(("toml", "jsonc")), help="How a new file is written.")
@click.option("--origins", is_flag=True, help="With --to json: say where each value comes from.")
@pass_terminal
def render(
    terminal: Terminal,
    service: str,
    environments: tuple[str, ...],
    target: str,
    write: str | None,
    check: str | None,
    form: str | None,
    *,
    origins: bool,
) -> int:
    """Render SERVICE for a platform (all environments in one file) or a program (one environment).

    Prints what the file would be. What is there is changed only where it says something else: comments, order and
    layout stay. Secrets are never rendered.
    """
    if write is not None and check is not None:
        raise click.UsageError("--check writes nothing: leave out --write")
    if origins and target != "json":
        raise click.UsageError("--origins belongs to --to json")
    if form and target not in ("wrangler", "railway"):
        raise click.UsageError("--format belongs to --to wrangler and --to railway: the others have one format")
    from chittyops.capabilities.config.service.render import SHARED, File, Target, file_name
    from chittyops.capabilities.config.service.render import render as rendered_as
    from chittyops.capabilities.config.service.render.files import Format
    from chittyops.capabilities.config.wiring import target_names, target_text, write_target

    kind = Target(target)
    # A platform's file is in git, where what holds on this machine alone has no place.
    configuration, subject = _subject(service, environments, local=kind not in SHARED)
    folder = Path(configuration.root) / configuration.folder(service)
    given = next((each for each in (write, check) if each not in (None, USUAL)), None)
    name = file_name(subject, kind, target_names(folder), (environments or tuple(subject.views))[0], form or "")
    path = Path(given) if given else folder / name if name else None
    if path is None and (write or check):
        raise click.UsageError(f"--to {target} has no usual file: say which, --{'write' if write else 'check'} PATH")
    if path and form and Format.of(path.name) != form and write is not check:
        raise click.UsageError(f"{os.path.relpath(path)} is not {form}: leave out --format, or name another file")
    shown = os.path.relpath(path) if path else ""
    before = target_text(path, shown) if path else None
    file = File(shown, before) if before is not None and not (form and write is check) else None
    wanted = Format(form) if form else Format.of(shown) if path else Format.JSONC
    found = rendered_as(subject, kind, environments, before=file, form=wanted, origins=origins)
    for problem in found.warnings:
        terminal.warn(f"{problem.message} ({problem.place})")
    if path is None or (write is None and check is None):
        if terminal.json and kind is not Target.JSON:
            terminal.emit({"path": shown, "text": found.text})
        else:
            terminal.out.write(found.text)
        return 0
    changes = difference(shown, before or "", found.text, _secrets(subject))
    if write is not None and before != found.text:
        write_target(path, shown, before, found.text)
    return _conclude(terminal, shown, changes, wrote=write is not None, same=before == found.text)


@command("import", short_help="Take what a platform's or a dotenv file says over into the fleet file.")
@click.argument("service")
@click.argument("paths", nargs=-1, metavar="[FILE...]")
@click.option("--env", "environments", multiple=True, metavar="ENV", help="Only what is said of this environment.")
@DRY_RUN
@YES
@pass_terminal
def import_(
    terminal: Terminal,
    service: str,
    paths: tuple[str, ...],
    environments: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Read FILEs of SERVICE (wrangler, vercel.json, railway, dotenv; without any, those it has) into the fleet file.

    Shows the difference first. Comments are carried over; of secrets only references, never values.
    """
    from chittyops.capabilities.config.service import importing
    from chittyops.capabilities.config.wiring import target_names, target_text

    configuration, subject = _subject(service, environments, local=False)
    folder = Path(configuration.root) / configuration.folder(service)
    context = _context(configuration, subject, environments)
    names = [os.path.relpath(each, folder) for each in paths] or importing.usual(target_names(folder), context)
    if not names:
        raise NotFound(f"{service} has no file that can be imported", hint="name it: config import SERVICE FILE")
    edits: list[Edit] = []
    remarks: list[Problem] = []
    for name in names:
        shown = os.path.relpath(folder / name)
        text = target_text(folder / name, shown)
        if text is None:
            raise NotFound(f"there is no file {shown}", hint=nearest(shown, _importable(folder)))
        found = importing.read(Path(name).as_posix(), shown, text, context)
        edits += found.edits
        remarks += found.remarks
    remarks += [*_besides(subject, edits, environments), *_shadowed(configuration, edits)]
    _apply(terminal, edits, remarks, dry_run=dry_run, yes=yes)


@command("promote", short_help="Take one environment's values over into another, after a review.")
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--from", "source", required=True, metavar="ENV", help="Whose values.")
@click.option("--to", "target", required=True, metavar="ENV", help="Where to.")
@click.option(
    "--include", multiple=True, metavar="KEY", help="A key that is left out otherwise; * stands for any text."
)
@DRY_RUN
@YES
@pass_terminal
def promote(
    terminal: Terminal,
    services: tuple[str, ...],
    source: str,
    target: str,
    include: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Show what differs between two environments of SERVICEs (all by default), and make the second say the same.

    What each environment has of its own by nature is left out: ids of bindings, routes, domains, addresses, names.
    """
    from chittyops.capabilities.config.service.promote import edits, review
    from chittyops.capabilities.fleet.wiring import configuration as read

    if source == target:
        raise click.UsageError("--from and --to are the same environment")
    configuration = read(Path(), local=False)
    for each in services:
        known(each, configuration.services, "service")
    for each in (source, target):
        known(each, configuration.environments, "environment")
    rows: list[Row] = []
    wanted: list[Edit] = []
    for each in services or configuration.services:
        ours, theirs = configuration.views[each, source], configuration.views[each, target]
        found = review(ours, theirs, include)
        rows += found
        wanted += edits(found, ours, theirs)
    _show_rows(terminal, rows, target)
    _apply(
        terminal,
        wanted,
        _shadowed(configuration, wanted),
        dry_run=dry_run,
        yes=yes,
        more={"values": [_row(each) for each in rows]},
    )


def _show_rows(terminal: Terminal, rows: Sequence[Row], target: str) -> None:
    if not rows or terminal.json:
        return
    table = Table("service", "value", f"{target} now", "would be")
    for row in rows:
        if not row.why:
            said = _row(row)
            table.row(row.service, row.title, said["now"] or "-", said["then"] or "-")
    if len(table):
        terminal.emit(None, table)
    # Lines of their own: a table would cut the reasons off.
    for row in rows:
        if row.why:
            line = clean(f"left out: {row.service} {row.title}: {row.why}")
            terminal.line(paint(line, "dim", colour=terminal.colour))
    terminal.line("")


def _row(row: Row) -> dict[str, str | None]:
    """Return one value that differs as plain data; of a secret, only whether there is a reference to one."""
    now, then = row.before, row.after
    if row.keys[0] == "secrets":
        now, then = (None if each is None else "a reference" for each in (now, then))
    return {"service": row.service, "key": row.title, "now": now, "then": then, "left_out": row.why or None}


def _importable(folder: Path) -> tuple[str, ...]:
    """Return the files in a service's folder that an import can read, as people can open them."""
    from chittyops.capabilities.config.wiring import target_names

    beginnings = ("wrangler.", "vercel.json", "railway.", ".env", ".dev.vars")
    return tuple(os.path.relpath(folder / name) for name in target_names(folder) if name.startswith(beginnings))


def _besides(subject: Subject, edits: Sequence[Edit], chosen: Sequence[str]) -> Iterator[Problem]:
    """Yield a remark for every variable that the service gets from wider layers and no imported file has."""
    from chittyops.kernel import tree
    from chittyops.kernel.errors import Problem

    taken = {edit.keys[-1] for edit in edits if edit.keys[-2:-1] == ("config",)}
    views = [view for name, view in subject.views.items() if not chosen or name in chosen]
    said: set[str] = set()
    for layer in (layer for view in views if taken for layer in view.layers if layer.keys[:1] != ("services",)):
        config = tree.at(layer.tree, ("config",)) if layer.path else None
        for name, node in config.entries.items() if isinstance(config, tree.Mapping) else ():
            if name not in taken | said:
                said.add(name)
                message = f"{subject.service} gets {name} from {layer.title}, too, and no imported file has it"
                hint = f"`config render` adds it; services.{subject.service}.config.{name}: null keeps it out"
                yield Problem(message, node.place, hint)


def _shadowed(configuration: Configuration, edits: Sequence[Edit]) -> list[Problem]:
    """Return a remark for every edit that a service's own part of the fleet file speaks louder than."""
    from chittyops.kernel import tree
    from chittyops.kernel.errors import Problem

    found = []
    for edit in edits:
        if edit.keys[0] != "services":
            continue
        service, *rest = edit.keys[1:]
        keys = (*rest,)
        own = keys[:2] if keys[0] == "environments" else ()
        layers = configuration.views[service, own[1] if own and own[1] in configuration.environments else ""].layers
        for layer in layers:
            node = tree.at(layer.tree, keys[len(own) :]) if layer.keys == own and layer.path else None
            if isinstance(node, tree.Scalar):
                message = f"{'.'.join(edit.keys)} is said in {layer.path} too, which comes after the fleet file"
                found.append(Problem(message, node.place, "take it out of there"))
    return found


def _context(configuration: Configuration, subject: Subject, chosen: Sequence[str]) -> Context:
    from chittyops.capabilities.config.service.importing import Context
    from chittyops.capabilities.config.service.render.wrangler import stage_name
    from chittyops.capabilities.fleet.wiring import written

    return Context(
        subject.service,
        {name: stage_name(name, view) for name, view in subject.views.items()},
        looks_secret,
        _secrets(subject),
        foreign=subject.foreign,
        implicit="environments" not in written(Path(configuration.root)).data,
        chosen=chosen,
    )


def _secrets(subject: Subject) -> frozenset[str]:
    """Return the variables that the service declares as secrets, in any environment."""
    from chittyops.capabilities.config.service.render.variables import secrets

    return frozenset(name for view in (subject.base, *subject.views.values()) for name in secrets(view))


def looks_secret(name: str, value: str) -> bool:
    """Return whether a variable holds a secret, by its name or by what its value looks like."""
    from chittyops.capabilities.discovery.service.credentials.names import Secrecy, is_variable_of_secret, secrecy
    from chittyops.capabilities.discovery.service.credentials.scanning import scan

    by_name = is_variable_of_secret(name) if name.isupper() else secrecy(name) is Secrecy.STRONG
    if by_name or not value:
        return by_name
    text = f"{name}={value}\n" if name else f"{value}\n"
    return scan(".env", text, b"")[0] != text


def _apply(
    terminal: Terminal,
    edits: Sequence[Edit],
    remarks: Sequence[Problem],
    *,
    dry_run: bool,
    yes: bool,
    more: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Show what ``edits`` do to the fleet file, ask, and write it."""
    from chittyops.capabilities.config.service.importing.settled import needed
    from chittyops.capabilities.config.wiring import write_target
    from chittyops.capabilities.fleet.wiring import edited, written

    file = written(Path())
    shown = os.path.relpath(file.path)
    wanted = needed(edits, file.data)
    after = edited(file, wanted) if wanted else file.text
    changes = difference(shown, file.text, after)
    if not terminal.json:
        show(terminal, changes)
    for remark in remarks:
        where = f" ({remark.place})" if remark.place else ""
        terminal.note(f"remark: {clean(remark.message)}{where}" + (f"; {remark.hint}" if remark.hint else ""))
    done = after != file.text and not dry_run
    if done:
        terminal.confirm(f"write {shown}?", yes=yes)
        write_target(file.path, shown, file.text, after)
        terminal.note(f"{shown} written; `git diff {shown}` shows it, `git checkout -- {shown}` takes it back")
    elif after == file.text:
        terminal.note(f"{shown} says so already; nothing to do")
    said = [{"message": each.message, "place": str(each.place or ""), "hint": each.hint} for each in remarks]
    terminal.emit({"path": shown, "written": done, "difference": changes, "remarks": said, **more})


def _conclude(terminal: Terminal, shown: str, changes: str, *, wrote: bool, same: bool) -> int:
    if terminal.json:
        terminal.emit({"path": shown, "same": same, "written": wrote and not same, "difference": changes})
    elif not same:
        show(terminal, changes)
    if same:
        terminal.note(f"{shown} says so already")
    elif wrote:
        terminal.note(f"{shown} written")
    else:
        terminal.note(f"{shown} says something else; `--write` brings it up to date")
    return 0 if wrote or same else 1


def _subject(service: str, environments: Sequence[str], *, local: bool) -> tuple[Configuration, Subject]:
    """Return the fleet, and the service in it. Raises NotFound for what the fleet does not have."""
    from chittyops.capabilities.config.service.render import Subject
    from chittyops.capabilities.config.service.render.variables import word
    from chittyops.capabilities.fleet.wiring import configuration as read

    configuration = read(Path(), local=local)
    known(service, configuration.services, "service")
    for each in environments:
        known(each, configuration.environments, "environment")
    base = configuration.views[service, ""]
    views = {each: configuration.views[service, each] for each in configuration.environments}
    own = {"", word(base, "platform")}
    foreign = (name for name, each in configuration.environments.items() if each.provider not in own)
    return configuration, Subject(service, base, views, frozenset(foreign))


def known(name: str, names: Collection[str], what: str) -> None:
    """Raise NotFound where ``name`` is none of the fleet's ``names``."""
    if name not in names:
        raise NotFound(f'there is no {what} "{name}" in this fleet', hint=nearest(name, names))
