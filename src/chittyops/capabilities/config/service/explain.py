"""Why a value is what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile

from chittyops.capabilities.config.model import Explanation, Followed, Link, State
from chittyops.capabilities.config.service.words import is_secret, literal, shown
from chittyops.kernel import tree
from chittyops.kernel.configuration import ITEM_KEYS, REFERENCE, Given, Scope, View, way
from chittyops.kernel.errors import NotFound
from chittyops.kernel.nearest import nearest

_DEEPEST = 10
"""References are followed this far; circles are found when they are resolved."""

Views = Mapping[tuple[str, str], View]


def explain(views: Views, service: str, environment: str, key: str, *, fleet: str = "") -> Explanation:
    """Return why ``key`` (a variable, or a way such as ``wrangler.routes``) of ``service`` is what it is.

    ``fleet`` is the fleet's name. Raises NotFound where no layer says anything about it.
    """
    view = views[service, environment]
    keys = view.at(key)
    chain = view.chain(keys)
    if not chain:
        raise missing(view, key)
    node = tree.at(view.resolved, keys)
    written = tree.at(view.merged, keys)
    return Explanation(
        service,
        environment,
        keys[1] if len(keys) > 1 and keys[0] in ("config", "secrets") else way(keys),
        literal(node),
        is_secret(keys, node),
        tuple(_links(chain, keyed=way(keys) in ITEM_KEYS)),
        tuple(_references(views, view, written, fleet)) if isinstance(written, tree.Scalar) else (),
    )


def missing(view: View, key: str) -> NotFound:
    """Return the error that says that no layer speaks of ``key``."""
    known = [each for section in ("config", "secrets") for each in entries(view.resolved, section)]
    message = f"no layer of {view.service} in {view.environment} says anything about {key}"
    return NotFound(message, hint=nearest(key, known))


def entries(node: tree.Node, section: str) -> Mapping[str, tree.Node]:
    """Return the entries of a section of a service, none where it has none."""
    found = tree.at(node, (section,))
    return found.entries if isinstance(found, tree.Mapping) else {}


def value_of(view: View, key: str) -> tuple[tree.Node, bool]:
    """Return the value at ``key`` and whether it is a secret's. Raises NotFound where the service has none."""
    keys = view.at(key)
    node = tree.at(view.resolved, keys)
    if node is None or node.type == "null":
        raise missing(view, key)
    return node, is_secret(keys, node)


def variables(view: View) -> Iterator[Explanation]:
    """Yield every variable of a service, secrets after the others, with the layers that speak of it."""
    for section in ("config", "secrets"):
        for key, node in entries(view.resolved, section).items():
            keys = (section, key)
            chain = tuple(_links(view.chain(keys), keyed=False))
            yield Explanation(
                view.service, view.environment, key, literal(node), is_secret(keys, node), chain, references=()
            )


def _links(chain: tuple[Given, ...], *, keyed: bool) -> Iterator[Link]:
    """Yield the words of the layers: maps, and lists whose items have a key, make the value together."""
    together = len(list(takewhile(lambda given: _merges(given.node, keyed=keyed), chain)))
    for index, given in enumerate(chain):
        if index < together:
            state = State.MERGED if together > 1 else State.WINS
        elif index == together and given.node.type == "null":
            state = State.REMOVES
        else:
            state = State.SHADOWED if index else State.WINS
        layer = given.layer
        yield Link(layer.title, layer.scope.value, layer.path, given.place, shown(given.node) or "null", state)


def _merges(node: tree.Node, *, keyed: bool) -> bool:
    return isinstance(node, tree.Mapping) or (keyed and isinstance(node, tree.Sequence))


def _references(views: Views, view: View, node: tree.Scalar, fleet: str, depth: int = 0) -> Iterator[Followed]:
    for match in REFERENCE.finditer(node.text) if depth < _DEEPEST else ():
        of, key = match["of"], match["key"]
        if match["plain"]:
            continue
        if match["secret"] is not None:
            declared = entries(view.resolved, "secrets").get(match["secret"])
            yield Followed(match[0], shown(declared) or "not declared", declared.place if declared else None, depth)
            continue
        if name := _name(view, of, key, fleet):
            yield Followed(match[0], name, None, depth)
            continue
        seen = views.get((of, view.environment)) if of not in ("service", "env") else view
        written = _written(seen, of, key) if seen else None
        value = _value(seen, of, key, written) if seen else None
        yield Followed(match[0], value or "nothing", written.place if written else None, depth)
        if seen and isinstance(written, tree.Scalar):
            yield from _references(views, seen, written, fleet, depth + 1)


def _name(view: View, of: str, key: str, fleet: str) -> str:
    names = {"service": view.service, "env": view.environment, "fleet": fleet}
    return names.get(of, "") if key == "name" else ""


def _written(view: View, of: str, key: str) -> tree.Node | None:
    """Return what a reference leads to, as it is written."""
    if of != "env":
        return tree.at(view.merged, ("config", key))
    return next((each.node for each in view.chain(("config", key)) if _of_environment(each)), None)


def _value(view: View, of: str, key: str, written: tree.Node | None) -> str | None:
    """Return what a reference comes to; of the environment's own variables, what is written."""
    return literal(written if of == "env" else tree.at(view.resolved, ("config", key)))


def _of_environment(given: Given) -> bool:
    layer = given.layer
    return layer.scope is Scope.ENVIRONMENT or (layer.scope is Scope.LOCAL and layer.keys[:1] == ("environments",))
