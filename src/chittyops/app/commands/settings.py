"""``chittyops settings``: every setting, its value, and where the value comes from."""

from __future__ import annotations

import os
from dataclasses import asdict

from chittyops.interface.terminal import Cell, Table, Terminal, command, pass_terminal


@command("settings", short_help="Show the settings and where each comes from.")
@pass_terminal
def settings(terminal: Terminal) -> None:
    """Show every setting of the operations centre: its value, and where the value comes from."""
    from chittyops.runtime.home import Home
    from chittyops.runtime.settings import Settings, settings_rows

    rows = settings_rows(Settings.load(os.environ, Home.locate(os.environ).path))
    shown = Table("setting", "value", "from", "variable")
    for row in rows:
        origin = Cell(str(row.origin), "dim" if row.origin.kind == "default" else "bold")
        shown.row(row.name, str(row.value), origin, row.env)
    terminal.emit({"items": [asdict(row) for row in rows]}, shown)
