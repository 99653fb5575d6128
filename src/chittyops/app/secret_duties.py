"""What a worker does about secrets: rotations that wait are carried out, reads taken in, reminders given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import structlog

from chittyops.capabilities.deploy.model import FleetView
from chittyops.capabilities.deploy.wiring import deploys
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.model import EVERY, Slot
from chittyops.capabilities.secrets.service.access import changed_at
from chittyops.capabilities.secrets.service.rotation.reminders import reminders
from chittyops.kernel.clock import Clock
from chittyops.kernel.errors import ChittyOpsError, Unavailable
from chittyops.kernel.service import Fleet
from chittyops.runtime.durable import Durable
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database
from chittyops.workflows.rotate_acts import Acts
from chittyops.workflows.rotate_secret import NAME, RotationWorkflow, workflow_id

POLL_SECONDS = 0.5
RETRY_SECONDS = 1.0
READS_EVERY_SECONDS = 2.0
REMIND_EVERY_SECONDS = 3600.0

log = structlog.get_logger(__name__)


class SecretDuties:
    """The duties of one executor. ``drive`` is the database as the engine's own event loop uses it."""

    def __init__(
        self,
        durable: Durable,
        database: Database,
        drive: Database,
        home: Home,
        environ: Mapping[str, str],
        clock: Clock,
    ) -> None:
        """Register the workflow; ``run`` begins."""
        self._durable, self._home, self._environ, self._clock = durable, home, environ, clock
        self._records = wiring.records(database, home, clock)
        self._deploys = deploys(database, home, clock)
        self._drive = drive

    def register(self, overtaken: Callable[[], NoReturn]) -> None:
        """Let the engine carry out rotations; before it is launched."""
        driven = wiring.records(self._drive, self._home, self._clock)
        acts = Acts(self._home, self._environ, deploys(self._drive, self._home, self._clock), self._clock)
        workflow = RotationWorkflow(driven.progress, acts, self._durable.executor, overtaken)
        self._durable.workflow(NAME, workflow.run)

    async def start_queued(self) -> None:
        """Start every rotation that waits; starting one twice does nothing."""
        while True:
            pause = POLL_SECONDS
            try:
                for rotation_id, generation in await self._records.progress.queued():
                    go = workflow_id(rotation_id, generation)
                    await asyncio.to_thread(self._durable.start, NAME, go, go)
            except Unavailable:
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def take_in_reads(self) -> None:
        """Record what other processes of this home have read."""
        while True:
            try:
                while await self._records.access.take_in():
                    pass
            except (Unavailable, OSError) as error:
                log.warning("reads of secrets wait to be recorded", reason=str(error))
            await asyncio.sleep(READS_EVERY_SECONDS)

    async def remind(self) -> None:
        """Tell of secrets that are older than their policies like, each once."""
        while True:
            try:
                for fleet in await self._deploys.fleets():
                    await self._remind(fleet)
            except Unavailable as error:
                log.warning("no reminders were given", reason=error.message)
            await asyncio.sleep(REMIND_EVERY_SECONDS)

    async def _remind(self, known: FleetView) -> None:
        try:
            fleet = await asyncio.to_thread(read_fleet, Path(known.root))
            if fleet.name != known.name:
                return
            rotated = await self._records.reminders.rotated(fleet.name)
            set_at = await asyncio.to_thread(ages, fleet, self._home, self._environ, rotated)
        except Unavailable:
            raise
        except ChittyOpsError as error:  # a fleet whose files are elsewhere by now, or wrong
            log.info("no reminders for a fleet", fleet=known.name, reason=error.message)
            return
        due = list(reminders(fleet.name, fleet.store.policies, set_at, self._clock.now()))
        if due:
            await self._records.reminders.remind(due)


def ages(
    fleet: Fleet, home: Home, environ: Mapping[str, str], rotated: Mapping[tuple[str, str, str, str], datetime]
) -> dict[Slot, datetime]:
    """Return when the values that policies limit in age were set: by git, or by a rotation after that. Blocks.

    A value of which neither is known is left out.
    """
    limited = {name for name, policy in fleet.store.policies.items() if policy.max_age_days}
    store = wiring.fleet_store(fleet, home, environ)
    slots = [slot for slot in store.entries() if slot.name in limited] if limited else []
    if not slots:
        return {}
    paths = [store.shown(each) for each in (EVERY, *fleet.environments)]
    versions = wiring.versions(Path(fleet.root), environ, paths, everywhere=False)
    found = {}
    for slot in slots:
        part = slot.part
        moments = (
            changed_at(versions, slot.keys, store.shown(part.environment)),
            rotated.get((part.environment, part.level.value, part.owner, slot.name)),
        )
        if known := [moment for moment in moments if moment]:
            found[slot] = max(known)
    return found
