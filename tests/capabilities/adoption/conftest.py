"""Inventories written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.adoption.model import Abilities, Disposition, Present, Proposal
from chittyops.capabilities.adoption.service import propose
from chittyops.kernel.inventory import Action, FoundService, Inventory, Script, Workflow

HERE = frozenset(["deploy", "plan", "rollback", "history", "logs", "status", "task", "config", "run", "secrets"])
NOW = Abilities(HERE, frozenset({"local"}))
LATER = Abilities(HERE | {"db", "test", "backup"}, frozenset({"local", "cloudflare", "railway", "vercel"}))


def service(name: str = "cart", path: str = "cart", platform: str = "cloudflare", **more: Any) -> FoundService:
    """Return a canonical service."""
    files = {"cloudflare": (f"{path}/wrangler.toml",), "railway": (f"{path}/railway.json",)}.get(platform, ())
    plain: dict[str, Any] = {
        "repository": ".",
        "platforms": (platform,),
        "status": "canonical",
        "config_files": files,
    }
    return FoundService(name=name, path=path, platform=platform, **{**plain, **more})


def action(category: str, verb: str, tool: str = "wrangler", command: str = "", **more: Any) -> Action:
    """Return an action."""
    return Action(category, verb, tool, command or f"{tool} {verb}", 1, **more)


def script(path: str, *actions: Action, kind: str = "shell", name: str = "", **more: Any) -> Script:
    """Return a script of the categories of its ``actions``."""
    categories = tuple(dict.fromkeys(each.category for each in actions))
    plain: dict[str, Any] = {"name": name or path.rpartition("/")[2], "line": 1, "categories": categories}
    return Script(path=path, kind=kind, actions=actions, **{**plain, **more})


def inventory(*found: FoundService | Script | Workflow) -> Inventory:
    """Return an inventory of what is given."""
    return Inventory(
        "shop",
        tuple(each for each in found if isinstance(each, FoundService)),
        (),
        tuple(each for each in found if isinstance(each, Script)),
        tuple(each for each in found if isinstance(each, Workflow)),
    )


def proposal(
    *found: FoundService | Script | Workflow,
    present: Present | None = None,
    abilities: Abilities = NOW,
    texts: Mapping[str, str] | None = None,
    only: tuple[str, ...] = (),
) -> Proposal:
    """Return the proposal for what is given."""
    return propose(inventory(*found), present or Present(), abilities, texts or {}, only)


def values(found: Proposal) -> dict[str, Any]:
    """Return what is to be written, by dotted key."""
    return {".".join(edit.keys): edit.value for edit in found.edits}


def only_one(found: Proposal) -> Disposition:
    """Return what becomes of the one script."""
    (one,) = found.dispositions
    return one
