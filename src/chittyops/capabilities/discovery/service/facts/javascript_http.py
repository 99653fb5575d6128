"""Addresses that JavaScript and TypeScript ask for, and the health endpoints they answer."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Url
from chittyops.capabilities.discovery.service.facts import urls
from chittyops.capabilities.discovery.service.facts.source import Source, ancestors

_SCHEME: Final = re.compile(rb"(?:https?|wss?)://")
_NAMED_AWAY: Final = re.compile(
    r"(?i)cors|allow|origins$|^origin$|referr?er|(^|_)csp|content-?security|whitelist|trusted|user-?agent|xmlns|"
    r"homepage|placeholder|docs?(_?ur[li])?$|documentation|licen[cs]e|contact|terms_?of|namespace|^\$schema|"
    r"^@context|^\$id|^example|^description$|^repository$"
)
"""Properties and variables whose addresses are shown, compared or let in, and not asked for."""
_TESTS: Final = frozenset(
    [
        "includes",
        "startsWith",
        "endsWith",
        "indexOf",
        "match",
        "matchAll",
        "test",
        "has",
        "equals",
        "replace",
        "replaceAll",
        "split",
        "search",
        "log",
        "warn",
        "error",
        "info",
        "debug",
        "toBe",
        "toEqual",
        "toContain",
    ]
)
"""Methods that compare or print what they are given."""
_NAMING: Final = frozenset({"pair", "variable_declarator", "assignment_expression", "public_field_definition"})
_LINKS: Final = frozenset({"href", "src", "xmlns", "content", "placeholder", "poster", "cite", "title", "alt"})
_STUB: Final = re.compile(r"(?:.*\benv\b.*|(?:.*\.)?(?:\w*[sS]tub|[A-Z][A-Z0-9_]*))\.fetch")
_CLIENT: Final = re.compile(
    r"(?i).*\b(?:axios|https?|fetch|got|ky|superagent|supertest|request|agent|page|session|\w*client\w*|\w*api_?client|"
    r"instance|sdk)(?:\(.*\))?(?:\.default)?"
)
_ROUTERS: Final = frozenset({"get", "all", "use", "route", "on", "head", "handle", "any", "add", "openapi", "mount"})
_PATHS: Final = re.compile(r"(?i)(?:.*[.\])]|)(?:\w*path(?:name)?|\w*url|\w*route|\w*endpoint|originalUrl|action|p)\)?")
_NEXT: Final = re.compile(r"\{?\s*(?:return\s+)?(?:await\s+)?next\(")
_FUNCTIONS: Final = frozenset(
    ["arrow_function", "function_expression", "function", "identifier", "member_expression", "call_expression"]
)
_FILE_ROUTE: Final = re.compile(
    r"(?:^|/)app/(?P<next>(?:[^/]+/)*)route\.[jt]sx?$"
    r"|(?:^|/)routes/(?P<kit>(?:[^/]+/)*)\+server\.[jt]s$"
    r"|(?:^|/)(?:src/)?pages/(?P<pages>(?:[^/]+/)*[^/]+)\.(?:[jt]s|[jt]sx)$"
    r"|(?:^|/)server/(?:routes/(?P<nitro>(?:[^/]+/)*[^/.]+)|(?P<nuxt>api/(?:[^/]+/)*[^/.]+))(?:\.get)?\.[jt]s$"
    r"|(?:^|/)(?:functions/(?P<function>(?:[^/]+/)*[^/]+)|(?P<vercel>api/(?:[^/]+/)*[^/]+))\.[cm]?[jt]sx?$"
)
_GROUP: Final = re.compile(r"\([^/]*\)/")
_HANDLER: Final = re.compile(
    rb"^export\s+(?:default|(?:async\s+)?(?:const|function)\s+(?:GET|HEAD|onRequest(?:Get)?|handler|loader|config)\b)"
    rb"|^module\.exports|^exports\.handler",
    re.MULTILINE,
)


def addresses(source: Source) -> tuple[Url, ...]:
    """Return the addresses that strings of ``source`` begin with, but for those that are shown or compared alone."""
    found = {}
    for match in source.find(_SCHEME) if source.has(b"://") else ():
        node = source.node(match.start(), match.end())
        if node is None or node.type != "string_fragment" or node.parent is None:
            continue
        if source.data[node.start_byte : match.start()].strip() or _is_shown(source, node.parent):
            continue
        text, template = written(source, node.parent)
        url = urls.parse(text.strip(), source.line(match.start()), template=template)
        if url:
            found[url.host, url.path, url.line] = url
    return tuple(found.values())


def written(source: Source, string: Node, filled: str = "*") -> tuple[str, bool]:
    """Return the text of a string or template, ``filled`` for what it fills in, and whether it fills in anything."""
    parts = []
    template = False
    for part in string.named_children:
        if part.type == "template_substitution":
            template = True
            parts.append(filled)
        else:
            parts.append(source.text(part))
    text = "".join(parts)
    joined = string.parent
    if joined and joined.type == "binary_expression" and joined.child_by_field_name("left") == string:
        operator = joined.child_by_field_name("operator")
        if operator and operator.type == "+":
            return text + filled, True
    return text, template


def _is_shown(source: Source, string: Node) -> bool:
    """Return whether the address is compared, printed or let in: the nearest thing around it that tells decides."""
    named = False
    for inner, outer in _pairs(string):
        if outer.type in {"statement_block", "program"}:
            return False
        if outer.type in _NAMING and not named:
            name = source.text(outer.named_child(0)).strip("'\"`").rpartition(".")[2]
            if _NAMED_AWAY.search(name):
                return True
            named = outer.type != "pair"
        elif (shown := _shows(source, inner, outer)) is not None:
            return shown
    return False


def _shows(source: Source, inner: Node, outer: Node) -> bool | None:
    """Return whether ``outer`` only shows or compares ``inner``; None where that is for what is around it to tell."""
    if outer.type == "binary_expression":
        return source.text(outer.child_by_field_name("operator"))[:2] in {"==", "!="} or None
    if outer.type == "jsx_attribute":
        return source.text(outer.named_child(0)) in _LINKS
    if outer.type == "arguments" and outer.parent and outer.parent.type == "call_expression":
        callee = source.text(outer.parent.child_by_field_name("function"))
        name = callee.rpartition(".")[2]
        return name in _TESTS or _NAMED_AWAY.search(name) is not None or _STUB.fullmatch(callee) is not None
    if outer.type == "member_expression" and inner.type == "array":
        return source.text(outer.child_by_field_name("property")) in _TESTS
    return None


def _pairs(node: Node) -> Iterator[tuple[Node, Node]]:
    inner = node
    for outer in ancestors(node):
        yield inner, outer
        inner = outer


def health(source: Source) -> tuple[tuple[str, int], ...]:
    """Return the health endpoints that ``source`` answers, with their lines."""
    found = dict(_by_file(source))
    if source.has(*urls.HEALTH_WORDS):
        for match in source.find(urls.QUOTED_HEALTH):
            node = source.node(match.start() + 1, match.end() - 1)
            string = node.parent if node and node.type == "string_fragment" else None
            if string and string.start_byte == match.start() and (prefix := _answered(source, string)) is not None:
                found.setdefault(prefix + match[1].decode(), source.line(match.start()))
    return tuple(found.items())


def route(path: str) -> str:
    """Return the health endpoint that the file at ``path`` is by its path, "" where it is none."""
    found = _FILE_ROUTE.search(path)
    if not found or found.lastgroup is None:
        return ""
    name = _GROUP.sub("", found[found.lastgroup]).strip("/")
    name = posixpath.dirname(name) if posixpath.basename(name) == "index" else name
    return f"/{name}" if urls.HEALTH.fullmatch(f"/{name}") else ""


def _by_file(source: Source) -> Iterator[tuple[str, int]]:
    """Yield the endpoint of a file whose own path is the route, as frameworks have it that route by files."""
    path = route(source.path)
    handler = _HANDLER.search(source.data) if path else None
    if handler:
        yield path, source.line(handler.start())


def _answered(source: Source, string: Node) -> str | None:
    """Return the prefix that the path ``string`` is answered under, None where it is no route of this file."""
    outer = string.parent
    answers = _WAYS.get(outer.type) if outer else None
    return answers(source, string, outer) if answers and outer else None


def _compared(source: Source, string: Node, comparison: Node) -> str | None:
    """Tell of ``path === "/health"``."""
    operator = source.text(comparison.child_by_field_name("operator"))
    other = comparison.child_by_field_name("left")
    other = comparison.child_by_field_name("right") if other == string else other
    if operator not in {"===", "=="} or not _PATHS.fullmatch(source.text(other)):
        return None
    return None if _passed_on(source, comparison) else ""


def _in_array(source: Source, string: Node, array: Node) -> str | None:
    """Tell of a row of a table, ``["/health", handler]``, and of ``["/health", "/healthz"].includes(path)``."""
    after = string.next_named_sibling
    if string.prev_named_sibling is None and after and after.type in _FUNCTIONS - {"identifier"}:
        return ""
    called = array.parent
    arguments = called.parent.child_by_field_name("arguments") if called and called.parent else None
    if called is None or arguments is None or called.type != "member_expression" or _negated(called):
        return None
    tested = source.text(called.child_by_field_name("property")) == "includes"
    return "" if tested and _PATHS.fullmatch(source.text(arguments)[1:-1]) else None


def _passed_on(source: Source, condition: Node) -> bool:
    """Return whether a middleware leaves the path to what comes after it."""
    branch = next((each for each in ancestors(condition) if each.type == "if_statement"), None)
    return bool(branch and _NEXT.match(source.text(branch.child_by_field_name("consequence"))))


def _negated(node: Node) -> bool:
    return any(each.type == "unary_expression" for each in list(ancestors(node))[:3])


def _routed(source: Source, string: Node, arguments: Node) -> str | None:
    """Return the prefix of a route that a call registers: it gives the path and what answers it."""
    call = arguments.parent
    callee = call.child_by_field_name("function") if call and call.type == "call_expression" else None
    if callee is None or callee.type != "member_expression":
        return None
    router, method = (source.text(callee.child_by_field_name(part)) for part in ("object", "property"))
    if method in {"endsWith", "startsWith"} and _PATHS.fullmatch(router) and "health" in source.text(string):
        return "" if callee.parent and not _negated(callee) else None
    if method not in _ROUTERS or _CLIENT.fullmatch(router):
        return None
    after = string.next_named_sibling
    while after and after.type not in _FUNCTIONS:
        after = after.next_named_sibling
    if after is None or (method == "use" and after.type == "identifier" and "health" not in source.text(after).lower()):
        return None
    return _prefix(source, router)


def _listed(source: Source, string: Node, pair: Node) -> str | None:
    """Return the prefix of a route in a table of routes: ``"/health": handler`` or ``{ url: "/health", handler }``."""
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    if key == string and value:
        return "" if value.type in {"arrow_function", "function_expression"} else None
    if source.text(key) in {"url", "path", "pattern"} and pair.parent:
        names = {source.text(each.named_child(0)) for each in pair.parent.named_children if each.named_child_count}
        return "" if "handler" in names else None
    return None


def _prefix(source: Source, router: str) -> str:
    """Return where this file mounts ``router``: ``app.route("/api", router)``, ``app.use("/api", router)``."""
    if not re.fullmatch(r"\w+", router):
        return ""
    name = router.encode()
    mounted = re.search(
        rb"\.(?:route|use|mount)\(\s*[\"'](/[\w/-]+)[\"']\s*,\s*" + name + rb"\s*[,)]"
        rb"|\b" + name + rb"\s*=\s*[^\n]*\.basePath\(\s*[\"'](/[\w/-]+)[\"']",
        source.data,
    )
    return (mounted[1] or mounted[2]).decode().rstrip("/") if mounted else ""


_WAYS: Final[dict[str, Callable[[Source, Node, Node], str | None]]] = {
    "binary_expression": _compared,
    "switch_case": lambda _source, _string, _case: "",
    "arguments": _routed,
    "pair": _listed,
    "array": _in_array,
}
"""By what is right around a path, how to tell whether it is answered."""
