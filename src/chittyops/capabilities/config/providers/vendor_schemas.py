"""The vendors' own schemas, where a workspace has them: wrangler brings its config-schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import jsonschema_rs

from chittyops.capabilities.config.model import Finding
from chittyops.kernel import tree
from chittyops.kernel.configuration import View, way
from chittyops.kernel.errors import Place

SCHEMAS: Final[Mapping[str, str]] = {"wrangler": "node_modules/wrangler/config-schema.json"}
"""Where the schema of a section is found, in the service's folder or in one above it within the workspace."""
_MASK: Final = "the value"


class Validator(Protocol):
    """What jsonschema-rs makes of a schema."""

    def iter_errors(self, instance: Any) -> Iterator[jsonschema_rs.ValidationError]:
        """Yield what is wrong with ``instance``."""
        ...


def schema_of(root: Path, folder: str, section: str) -> Path | None:
    """Return the file of the schema of ``section`` for a service in ``folder``; None where there is none."""
    for place in (root / folder, *(root / folder).parents):
        if (found := place / SCHEMAS[section]).is_file():
            return found
        if place == root:
            break
    return None


def problems(root: Path, folder: str, view: View) -> Iterator[Finding]:
    """Yield what the vendors' schemas have against the configuration of ``view``, each at its place."""
    for section in SCHEMAS:
        node = tree.at(view.resolved, (section,))
        path = schema_of(root, folder, section) if isinstance(node, tree.Mapping) else None
        if node is None or path is None or (validator := _validator(path)) is None:
            continue
        for error in validator.iter_errors(tree.value(node)):
            keys = (section, *map(str, error.instance_path))
            message = f"{view.service}: {way(keys)}: {error.message}"
            place = _place(view.resolved, keys, error)
            hint = f"so says the platform's own schema, {path.relative_to(root)}"
            yield Finding(message, place, hint, view.service, (view.environment,), way(keys))


@cache
def _validator(path: Path) -> Validator | None:
    """Return the validator of a schema; None where the file is no schema, which is the vendor's affair."""
    try:
        return jsonschema_rs.validator_for(json.loads(path.read_bytes()), mask=_MASK)
    except (OSError, ValueError):
        return None


def _place(node: tree.Node, keys: Sequence[str], error: jsonschema_rs.ValidationError) -> Place:
    """Return where the innermost thing that ``keys`` lead to is written; of a key too many, that key's place."""
    place = node.place
    for key in keys:
        found = tree.at(node, (key,))
        if found is None:
            break
        node, place = found, found.place
    unexpected = getattr(error.kind, "unexpected", None)
    if isinstance(node, tree.Mapping) and unexpected:
        return node.keys.get(unexpected[0], place)
    return place
