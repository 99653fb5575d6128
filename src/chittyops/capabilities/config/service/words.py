"""Values as people read them."""

from __future__ import annotations

import json

from chittyops.kernel import tree
from chittyops.kernel.configuration import secret_names, unescaped


def shown(node: tree.Node | None) -> str | None:
    """Return a value in one line: a text as it is, lists and maps as JSON; None for what is not there."""
    if node is None or node.type == "null":
        return None
    return node.text if isinstance(node, tree.Scalar) else json.dumps(tree.value(node), ensure_ascii=False)


def literal(node: tree.Node | None) -> str | None:
    """Return a value of a resolved view in one line, with what is escaped in it as it is meant."""
    text = shown(node)
    return text if text is None or any(secret_names(text)) else unescaped(text)


def is_secret(keys: tuple[str, ...], node: tree.Node | None) -> bool:
    """Return whether the value at ``keys`` is a reference to a secret, or holds one."""
    return keys[:1] == ("secrets",) or (isinstance(node, tree.Scalar) and any(secret_names(node.text)))
