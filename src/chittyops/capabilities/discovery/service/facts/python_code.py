"""Python: what a module asks for, what it serves, and what it needs of its environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Code, Facts, Import, Url, Variable
from chittyops.capabilities.discovery.service.facts import (
    engines,
    indirect,
    ports,
    python_scripts,
    python_serves,
    suites,
    urls,
)
from chittyops.capabilities.discovery.service.facts.source import Source, ancestors, around, is_test

PATTERN: Final = r".+\.(?:py|pyw)"
_TEXT: Final = frozenset({"string_content", "string", "string_start", "comment", "string_end"})
_FROM: Final = re.compile(
    rb"^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)", re.MULTILINE
)
_IMPORT: Final = re.compile(rb"^[ \t]*import[ \t]+([\w., \t]+)", re.MULTILINE)
_DYNAMIC: Final = re.compile(rb"import_module\([\"']([\w.]+)[\"']")
_DOTTED: Final = re.compile(rb"[\w.]+")
_COMMENT: Final = re.compile(rb"#[^\n]*")
_MEMBER: Final = re.compile(
    rb"environ(?:b?\.get|\.pop)?[\[(]\s*[fr]?[\"'](\w+)[\"']|getenv\(\s*[\"'](\w+)[\"']"
    rb"|(?<![\w.])env(?:\.(?:str|int|bool|list|url|db|db_url|json|float|get))?\(\s*[\"']([A-Z][A-Z0-9_]+)[\"']"
)
_HELPER: Final = re.compile(rb"(?<![\w.])(?:\w*[eE]nv\w*|config|secret)\(\s*[\"']([A-Z][A-Z0-9_]{2,})[\"']")
_WORKER: Final = re.compile(rb"env(?<![\w]env)\.([A-Z]\w*)(?:\.(\w+)\()?")
_WRITTEN: Final = re.compile(rb"[\"']?\s*\]\s*=(?!=)")
_WRITERS: Final = re.compile(rb"(?:set|put|write|del|delete|unset|patch)_?\w*\Z")
_SETTINGS: Final = re.compile(rb"^class[ \t]+\w+\([^)\n]*\bBaseSettings\b[^)\n]*\):", re.MULTILINE)
_PREFIX: Final = re.compile(rb"env_prefix\s*=\s*[\"'](\w*)[\"']|[\"']env_prefix[\"']\s*:\s*[\"'](\w*)[\"']")
_ALIAS: Final = re.compile(r"\b(?:validation_alias|alias|env)\s*=\s*[\"'](\w+)[\"']")
_SCHEME: Final = re.compile(rb"(?:https?|wss?)://")
_NAMED_AWAY: Final = re.compile(
    r"(?i)cors|allow|origins|referr?er|user-?agent|xmlns|homepage|docs?_ur|licen[cs]e|contact|namespace|schema$"
)
_SHOWN: Final = re.compile(
    r"(?:.*\.)?(?:print|startswith|endswith|replace|split|search|match|sub|info|debug|warning|error|log|echo|HelpFormatter)"
)
_TELLING: Final = re.compile(
    rb"env|://|Flask|FastAPI|serve|Server|run\(|MCP|subprocess|os\.|health|[/\"]status|ping|ready|live|__main__|BaseSettings|Application|sgi_|Celery|Quart|Sanic|Litestar|Starlette|Bottle|tools/list|config\("
)


def read(path: str, text: str) -> Facts:
    """Return what the module at ``path`` tells. Tests tell only what they test: they name services that they fake."""
    source = Source(path, text, "python")
    if source.is_generated:
        return Facts(path, kind="code", code=Code("python"))
    if is_test(path):
        return suites.python(source, Code("python", imports=imports(source)))
    found = imports(source)
    code = Code("python", imports=found, engines=engines.engines("python", found))
    if not (_TELLING.search(source.data) or source.data.startswith(b"#!") or python_scripts.is_ops(path)):
        return Facts(path, kind="code", code=code)
    variables = _variables(source, found)
    serves, main = python_serves.serves(source, found)
    code = Code(
        "python",
        imports=found,
        variables=variables,
        urls=addresses(source),
        health=python_serves.health(source),
        calls=_calls(source),
        serves=serves,
        main=main,
        ports=ports.listens(source) if serves or main else (),
        engines=code.engines,
    )
    script = python_scripts.read(source, code)
    problems = suites.lenient_health_checks(source)
    return Facts(path, kind="code", code=code, scripts=(script,) if script else (), problems=problems)


def _is_code(source: Source, offset: int) -> bool:
    node = source.node(offset, offset + 1)
    return node is not None and node.type not in _TEXT


def imports(source: Source) -> tuple[Import, ...]:
    """Return the modules that ``source`` asks for; ``from pkg import name`` is ``pkg.name`` too: it may be a module."""
    sure = not source.has(b'"""', b"'''")
    found: list[Import] = []
    for match in source.find(_FROM):
        if sure or _is_code(source, match.start(1)):
            module, line = match[1].decode("utf-8", "replace"), source.line(match.start(1))
            found += _named(module, match[2], line)
    for match in source.find(_IMPORT):
        if sure or _is_code(source, match.start(1)):
            line = source.line(match.start(1))
            parts = (part.split()[:1] for part in match[1].decode("utf-8", "replace").split(","))
            found += [Import(part[0], line) for part in parts if part]
    for match in source.find(_DYNAMIC) if source.has(b"import_module(") else ():
        if _is_code(source, match.start()):
            found.append(Import(match[1].decode(), source.line(match.start(1))))
    return tuple(sorted(dict.fromkeys(found), key=lambda each: each.line))


