"""What a sink is made of: where it leads, and what it needs to get there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import Vendor
from chittyops.vendors.http import Account

Fingerprint = Callable[[str, Secret], str]
"""Returns what tells the value of a name from its other values, and nothing else of it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where one sink leads (``target``), and its means: ``account`` opens that of a vendor, one for all sinks."""

    target: Mapping[str, str]
    root: Path
    environ: Mapping[str, str]
    fingerprint: Fingerprint
    account: Callable[[Vendor], Account]
