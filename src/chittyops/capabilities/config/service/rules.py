"""Whether the values of services keep the fleet's rules, and are what they look like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from chittyops.capabilities.config.model import Finding
from chittyops.capabilities.config.service.explain import entries
from chittyops.capabilities.config.service.words import is_secret
from chittyops.kernel import tree
from chittyops.kernel.configuration import Constraint, Rule, View
from chittyops.kernel.errors import Place

Views = Mapping[tuple[str, str], View]
Groups = Mapping[str, tuple[str, ...]]

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DURATION: Final = re.compile(r"([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h|d|w))+|[0-9]+")
_SEMVER: Final = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_HIGHEST_PORT: Final = 65_535
_BARE: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SHORTEST: Final = 3
"""Names of so few letters are near one another by chance."""
_WORKER_NEEDS: Final = (("compatibility_date",), ("main", "assets", "site"))
"""What wrangler refuses to deploy without: one key of each (its deploy command, 4.x)."""


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.scheme and (parts.netloc or parts.path)) and parts.port != 0
    except ValueError:
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


TYPES: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "string": ("a text", lambda _: True),
    "integer": ("a whole number", lambda text: bool(_INTEGER.fullmatch(text))),
    "number": ("a number", lambda text: bool(_NUMBER.fullmatch(text))),
    "boolean": ("true or false", lambda text: text.lower() in ("true", "false")),
    "url": ("a URL", _is_url),
    "duration": ("a duration, such as 30s or 5m", lambda text: bool(_DURATION.fullmatch(text))),
    "port": ("a port", lambda text: text.isdecimal() and 0 < int(text) <= _HIGHEST_PORT),
    "json": ("JSON", _is_json),
    "semver": ("a version, such as 1.2.3", lambda text: bool(_SEMVER.fullmatch(text))),
}


def check(rules: Iterable[Rule], views: Views, groups: Groups) -> tuple[Finding, ...]:
    """Return what the ``views`` do against the ``rules`` and against what their platforms ask for."""
    found: list[Finding] = []
    for view in views.values():
        for rule in rules:
            if applies(rule, view, groups):
                found += _required(rule, view)
                found += _wrong(rule, view)
        found += _platform(view)
        found += _look_alike(view)
    return merged(found)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings once each, with all the environments they hold for."""
    places: dict[Finding, list[str]] = {}
    for each in findings:
        places.setdefault(replace(each, environments=()), []).extend(each.environments)
    return tuple(replace(each, environments=tuple(dict.fromkeys(names))) for each, names in places.items())


def applies(rule: Rule, view: View, groups: Groups) -> bool:
    """Return whether ``rule`` is meant for the service and environment of ``view``."""
    platform = tree.at(view.resolved, ("platform",))
    tags = tree.at(view.resolved, ("tags",))
    has = {
        "services": {view.service},
        "environments": {view.environment},
        "groups": {name for name, members in groups.items() if view.service in members},
        "platforms": {platform.text if isinstance(platform, tree.Scalar) else "local"},
        "tags": {each.text for each in tags.items if isinstance(each, tree.Scalar)}
        if isinstance(tags, tree.Sequence)
        else set(),
    }
    return all(not wanted or wanted & has[name] for name in has if (wanted := getattr(rule, name)) is not None)


def _required(rule: Rule, view: View) -> Iterator[Finding]:
    for key in rule.require:
        if tree.is_null(tree.at(view.resolved, view.at(key))):
            message = f"{view.service} lacks {key}, which the rule {rule.name} asks for"
            hint = f"`chittyops config set {view.service} {key} VALUE`; a secret is declared in its `secrets`"
            yield _finding(view, message, view.resolved.place, hint, key=key, rule=rule.name)


def _wrong(rule: Rule, view: View) -> Iterator[Finding]:
    for key, constraint in rule.values.items():
        keys = view.at(key)
        node = tree.at(view.resolved, keys)
        if node is None or tree.is_null(node) or is_secret(keys, node):
            continue
        for message in violations(node, constraint):
            yield _finding(
                view,
                f"{view.service}: {key} must be {message} (rule {rule.name})",
                node.place,
                constraint.description,
                key=key,
                rule=rule.name,
            )


