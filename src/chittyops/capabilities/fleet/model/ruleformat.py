"""The format of the rules in a fleet file: what must hold for the values of some services."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chittyops.capabilities.fleet.model.schema import (
    AnyScalar,
    Choice,
    Json,
    ListOf,
    MapOf,
    Number,
    Table,
    Text,
    expected,
)
from chittyops.capabilities.fleet.model.words import NAME_TEXT, PLATFORMS
from chittyops.kernel.configuration import Constraint, Rule
from chittyops.kernel.errors import Problem
from chittyops.kernel.tree import Node, Scalar

TYPES: Final = (
    *("string", "integer", "number", "boolean", "url", "duration", "port", "json", "semver", "list", "map"),
)
_LARGEST: Final = 1e18


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression."""

    description: str

    def read(self, node: Node, trail: str, problems: list[Problem]) -> str | None:
        """Return the expression as written."""
        if not isinstance(node, Scalar):
            expected(node, trail, "a regular expression", problems, "put quotes around it")
            return None
        try:
            re.compile(node.text)
        except re.error as error:
            problems.append(Problem(f"{trail} is no regular expression: {error.msg}", node.place))
            return None
        return node.text

    def json_schema(self) -> Json:
        """Return a regular expression."""
        return {"type": ["string", "number", "boolean"], "format": "regex", "description": self.description}


_KEY = Text(
    "A variable (LOG_LEVEL), or a way to a value (wrangler.compatibility_date).",
    r"[^\s\x00]+",
    "must be a variable, or a way such as wrangler.compatibility_date",
)
_CONSTRAINT = Table(
    "What a value may be.",
    {
        "type": Choice("What kind of value it is.", TYPES),
        "pattern": Pattern("What the whole value matches."),
        "one_of": ListOf("The values there can be.", AnyScalar("A value, as written."), unique=False),
        "minimum": Number("The smallest number.", -_LARGEST, _LARGEST),
        "maximum": Number("The largest number.", -_LARGEST, _LARGEST),
        "description": Text("What the value is for."),
    },
)

RULE: Final = Table(
    "What must hold for the values of some services; without services, groups, platforms, tags and environments, of "
    "all of them.",
    {
        "services": ListOf("These services.", NAME_TEXT),
        "groups": ListOf("The services of these groups.", NAME_TEXT),
        "platforms": ListOf("The services of these platforms.", Choice("A platform.", PLATFORMS)),
        "tags": ListOf("The services with one of these tags.", NAME_TEXT),
        "environments": ListOf("In these environments.", NAME_TEXT),
        "require": ListOf("What must be there.", _KEY),
        "values": MapOf("What values may be, where they are there.", _KEY, _CONSTRAINT),
    },
)


def rules(values: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules whose values these are."""
    return tuple(_rule(name, value) for name, value in values.items())


def _rule(name: str, value: Mapping[str, Any]) -> Rule:
    narrowing = ("services", "groups", "platforms", "tags", "environments")
    return Rule(
        name,
        **{key: frozenset(value.get(key, ())) for key in narrowing},
        require=value.get("require", ()),
        values={key: Constraint(**each) for key, each in value.get("values", {}).items()},
    )
