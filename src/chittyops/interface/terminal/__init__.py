"""The terminal edge: data on stdout, everything else on stderr, errors with a place and a hint."""

from __future__ import annotations

from chittyops.interface.terminal.command import Group, LazyGroup, command, group, loaded, pass_terminal
from chittyops.interface.terminal.errors import exit_code, report
from chittyops.interface.terminal.progress import Progress
from chittyops.interface.terminal.screen import Terminal
from chittyops.interface.terminal.table import Cell, Table

__all__ = [
    "Cell",
    "Group",
    "LazyGroup",
    "Progress",
    "Table",
    "Terminal",
    "command",
    "exit_code",
    "group",
    "loaded",
    "pass_terminal",
    "report",
]
