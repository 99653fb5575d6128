"""Secrets written as dotenv, JSON or commands of a shell, so that what reads them gets the same values."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping

from chittyops.kernel.errors import Misconfigured


def dotenv(values: Mapping[str, str]) -> str:
    """Return ``values`` as a dotenv file. Raises Misconfigured for a value that no dotenv file can hold."""
    return "".join(f"{name}={quoted(name, value)}\n" for name, value in values.items())


def quoted(name: str, value: str) -> str:
    """Return ``value`` so that our reader, npm's dotenv and a shell read the same.

    Single quotes are literal for all of them. A value that has one goes into double quotes, where they differ on
    what a backslash, a dollar and a quote are; raises Misconfigured for a value with all of these.
    """
    if "'" not in value and "\r" not in value and not value.endswith("\\"):
        return f"'{value}'"
    if not set(value) & set('"\\$`\r'):
        return f'"{value}"'
    message = f"{name} cannot be written to a dotenv file: its quotes would be read differently by different readers"
    raise Misconfigured(message, hint="write it as json, or use `chittyops run`")


def as_json(values: Mapping[str, str]) -> str:
    """Return ``values`` as a JSON object."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def shell(values: Mapping[str, str]) -> str:
    """Return ``values`` as commands of a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


WRITERS: dict[str, Callable[[Mapping[str, str]], str]] = {"dotenv": dotenv, "json": as_json, "shell": shell}
