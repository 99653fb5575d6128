"""The commands that JavaScript and TypeScript run: through a shell, as lists of words, as requests and queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Code, Command, ScriptFacts
from chittyops.capabilities.discovery.service.facts import code_scripts, shell
from chittyops.capabilities.discovery.service.facts.source import Source

is_ops = code_scripts.is_ops

_RUNNERS: Final = re.compile(
    r"(?:node:)?child_process|execa|zx(?:/.*)?|shelljs|cross-spawn|tinyexec|nano-spawn|bun|dax(?:-sh)?"
)
_RUN: Final = re.compile(
    rb"(?<![\w$.])(?P<name>(?:[\w$]+\.)?(?:exec|spawn|fork|run|sh|shell|\$|execa)\w*)\(|(?P<command>Deno\.Command)\("
)
_TAGGED: Final = re.compile(rb"(?<![\w$])(?:(?:Bun|\w*sh)?\.?)(\$)(?:\([^()\n]*\))?`")
_OWNERS: Final = frozenset(
    {"cp", "child_process", "childProcess", "shell", "shelljs", "sh", "execa", "Bun", "Deno", "process", "proc"}
)
_LISTS: Final = re.compile(r"(?:.*\.)?(?:execFile|spawn|fork|execa|x|Command)(?:Sync|Async|Promise|P)?")
_WORD: Final = re.compile(r"[\w.@:/$~+-]+")
_PROGRAM: Final = re.compile(r"\s*(?:[\w]+=\S*\s+)*[\w.@/$~-]+(?:\s|$|[;&|])")
_LAST_NAME: Final = re.compile(r"([A-Za-z_]\w*)\W*$")
_ARGUMENT: Final = re.compile(
    rb"process\.argv\s*(?:\[\s*(\d+)\s*\]|\.slice)|\bDeno\.args\b|\bparseArgs\(|\bcommander\b|\byargs\b"
)
_REQUEST: Final = re.compile(
    rb"(?<![\w$.])(?P<fetch>fetch|got|ky|ofetch|axios)(?:\.(?P<method>get|post|put|patch|delete|head))?\("
)
_QUERY: Final = re.compile(rb"\.(?:query|execute|unsafe|exec)\s*[(`<]|(?<![\w$])sql(?:<[^>\n]*>)?[(`]")
_FILE: Final = re.compile(
    rb"\b(?:fs\w*\.)?(?P<verb>read|write|append|copy)(?:File|TextFile|_file)?(?:Sync)?\(\s*(?=[\"'`])"
)
_MOST_WORDS: Final = 60
_NEAR_BYTES: Final = 4_000
_QUOTES: Final = frozenset("\"'`")


def read(source: Source, language: str, code: Code) -> ScriptFacts | None:
    """Return the script that ``source`` is; None where it runs no command and lies where no ops scripts lie."""
    if code.serves:
        return None
    runs = any(_RUNNERS.fullmatch(each.specifier) for each in code.imports) or source.has(
        b"Deno.Command", b"Bun.$", b"Bun.spawn"
    )
    commands = dict.fromkeys([*_commands(source), *_tagged(source)]) if runs else {}
    if not commands and (not (is_ops(source.path) or source.data.startswith(b"#!")) or code_scripts.is_library(source)):
        return None
    commands |= dict.fromkeys([*_requests(source), *_queries(source, code), *_files(source)])
    return code_scripts.build(source, language, code, commands, _arguments(source))


def _commands(source: Source) -> Iterator[Command]:
    for match in source.find(_RUN):
        callee = match["name"] or match["command"]
        owner = callee.rpartition(b".")[0].decode()
        if owner and owner not in _OWNERS:
            continue
        node = source.node(match.end() - 1, match.end())
        arguments = node if node and node.type == "arguments" else node and node.parent
        if arguments is None or arguments.type != "arguments" or not arguments.named_children:
            continue
        yield from _call(source, callee.decode(), arguments)


def _call(source: Source, callee: str, arguments: Node) -> Iterator[Command]:
    given = [each for each in arguments.named_children if each.type != "comment"]
    first = _value(source, given[0]) if given else None
    if first is None:
        return
    line = arguments.start_point.row + 1
    folder = _option(source, given, "cwd")
    listed = next((each for each in given[1:2] if each.type == "array"), None) or _listed(given)
    if given[0].type == "array":
        words = _words(source, given[0])
    elif callee.endswith("Command") or listed is not None or _LISTS.fullmatch(callee):
        rest = (
            _words(source, listed)
            if listed
            else tuple(f"${source.text(each)}" for each in given[1:2] if each.type == "identifier")
        )
        words = (*_spoken(callee, first), *rest)
    elif _PROGRAM.match(first):
        for each in shell.commands(first, given[0].start_point.row + 1 if "\n" in first else line):
            yield (
                each
                if each.folder or not folder
                else Command(each.words, each.line, each.assigns, each.loop, each.piped_to, each.ignored, folder)
            )
        return
    else:
        return
    if words and _WORD.fullmatch(words[0]):
        yield Command(words, line, folder=folder)


def _spoken(callee: str, first: str) -> tuple[str, ...]:
    if callee.rpartition(".")[2].startswith("fork"):
        return ("node", first)
    return tuple(first.split()) if " " in first else (first,)


def _listed(given: list[Node]) -> Node | None:
    """Return the list that ``new Deno.Command("x", { args: [...] })`` gives."""
    for each in given[1:2]:
        for pair in each.named_children if each.type == "object" else ():
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key and value and key.text == b"args" and value.type == "array":
                return value
    return None


def _words(source: Source, array: Node) -> tuple[str, ...]:
    found = []
    for each in array.named_children[:_MOST_WORDS]:
        if each.type == "comment":
            continue
        value = _literal(source, each)
        found.append(value if value is not None else f"${_name(source, each)}")
    return tuple(found)


def _option(source: Source, given: list[Node], name: str) -> str:
    for each in given[1:]:
        for pair in each.named_children if each.type == "object" else ():
            value = pair.child_by_field_name("value") if pair.type == "pair" else None
            if value and source.text(pair.child_by_field_name("key")) == name and value.type == "string":
                return _literal(source, value) or ""
    return ""


def _value(source: Source, node: Node) -> str | None:
    """Return the text of a literal, or of the variable's last literal value before here; None where neither is it."""
    if node.type == "array":
        return ""
    return _literal(source, _constant(source, node) if node.type == "identifier" else node)


