"""``chittyops context``: where one is, and what goes on there; and the hooks that tell shells and coding agents."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chittyops.interface.terminal import Group, Terminal, command, pass_terminal
from chittyops.interface.terminal.text import clean
from chittyops.kernel.errors import ChittyOpsError, Misconfigured, NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chittyops.capabilities.awareness.model.context import Choice, Context
    from chittyops.capabilities.awareness.model.project import KnownProblem, Place
    from chittyops.capabilities.awareness.service.assembly import Seen
    from chittyops.capabilities.awareness.wiring import Awareness
    from chittyops.kernel.service import Fleet

KINDS = ("bash", "zsh", "fish", "claude-code", "cursor", "generic")
LONGEST_CALL_BYTES = 1 << 20
NICENESS = 10
_HOOK = "hook"


@command("context", short_help="Show where you are and what goes on there.")
@click.argument("folder", metavar="[PATH]", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--service", metavar="NAME", help="The service that is meant; it is remembered.")
@click.option("--env", "environment", metavar="NAME", help="The environment this branch stands for; it is remembered.")
@click.option(
    "--brief", is_flag=True, help="At most 25 lines of plain text, at once: what is not known yet is left out."
)
@click.option("--guard", is_flag=True, help="Judge the tool call on stdin (JSON); exit 2 where it must not run.")
@click.option("--refresh", is_flag=True, help="Renew what the prompt of PATH shows; prints nothing.")
@pass_terminal
def show(
    terminal: Terminal,
    folder: Path,
    service: str | None,
    environment: str | None,
    *,
    brief: bool,
    guard: bool,
    refresh: bool,
) -> int | None:
    """Show which service, environment and fleet PATH is in, what it needs, what runs, what changed, what comes next.

    Where several could be meant it takes the likeliest, learns from use, and asks only at a terminal.
    `chittyops context hook NAME` prints what makes a shell or a coding agent show it.
    """
    if sum((brief, guard, refresh)) > 1:
        message = "--brief, --guard and --refresh exclude each other"
        raise click.UsageError(message)
    if guard:
        from chittyops.app.commands.context_guard import judge

        call = sys.stdin.buffer.read(LONGEST_CALL_BYTES)
        return judge(terminal, folder, call, lambda there: at_once(_awareness(), there))
    if refresh:
        _refresh(folder)
        return None
    awareness = _awareness()
    if brief:
        from chittyops.capabilities.awareness.service.text import brief as brief_text

        text = brief_text(asyncio.run(at_once(awareness, folder, service, environment)))
        terminal.emit({"additional_context": text}, text)
        return None
    found = asyncio.run(_whole(awareness, terminal, folder, service, environment))
    _print(terminal, found)
    return None


class ContextGroup(Group):
    """``context [PATH]``, and ``context hook NAME``: what is no verb is a folder."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the verb where one is named, else of ``show``; the help tells of both."""
        if args[:1] == [_HOOK]:
            return self.commands[_HOOK].make_context(f"{info_name} {_HOOK}", args[1:], parent, **extra)
        if args[:1] in (["--help"], ["-h"]):
            return super().make_context(info_name, args, parent, **extra)
        return show.make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb whose context it is."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


context = ContextGroup("context", help=show.help, short_help=show.short_help)
context.params = list(show.params)


@context.command(_HOOK)
@click.argument("kind", type=click.Choice(KINDS), metavar="NAME")
@pass_terminal
def hook(terminal: Terminal, kind: str) -> None:
    """Print the hook NAME: bash, zsh, fish are shells; claude-code, cursor, generic are settings of coding agents.

    A shell's shows service and environment in the prompt; an agent's reads the context when it starts and asks
    before it runs a command.
    """
    text = _awareness().hook(kind, program())
    terminal.emit({"hook": kind, "text": text}, text)


def program() -> tuple[str, ...]:
    """Return how this program is run from anywhere, whatever folder that is: nothing in it takes part."""
    script = Path(sys.argv[0]).absolute()
    if script.name == "chittyops" and os.access(script, os.X_OK):
        return (str(script),)
    return (sys.executable, "-P", "-m", "chittyops")


def _awareness() -> Awareness:
    from chittyops.capabilities.awareness.wiring import Awareness
    from chittyops.runtime.clock import SystemClock
    from chittyops.runtime.home import Home

    return Awareness(Home.locate(os.environ), SystemClock())


def _commands() -> frozenset[str]:
    from chittyops.app.cli import COMMANDS

    return frozenset(COMMANDS)


async def _whole(
    awareness: Awareness, terminal: Terminal, folder: Path, service: str | None, environment: str | None
) -> Context:
    """Return the context in full: the project is read where nothing is known of it, and who is there is asked."""
    place = awareness.locate(folder)
    project = awareness.project(place)
    if not place.root and place.projects:
        project = _asked(awareness, terminal, place, project, "project")
        place = awareness.locate(Path(project.name)) if project.name else place
    seen = await awareness.see(place)
    if not seen.fresh and seen.snapshot is None:
        with terminal.progress("reading the project", delayed=True):
            seen = read(awareness, seen)
    elif not seen.fresh:
        _detach_refresh(awareness, place.folder)
    chosen = awareness.service(seen)
    if service is None and chosen.by not in {"path", "only"} and len(chosen.candidates) > 1:
        chosen = _asked(awareness, terminal, place, chosen, "service")
    return await _told(awareness, seen, project, chosen, service, environment)


