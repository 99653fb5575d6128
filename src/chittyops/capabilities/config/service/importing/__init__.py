"""Files of platforms and programs, read into the fleet file: each says what it said, with its comments. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from chittyops.capabilities.config.service.importing import comments, dotenv_file, environments, platforms, wrangler
from chittyops.capabilities.config.service.importing.model import Comment, Context, Imported
from chittyops.capabilities.config.service.render import files, jsonc
from chittyops.capabilities.config.service.render.files import Format
from chittyops.kernel.errors import Misconfigured, Place, Problem

__all__ = ["Context", "Imported", "read", "usual"]

_PLATFORM_FILES = (
    ("wrangler.json", "wrangler.jsonc", "wrangler.toml"),
    ("vercel.json",),
    ("railway.json", "railway.toml"),
)
_LOCAL = ("local", "dev", "development")


def usual(names: Collection[str], context: Context) -> tuple[str, ...]:
    """Return those of the ``names`` in a service's folder that are imported where nobody says which.

    Beside a platform's own file dotenv ones are for the developer's machine: they are imported when they are named.
    """
    found = [next((name for name in group if name in names), "") for group in _PLATFORM_FILES]
    dotenv = (".env", *(f".env.{each}" for each in context.environments))
    return tuple(filter(None, found)) or tuple(name for name in dotenv if name in names)


def read(name: str, path: str, text: str, context: Context) -> Imported:
    """Return what the file ``name``, of the service's folder, comes to; ``path`` is as people can open it.

    Raises Misconfigured for a file that is not what its name says, or that nobody can tell the environment of.
    """
    base = posixpath.basename(name)
    if base.startswith((".env", ".dev.vars")):
        return dotenv_file.read(text, path, name, _environment(base, path, context), context)
    if not any(word in base.lower() for word in ("wrangler", "vercel", "railway")):
        hint = "wrangler.toml, wrangler.json, wrangler.jsonc, vercel.json, railway.json, railway.toml, .env, .dev.vars"
        raise Misconfigured("this is no kind of file that can be imported", place=Place(path), hint=f"known: {hint}")
    data = files.parse(text, path)
    said = comments.of_toml(text) if Format.of(path) is Format.TOML else comments.of_jsonc(text)
    said = {keys: _harmless(each, context) for keys, each in said.items()}
    if "wrangler" in base.lower():
        found = wrangler.read(data, path, said, context)
    else:
        found = (platforms.vercel if "vercel" in base.lower() else platforms.railway)(data, path, said, context)
    found.remarks += _doubles(text, path)
    return found


def _harmless(comment: Comment, context: Context) -> Comment:
    """Return ``comment`` without the lines that have a secret in them."""
    above = tuple(line for line in comment.above if not context.is_secret("", line))
    return Comment(above, "" if context.is_secret("", comment.remark) else comment.remark)


def _doubles(text: str, path: str) -> list[Problem]:
    if Format.of(path) is Format.TOML:
        return []
    places = sorted(
        (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), key) for key, at in jsonc.doubles(jsonc.parse(text))
    )
    return [
        Problem(f"{key} is given twice in one object: the last one counts", Place(path, line, column))
        for line, column, key in places
    ]


def _environment(base: str, path: str, context: Context) -> str:
    if context.chosen:
        return next(iter(context.chosen))
    if found := environments.of_file(base, context):
        return found
    if base == ".env":
        return ""
    local = next((name for name in _LOCAL if name in context.environments), "")
    if local and base in (".dev.vars", ".env.local"):
        return local
    hint = f"say which: --env {' or --env '.join(context.environments)}"
    raise Misconfigured("nothing tells which environment this file is for", place=Place(path), hint=hint)
