"""The commands that Python runs: through a shell, as lists of words, as requests and queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Code, Command, ScriptFacts
from chittyops.capabilities.discovery.service.facts import code_scripts, shell
from chittyops.capabilities.discovery.service.facts.source import Source

is_ops = code_scripts.is_ops

_RUN: Final = re.compile(
    rb"(?<![\w])(?:(?:subprocess|sp)\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)"
    rb"|os\.(?:system|popen|execvp|spawnlp)|asyncio\.create_subprocess_(?:exec|shell)"
    rb"|(?<!\.)(?:\w*run\w*|check_output|check_call|Popen|\w*cmd\w*|\w*shell\w*|sh))\("
)
_PROGRAM: Final = re.compile(r"\s*(?:\w+=\S*\s+)*[\w./$~-]+(?:\s|$|[;&|])")
_ARGUMENT: Final = re.compile(rb"sys\.argv\s*\[\s*(\d+)\s*\]|\bsys\.argv\b|\badd_argument\(|@click\.|\btyper\.")
_REQUEST: Final = re.compile(
    rb"(?<![\w])(?:requests|httpx|client|session|urllib3?)\.(get|post|put|patch|delete|head)\(|(?<!\w)(urlopen|Request)\("
)
_QUERY: Final = re.compile(rb"\.(?:execute|executemany|fetch|fetchrow|fetchall|executescript)\(")
_OPEN: Final = re.compile(rb"(?<![\w.])(?:open|Path|load_dotenv)\(\s*(?:dotenv_path\s*=\s*)?(?=[\"'])")
_MODE: Final = re.compile(r"\s*,\s*(?:mode\s*=\s*)?[\"'][wax]|\)\s*\.\s*write_")
_MOST_WORDS: Final = 60


def read(source: Source, code: Code) -> ScriptFacts | None:
    """Return the script that ``source`` is; None where it runs no command and lies where no ops scripts lie."""
    if code.serves:
        return None
    runs = source.has(b"subprocess", b"os.system", b"os.popen", b"os.execvp", b"import sh", b"from sh ")
    commands = dict.fromkeys(_commands(source)) if runs else {}
    if not (commands or is_ops(source.path) or source.data.startswith(b"#!")):
        return None
    commands |= dict.fromkeys([*_requests(source), *_queries(source, code), *_files(source)])
    return code_scripts.build(source, "python", code, commands, _arguments(source))


def _arguments_of(source: Source, end: int) -> list[Node]:
    """Return the arguments of the call whose parenthesis ends at ``end``."""
    node = source.node(end - 1, end)
    arguments = node if node and node.type == "argument_list" else node and node.parent
    if arguments is None or arguments.type != "argument_list":
        return []
    return [each for each in arguments.named_children if each.type != "comment"]


def _commands(source: Source) -> Iterator[Command]:
    for match in source.find(_RUN):
        given = _arguments_of(source, match.end())
        if not given:
            continue
        first, line = given[0], source.line(match.start())
        found = _assigned(source, first) if first.type == "identifier" else first
        if found is None:
            continue
        folder = next(
            (
                _literal(source, each.child_by_field_name("value")) or ""
                for each in given
                if _keyword(source, each) == "cwd"
            ),
            "",
        )
        if found.type == "list":
            words = _words(source, found.named_children)
            if words:
                yield Command(words, line, folder=folder)
        elif b"_exec" in match[0]:
            yield Command(
                _words(source, [each for each in given if each.type != "keyword_argument"]), line, folder=folder
            )
        else:
            text = _literal(source, found)
            yield from shell.commands(text, line) if text and _PROGRAM.match(text) else ()


def _keyword(source: Source, node: Node) -> str:
    return source.text(node.child_by_field_name("name")) if node.type == "keyword_argument" else ""


def _assigned(source: Source, name: Node) -> Node | None:
    """Return the literal that a variable was last set to before it is used."""
    start = max(0, name.start_byte - 4_000)
    pattern = (
        rb"(?m)^[ \t]*" + re.escape(source.text(name)).encode() + rb"(?:[ \t]*:[^=\n]*)?[ \t]*=[ \t]*(?=[\[\"'fr(])"
    )
    for match in reversed(list(re.finditer(pattern, source.data[start : name.start_byte]))):
        node = source.node(start + match.end(), start + match.end() + 1)
        return node.parent if node and node.type in {"[", "string_start"} else node
    return None


def _words(source: Source, nodes: list[Node]) -> tuple[str, ...]:
    found = []
    for each in nodes[:_MOST_WORDS]:
        value = _literal(source, each)
        if each.type != "comment":
            found.append(value if value is not None else f"${_name(source, each)}")
    return tuple(found)


def _literal(source: Source, node: Node | None) -> str | None:
    """Return the text of a string, with ``$name`` for what an f-string fills in."""
    if node is None:
        return None
    if node.type == "concatenated_string":
        return "".join(_literal(source, each) or "" for each in node.named_children)
    if node.type != "string":
        return None
    return "".join(
        f"${_name(source, each)}" if each.type == "interpolation" else source.text(each)
        for each in node.named_children[1:-1]
    )


def _name(source: Source, node: Node) -> str:
    found = re.search(r"([A-Za-z_]\w*)\W*$", source.text(node)[-80:])
    return found[1] if found else "VALUE"


def _requests(source: Source) -> Iterator[Command]:
    for match in source.find(_REQUEST):
        given = _arguments_of(source, match.end())
        if not given:
            continue
        first = _assigned(source, given[0]) if given[0].type == "identifier" else given[0]
        address = _literal(source, first)
        if address:
            method = next(
                (
                    _literal(source, each.child_by_field_name("value"))
                    for each in given
                    if _keyword(source, each) == "method"
                ),
                None,
            )
            yield code_scripts.request(
                (match[1] or b"").decode() or method or "GET", address, source.line(match.start())
            )


def _queries(source: Source, code: Code) -> Iterator[Command]:
    for engine, _ in code.engines:
        for match in source.find(_QUERY):
            node = source.node(match.start(), match.start() + 1)
            if node and node.type == ".":
                yield Command(("query", engine), source.line(match.start()))
                break


def _files(source: Source) -> Iterator[Command]:
    for match in source.find(_OPEN):
        given = _arguments_of(source, match.start() + source.data[match.start() :].index(b"(") + 1)
        if not given:
            continue
        first = given[0].child_by_field_name("value") if given[0].type == "keyword_argument" else given[0]
        path = _literal(source, first)
        if path and first and code_scripts.WRITTEN.fullmatch(path):
            after = source.data[first.end_byte : first.end_byte + 40].decode("utf-8", "replace")
            yield Command(("write" if _MODE.match(after) else "read", path), source.line(match.start()))


def _arguments(source: Source) -> Iterator[str]:
    for match in source.find(_ARGUMENT):
        if match[1] is None:
            yield "$@"
        elif int(match[1]):
            yield f"${int(match[1])}"