async def at_once(
    awareness: Awareness, folder: Path, service: str | None = None, environment: str | None = None
) -> Context:
    """Return the context as far as it is known now; what is missing is read in the background."""
    place = awareness.locate(folder)
    project = awareness.project(place)
    if not place.root and project.name:
        place = awareness.locate(Path(project.name))
    seen = await awareness.see(place)
    if not seen.fresh:
        _detach_refresh(awareness, place.folder)
    return await _told(awareness, seen, project, awareness.service(seen), service, environment)


async def _told(
    awareness: Awareness, seen: Seen, project: Choice, chosen: Choice, service: str | None, environment: str | None
) -> Context:
    """Return the context of what was chosen, or named by an option; what was certain is learned."""
    from chittyops.capabilities.awareness.model.context import Choice
    from chittyops.capabilities.awareness.service.assembly import Chosen

    place = seen.place
    if service is not None:
        if not seen.snapshot or not seen.snapshot.service(service):
            message = f"there is no service {service} here"
            raise NotFound(message, hint="`chittyops context` names the services there are")
        chosen = Choice(service, "option", 1.0, chosen.candidates)
    seen = await awareness.settle(seen, chosen)
    where = Choice(environment, "option", 1.0) if environment else awareness.environment(seen, chosen)
    if place.root and (service is not None or environment):
        awareness.learn(place, chosen.name, "option", environment=environment or "")
    elif place.root and chosen.by in {"path", "only"}:
        awareness.learn(place, chosen.name, "visit")
    return await awareness.tell(seen, Chosen(project, chosen, where), os.environ, _commands())


def read(awareness: Awareness, seen: Seen) -> Seen:
    """Return ``seen`` with the project read: its files by discovery, and its fleet file."""
    from chittyops.capabilities.discovery.wiring import discover

    fleet, problem = _fleet(seen.place)
    return awareness.keep(seen, discover(Path(seen.place.root), awareness.home), fleet, problem)


def _fleet(place: Place) -> tuple[Fleet | None, KnownProblem | None]:
    from chittyops.capabilities.awareness.model.project import KnownProblem
    from chittyops.capabilities.fleet.wiring import read_fleet

    if not place.fleet_file:
        return None, None
    try:
        return read_fleet(Path(place.root)), None
    except Misconfigured as error:
        line = error.place.line if error.place else 0
        name = Path(place.fleet_file).name
        return None, KnownProblem("fleet-file", "error", name, error.message, line, error.hint)


def _asked(awareness: Awareness, terminal: Terminal, place: Place, chosen: Choice, what: str) -> Choice:
    """Return what is meant: ``chosen`` where that is sure enough or nobody can be asked, else the answer, learned."""
    from chittyops.capabilities.awareness.service.choice import ENOUGH

    if chosen.sure >= ENOUGH or terminal.json or terminal.quiet or not terminal.interactive:
        return chosen
    names = [each.name for each in chosen.candidates]
    terminal.say(f"Which {what} is meant?", "bold")
    for number, name in enumerate(names, 1):
        terminal.say(f"  {number}  {clean(name)}")
    terminal.say("  0  all of them")
    terminal.err.write(f"[0-{len(names)}] ")
    terminal.err.flush()
    answer = sys.stdin.readline().strip()
    if not answer:
        return chosen
    if not answer.isdecimal() or int(answer) > len(names):
        message = f"{answer!r} is none of them"
        raise Refused(message, hint=f"answer with a number from 0 to {len(names)}")
    name = names[int(answer) - 1] if int(answer) else ""
    awareness.learn(place, name, "answer")
    return replace(chosen, name=name, by="answer", sure=1.0)


def _print(terminal: Terminal, found: Context) -> None:
    from msgspec import to_builtins

    from chittyops.capabilities.awareness.service.text import facts
    from chittyops.interface.terminal.table import key_values

    if terminal.json:
        terminal.emit(to_builtins(found))
        return
    if not found.workspace and not found.project.candidates:
        terminal.line(f"no project in {clean(found.folder)} or above it")
        return
    if not found.workspace:
        terminal.line("projects  " + ", ".join(clean(each.name) for each in found.project.candidates))
        return
    terminal.line(key_values(_unrepeated(list(facts(found))), colour=terminal.colour))


def _unrepeated(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return ``lines`` with a label only where it changes."""
    before = ["", *(label for label, _ in lines)]
    return [("" if label == last else label, text) for last, (label, text) in zip(before, lines, strict=False)]


def _detach_refresh(awareness: Awareness, folder: str) -> None:
    from chittyops.runtime.process import NOWHERE, Command, detach

    with suppress(ChittyOpsError):  # it only makes the next answer newer
        command = (*program(), "context", "--refresh", "--", folder)
        detach(Command(command, os.environ, awareness.home.path), output=NOWHERE)


def _refresh(folder: Path) -> None:
    """Renew the line of the prompt, and read the project anew where it has changed; one process a project at a time."""
    os.nice(NICENESS)
    awareness = _awareness()
    place = awareness.locate(folder)
    held = awareness.reading_lock(place)
    if held is None:
        return
    try:
        asyncio.run(_renew(awareness, str(folder.absolute())))
    finally:
        os.close(held)


async def _renew(awareness: Awareness, folder: str) -> None:
    from chittyops.capabilities.awareness.service.assembly import Chosen

    place = awareness.locate(Path(folder))
    seen = await awareness.see(place)
    while True:
        chosen = awareness.service(seen)
        seen = await awareness.settle(seen, chosen)
        what = Chosen(awareness.project(place), chosen, awareness.environment(seen, chosen))
        awareness.keep_prompt(folder, await awareness.tell(seen, what, os.environ, (), quick=True))
        if seen.fresh:
            break
        seen = replace(read(awareness, seen), fresh=True)
    if place.root and chosen.by in {"path", "only"}:
        awareness.learn(place, chosen.name, "visit")
