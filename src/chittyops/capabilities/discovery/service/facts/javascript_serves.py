"""How a module of JavaScript or TypeScript serves: as a Worker's handlers, an HTTP server, an MCP server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Import
from chittyops.capabilities.discovery.service.facts.source import Source, around

_HANDLERS: Final = {
    "fetch": "fetch-handler",
    "scheduled": "cron",
    "queue": "queue",
    "email": "email",
    "tail": "tail",
    "tailStream": "tail",
}
_MADE: Final = tuple(
    (name, word, re.compile(pattern))
    for name, word, pattern in (
        ("hono", b"new Hono", rb"Hono(?<=new Hono)\b"),
        ("hono", b"new OpenAPIHono", rb"OpenAPIHono(?<=new OpenAPIHono)\b"),
        ("express", b"express(", rb"express(?=\(\s*\))"),
        ("fastify", b"astify(", rb"[fF]astify(?=\()"),
        ("koa", b"new Koa", rb"Koa(?=\()"),
        ("bun", b"Bun.serve(", rb"serve(?<=Bun\.serve)(?=\()"),
        ("deno", b"Deno.serve(", rb"serve(?<=Deno\.serve)(?=\()"),
        ("http", b"NestFactory", rb"NestFactory(?=\.create)"),
        ("mcp-stdio", b"StdioServerTransport", rb"(?<=new )StdioServerTransport\b"),
        ("mcp-http", b"HTTPServerTransport", rb"(?<=new )(?:WebStandard)?StreamableHTTPServerTransport\b"),
        ("mcp-http", b"StreamableHTTPTransport", rb"(?<=new )StreamableHTTPTransport\b"),
        ("mcp-http", b"SSEServerTransport", rb"(?<=new )SSEServerTransport\b"),
        ("mcp-http", b"createMcpHandler(", rb"createMcpHandler(?=\()"),
        ("mcp-http", b"McpAgent", rb"(?<=extends )McpAgent\b"),
    )
)
"""What makes a server: its kind, a word without which it is not there, and the name that the code has for it."""
_CREATE: Final = re.compile(rb"createServer(?=\()")
_HTTP: Final = re.compile(r"(?:node:)?(?:https?|http2)")
_STD_SERVE: Final = re.compile(r".*(?:@hono/node-server|deno\.land/std[^/]*/http/server\.ts|@std/http.*)")
_SERVE: Final = re.compile(rb"(?<![\w.$])(serve)\(")
_LISTENER: Final = re.compile(rb"addEventListener\(\s*[\"'](fetch|scheduled|queue|email)[\"']")
_LISTEN: Final = re.compile(
    rb"\.(listen)\(\s*(?:\{|\w*[pP]ort|PORT|process\.env|Number|parseInt|\d|\+|env\b|config|options)"
)
_MAIN: Final = re.compile(rb"\brequire\.main\s*===?\s*module|\bimport\.meta\.(?:main\b|url\s*===?[^\n]*argv)|argv\[1\]")
_RUN_WORDS: Final = (b"require.main", b"import.meta.", b"argv[1]")
_DEFAULT: Final = re.compile(rb"export\s+(default)\b")
_ENTRYPOINT: Final = re.compile(rb"\bextends\s+(WorkerEntrypoint)\b")
_TOOLS: Final = re.compile(rb"[\"'`](tools/list)[\"'`]")
_DEEPEST: Final = 3
"""Calls and names between an export and the object with the handlers."""
_WRAPPERS: Final = frozenset({"as_expression", "satisfies_expression", "parenthesized_expression"})


def read(source: Source, imports: tuple[Import, ...]) -> tuple[tuple[str, ...], bool]:
    """Return how ``source`` serves, and whether it is made to be run."""
    found = dict.fromkeys([*_servers(source, imports), *_handlers(source), *_protocol(source)])
    main = source.data.startswith(b"#!") or (source.has(*_RUN_WORDS) and _MAIN.search(source.data) is not None)
    for match in source.find(_LISTEN) if not main else ():
        main = main or (bool(found) and source.is_name(*match.span(1)))
    return tuple(found), main or bool({"bun", "deno"} & found.keys())


def _servers(source: Source, imports: tuple[Import, ...]) -> Iterator[str]:
    for kind, word, pattern in _MADE:
        for match in source.find(pattern) if source.has(word) else ():
            if source.is_name(*match.span()):
                yield kind
    modules = {each.specifier for each in imports}
    if source.has(b"createServer(") and any(map(_HTTP.fullmatch, modules)):
        yield from ("http" for match in source.find(_CREATE) if source.is_name(*match.span()))
    if source.has(b"serve(") and (library := next(filter(_STD_SERVE.fullmatch, modules), "")):
        kind = "http" if "node" in library else "deno"
        yield from (kind for match in source.find(_SERVE) if source.is_name(*match.span(1)))
    for match in source.find(_LISTENER) if source.has(b"addEventListener(") else ():
        if source.is_name(match.start(), match.start() + len(b"addEventListener")) and _is_global(source, match):
            yield _HANDLERS[match[1].decode()]


def _is_global(source: Source, match: re.Match[bytes]) -> bool:
    """Return whether the listener is the Worker's own and not that of some object; a browser's have no event."""
    return not source.data[: match.start()].endswith(b".") or source.data[: match.start()].endswith(
        (b"self.", b"globalThis.")
    )


def _handlers(source: Source) -> Iterator[str]:
    """Yield the handlers of what the module exports by default, and of its classes that are entry points."""
    for match in source.find(_DEFAULT):
        node = source.node(match.start(), match.start() + len(b"export"))
        statement = node.parent if node and node.type == "export" else None
        if statement:
            value = statement.child_by_field_name("value") or statement.child_by_field_name("declaration")
            yield from _of(source, value)
    for match in source.find(_ENTRYPOINT) if source.has(b"WorkerEntrypoint") else ():
        node = source.node(*match.span(1))
        if node and node.type == "identifier":
            declared = around(node, ("class_declaration", "class", "abstract_class_declaration"))
            yield from _members(source, declared.child_by_field_name("body")) if declared else ()


def _of(source: Source, value: Node | None, depth: int = _DEEPEST) -> Iterator[str]:
    while value and value.type in _WRAPPERS:
        value = value.named_child(0)
    if value is None:
        return
    if value.type == "object":
        yield from _members(source, value)
    elif value.type == "identifier" and depth:
        yield from _of(source, _declared(source, value), depth - 1)
    elif depth and value.type in {"call_expression", "new_expression"}:
        arguments = value.child_by_field_name("arguments")
        yield from (
            kind for each in (arguments.named_children if arguments else ()) for kind in _of(source, each, depth - 1)
        )
        if source.text(value.child_by_field_name("constructor")) == "OAuthProvider":
            yield "fetch-handler"


def _declared(source: Source, name: Node) -> Node | None:
    """Return the value that a variable of the module is declared with."""
    pattern = rb"\b(?:const|let|var)\s+(" + re.escape(source.text(name)).encode() + rb")\b"
    for match in source.find(re.compile(pattern)):
        node = source.node(*match.span(1))
        if node and node.parent and node.parent.type == "variable_declarator":
            return node.parent.child_by_field_name("value")
    return None


def _members(source: Source, body: Node | None) -> Iterator[str]:
    for member in body.named_children if body else ():
        name = member.child_by_field_name("name") or member.child_by_field_name("key") or member
        if name.type == "member_expression":
            continue
        kind = _HANDLERS.get(source.text(name))
        if kind and member.type in {
            "method_definition",
            "pair",
            "shorthand_property_identifier",
            "public_field_definition",
        }:
            yield kind


def _protocol(source: Source) -> Iterator[str]:
    """Yield the transport of an MCP server that is written by hand: it tells apart the methods of the protocol."""
    for match in source.find(_TOOLS) if source.has(b"tools/list") else ():
        node = source.node(*match.span(1))
        string = node.parent if node and node.type == "string_fragment" else None
        outer = string.parent if string else None
        compared = outer is not None and (
            (outer.type == "binary_expression" and source.text(outer.child_by_field_name("operator")) in {"===", "=="})
            or outer.type == "switch_case"
            or (outer.type == "pair" and outer.child_by_field_name("key") == string)
        )
        if compared:
            yield "mcp-stdio" if source.has(b"process.stdin", b"Deno.stdin") else "mcp-http"
