"""Which layers say something about a service in an environment, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from chittyops.capabilities.fleet.model.fileformat import DEFAULTS, FILENAME, LOCAL_FILENAME, OVERRIDE, SERVICE
from chittyops.capabilities.fleet.model.layers import merge
from chittyops.capabilities.fleet.service.documents import Documents, below
from chittyops.kernel import tree
from chittyops.kernel.configuration import Layer, Scope

_Where = tuple[str, tree.Mapping, tuple[str, ...]]
_SERVICE = {"path": None, "git": None, "tasks": None, **OVERRIDE.fields}


class Layers:
    """The layers of every service in every environment, the widest first."""

    def __init__(self, documents: Documents, overrides: Sequence[tuple[str, tree.Mapping]] = ()) -> None:
        """Take the documents, and what ``--set`` says: trees by service, "" for all of them."""
        self._documents = documents
        self._overrides = overrides

    def of(self, service: str, environment: str) -> tuple[Layer, ...]:
        """Return the layers of ``service`` in ``environment`` that say anything."""
        return tuple(layer for layer in self._all(service, environment) if layer.tree.entries)

    def merged(self, layers: Sequence[Layer], service: str) -> tree.Mapping:
        """Return what ``layers`` of ``service`` come to."""
        node: tree.Node | None = None
        for layer in layers:
            node = merge(node, layer.tree, SERVICE)
        return node if isinstance(node, tree.Mapping) else self._documents.drafts[service].node

    def environment(self, name: str) -> tree.Mapping:
        """Return the variables of the environment itself, what ``${env.KEY}`` refers to."""
        node: tree.Node = tree.Mapping({}, {}, self._documents.root.place)
        for document in (self._documents.root, self._documents.local):
            if config := below(document, "environments", name, "config"):
                node = merge(node, config, None)
        return node if isinstance(node, tree.Mapping) else self._documents.root

    @cached_property
    def _defaults(self) -> Layer:
        return _layer(Scope.FLEET, "", FILENAME, self._documents.root, ("defaults",))

    def _all(self, service: str, environment: str) -> Iterator[Layer]:
        root, draft = self._documents.root, self._documents.drafts[service]
        yield self._defaults
        yield _layer(Scope.ENVIRONMENT, environment, FILENAME, root, ("environments", environment))
        for name, members in self._documents.groups.items():
            if service in members:
                keys = ("groups", name)
                yield _layer(Scope.GROUP, name, FILENAME, root, keys)
                yield _layer(
                    Scope.GROUP, f"{name} in {environment}", FILENAME, root, (*keys, "environments", environment)
                )
        yield _layer(Scope.SERVICE, service, FILENAME, root, ("services", service))
        written: list[_Where] = [(FILENAME, root, ("services", service, "environments", environment))]
        if draft.part:
            path = f"{draft.path}/{FILENAME}"
            yield _layer(Scope.SERVICE, service, path, draft.part, ())
            written.append((path, draft.part, ("environments", environment)))
        for path, document, within in written:
            yield _layer(Scope.SERVICE_ENVIRONMENT, f"{service} in {environment}", path, document, within)
        yield from self._local(service, environment)
        for owner, given in self._overrides:
            if owner in ("", service):
                yield Layer(Scope.SET, "", given)

    def _local(self, service: str, environment: str) -> Iterator[Layer]:
        document = self._documents.local
        places: list[tuple[str, ...]] = [("defaults",), ("environments", environment), ("services", service)]
        places.append(("services", service, "environments", environment))
        for keys in places if document else ():
            yield _layer(Scope.LOCAL, f"local file, {'.'.join(keys)}", LOCAL_FILENAME, document, keys)


def _layer(scope: Scope, name: str, path: str, document: tree.Mapping | None, keys: tuple[str, ...]) -> Layer:
    """Return the layer at ``keys`` without what is no layer's to say, or is a layer of its own: environments."""
    shared = scope in (Scope.FLEET, Scope.ENVIRONMENT, Scope.GROUP) or (scope is Scope.LOCAL and keys[0] != "services")
    fields = DEFAULTS.fields if shared else _SERVICE
    node = below(document, *keys)
    if node is None:
        return Layer(scope, name, _NOTHING, path, keys)
    if not node.entries.keys() <= fields.keys():
        entries = {key: each for key, each in node.entries.items() if key in fields}
        node = tree.Mapping(entries, node.keys, node.place)
    return Layer(scope, name, node, path, keys)


_NOTHING = tree.Mapping({}, {}, tree.NOWHERE)
