"""Documents put into files: a new file whole, one that is there changed only where it says something else."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from chittyops.capabilities.config.service.render import jsonc, toml, toml_editing
from chittyops.capabilities.config.service.render.matching import same
from chittyops.capabilities.config.service.render.wrangler_keys import INHERITED
from chittyops.kernel.errors import Misconfigured, Place

Section = dict[str, Any]


class Format(StrEnum):
    """How a file is written."""

    TOML = "toml"
    JSONC = "jsonc"

    @classmethod
    def of(cls, path: str) -> Format:
        """Return the format of the file ``path``, by its name."""
        return cls.TOML if ".toml" in path.rpartition("/")[2] else cls.JSONC


def parse(text: str, path: str) -> Section:
    """Return what the file ``path`` says. Raises Misconfigured with the place of what is wrong in it."""
    found = toml.parse(text, path) if Format.of(path) is Format.TOML else jsonc.parse(text, path).data
    if not isinstance(found, dict):
        raise Misconfigured("the file must hold an object", place=Place(path, 1, 1))
    return found


def written(wanted: Section, form: Format) -> str:
    """Return ``wanted`` as a new file."""
    return toml.dump(wanted) if form is Format.TOML else jsonc.dump(wanted)


def edited(text: str, wanted: Section, path: str) -> str:
    """Return ``text`` so that it says ``wanted``; without a difference it is the very same. Raises Misconfigured."""
    edit = toml_editing.edited if Format.of(path) is Format.TOML else jsonc.edited
    return edit(text, wanted, path)


def settled(wanted: Section, have: Section, silent: Collection[str] = ()) -> Section:
    """Return ``wanted`` for a file of wrangler that says what it ``have``: what means the same stays as it is.

    That is: an inherited key that an environment repeats, lists and tables with nothing in them, and environments
    that the file does not have and that are ``silent``: to wrangler they are the top level.
    """
    top = {**{key: value for key, value in have.items() if value in ([], {}) and key != "env"}, **wanted}
    there = have.get("env")
    sections = {}
    for name, section in wanted.get("env", {}).items():
        before = there.get(name) if isinstance(there, dict) else None
        if isinstance(before, dict):
            kept = {key: value for key, value in before.items() if _stays(key, value, wanted)}
            sections[name] = {**kept, **section}
        elif name not in silent:
            sections[name] = section
    top.pop("env", None)
    return {**top, "env": sections} if sections or there == {} else top


def _stays(key: str, value: Any, top: Section) -> bool:
    """Return whether what an environment says at ``key`` says nothing that it would not mean without it."""
    if key in INHERITED and key in top:
        return key != "name" and same(value, top[key])
    return value in ([], {})
