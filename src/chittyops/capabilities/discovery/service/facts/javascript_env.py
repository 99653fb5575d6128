"""What JavaScript and TypeScript read of their environment: variables, bindings, and the calls made through these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Variable
from chittyops.capabilities.discovery.service.facts import indirect
from chittyops.capabilities.discovery.service.facts.source import Source, ancestors, around

Call = tuple[str, str, int]

_MEMBER: Final = re.compile(rb"env(?<![\w$]env)\s*\??\.\s*([A-Za-z_]\w*)(?:\s*!?\??\.\s*(\w+)\s*(?:<[^()\n]*>)?\()?")
_ELEMENT: Final = re.compile(rb"env(?<![\w$]env)(?:\?\.)?\[\s*[\"'`]([A-Za-z_]\w*)[\"'`]\s*\]")
_WHOLE: Final = re.compile(rb"env(?<![\w$]env)\s*(?:as\s[^;\n]*|\)[^;\n]*)?[;,\n]")
_GETTER: Final = re.compile(rb"env\.(?:get|has)\(\s*[\"'`]([A-Za-z_]\w*)[\"'`]")
_READER: Final = re.compile(
    rb"nv(?<=[eE]nv)(?:Var|Variable|ironment|OrThrow|Or|String|Required)*\(\s*[\"']([A-Z][A-Z0-9_]{2,})[\"']"
)
_WRITER: Final = re.compile(rb"(?:set|stub|delete|unset|write|put)\w*\Z", re.IGNORECASE)
_WRITTEN: Final = re.compile(rb"\s*(?:=(?![=>])|\?\?=|\|\|=)")
_TYPE: Final = re.compile(rb"(?:interface|type)\s+(\w*(?:Env|Bindings|Environment|EnvVars))\b(?!\s*=\s*[A-Z])")
_SCHEMA: Final = re.compile(
    rb"^[ \t]*([A-Z][A-Z0-9_]+)\s*:\s*(?:z\s*\.|\w+\.(?:string|url)\(|(?:str|num|bool|port|url|email|host|json)\()",
    re.MULTILINE,
)
_SCHEMA_USES: Final = (b"arse(process.env)", b"arse(import.meta.env)", b"createEnv(", b"cleanEnv(", b"defineEnv(")
_KIT: Final = re.compile(rb"import\s*\{([^}]*)\}\s*from\s*[\"']\$env/static/\w+[\"']")
_NAME: Final = re.compile(rb"[A-Za-z_]\w*")
_VITE: Final = frozenset({"MODE", "DEV", "PROD", "SSR", "BASE_URL"})
"""What Vite itself puts in ``import.meta.env``."""
_METHODS: Final = {
    "fetch": "binding",
    "connect": "binding",
    "send": "queue",
    "sendBatch": "queue",
    "prepare": "database",
    "withSession": "database",
    "idFromName": "durable-object",
    "idFromString": "durable-object",
    "newUniqueId": "durable-object",
    "getByName": "durable-object",
}
_STORES: Final = frozenset({"get", "put", "delete", "list", "head"})
"""Methods of namespaces, buckets and databases; a variable that is a string has none of them."""
_SERVICE_TYPES: Final = re.compile(r"\s*:\s*(?:Fetcher|Service)\b")


def read(source: Source) -> tuple[tuple[Variable, ...], tuple[Call, ...]]:
    """Return the variables that ``source`` reads, each once a line, and the calls made through bindings."""
    if not source.has(b"env", b"Env", b"Bindings"):
        return (), ()
    services: set[str] = set()
    found = [*_types(source, services), *_members(source), *_others(source), *_declared(source)]
    found += indirect.variables(source, "env")
    aliases, destructured = _aliases(source)
    found += destructured
    variables = {(each.name, each.line, each.source == "env-type"): each for each in found}
    calls = [*_calls(source, services), *_alias_calls(source, aliases)]
    return tuple(sorted(variables.values(), key=lambda each: each.line)), tuple(dict.fromkeys(calls))


def _origin(source: Source, start: int) -> str:
    """Return whose ``env`` begins at ``start``."""
    before = source.data[max(0, start - 24) : start].rstrip().removesuffix(b"?.").removesuffix(b".").rstrip()
    if before.endswith((b"process", b"Bun")):
        return "process"
    if before.endswith(b"import.meta"):
        return "import-meta"
    return "deno" if before.endswith(b"Deno") else "env"


def _members(source: Source) -> Iterator[Variable]:
    for match in source.find(_MEMBER):
        name = match[1].decode()
        origin = _origin(source, match.start())
        if origin == "deno" or (origin == "import-meta" and name in _VITE):
            continue
        called = (match[2] or b"").decode()
        if origin == "env" and not (name[0].isupper() or called in _METHODS):
            continue
        if _WRITTEN.match(source.data, match.end(1)) or not source.is_name(*match.span(1)):
            continue
        yield Variable(name, source.line(match.start(1)), origin)


def _others(source: Source) -> Iterator[Variable]:
    """Yield what is read by name: ``env["NAME"]``, ``Deno.env.get("NAME")``, ``requireEnv("NAME")``."""
    for match in source.find(_ELEMENT):
        if source.is_name(match.start(), match.start() + 3) and not _WRITTEN.match(source.data, match.end()):
            yield Variable(match[1].decode(), source.line(match.start(1)), _origin(source, match.start()))
    for match in source.find(_GETTER):
        if _origin(source, match.start()) == "deno" and source.is_name(match.start(), match.start() + 3):
            yield Variable(match[1].decode(), source.line(match.start(1)), "deno")
    for match in source.find(_READER):
        node = source.node(match.start(1), match.end(1))
        call = around(node, ("call_expression",)) if node and node.type == "string_fragment" else None
        callee = source.text(call.child_by_field_name("function")) if call else "]"
        if not callee.endswith("]") and not _WRITER.match(callee.rpartition(".")[2].encode()):
            yield Variable(match[1].decode(), source.line(match.start(1)), "process")


def _declared(source: Source) -> Iterator[Variable]:
    """Yield what a schema that is parsed from the environment names, and what SvelteKit's modules export."""
    for match in source.find(_SCHEMA) if source.has(*_SCHEMA_USES) else ():
        if source.is_name(*match.span(1)):
            yield Variable(match[1].decode(), source.line(match.start(1)), "process")
    for match in source.find(_KIT) if source.has(b"$env/static/") else ():
        for name in _NAME.finditer(source.data, *match.span(1)):
            yield Variable(name[0].decode(), source.line(name.start()), "process")


