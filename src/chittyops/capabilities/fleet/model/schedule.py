"""Schedules in a fleet file."""

from __future__ import annotations

from dataclasses import dataclass

from chittyops.capabilities.fleet.model.schema import Json, expected
from chittyops.kernel.errors import Misconfigured, Problem
from chittyops.kernel.tree import Node, Scalar


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression."""

    description: str

    def read(self, node: Node, trail: str, problems: list[Problem]) -> str | None:
        """Return the expression as written."""
        if not isinstance(node, Scalar) or node.type != "text":
            expected(node, trail, "a cron expression", problems, 'write it in quotes: "30 3 * * *"')
            return None
        from chittyops.kernel.cron import Cron  # noqa: PLC0415 - few fleets have schedules

        try:
            Cron.parse(node.text)
        except Misconfigured as error:
            problems.append(Problem(f"{trail}: {error.message}", node.place, error.hint))
            return None
        return node.text

    def json_schema(self) -> Json:
        """Return a string of five fields, or a word for one."""
        pattern = r"^\s*(?:@[A-Za-z]+|[0-9A-Za-z*/,-]+(?:\s+[0-9A-Za-z*/,-]+){4})\s*$"
        return {"type": "string", "pattern": pattern, "description": self.description}
