"""``chittyops completion``: the script that teaches a shell to complete."""

from __future__ import annotations

import click

from chittyops.interface.terminal import Terminal, command, pass_terminal

SHELLS = ("bash", "zsh", "fish")
INSTALL = {
    "bash": "chittyops completion bash > ~/.local/share/bash-completion/completions/chittyops",
    "zsh": "chittyops completion zsh > ~/.zfunc/_chittyops   (with fpath+=~/.zfunc before compinit)",
    "fish": "chittyops completion fish > ~/.config/fish/completions/chittyops.fish",
}


@command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
@pass_terminal
def completion(terminal: Terminal, shell: str) -> None:
    """Print the completion script of SHELL; where to put it is said on stderr."""
    text = script(shell)
    terminal.emit({"shell": shell, "script": text}, text)
    if terminal.out.isatty():
        terminal.note(f"to install: `chittyops cli install`, or {INSTALL[shell]}")


def script(shell: str) -> str:
    """Return the completion script of ``shell``, one of SHELLS."""
    from click.shell_completion import get_completion_class

    from chittyops.app.cli import COMPLETION_VARIABLE, PROGRAM, root

    kind = get_completion_class(shell)
    if kind is None:
        message = f"no completion for {shell}"
        raise LookupError(message)
    return kind(root, {}, PROGRAM, COMPLETION_VARIABLE).source()
