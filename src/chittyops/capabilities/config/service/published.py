"""What is published of a configuration: every value with what the layers said of it, and what there is in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.config.model import (
    Explanation,
    Matrix,
    PublishedFleet,
    SecretMark,
    ServiceSummary,
    Snapshot,
    Value,
    Word,
)
from chittyops.capabilities.config.ports import PublishedConfigurations
from chittyops.capabilities.config.service.explain import Views, explain
from chittyops.capabilities.config.service.impact import told
from chittyops.kernel.configuration import View, way
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import NAME

MISSING: Final = "missing"
LONGEST_VALUE: Final = 4000
"""Letters of one value that are published; what is longer is cut."""
MOST_VALUES: Final = 500_000
MOST_SERVICES: Final = 5000
MOST_ENVIRONMENTS: Final = 100


@dataclass(frozen=True, slots=True)
class Configurations:
    """What may be asked of published configuration, and done with it."""

    kept: PublishedConfigurations

    async def publish(self, fleet: str, snapshot: Snapshot, actor: str) -> PublishedFleet:
        """Keep ``snapshot`` as what the files of ``fleet`` say now. Raises Misconfigured for what cannot be one."""
        names = [*snapshot.environments, *snapshot.services]
        if wrong := next((name for name in names if len(name) > 63 or not NAME.fullmatch(name)), None):  # noqa: PLR2004 - a DNS label
            raise Misconfigured(f"{wrong[:80]!r} cannot be the name of a service or an environment")
        values = sum(len(found) for each in snapshot.services.values() for found in each.values())
        if (
            len(snapshot.services) > MOST_SERVICES
            or len(snapshot.environments) > MOST_ENVIRONMENTS
            or values + len(snapshot.secrets) > MOST_VALUES
        ):
            message = f"the configuration is too large: {len(snapshot.services)} services, {values} values"
            hint = f"at most {MOST_SERVICES} services, {MOST_ENVIRONMENTS} environments and {MOST_VALUES} values"
            raise Misconfigured(message, hint=hint)
        return await self.kept.publish(fleet, snapshot, summaries(snapshot), actor)

    async def fleets(self) -> list[PublishedFleet]:
        """Return all fleets whose configuration was published, by name."""
        return await self.kept.fleets()

    async def fleet(self, name: str) -> PublishedFleet:
        """Return one fleet. Raises NotFound."""
        return await self.kept.fleet(name)

    async def values(self, fleet: str, service: str) -> Mapping[str, tuple[Value, ...]]:
        """Return the values of one service by environment. Raises NotFound."""
        return await self.kept.values(fleet, service)

    async def matrix(self, fleet: str) -> Matrix:
        """Return the secrets of a fleet. Raises NotFound."""
        return await self.kept.matrix(fleet)


def values(views: Views, view: View) -> Iterator[Value]:
    """Yield every value of ``view`` with what the layers said of it; values of secrets are no part of a view."""
    for keys, _ in told(view.resolved, ()):
        if keys:
            yield _value(keys, explain(views, view.service, view.environment, way(keys)))


def summaries(snapshot: Snapshot) -> dict[str, ServiceSummary]:
    """Return what there is of each service."""
    marks: dict[str, list[SecretMark]] = {}
    for mark in snapshot.secrets:
        marks.setdefault(mark.service, []).append(mark)
    return {name: _summary(found, marks.get(name, [])) for name, found in snapshot.services.items()}


def _summary(found: Mapping[str, Sequence[Value]], marks: Iterable[SecretMark]) -> ServiceSummary:
    tables = [{(value.section, value.key): value.value for value in each} for each in found.values()]
    keys = dict.fromkeys(key for table in tables for key in table)
    marks = list(marks)
    return ServiceSummary(
        len(keys),
        sum(len({table.get(key) for table in tables}) > 1 for key in keys),
        len({mark.variable for mark in marks}),
        sum(mark.state == MISSING for mark in marks),
    )


def _value(keys: tuple[str, ...], explained: Explanation) -> Value:
    return Value(
        keys[0],
        explained.key,
        None if explained.value is None else _cut(explained.value),
        explained.secret,
        tuple(
            Word(each.layer, each.state, _cut(each.value), each.path, each.place.line if each.path else 0)
            for each in explained.chain
        ),
        tuple((each.text, _cut(each.value)) for each in explained.references),
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
