"""How a module of Python serves, and the health endpoints it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Import
from chittyops.capabilities.discovery.service.facts import urls
from chittyops.capabilities.discovery.service.facts.source import Source, ancestors

_MADE: Final = re.compile(
    rb"(?<![\w.])(?P<fastapi>FastAPI)\(|(?<![\w.])(?P<flask>Flask)\(|(?<![\w.])(?P<starlette>Starlette)\(|"
    rb"(?P<aiohttp>(?<=web\.)Application)\(|(?<![\w.])(?P<quart>Quart)\(|(?<![\w.])(?P<sanic>Sanic)\(|"
    rb"(?<![\w.])(?P<litestar>Litestar)\(|(?<![\w])(?P<django>get_(?:w|a)sgi_application)\(\)|"
    rb"(?<![\w])(?P<http>(?:Threading)?HTTPServer)\(|(?<![\w.])(?P<celery>Celery)\(|"
    rb"(?P<tornado>(?<=tornado\.web\.)Application)\(|(?<![\w])(?P<bottle>Bottle)\(\)|"
    rb"class\s+\w+\((?P<worker>WorkerEntrypoint)\)|(?P<grpc>(?<=grpc\.)(?:aio\.)?server)\(|"
    rb"(?<![\w.])(?P<asgi>(?:uvicorn|hypercorn|waitress)\.(?:run|serve))\("
)
_WORDS: Final = (
    b"FastAPI(", b"Flask(", b"Starlette(", b"Application(", b"Quart(", b"Sanic(", b"Litestar(", b"sgi_application(",
    b"HTTPServer(", b"Celery(", b"Bottle(", b"WorkerEntrypoint", b"grpc.",
    b"uvicorn.run(", b"hypercorn.run(", b"waitress.serve(",
)  # fmt: skip
_FROM_MODULES: Final = {"aiohttp": "aiohttp", "tornado": "tornado"}
_MCP: Final = re.compile(rb"(?<![\w.])(?:FastMCP|MCPServer|Server)\(")
_RUN: Final = re.compile(
    rb"\.run(?:_async)?\(([^()]*)\)|\.run_(?P<stdio>stdio)_async\(|\.run_(?P<http>sse|streamable_http|http)_async\("
)
_STDIO: Final = re.compile(rb"\bstdio_server\(")
_HTTP: Final = re.compile(
    rb"\b(?:SseServerTransport|StreamableHTTPSessionManager)\(|\.(?:streamable_http|sse|http)_app\("
)
_TOOLS: Final = re.compile(rb"==\s*[\"']tools/list[\"']|case\s+[\"']tools/list[\"']|[\"']tools/list[\"']\s*:\s*[\w.]")
_MAIN: Final = re.compile(rb"^if\s+__name__\s*==\s*[\"']__main__[\"']", re.MULTILINE)
_WORKER: Final = {
    "fetch": "fetch-handler",
    "on_fetch": "fetch-handler",
    "scheduled": "cron",
    "on_scheduled": "cron",
    "queue": "queue",
}
_WORKER_HANDLER: Final = re.compile(
    rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(on_fetch|on_scheduled|fetch|scheduled|queue)\(", re.MULTILINE
)

_ROUTES: Final = frozenset(["get", "post", "head", "route", "api_route", "any", "custom_route", "websocket", "options"])
_REGISTERS: Final = frozenset(
    [
        "Route",
        "path",
        "re_path",
        "add_route",
        "add_get",
        "add_url_rule",
        "add_api_route",
        "APIRoute",
        "url",
        "Mount",
        "Rule",
    ]
)
_PATHS: Final = re.compile(r"(?:.*\.)?(?:\w*path(?:name)?|\w*url|\w*route|request_uri|PATH_INFO.*|\w+\[.PATH_INFO.\])")
_DJANGO: Final = re.compile(
    rb"\b(?:re_)?path\(\s*r?[\"']\^?((?:[\w-]+/){0,2}_?(?:healthz?|healthcheck|livez|readyz|ping|status))/?\$?[\"']\s*,"
)
_PREFIX: Final = r"\b{}\s*=\s*\w*(?:Router|Blueprint)\((?:[^()]|\([^()]*\))*?(?:url_)?prefix\s*=\s*[\"'](/[\w/-]+)[\"']"


def serves(source: Source, imports: tuple[Import, ...]) -> tuple[tuple[str, ...], bool]:
    """Return how ``source`` serves, and whether it is made to be run."""
    modules = {each.specifier.partition(".")[0] for each in imports}
    found = dict.fromkeys([*_servers(source, modules), *_protocols(source, modules)])
    main = source.data.startswith(b"#!") or (source.has(b"__main__") and _MAIN.search(source.data) is not None)
    return tuple(found), main


def _is_code(source: Source, offset: int) -> bool:
    node = source.node(offset, offset + 1)
    return node is not None and not node.type.startswith("string") and node.type != "comment"


def _servers(source: Source, modules: set[str]) -> Iterator[str]:
    for match in source.find(_MADE) if source.has(*_WORDS) else ():
        kind = match.lastgroup or ""
        if not _is_code(source, match.start(kind)) or _FROM_MODULES.get(kind, "") not in {"", *modules}:
            continue
        if kind == "worker":
            yield from _worker(source)
        else:
            yield kind
    if "workers" in modules or "js" in modules:
        yield from _worker(source)


def _worker(source: Source) -> Iterator[str]:
    for match in source.find(_WORKER_HANDLER):
        if _is_code(source, match.start(1)):
            yield _WORKER[match[1].decode()]


def _protocols(source: Source, modules: set[str]) -> Iterator[str]:
    """Yield the transports of MCP servers."""
    if source.has(b"tools/list") and not modules & {"mcp", "fastmcp"}:
        if any(_is_code(source, match.start()) or match[0][:1] in b"\"'" for match in source.find(_TOOLS)):
            yield "mcp-stdio" if source.has(b"sys.stdin", b"input()") else "mcp-http"
        return
    if not modules & {"mcp", "fastmcp"}:
        return
    yield from ("mcp-stdio" for match in source.find(_STDIO) if _is_code(source, match.start()))
    yield from ("mcp-http" for match in source.find(_HTTP) if _is_code(source, match.start()))
    made = any(_is_code(source, match.start()) for match in source.find(_MCP))
    for match in source.find(_RUN) if made else ():
        if _is_code(source, match.start()):
            remote = match["http"] or any(word in (match[1] or b"") for word in (b"http", b"sse"))
            yield "mcp-http" if remote else "mcp-stdio"


def health(source: Source) -> tuple[tuple[str, int], ...]:
    """Return the health endpoints that ``source`` answers, with their lines."""
    found: dict[str, int] = {}
    if not source.has(b"health", b"livez", b"readyz", b"/ready", b"/live", b"ping", b"status", b"/up"):
        return ()
    for match in source.find(urls.QUOTED_HEALTH):
        node = source.node(match.start() + 1, match.end() - 1)
        string = node.parent if node and node.type == "string_content" else node
        if string is None or string.type != "string":
            continue
        prefix = _answered(source, string)
        if prefix is not None:
            found.setdefault(prefix + match[1].decode(), source.line(match.start()))
    for match in source.find(_DJANGO) if source.has(b"urlpatterns") else ():
        if _is_code(source, match.start()):
            found.setdefault("/" + match[1].decode(), source.line(match.start()))
    return tuple(found.items())


def _answered(source: Source, string: Node) -> str | None:
    """Return the prefix that the path ``string`` is answered under, None where it is no route of this file."""
    outer = string.parent
    if outer and outer.type in {"tuple", "list", "set"}:
        outer = outer.parent
    if outer is None:
        return None
    if outer.type == "comparison_operator":
        plain = not any(source.text(each) in {"!=", "not in", "not"} for each in outer.children)
        return "" if plain and any(_PATHS.fullmatch(source.text(each)) for each in outer.named_children) else None
    if outer.type == "case_pattern":
        return ""
    if outer.type != "argument_list" or outer.parent is None:
        return None
    callee = outer.parent.child_by_field_name("function")
    owner, _, name = source.text(callee).rpartition(".")
    decorates = any(each.type == "decorator" for each in ancestors(string))
    if (
        (decorates and name in _ROUTES)
        or name in _REGISTERS
        or (name in {"get", "head"} and owner in {"web", "routes"})
    ):
        return _prefix(source, owner)
    return "" if name == "startswith" and _PATHS.fullmatch(owner) else None


def _prefix(source: Source, router: str) -> str:
    if not router.isidentifier():
        return ""
    found = re.search(_PREFIX.format(re.escape(router)).encode(), source.data)
    return found[1].decode().rstrip("/") if found else ""