def _types(source: Source, services: set[str]) -> Iterator[Variable]:
    """Yield the members of types that describe an environment; add those that are services to ``services``."""
    for match in source.find(_TYPE) if source.language != "javascript" else ():
        node = source.node(*match.span(1))
        owner = node.parent if node and node.type == "type_identifier" else None
        body = owner and (owner.child_by_field_name("body") or owner.child_by_field_name("value"))
        for member in body.named_children if body and body.type in {"interface_body", "object_type"} else ():
            name = source.text(member.child_by_field_name("name"))
            if member.type != "property_signature" or not name[:1].isupper():
                continue
            if _SERVICE_TYPES.match(source.text(member.child_by_field_name("type"))):
                services.add(name)
            yield Variable(name, member.start_point.row + 1, "env-type")


def _aliases(source: Source) -> tuple[dict[str, str], list[Variable]]:
    """Return local names of bindings, and the variables that are taken out of an environment by a pattern."""
    aliases: dict[str, str] = {}
    found = []
    for match in source.find(_WHOLE):
        if not source.is_name(match.start(), match.start() + 3):
            continue
        origin = _origin(source, match.start())
        for name, local, node in _taken(source, match.start()):
            if origin == "env":
                aliases[local] = name
            found.append(Variable(name, node.start_point.row + 1, origin))
    for match in source.find(_ALIAS):
        if source.is_name(*match.span(1)):
            aliases[match[1].decode()] = match[2].decode()
    return aliases, found


_ALIAS: Final = re.compile(rb"const\s+(\w+)\s*(?::\s*\w+\s*)?=\s*(?:[\w$]+\.){0,3}env(?<![\w$]env)\.([A-Z]\w*)\s*[;\n]")
_TRANSPARENT: Final = frozenset(
    {"member_expression", "as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression"}
)


def _taken(source: Source, start: int) -> Iterator[tuple[str, str, Node]]:
    """Yield name, local name and place of what ``const { NAME: local } = env`` takes."""
    node = source.node(start, start + 3)
    owner = next((each for each in ancestors(node) if each.type not in _TRANSPARENT), None) if node else None
    pattern = owner.child_by_field_name("name") if owner and owner.type == "variable_declarator" else None
    for member in pattern.named_children if pattern and pattern.type == "object_pattern" else ():
        if member.type == "pair_pattern":
            key, value = member.child_by_field_name("key"), member.child_by_field_name("value")
            yield source.text(key), source.text(value), member
        elif member.type == "object_assignment_pattern":
            yield (
                source.text(member.child_by_field_name("left")),
                source.text(member.child_by_field_name("left")),
                member,
            )
        elif member.type == "shorthand_property_identifier_pattern":
            yield source.text(member), source.text(member), member


def _calls(source: Source, services: set[str]) -> Iterator[Call]:
    for match in source.find(_MEMBER):
        name, method = match[1].decode(), (match[2] or b"").decode()
        kind = _METHODS.get(method) or ("binding" if name in services and method else "")
        if not kind and method == "get" and _is_dispatched(source, match):
            kind = "dispatch"
        kind = kind or ("storage" if method in _STORES else "")
        if b"?" in source.data[match.end(1) : match.start(2)]:
            continue  # the code knows that the binding may be absent
        if kind and _origin(source, match.start()) == "env" and source.is_name(*match.span(1)):
            yield kind, name, source.line(match.start(2))


def _alias_calls(source: Source, aliases: dict[str, str]) -> Iterator[Call]:
    if not aliases:
        return
    names = "|".join(map(re.escape, aliases))
    for match in source.find(re.compile(rf"(?<![\w$.])({names})\.(\w+)\(".encode())):
        kind = _METHODS.get(match[2].decode())
        if kind and source.is_name(*match.span(1)):
            yield kind, aliases[match[1].decode()], source.line(match.start())


def _is_dispatched(source: Source, match: re.Match[bytes]) -> bool:
    """Return whether what ``env.NAME.get(...)`` gives is called at once, as a Worker of a dispatch namespace is."""
    node = source.node(*match.span(2))
    call = around(node, ("call_expression",)) if node else None
    member = call.parent if call else None
    return bool(member and source.text(member.child_by_field_name("property")) == "fetch") and not source.has(
        b"idFromName", b"idFromString", b"newUniqueId"
    )
