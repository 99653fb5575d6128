"""Shims: what stands in the place of a script whose work ChittyOps does now. Pure."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.adoption.model import Disposition, Outcome
from chittyops.kernel.kept import kept_file, kept_script, kept_target

_SHEBANG: Final = re.compile(r"#![^\n]*\n")
_EXPORTS: Final = re.compile(r"^\s*(?:export\s|module\.exports|exports\.)", re.MULTILINE)
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')


@dataclass(frozen=True, slots=True)
class Change:
    """A file to be written. ``copy_of`` is the path of the file whose mode and time it is to have, as its copy."""

    path: str
    data: bytes
    copy_of: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A script that gets no shim, and why."""

    key: str
    reason: str


def retire(path: str, data: bytes, found: Sequence[Disposition]) -> tuple[list[Change], list[Kept]]:
    """Return what puts shims for the scripts ``found`` into the file ``path``, and which can have none."""
    kind = found[0].kind
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return [], [Kept(each.key, "the file is not UTF-8 text") for each in found]
    if kind in {"npm-script", "make-target"}:
        edit = _npm if kind == "npm-script" else _make
        kept: list[Kept] = []
        for each in found:
            changed = edit(text, each)
            if isinstance(changed, Kept):
                kept.append(changed)
            else:
                text = changed
        fresh = text.encode()
        return ([Change(path, fresh)] if fresh != data else []), kept
    return _file(path, data, text, found[0])


def _file(path: str, data: bytes, text: str, found: Disposition) -> tuple[list[Change], list[Kept]]:
    suffix = posixpath.splitext(path)[1]
    if found.kind in {"javascript", "typescript"} and _EXPORTS.search(text):
        return [], [Kept(found.key, "it exports something that others may import")]
    if found.kind == "python" and "__main__" not in text and not text.startswith("#!"):
        return [], [Kept(found.key, "it may be a module that others import")]
    writers = {"shell": _shell, "javascript": _javascript, "typescript": _javascript, "python": _python}
    writer = writers.get(found.kind)
    if writer is None or (not suffix and not text.startswith("#!")):
        return [], [Kept(found.key, "no shim is known for this kind of script")]
    shebang = _SHEBANG.match(text)
    fallback = "#!/bin/sh\n" if found.kind == "shell" else ""
    shim = (shebang[0] if shebang else fallback) + writer(_commands(found))
    kept = [Change(kept_file(path), data, copy_of=path)] if found.outcome is Outcome.WRAPPED else []
    return [*kept, Change(path, shim.encode())], []


def _commands(found: Disposition) -> list[list[str]]:
    """Return the command lines of the shim, the last of which gets the script's arguments."""
    lines = [shlex.split(each) for each in found.command.split(" && ")]
    return [*lines[:-1], [*lines[-1], "--"]] if found.task else lines


def _shell(commands: Sequence[Sequence[str]]) -> str:
    steps = " && ".join(shlex.join(each) for each in commands[:-1])
    steps = f"{steps} && " if steps else ""
    return f'cd "$(dirname "$0")" && {steps}exec {shlex.join(commands[-1])} "$@"\n'


def _javascript(commands: Sequence[Sequence[str]]) -> str:
    lines = json.dumps(list(commands))
    return (
        'import("node:child_process").then(({ spawnSync }) => {'
        ' process.chdir(process.argv[1].replace(/[^/\\\\]*$/, "") || ".");'
        f" const lines = {lines}; lines[lines.length - 1].push(...process.argv.slice(2));"
        ' for (const [name, ...rest] of lines) { const code = spawnSync(name, rest, { stdio: "inherit" }).status ?? 1;'
        " if (code) process.exit(code); } });\n"
    )


def _python(commands: Sequence[Sequence[str]]) -> str:
    lines = repr([list(each) for each in commands])
    return (
        "import os, subprocess, sys; os.chdir(os.path.dirname(os.path.abspath(__file__))); "
        f"lines = {lines}; lines[-1] += sys.argv[1:]; "
        "sys.exit(next((code for line in lines if (code := subprocess.call(line))), 0))\n"
    )


def _npm(text: str, found: Disposition) -> str | Kept:
    """Return package.json with the script's text replaced, and the original kept under a name of its own."""
    entries = dict(_json_strings(text, "scripts"))
    place = entries.get(found.name)
    if place is None:
        return Kept(found.key, "it is not in the file any more")
    if f"pre{found.name}" in entries or f"post{found.name}" in entries:
        return Kept(found.key, "npm runs other scripts before or after it")
    begin, end = place
    line = " && ".join(shlex.join(each) for each in _commands(found))
    shim = json.dumps(line, ensure_ascii=False)
    if found.outcome is not Outcome.WRAPPED:
        return text[:begin] + shim + text[end:]
    start = text.rfind("\n", 0, begin) + 1
    indent = re.match(r"\s*", text[start:])
    same_line = not indent or text[start + indent.end() : begin].lstrip().startswith("{")
    gap = " " if same_line or not indent else "\n" + indent[0]
    original = f"{json.dumps(kept_script(found.name), ensure_ascii=False)}: {text[begin:end]}"
    return f"{text[:begin]}{shim},{gap}{original}{text[end:]}"


def _json_strings(text: str, section: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the keys of the object ``section`` of a JSON text, with where their values stand, quotes included."""
    trail: list[str] = []
    key = ""
    value = False
    for token in _JSON_TOKEN.finditer(text):
        word = token[0]
        if word in "{[":
            trail.append(key)
            key, value = "", False
        elif word in "}]":
            trail = trail[:-1]
        elif word == ":":
            value = True
        elif word == ",":
            value = False
        elif value and trail[1:] == [section]:
            yield key, token.span()
        elif not value:
            key = json.loads(word)


def _make(text: str, found: Disposition) -> str | Kept:
    """Return the Makefile with a rule of one line before the original, which is kept under a name of its own."""
    rule = re.search(
        rf"^{re.escape(found.name)}[ \t]*:(?![=:])[^\n]*\n((?:[ \t]+[^\n]*\n?|\n(?=\t))*)", text, re.MULTILINE
    )
    if rule is None:
        return Kept(found.key, "no rule of its own was found")
    if "$@" in rule[0] or "%" in found.name:
        return Kept(found.key, "its recipe uses its own name")
    line = " && ".join(shlex.join(each) for each in _commands(found))
    line = line.removesuffix(" --").replace("$", "$$")
    shim = f"{found.name}:\n\t@{line}\n"
    if found.outcome is not Outcome.WRAPPED:
        return text[: rule.start()] + shim + text[rule.end() :]
    return f"{text[: rule.start()]}{shim}\n{kept_target(found.name)}{text[rule.start() + len(found.name) :]}"
