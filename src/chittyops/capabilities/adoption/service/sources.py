"""Where a script takes the secret that it puts somewhere, read from the line that does it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chittyops.kernel.inventory import Action, Script

_COMMANDS: Final = re.compile(r"&&|\|\||;|\n|(?<!\|)&(?!&)")
_READ: Final = re.compile(
    r"""\bop[ ]+read[ ]+(?:-\S+[ ]+)*(?:"(op://[^"`$]+)"|'(op://[^']+)'|(op://[^"'\s|`$]+))[ ]*\|(?!\|)"""
)
_VARIABLE: Final = re.compile(
    r"""(?:\b(?:echo|printf)\b(?:[ ]+-n)?(?:[ ]+["']%s(?:\\n)?["'])?[ ]+["']?\$\{?(\w+)\}?["']?[ ]*\|(?!\|)"""
    r"""|<<<[ ]*["']?\$\{?(\w+)\}?|(?:--body|-b)[ =]["']?\$\{?(\w+)\}?)"""
)
_GIVEN: Final = re.compile(r"\||<|--body|\s-b[\s=]")
"""What gives a command its input: without any, it asks."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: the reference the fleet file has for it, "" where none can say it.

    ``typed`` is one that somebody types in; the fleet's own store keeps it from then on.
    """

    reference: str
    typed: bool = False


def source(action: Action, script: Script, texts: Mapping[str, str], name: str, vaulted: Mapping[str, str]) -> Source:
    """Return where ``script`` takes the value that ``action`` puts under ``name``.

    ``vaulted`` are the references in a vault that the service's scripts give to variables.
    """
    text = _text(script, texts)
    line = _line(text, action.line if script.kind != "npm-script" else 1)
    pieces = [each for each in _COMMANDS.split(line) if re.search(r"\bsecret(?::|\s+)(?:put|set)\b", each)]
    own = [each for each in pieces if re.search(rf"\b{re.escape(name)}\b", each)] or pieces
    if len(own) != 1:
        return Source("")
    if found := _READ.search(own[0]):
        return Source(next(each for each in found.groups() if each))
    if found := _VARIABLE.search(own[0]):
        variable = next(each for each in found.groups() if each)
        return _of_variable(variable, name, script, text, vaulted)
    return Source("") if _GIVEN.search(own[0]) else Source(f"sops:{name}", typed=True)


def _of_variable(variable: str, name: str, script: Script, text: str, vaulted: Mapping[str, str]) -> Source:
    if re.search(rf"\bread\s+(?:-\w+\s+(?:\"[^\"]*\"\s+|'[^']*'\s+)?)*{variable}\b", text):
        return Source(f"sops:{name}", typed=True)
    if len(re.findall(rf"\b{variable}=", text)) == 1 and variable in vaulted:
        return Source(vaulted[variable])
    if variable in script.inputs and not re.search(rf"\b{variable}=|\bfor\s+{variable}\b", text):
        return Source(f"env:{variable}")
    return Source("")


def _text(script: Script, texts: Mapping[str, str]) -> str:
    text = texts.get(script.path, "")
    if script.kind != "npm-script":
        return text
    try:
        found = json.loads(text)["scripts"][script.name]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""


def _line(text: str, number: int) -> str:
    """Return the line ``number`` with those that it goes on from and into."""
    lines = text.splitlines()
    if not 0 < number <= len(lines):
        return ""
    first = last = number - 1
    while first and _goes_on(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _goes_on(lines[last]):
        last += 1
    return " ".join(each.rstrip().removesuffix("\\") for each in lines[first : last + 1])


def _goes_on(line: str) -> bool:
    text = line.rstrip()
    return text.endswith("\\") or (text.endswith("|") and not text.endswith("||"))