def violations(node: tree.Node, constraint: Constraint) -> Iterator[str]:
    """Yield what ``node`` would have to be and is not; the value itself is never told."""
    kinds = {"list": tree.Sequence, "map": tree.Mapping}
    if constraint.type in kinds or not isinstance(node, tree.Scalar):
        wanted = kinds.get(constraint.type, tree.Scalar)
        if not isinstance(node, wanted) and constraint.type:
            yield f"a {constraint.type}"
        return
    text = node.text
    title, fits = TYPES.get(constraint.type, TYPES["string"])
    if not fits(text):
        yield title
    if constraint.pattern and not re.fullmatch(constraint.pattern, text):
        yield f"a match of {constraint.pattern}"
    if constraint.one_of and text not in constraint.one_of:
        yield f"one of {', '.join(constraint.one_of)}"
    if constraint.minimum is not None or constraint.maximum is not None:
        yield from _outside(text, constraint.minimum, constraint.maximum)


def _outside(text: str, minimum: float | None, maximum: float | None) -> Iterator[str]:
    if not _NUMBER.fullmatch(text):
        yield "a number"
    elif minimum is not None and float(text) < minimum:
        yield f"at least {minimum:g}"
    elif maximum is not None and float(text) > maximum:
        yield f"at most {maximum:g}"


def _platform(view: View) -> Iterator[Finding]:
    """Find what the platform itself asks for where its configuration is kept in the fleet file."""
    worker = tree.at(view.resolved, ("wrangler",))
    platform = tree.at(view.resolved, ("platform",))
    if not isinstance(worker, tree.Mapping) or not isinstance(platform, tree.Scalar) or platform.text != "cloudflare":
        return
    for keys in _WORKER_NEEDS:
        if all(tree.is_null(worker.entries.get(key)) for key in keys):
            message = f"{view.service}: wrangler needs {', or '.join(keys)}"
            hint = f"`chittyops config set {view.service} wrangler.{keys[0]} VALUE`"
            yield _finding(view, message, worker.place, hint, key=f"wrangler.{keys[0]}")


def _look_alike(view: View) -> Iterator[Finding]:
    """Find what looks like a slip: a text that looks like a reference, a variable that differs from another by case."""
    config, secrets = entries(view.resolved, "config"), entries(view.resolved, "secrets")
    for key, node in entries(view.merged, "config").items():
        for match in _BARE.finditer(node.text) if isinstance(node, tree.Scalar) else ():
            if match[1] in config or match[1] in secrets:
                kind = "service." if match[1] in config else "secret:"
                message = f"{view.service}: {key} has a text in braces that is no reference, but the name of a variable"
                hint = f"write ${{{kind}{match[1]}}}, or $${{{match[1]}}} for the plain text"
                yield _finding(view, message, node.place, hint, key=key, error=False)
    folded: dict[str, str] = {}
    for key in (*config, *secrets):
        other = folded.setdefault(key.casefold(), key)
        if other != key:
            place = (config.get(key) or secrets[key]).place
            message = f"{view.service} has the variables {other} and {key}, which differ by case alone"
            yield _finding(view, message, place, "keep one", key=key, error=False)


def near_misses(views: Views, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return the variables that nobody declares elsewhere, one letter away from what many, or a rule, have."""
    known: dict[str, set[str]] = {}
    for view in views.values():
        for key in (*entries(view.resolved, "config"), *entries(view.resolved, "secrets")):
            known.setdefault(key, set()).add(view.service)
    asked = {key for rule in rules for key in (*rule.require, *rule.values) if "." not in key}
    usual = sorted(asked | {key for key, services in known.items() if len(services) > 1})
    found: list[Finding] = []
    for view in views.values():
        own = entries(view.resolved, "config").keys() | entries(view.resolved, "secrets").keys()
        for key, node in entries(view.resolved, "config").items():
            if len(known[key]) == 1 and key not in asked and (near := close(key, usual)) and near not in own:
                message = f"{view.service}: no other service has {key}"
                hint = f'did you mean "{near}"?'
                found.append(_finding(view, message, node.place, hint, key=key, error=False))
    return merged(found)


def close(word: str, known: Iterable[str]) -> str:
    """Return the one of ``known`` that is one slip away: a letter more, less, another, or two swapped; else ""."""
    return next((each for each in known if each != word and _one_slip(word, each)), "")


def _one_slip(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    if len(long) - len(short) > 1 or len(short) <= _SHORTEST:
        return False
    begin = next((n for n, letter in enumerate(short) if letter != long[n]), len(short))
    if len(short) < len(long):
        return short[begin:] == long[begin + 1 :]
    swapped = short[:begin] + short[begin : begin + 2][::-1] + short[begin + 2 :]
    return short[begin + 1 :] == long[begin + 1 :] or swapped == long


def _finding(
    view: View, message: str, place: Place | None, hint: str, *, key: str, rule: str = "", error: bool = True
) -> Finding:
    return Finding(message, place, hint, view.service, (view.environment,), key, rule, error)
