"""A service without an environment, the top level of a platform's file: what needs an environment is not there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from chittyops.kernel import tree
from chittyops.kernel.configuration import PLATFORM_SECTIONS, View

_REFERENCE: Final = re.compile(r"(?<!\$)\$\{(?!secret:)([^}]*)\}")
_SECTIONS: Final = ("config", *PLATFORM_SECTIONS)


def without_environment(view: View) -> View:
    """Return ``view`` without the values that refer to an environment, directly or by way of other variables."""
    config = tree.at(view.merged, ("config",))
    texts = config.entries if isinstance(config, tree.Mapping) else {}
    own = {key: node.text for key, node in texts.items() if isinstance(node, tree.Scalar)}
    entries = dict(view.resolved.entries)
    for section in _SECTIONS:
        if section in entries:
            node = _known(entries[section], view.merged.entries[section], own)
            entries[section] = node or tree.Mapping({}, {}, entries[section].place)
    return replace(view, resolved=tree.Mapping(entries, view.resolved.keys, view.resolved.place))


def _known(node: tree.Node, written: tree.Node, own: dict[str, str]) -> tree.Node | None:
    """Return ``node``, which is ``written`` so, without what needs an environment; None where that is all of it."""
    if isinstance(node, tree.Mapping) and isinstance(written, tree.Mapping):
        pairs = {key: _known(each, written.entries[key], own) for key, each in node.entries.items()}
        return tree.Mapping({key: each for key, each in pairs.items() if each is not None}, node.keys, node.place)
    if isinstance(node, tree.Sequence) and isinstance(written, tree.Sequence):
        items = (_known(each, other, own) for each, other in zip(node.items, written.items, strict=True))
        return tree.Sequence(tuple(each for each in items if each is not None), node.place)
    if isinstance(node, tree.Scalar) and isinstance(written, tree.Scalar):
        lost = node.text == written.text and _REFERENCE.search(written.text)
        return None if lost or _needs(written.text, own, frozenset()) else node
    return node


def _needs(text: str, own: dict[str, str], seen: frozenset[str]) -> bool:
    for match in _REFERENCE.finditer(text):
        of, _, key = match[1].partition(".")
        if of == "env":
            return True
        if of == "service" and key in own and key not in seen and _needs(own[key], own, seen | {key}):
            return True
    return False
