"""The report of an audit in every form it is asked for, and what ChittyOps tells the audit of itself."""

from __future__ import annotations

from chittyops.capabilities.audit.model import Knowledge, Report
from chittyops.kernel.inventory import Inventory


def knowledge() -> Knowledge:
    """Return what this ChittyOps can do by now, and what the codes of problems mean."""
    from chittyops.app.cli import COMMANDS
    from chittyops.capabilities.adoption.service.functions import FUNCTIONS, NEEDS_PLATFORM
    from chittyops.capabilities.adoption.service.services import PLATFORMS
    from chittyops.capabilities.deploy.wiring import PROVIDERS
    from chittyops.capabilities.discovery.wiring import codes

    def can(verb: str, platform: str) -> bool:
        there = verb not in NEEDS_PLATFORM or platform not in PLATFORMS or platform in PROVIDERS
        return verb in COMMANDS and there

    return Knowledge(FUNCTIONS, can, codes())


def report_on(inventory: Inventory) -> Report:
    """Return the audit of ``inventory``."""
    from chittyops.capabilities.audit.service import audit

    return audit(inventory, knowledge())
