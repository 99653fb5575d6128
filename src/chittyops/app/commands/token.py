"""``chittyops token``: who may use the API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from chittyops.app.commands.target import connect
from chittyops.interface.client import table, text
from chittyops.interface.terminal import Cell, Table, Terminal, group, pass_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chittyops.kernel.event import Json

ROLES = ("viewer", "operator", "admin")


@group("token", short_help="Give and take access to the API.")
def token() -> None:
    """Give and take access to the API. Tokens are stored hashed; each is shown once."""


@token.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What it may do.")
@pass_terminal
def create(terminal: Terminal, name: str, *, role: str) -> None:
    """Make a token for NAME and print it: the only time it is shown."""
    made = table(connect(terminal).post("/tokens", {"name": name, "role": role}))
    terminal.emit(dict(made), text(made.get("token")))
    terminal.note(f"{name} is {role} (id {text(made.get('id'))}); use it as CHITTYOPS_TOKEN")


@token.command("list")
@click.option("--all", "everything", is_flag=True, help="The revoked ones too.")
@pass_terminal
def list_tokens(terminal: Terminal, *, everything: bool) -> None:
    """List the tokens."""
    items = [dict(item) for item in connect(terminal).items("/tokens") if everything or not item.get("revoked_at")]
    shown = Table("id", "name", "role", "created", "last used", "state")
    for item in items:
        shown.row(
            text(item.get("id")),
            text(item.get("name")),
            text(item.get("role")),
            _day(item, "created_at"),
            _day(item, "last_used_at"),
            Cell("revoked", "red") if item.get("revoked_at") else Cell("valid", "green"),
        )
    terminal.emit({"items": items}, shown)


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@pass_terminal
def revoke(terminal: Terminal, token_id: str) -> None:
    """End the token with this ID, and the sessions that came from it."""
    connect(terminal).delete(f"/tokens/{quote(token_id, safe='')}")
    terminal.emit({"revoked": token_id})
    terminal.note(f"{token_id} is revoked")


def _day(item: Mapping[str, Json], key: str) -> str:
    value = text(item.get(key))
    return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M") if value else ""