def _named(module: str, names: bytes, line: int) -> Iterator[Import]:
    inside = module.strip(".")
    if inside:
        yield Import(module, line)
    for part in _COMMENT.sub(b"", names).strip(b"()\r\n \\").split(b","):
        name = _DOTTED.match(part.strip(b" \t\r\n\\"))
        # Modules are called in small letters; what begins with a capital is a class or a constant in its module.
        if name and (not inside or name[0][:1].islower() or name[0][:1] == b"_"):
            yield Import(f"{module}{'.' if inside else ''}{name[0].decode('utf-8', 'replace')}", line)


def _variables(source: Source, imported: tuple[Import, ...]) -> tuple[Variable, ...]:
    found = []
    for match in source.find(_MEMBER) if source.has(b"env") else ():
        name = match[match.lastindex or 1]
        if not _WRITTEN.match(source.data, match.end()) and _is_code(source, match.start()):
            found.append(Variable(name.decode("utf-8", "replace"), source.line(match.start()), "os"))
    readers = {each.specifier for each in imported} & {"decouple", "starlette.config", "environ", "environs"}
    for match in source.find(_HELPER) if source.has(b"env", b"Env", b"config(") else ():
        callee = source.data[match.start() : match.end()].partition(b"(")[0]
        known = b"nv" in callee or bool(readers)
        if known and not _WRITERS.match(callee) and _is_code(source, match.start()):
            found.append(Variable(match[1].decode(), source.line(match.start()), "os"))
    found += [
        Variable(match[1].decode(), source.line(match.start()), "env")
        for match in (source.find(_WORKER) if _in_workers(source) else ())
        if _is_code(source, match.start())
    ]
    found += _settings(source)
    found += indirect.variables(source, "os")
    return tuple(sorted(dict.fromkeys(found), key=lambda each: each.line))


def _in_workers(source: Source) -> bool:
    return source.has(b"from workers import", b"from js import", b"WorkerEntrypoint")


def _calls(source: Source) -> tuple[tuple[str, str, int], ...]:
    kinds = {b"fetch": "binding", b"send": "queue", b"prepare": "database"}
    return tuple(
        (kinds[match[2]], match[1].decode(), source.line(match.start()))
        for match in (source.find(_WORKER) if _in_workers(source) else ())
        if match[2] in kinds and _is_code(source, match.start())
    )


def _settings(source: Source) -> Iterator[Variable]:
    """Yield the variables that fill the fields of pydantic's settings classes."""
    for match in source.find(_SETTINGS) if source.has(b"BaseSettings") else ():
        node = source.node(match.start(), match.start() + len(b"class"))
        body = node.parent.child_by_field_name("body") if node and node.parent else None
        if body is None or node is None or node.type != "class":
            continue
        prefixes = _PREFIX.search(source.data, body.start_byte, body.end_byte)
        prefix = (prefixes[1] or prefixes[2] or b"").decode() if prefixes else ""
        for statement in body.named_children:
            field = statement.named_child(0) if statement.type == "expression_statement" else None
            if field is None or field.type != "assignment" or field.child_by_field_name("type") is None:
                continue
            name = source.text(field.child_by_field_name("left"))
            alias = _ALIAS.search(source.text(field.child_by_field_name("right")))
            if (
                name.isidentifier()
                and name != "model_config"
                and "ClassVar" not in source.text(field.child_by_field_name("type"))
            ):
                variable = alias[1] if alias else prefix + name
                yield Variable(variable.upper(), field.start_point.row + 1, "os")


def addresses(source: Source) -> tuple[Url, ...]:
    """Return the addresses that strings of ``source`` begin with, but for those that are shown or compared alone."""
    found = {}
    for match in source.find(_SCHEME) if source.has(b"://") else ():
        node = source.node(match.start(), match.end())
        string = node if node is None or node.type == "string" else node.parent
        if node is None or string is None or node.type != "string_content" or string.type != "string":
            continue
        if source.data[node.start_byte : match.start()].strip() or _is_shown(source, string):
            continue
        text, template = written(source, string)
        url = urls.parse(text.strip(), source.line(match.start()), template=template)
        if url:
            found[url.host, url.path, url.line] = url
    return tuple(found.values())


def written(source: Source, string: Node, filled: str = "*") -> tuple[str, bool]:
    """Return the text of a string with ``filled`` for what it fills in, and whether it fills in anything."""
    parts = []
    template = False
    prefix = source.text(string.named_child(0))
    for part in string.named_children[1:-1] if string.named_child_count > 1 else ():
        if part.type == "interpolation":
            template = True
            parts.append(filled)
        else:
            parts.append(source.text(part))
    text = "".join(parts)
    outer = string.parent
    formatted = outer is not None and outer.type == "attribute" and source.text(outer).endswith(".format")
    if formatted and "f" not in prefix.lower():
        replaced = re.sub(r"\{[^{}]*\}", filled, text)
        return replaced, template or replaced != text
    if outer and outer.type == "binary_operator" and outer.child_by_field_name("left") == string:
        operator = source.text(outer.child_by_field_name("operator"))
        text, template = (text + filled, True) if operator == "+" else (re.sub(r"%[sd]", filled, text), True)
    return text, template


def _is_shown(source: Source, string: Node) -> bool:
    statement = string.parent
    if statement and statement.type == "expression_statement":
        return True
    for outer in ancestors(string):
        if outer.type == "comparison_operator":
            return True
        if outer.type == "call":
            return _SHOWN.fullmatch(source.text(outer.child_by_field_name("function"))) is not None
        if outer.type in {"keyword_argument", "pair", "assignment"}:
            name = source.text(outer.named_child(0)).strip("'\"")
            if _NAMED_AWAY.search(name):
                return True
        if outer.type in {"block", "module"}:
            return False
    return around(string, ("decorator",)) is not None
