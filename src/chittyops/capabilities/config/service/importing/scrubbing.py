"""Values that would bring a secret into the fleet file: left out, and told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chittyops.capabilities.config.service.importing.model import Context, Imported
from chittyops.kernel.errors import Place, Problem


def without_secrets(value: Any, keys: tuple[str, ...], path: str, context: Context, found: Imported) -> Any:
    """Return ``value``, of the file at ``path``, without the texts that are secrets by name or by their looks.

    Of a list with such a text nothing is left. Each is remarked on in ``found``.
    """
    if isinstance(value, list):
        return [without_secrets(each, (*keys, str(index)), path, context, found) for index, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, each in value.items():
        # What a list is called says nothing of its items.
        if any(context.is_secret(key if text is each else "", text) for text in _texts(each)):
            where = ".".join((*keys, key))
            hint = "keep it with `chittyops secrets set`, and let the service read it from a variable"
            message = f"{where} looks like a secret: it was not taken over from {path}"
            found.remarks.append(Problem(message, Place(path), hint))
        else:
            kept[key] = without_secrets(each, (*keys, key), path, context, found)
    return kept


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
