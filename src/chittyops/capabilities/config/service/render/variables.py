"""The variables of a service as an environment sees them: plain ones, and references to secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chittyops.kernel import tree
from chittyops.kernel.configuration import View, secret_names
from chittyops.kernel.errors import Problem


def word(view: View, *keys: str) -> str:
    """Return the text at ``keys``, "" where there is none."""
    node = tree.at(view.resolved, keys)
    return node.text if isinstance(node, tree.Scalar) and node.type != "null" else ""


def config(view: View) -> dict[str, Any]:
    """Return the plain variables, numbers and booleans as such."""
    found: dict[str, Any] = tree.value(tree.at(view.resolved, ("config",))) or {}
    return found


def texts(view: View) -> dict[str, str]:
    """Return the plain variables as processes get them: as written."""
    node = tree.at(view.resolved, ("config",))
    entries = node.entries.items() if isinstance(node, tree.Mapping) else ()
    return {key: each.text for key, each in entries if isinstance(each, tree.Scalar) and each.type != "null"}


def secrets(view: View) -> dict[str, str]:
    """Return the references to secrets by variable."""
    node = tree.at(view.resolved, ("secrets",))
    entries = node.entries.items() if isinstance(node, tree.Mapping) else ()
    return {key: each.text for key, each in entries if isinstance(each, tree.Scalar) and each.type != "null"}


def composed(view: View) -> tuple[str, ...]:
    """Return the variables whose text has a secret in it."""
    return tuple(key for key, text in texts(view).items() if any(True for _ in secret_names(text)))


def leaks(view: View, section: str) -> Iterator[Problem]:
    """Yield the values of a section (``config``, ``wrangler`` ...) that would give a secret away."""
    for keys, node in _texts(tree.at(view.resolved, (section,)), (section,)):
        for name in secret_names(node.text):
            trail = ".".join(("services", view.service, *keys))
            message = f"{trail} refers to the secret {name}, and what is rendered is no place for secrets"
            hint = "move it to `secrets`, which are pushed (`chittyops secrets push`) or injected (`chittyops run`)"
            yield Problem(message, node.place, hint)


def _texts(node: tree.Node | None, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tree.Scalar]]:
    if isinstance(node, tree.Scalar):
        yield keys, node
    elif isinstance(node, tree.Sequence):
        for index, each in enumerate(node.items):
            yield from _texts(each, (*keys, str(index)))
    elif isinstance(node, tree.Mapping):
        for key, each in node.entries.items():
            yield from _texts(each, (*keys, key))