def _constant(source: Source, name: Node) -> Node | None:
    """Return the literal that a variable was last declared with before it is used."""
    pattern = rb"\b(?:const|let|var)\s+" + re.escape(source.text(name)).encode() + rb"\s*=\s*(?=[\"'`])"
    start = max(0, name.start_byte - _NEAR_BYTES)
    for match in reversed(list(re.finditer(pattern, source.data[start : name.start_byte]))):
        node = source.node(start + match.end(), start + match.end() + 1)
        return node.parent if node and node.type in _QUOTES else node
    return None


def _literal(source: Source, node: Node | None) -> str | None:
    """Return the text of a string, with ``$name`` for what a template fills in and what is added to it."""
    if node is not None and node.type == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left and right and source.text(node.child_by_field_name("operator")) == "+" and "string" in left.type:
            return (_literal(source, left) or "") + (_literal(source, right) or f"${_name(source, right)}")
        return None
    if node is None or node.type not in {"string", "template_string"}:
        return None
    parts = []
    for each in node.named_children:
        if each.type == "template_substitution":
            parts.append(_filled(source, each))
        elif each.type == "escape_sequence":
            parts.append({"\\n": "\n", "\\t": "\t"}.get(source.text(each), source.text(each)[1:]))
        else:
            parts.append(source.text(each))
    return "".join(parts)


def _filled(source: Source, substitution: Node) -> str:
    """Return what a template fills in: the text of a constant string, else ``$name``."""
    inner = substitution.named_child(0) if substitution.named_child_count else None
    known = _constant(source, inner) if inner is not None and inner.type == "identifier" else None
    if known is not None and known.type == "string":
        return source.text(known)[1:-1]
    return f"${_name(source, substitution)}"


def _name(source: Source, node: Node) -> str:
    """Return the name that an expression ends with, for a place whose value is unknown."""
    found = _LAST_NAME.search(source.text(node)[-80:])
    return found[1] if found else "VALUE"


def _tagged(source: Source) -> Iterator[Command]:
    for match in source.find(_TAGGED) if source.has(b"$`", b"$(", b")`") else ():
        node = source.node(match.end() - 1, match.end())
        template = node if node and node.type == "template_string" else node and node.parent
        text = _literal(source, template) if template and source.is_name(*match.span(1)) else None
        if text:
            yield from shell.commands(text, source.line(match.start()))


def _requests(source: Source) -> Iterator[Command]:
    for match in source.find(_REQUEST):
        arguments = source.node(match.end() - 1, match.end())
        arguments = arguments if arguments and arguments.type == "arguments" else arguments and arguments.parent
        if arguments is None or arguments.type != "arguments" or not arguments.named_children:
            continue
        address = _value(source, arguments.named_children[0])
        if address:
            method = (match["method"] or b"").decode() or _option(source, arguments.named_children, "method") or "GET"
            yield code_scripts.request(method, address, source.line(match.start()))


def _queries(source: Source, code: Code) -> Iterator[Command]:
    for engine, _ in code.engines:
        for match in source.find(_QUERY):
            node = source.node(match.start(), match.start() + 1)
            if node and "string" not in node.type and node.type != "comment":
                yield Command(("query", engine), source.line(match.start()))
                break


def _files(source: Source) -> Iterator[Command]:
    for match in source.find(_FILE) if source.has(b"fs", b"Deno.", b"Bun.") else ():
        node = source.node(match.end(), match.end() + 1)
        path = _literal(source, node.parent if node and node.type in {"'", '"', "`"} else node)
        if path and code_scripts.WRITTEN.fullmatch(path):
            verb = "read" if match["verb"] == b"read" else "write"
            yield Command((verb, path), source.line(match.start()))


def _arguments(source: Source) -> Iterator[str]:
    for match in source.find(_ARGUMENT) if source.has(b"rgv", b"rgs", b"commander") else ():
        if match[1] is None:
            yield "$@"
        elif int(match[1]) > 1:
            yield f"${int(match[1]) - 1}"
