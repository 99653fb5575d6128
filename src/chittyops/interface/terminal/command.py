"""Click, with the options that every command has and a terminal to write to."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from chittyops.interface.terminal.screen import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

JSON, QUIET = "chittyops.json", "chittyops.quiet"


def _remember(key: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def remember(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 (Click's own signature)
        if value:
            # ``meta`` is shared by a command and its groups: the option works before and after the verb.
            context.meta[key] = True

    return remember


def global_options() -> list[click.Parameter]:
    """Return the options of every command: ``--json`` and ``-q``."""
    return [
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_remember(JSON),
            help="Write data as JSON.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_remember(QUIET),
            help="Write nothing but data and errors.",
        ),
    ]


class Command(click.Command):
    """A command with the global options, which come last in its help."""

    def __init__(self, name: str | None, **attributes: object) -> None:
        """Take Click's own arguments."""
        super().__init__(name, **attributes)  # type: ignore[arg-type]
        self.params.extend(global_options())


class Group(click.Group):
    """A group whose commands and groups have the global options, and so has the group itself."""

    command_class = Command
    group_class = type

    def __init__(self, name: str | None = None, **attributes: object) -> None:
        """Take Click's own arguments."""
        super().__init__(name, **attributes)  # type: ignore[arg-type]
        self.params.extend(global_options())


class LazyGroup(Group):
    """A group that loads a command's module when the command is asked for.

    ``verbs`` maps each verb, in the order of the help, to ``module:attribute`` below the package.
    """

    def __init__(self, name: str | None = None, *, verbs: dict[str, str], **attributes: object) -> None:
        """Take the table and Click's own arguments."""
        super().__init__(name, **attributes)
        self._verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs, in the order of the table."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        target = self._verbs.get(cmd_name)
        return loaded(target) if target else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; name near ones where there is none."""
        if args[0] not in self._verbs and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self._verbs, ctx=ctx)
        return super().resolve_command(ctx, args)


def loaded(target: str) -> click.Command:
    """Return the command that ``module:attribute``, below the package, names."""
    module, _, attribute = target.partition(":")
    command = getattr(import_module(f"chittyops.{module}"), attribute)
    if not isinstance(command, click.Command):
        message = f"{target} is not a command"
        raise TypeError(message)
    return command


def command(name: str, **attributes: object) -> Callable[[Callable[..., object]], Command]:
    """Return a decorator that makes a function the command ``name``; its docstring is the help."""
    return click.command(name, cls=Command, **attributes)


def group(name: str, **attributes: object) -> Callable[[Callable[..., object]], Group]:
    """Return a decorator that makes a function the group ``name``; add to it with ``@that.command("verb")``."""
    return click.group(name, cls=Group, **attributes)


def current_terminal() -> Terminal:
    """Return the terminal of the running command, as its global options say; the plain one outside of any."""
    context = click.get_current_context(silent=True)
    meta = context.meta if context else {}
    return Terminal(json=meta.get(JSON, False), quiet=meta.get(QUIET, False))


def pass_terminal(function: Callable[Concatenate[Terminal, P], R]) -> Callable[P, R]:
    """Give the terminal to ``function`` as its first argument."""

    @wraps(function)
    def with_terminal(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(current_terminal(), *args, **kwargs)

    return with_terminal
