"""A context of a service that is well, to be changed by tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chittyops.capabilities.awareness.model.context import Centre, Changes, Choice, Context, Problems, Where
from chittyops.capabilities.awareness.model.project import Head

CONTEXT = Context(
    folder="/w/services/cart",
    workspace="/w",
    fleet="shop",
    fleet_file="/w/chittyops.yaml",
    repository="/w",
    head=Head("branch", "main", "a" * 40),
    project=Choice("/w", "path", 1.0),
    service=Choice("cart", "path", 1.0),
    where=Where("cart", "services/cart", "local", "canonical", in_fleet=True),
    environment=Choice("local", "only", 0.9),
    environments=("local", "production"),
    depends_on=(),
    dependents=(),
    centre=Centre("running"),
    changes=Changes(),
    problems=Problems(0, 0, (), "2030-01-01T00:00:00+00:00", fresh=True),
    alerts=(),
    migrations=(),
    next=(),
)


def a_context(**changes: Any) -> Context:
    return replace(CONTEXT, **changes)
