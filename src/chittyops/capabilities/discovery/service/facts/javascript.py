"""JavaScript and TypeScript: what a module asks for, what it serves, and what it needs of its environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Code, Facts, Import
from chittyops.capabilities.discovery.service.facts import (
    engines,
    javascript_env,
    javascript_http,
    javascript_scripts,
    javascript_serves,
    ports,
    suites,
)
from chittyops.capabilities.discovery.service.facts.source import Source, is_test, may_be_test

PATTERN: Final = r".+\.(?:[cm]?[jt]s|[jt]sx)"
_DECLARATIONS: Final = re.compile(r"\.d\.[cm]?ts$")
_LANGUAGES: Final = {
    "ts": ("typescript", "typescript"),
    "mts": ("typescript", "typescript"),
    "cts": ("typescript", "typescript"),
    "tsx": ("typescript", "tsx"),
}
_FROM: Final = re.compile(rb"from\s*[\"']([^\"'\n]+)[\"']")
_BARE: Final = re.compile(rb"import(?:\s*\(\s*(?:/\*[^*]*\*/\s*)?|\s*)[\"'`]([^\"'`\n$]+)[\"'`]")
_REQUIRE: Final = re.compile(rb"require(?:\.resolve)?\s*\(\s*[\"'`]([^\"'`\n$]+)[\"'`]")
_WORKER: Final = re.compile(
    rb"new\s+(?:URL|Worker|SharedWorker)\(\s*[\"'](\.{1,2}/[^\"'\n]+)[\"']\s*[,)](?:\s*import\.meta\.url)?"
)
_LINES: Final = re.compile(rb"(?:import|export|\}|const|let|var)(?![\w$])")
_TRICKY: Final = re.compile(rb"/\*|`")
_TELLING: Final = re.compile(
    rb"[eE]nv|Bindings|://|export default|Server|Hono|listen|addEventListener|erve\(|Transport|McpAgent|tools/list|"
    rb"[eE]xec|[sS]pawn|fork\(|\$`|health|/status|/ping|/ready|/live|Worker|xpress\(|astify\(|Koa|NestFactory|"
    rb"require\.main|import\.meta|process\.argv|^#!"
)
"""Words without which a module tells nothing but its imports. Most of a front end has none of them."""


def read(path: str, text: str) -> Facts:
    """Return what the module at ``path`` tells. Tests tell only what they test: they name services that they fake."""
    language, grammar = _LANGUAGES.get(path.rpartition(".")[2], ("javascript", "javascript"))
    return module(Source(path, text, grammar), language)


def module(source: Source, language: str) -> Facts:
    """Return what the module ``source`` tells."""
    path = source.path
    if source.is_generated:
        return Facts(path, kind="code", code=Code(language, imports=_unchecked(source)))
    if is_test(path) or (may_be_test(path) and suites.defines_cases(source)):
        return suites.javascript(source, Code(language, imports=imports(source)))
    if _DECLARATIONS.search(path):
        variables, _ = javascript_env.read(source)
        return Facts(path, kind="code", code=Code(language, imports=imports(source), variables=variables))
    if not (_TELLING.search(source.data) or javascript_scripts.is_ops(path) or javascript_http.route(path)):
        found = imports(source)
        return Facts(path, kind="code", code=Code(language, imports=found, engines=engines.engines("node", found)))
    return _read(source, language)


def _read(source: Source, language: str) -> Facts:
    found = imports(source)
    variables, calls = javascript_env.read(source)
    serves, main = javascript_serves.read(source, found)
    code = Code(
        language,
        imports=found,
        variables=variables,
        urls=javascript_http.addresses(source),
        health=javascript_http.health(source),
        calls=calls,
        serves=serves,
        main=main,
        ports=ports.listens(source) if serves or main else (),
        engines=engines.engines("node", found),
    )
    script = javascript_scripts.read(source, language, code)
    problems = suites.lenient_health_checks(source)
    return Facts(source.path, kind="code", code=code, scripts=(script,) if script else (), problems=problems)


def imports(source: Source) -> tuple[Import, ...]:
    """Return the modules that ``source`` asks for by literal names, in the order of their lines."""
    data = source.data
    tricky = _TRICKY.search(data)
    sure = tricky.start() if tricky else len(data)
    found = {}
    for match in _candidates(source):
        if match.end() <= sure and data.rfind(b"//", data.rfind(b"\n", 0, match.start()) + 1, match.start()) < 0:
            plain = _starts_statement(data, match.start())
        else:
            plain = False
        if plain or _is_import(source, match):
            found[match.start(1)] = Import(match[1].decode("utf-8", "replace"), source.line(match.start(1)))
    return tuple(found[at] for at in sorted(found))


def _candidates(source: Source) -> Iterator[re.Match[bytes]]:
    data = source.data
    if b"import" in data or b"export" in data:
        yield from source.find(_FROM)
        yield from source.find(_BARE)
    if b"require" in data:
        yield from source.find(_REQUIRE)
    if b"new " in data and (b"URL(" in data or b"Worker(" in data):
        yield from source.find(_WORKER)


def _starts_statement(data: bytes, start: int) -> bool:
    """Return whether the line of ``start`` begins as an import does."""
    line = data[data.rfind(b"\n", 0, start) + 1 : start]
    return line.startswith((b"import ", b"import{", b"export ", b"} ")) or (
        not line and data.startswith(b"import", start)
    )


def _is_import(source: Source, match: re.Match[bytes]) -> bool:
    node = source.node(*match.span(1))
    if node is not None and node.type == "string_fragment":
        node = node.parent
    outer = node.parent if node else None
    if node is None or outer is None or node.start_byte != match.start(1) - 1:
        return False
    if outer.type in {"import_statement", "export_statement", "import_require_clause"}:
        return True
    return outer.type == "arguments" and outer.named_child(0) == node and _loads(source, outer.parent)


def _loads(source: Source, call: Node | None) -> bool:
    """Return whether ``call`` loads the module that its first argument names."""
    if call is None:
        return False
    if call.type == "new_expression":
        made = source.text(call.child_by_field_name("constructor"))
        return made in {"Worker", "SharedWorker"} or (made == "URL" and "import.meta.url" in source.text(call))
    return source.text(call.child_by_field_name("function")) in {"import", "require", "require.resolve"}


def _unchecked(source: Source) -> tuple[Import, ...]:
    """Return what lines of a generated module import, as far as they look like lines that people write."""
    data = source.data
    if data.count(b"\n") < 2 or len(data) > 4 * len(data.splitlines()) * 100:  # noqa: PLR2004 # minified
        return ()
    return tuple(
        Import(match[1].decode("utf-8", "replace"), source.line(match.start(1)))
        for match in [*source.find(_FROM), *source.find(_REQUIRE)]
        if _LINES.match(data, data.rfind(b"\n", 0, match.start()) + 1)
    )
