"""Frozen dataclasses to JSON and back, checked on the way in: for HTTP bodies and jsonb columns."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from chittyops.kernel.errors import Misconfigured, Problem

T = TypeVar("T")


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(value: object, kind: Hashable = None) -> Any:
    """Return ``value`` as plain JSON data. ``kind`` names its type where the class alone does not (lists)."""
    return _adapter(kind or cast("Hashable", type(value))).dump_python(value, mode="json")


def load(kind: type[T], data: object) -> T:
    """Return ``data`` as a ``kind``. Raises Misconfigured that names every field that does not fit."""
    try:
        loaded: T = _adapter(cast("Hashable", kind)).validate_python(data)
    except ValidationError as error:
        problems = tuple(
            Problem(f"{'.'.join(map(str, e['loc'])) or kind.__name__}: {e['msg']}")
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise Misconfigured.of(problems) from None
    return loaded
