"""What the operations centre knows of a fleet, where it runs: never started for this, never waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from chittyops.capabilities.awareness.model.context import Centre, Deployed
from chittyops.interface.client import Address, Client, table, text
from chittyops.kernel.errors import ChittyOpsError, NotFound, Unavailable

TIMEOUT_SECONDS: Final = 0.3


def deployments(fleet: str, environ: Mapping[str, str]) -> Centre:
    """Return what is deployed of ``fleet``, in every environment, and how it is."""
    give_up_at = time.monotonic() + TIMEOUT_SECONDS
    try:
        return Centre("running", "", tuple(_deployed(fleet, environ, give_up_at)))
    except NotFound:
        return Centre("running", f"the centre does not know the fleet {fleet}")
    except Unavailable:
        if time.monotonic() < give_up_at:
            return Centre("not running", "centre not running")
        return Centre("unknown", f"the centre does not answer within {TIMEOUT_SECONDS:g} s")
    except ChittyOpsError as error:
        return Centre("unknown", f"the centre does not tell: {error.message}")


_FIELDS: Final = ("build", "release", "since", "address", "health", "health_detail")


def _deployed(fleet: str, environ: Mapping[str, str], give_up_at: float) -> Iterator[Deployed]:
    place = f"/fleets/{quote(fleet, safe='')}"

    def client() -> Client:
        left = give_up_at - time.monotonic()
        if left <= 0:
            message = "the operations centre takes too long"
            raise Unavailable(message)
        return Client(lambda: Address.locate(environ), answer_seconds=left)

    known = table(client().get(place)).get("environments")
    for environment in map(text, known if isinstance(known, list) else []):
        path = f"{place}/environments/{quote(environment, safe='')}/services"
        for item in client().items(path):
            words = [text(item.get(key)) for key in _FIELDS]
            yield Deployed(text(item.get("service")), environment, *words)
