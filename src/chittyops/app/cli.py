"""The command line: one table of lazily loaded commands, and every error mapped to a message and an exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper

import click

from chittyops import __version__
from chittyops.interface.terminal import Group, Terminal, loaded, report
from chittyops.interface.terminal.errors import FAILED, INTERRUPTED, PIPE_CLOSED, USAGE, report_problem
from chittyops.kernel.errors import ChittyOpsError, Problem

PROGRAM = "chittyops"
COMPLETION_VARIABLE = "_CHITTYOPS_COMPLETE"


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: where it is, and the line of help that stands for it without loading it."""

    section: str
    target: str
    help: str


COMMANDS: dict[str, Entry] = {
    "init": Entry("Files", "app.commands.adopt:init", "Write chittyops.yaml from what is found."),
    "discover": Entry("Files", "capabilities.discovery.commands:discover", "Show the services found in a folder."),
    "audit": Entry("Files", "app.commands.audit:audit", "Report what a workspace's operations have and lack."),
    "adopt": Entry("Files", "app.commands.adopt:adopt", "Bring scripts and services under the fleet file."),
    "task": Entry("Files", "app.commands.task:task", "Run managed tasks: inputs checked, locked, timed, recorded."),
    "fleet": Entry(
        "Files", "capabilities.fleet.commands:fleet", "Check, show and edit the fleet file (chittyops.yaml)."
    ),
    "config": Entry("Files", "app.commands.config:config", "Explain, edit, check and render configuration."),
    "run": Entry("Files", "app.commands.run:run", "Run a command with the configuration and secrets of a service."),
    "secrets": Entry("Files", "app.commands.secrets:secrets", "Keep, look at, check and hand out secrets."),
    "publish": Entry("Files", "app.commands.publish:publish", "Show a workspace on the pages of the centre."),
    "plan": Entry("Deploy", "app.commands.deploy:plan", "Show what a deploy would do, and why."),
    "deploy": Entry("Deploy", "app.commands.deploy:deploy", "Deploy what has changed, in dependency order."),
    "rollback": Entry("Deploy", "app.commands.deploy:rollback", "Go back to what an earlier release left."),
    "cancel": Entry("Deploy", "app.commands.releases:cancel", "Stop a running release."),
    "resume": Entry("Deploy", "app.commands.releases:resume", "Go on with a release that stopped."),
    "status": Entry("Look", "app.commands.status:status", "Show the services: state, version, health, address."),
    "context": Entry("Look", "app.commands.context:context", "Show where you are and what goes on there."),
    "logs": Entry("Look", "app.commands.logs:logs", "Show what a service or a release wrote."),
    "history": Entry("Look", "app.commands.releases:history", "Show the releases, or one of them."),
    "open": Entry("Look", "app.commands.centre:open_page", "Open the page of the operations centre."),
    "up": Entry("Centre", "app.commands.centre:up", "Start the operations centre."),
    "down": Entry("Centre", "app.commands.centre:down", "Stop the operations centre."),
    "settings": Entry("Centre", "app.commands.settings:settings", "Show the settings and where each comes from."),
    "token": Entry("Centre", "app.commands.token:token", "Give and take access to the API."),
    "demo": Entry("Centre", "app.commands.demo:demo", "Watch an example fleet deploy, break and recover."),
    "cli": Entry("Centre", "app.commands.cli_install:cli", "Put the command, completions and aliases in place."),
    "completion": Entry("Centre", "app.commands.completion:completion", "Print the completion script of a shell."),
}

PROCESSES = {"supervise": "supervisor", "api": "api", "worker": "worker", "prober": "prober", "agent": "agent"}
"""Long-running processes that the supervisor starts; they are no commands for people, so no help shows them."""


class Root(Group):
    """The root group: it knows its commands by the table and loads the one that is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name in PROCESSES:
            return process(cmd_name)
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return loaded(entry.target)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; name near ones where there is none."""
        if args[0] not in COMMANDS and args[0] not in PROCESSES and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, from the table alone."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in COMMANDS.items():
            sections.setdefault(entry.section, []).append((name, entry.help))
        widest = max(map(len, COMMANDS))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(widest), text) for name, text in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        """Complete a command's name from the table, without loading any."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=e.help) for name, e in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)


def process(name: str) -> click.Command:
    """Return the hidden command that becomes one of the centre's processes."""

    def become() -> int | None:
        code: int | None = import_module(f"chittyops.app.{PROCESSES[name]}").main()
        return code

    return click.Command(name, callback=become, hidden=True, help=f"Be the {name} process (started by `up`).")


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 (Click's)
    if value and not context.resilient_parsing:
        click.echo(f"{PROGRAM} {__version__}")
        context.exit()


root = Root(
    PROGRAM,
    help="The operations centre for a fleet of small services.",
    epilog="`chittyops COMMAND --help` tells more. Exit codes: 0 done, 1 failed, 2 usage, 3 refused or not there.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Show the version.",
        )
    ],
)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; no error of a user's ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal's encoding does not have must not end the command.
            stream.reconfigure(errors="backslashreplace")
    terminal = Terminal()
    try:
        return _invoke(arguments)
    except (KeyboardInterrupt, click.Abort):
        terminal.say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough. Python would flush again at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the edge: every error has a message and an exit code
        return _failed(error, terminal, process=bool(PROCESSES.keys() & arguments[:1]))


def _failed(error: Exception, terminal: Terminal, *, process: bool) -> int:
    if isinstance(error, click.ClickException):
        return _usage(error, terminal)
    if isinstance(error, ChittyOpsError):
        return report(error, terminal)
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        report_problem(Problem(f"cannot use{where}: {error.strerror or error}"), terminal)
        return FAILED
    return _unforeseen(error, terminal, process=process)


def _invoke(arguments: list[str]) -> int:
    if COMPLETION_VARIABLE in os.environ:
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, PROGRAM, COMPLETION_VARIABLE, os.environ[COMPLETION_VARIABLE])
    try:
        with root.make_context(PROGRAM, list(arguments)) as context:
            code = root.invoke(context)
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException, terminal: Terminal) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        terminal.say(error.message)
        return USAGE
    message, hint = " ".join(error.format_message().split()), ""
    if isinstance(error, click.UsageError):
        hint = f"`{error.ctx.command_path} --help` shows how" if error.ctx else ""
    if isinstance(error, (click.exceptions.NoSuchCommand, click.NoSuchOption)):
        message = error.message
        near = error.possibilities or ()
        hint = f"did you mean {' or '.join(near)}?" if near else hint
    report_problem(Problem(message[:1].lower() + message[1:].rstrip("."), hint=hint), terminal)
    return USAGE


def _unforeseen(error: Exception, terminal: Terminal, *, process: bool) -> int:
    """Tell of a mistake of ours. A process of the centre has a log that wants the traceback; a person does not."""
    import traceback

    text = "".join(traceback.format_exception(error))
    if process or os.environ.get("CHITTYOPS_DEBUG"):
        terminal.say(text)
    log = "" if process else _keep(text)
    problem = Problem(
        f"a mistake of ChittyOps, not yours: {type(error).__name__}: {error}",
        hint=f"its traceback is in {log}; CHITTYOPS_DEBUG=1 shows it here" if log else "",
    )
    report_problem(problem, terminal)
    return FAILED


def _keep(traceback: str) -> str:
    """Append ``traceback`` to the log of the command line and return its path, or "" where that cannot be."""
    from chittyops.runtime.home import Home

    try:
        log = Home.locate(os.environ).file("logs", "cli.log")
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as stream:
            stream.write(traceback)
    except (OSError, ChittyOpsError):
        return ""
    return str(log)
