"""Frozen dataclasses to JSON and back, checked on the way in: for HTTP bodies and jsonb columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from chittyops.kernel.errors import Misconfigured, Problem

T = TypeVar("T")

SCHEMA = "https://json-schema.org/draft/2020-12/schema"

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def dump(value: object) -> Any:
    """Return ``value``, an instance of a dataclass, as plain JSON data."""
    return _adapter(type(value)).dump_python(value, mode="json")


def schema(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what ``dump`` makes of a ``kind``."""
    return {"$schema": SCHEMA, **_adapter(kind).json_schema(mode="serialization")}


def load(kind: type[T], data: object) -> T:
    """Return ``data`` as a ``kind``. Raises Misconfigured that names every field that does not fit."""
    try:
        loaded: T = _adapter(kind).validate_python(data)
    except ValidationError as error:
        problems = tuple(
            Problem(f"{'.'.join(map(str, e['loc'])) or kind.__name__}: {e['msg']}")
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        )
        raise Misconfigured.of(problems) from None
    return loaded
