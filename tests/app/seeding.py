"""Rows that a real centre would have written: fleets, releases in every state, deployments, health, logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chittyops.capabilities.deploy.model import ReleaseStatus, ServiceStatus
from chittyops.interface.codec import dump
from chittyops.kernel.plan import Action, Change, Plan, PlannedService
from chittyops.kernel.service import Service
from chittyops.runtime.postgres import Database

SHOP: dict[str, tuple[str, ...]] = {
    "inventory": (),
    "accounts": (),
    "catalog": ("inventory",),
    "pricing": ("catalog",),
    "cart": ("catalog", "accounts"),
    "orders": ("cart", "pricing", "inventory"),
    "notifier": ("orders",),
    "storefront": ("cart", "catalog", "orders"),
}
TAGS = {"storefront": ["edge"], "orders": ["core"], "inventory": ["core", "postgres"], "notifier": ["events"]}
PLATFORM = {"storefront": "cloudflare"}

INACTIVE = frozenset({ServiceStatus.SKIPPED, ServiceStatus.UNAVAILABLE})
BEGUN = frozenset({ServiceStatus.RUNNING, ServiceStatus.SUCCEEDED, ServiceStatus.FAILED, ServiceStatus.REVERTED})


@dataclass(frozen=True, slots=True)
class Step:
    """What a release did with one service."""

    status: ServiceStatus = ServiceStatus.SUCCEEDED
    begun_seconds: float = 0.0
    took_seconds: float = 1.0
    phase: str = ""
    error: str = ""
    note: str = ""


class Seed:
    """Writes rows into the real schema."""

    def __init__(self, database: Database, fleet: str = "shop", environment: str = "local") -> None:
        self.database = database
        self.name = fleet
        self.environment = environment
        self.now = datetime.now(UTC)

    async def fleet(self, graph: Mapping[str, Sequence[str]] = SHOP) -> None:
        services = {
            name: {
                "platform": PLATFORM.get(name, "local"), "depends_on": list(needs),
                "owners": ["team-shop"], "tags": TAGS.get(name, []),
            }
            for name, needs in graph.items()
        }  # fmt: skip
        async with self.database.transaction() as tx:
            await tx.run(
                "INSERT INTO fleet (name, root, document, updated_at) VALUES (:name, '/srv/shop', :document, :now)",
                name=self.name, document={"name": self.name, "services": services}, now=self.now,
            )  # fmt: skip

    async def release(
        self,
        number: int,
        status: ReleaseStatus,
        steps: Mapping[str, Step],
        *,
        graph: Mapping[str, Sequence[str]] = SHOP,
        age: timedelta = timedelta(seconds=12),
        error: str = "",
        kind: str = "deploy",
    ) -> str:
        release = f"{self.name}-{number}"
        start = self.now - age
        ends = [start + timedelta(seconds=s.begun_seconds + s.took_seconds) for s in steps.values()]
        async with self.database.transaction() as tx:
            await tx.run(
                "INSERT INTO release (id, fleet, number, environment, kind, status, on_failure, max_parallel, actor,"
                " document, error, created_at, started_at, ended_at) VALUES (:id, :fleet, :number, :environment, :kind,"
                " :status, 'rollback', 8, 'local', :document, :error, :start, :start, :end)",
                id=release, fleet=self.name, number=number, environment=self.environment, kind=kind,
                status=status.value, document=dump(self._plan(number, steps, graph)), error=error, start=start,
                end=None if status.active else max(ends),
            )  # fmt: skip
            for position, (name, step) in enumerate(steps.items()):
                began = start + timedelta(seconds=step.begun_seconds) if step.status in BEGUN else None
                ended = None if began is None or step.status is ServiceStatus.RUNNING else (
                    began + timedelta(seconds=step.took_seconds)
                )  # fmt: skip
                await tx.run(
                    "INSERT INTO release_service (release, service, position, action, status, phase, depends_on,"
                    " build_id, digest, provider, note, error, started_at, ended_at) VALUES (:release, :service,"
                    " :position, :action, :status, :phase, :depends_on, :build, :digest, 'local', :note, :error,"
                    " :began, :ended)",
                    release=release, service=name, position=position, action=self._action(step).value,
                    status=step.status.value, phase=step.phase, depends_on=list(graph[name]),
                    build=self.build(number, name), digest="d" * 64, note=step.note, error=step.error, began=began,
                    ended=ended,
                )  # fmt: skip
        return release

    async def say(self, release: str, lines: Sequence[tuple[str, str]], kind: str = "log") -> None:
        async with self.database.transaction() as tx:
            for index, (service, text) in enumerate(lines):
                await tx.run(
                    "INSERT INTO release_event (release, service, kind, data, at)"
                    " VALUES (:release, :service, :kind, :data, :at)",
                    release=release, service=service, kind=kind, data={"text": text, "stream": "release"},
                    at=self.now - timedelta(seconds=len(lines) - index) * 0.4,
                )  # fmt: skip

    async def deployed(
        self, number: int, names: Sequence[str], *, graph: Mapping[str, Sequence[str]] = SHOP,
        age: timedelta = timedelta(minutes=3), weak: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        async with self.database.transaction() as tx:
            for index, name in enumerate(names):
                spec = Service(name, f"services/{name}", depends_on=tuple(graph[name]))
                await tx.run(
                    "INSERT INTO deployment (fleet, environment, service, build_id, digest, inputs, spec, release,"
                    " provider, handle, address, checked_by, since) VALUES (:fleet, :environment, :service, :build,"
                    " :digest, :inputs, :spec, :release, 'local', 'h', :address, :check, :since)",
                    fleet=self.name, environment=self.environment, service=name, build=self.build(number, name),
                    digest="d" * 64, inputs={"file.app.py": "3f9a1c2e", "config.LOG_LEVEL": "77aa01bc"},
                    spec=dump(spec), release=f"{self.name}-{number}", address=f"http://127.0.0.1:{21000 + index}",
                    check="status" if name in weak else "build", since=self.now - age,
                )  # fmt: skip

    async def healthy(self, names: Sequence[str], sick: Mapping[str, tuple[str, str]] | None = None) -> None:
        sick = sick or {}
        async with self.database.transaction() as tx:
            for index, name in enumerate(names):
                status, detail = sick.get(name, ("healthy", ""))
                await tx.run(
                    "INSERT INTO health_state (fleet, environment, service, status, detail, build_id, latency_ms,"
                    " since, checked_at) VALUES (:fleet, :environment, :service, :status, :detail, '', :latency,"
                    " :since, :now)",
                    fleet=self.name, environment=self.environment, service=name, status=status, detail=detail,
                    latency=1.4 + index * 0.9, since=self.now - timedelta(minutes=3), now=self.now,
                )  # fmt: skip

    @staticmethod
    def build(number: int, name: str) -> str:
        return f"r{number}-{abs(sum(ord(c) * 31**i for i, c in enumerate(name))) % 16**8:08x}"

    @staticmethod
    def _action(step: Step) -> Action:
        if step.status is ServiceStatus.SKIPPED:
            return Action.SKIP
        return Action.UNAVAILABLE if step.status is ServiceStatus.UNAVAILABLE else Action.DEPLOY

    def _plan(self, number: int, steps: Mapping[str, Step], graph: Mapping[str, Sequence[str]]) -> Plan:
        return Plan(
            self.name, self.environment, "b" * 64,
            tuple(
                PlannedService(
                    name, self._action(step), "d" * 64, tuple(graph[name]),
                    () if step.status in INACTIVE else (
                        (Change("file", f"{name}/app.py", "3f9a1c2e", "a41b77d0"),
                         Change("config", "LOG_LEVEL", "77aa01bc", "0d1e2f3a"))
                        if number > 1 else (Change("new", name, after="a41b77d0"),)
                    ),
                    step.note, "local",
                )
                for name, step in steps.items()
            ),
        )  # fmt: skip
