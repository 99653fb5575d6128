"""Where the database and the broker are: what the environment says, else what the supervisor runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chittyops.kernel.errors import Unavailable
from chittyops.runtime.embedded_nats import EmbeddedNats
from chittyops.runtime.embedded_postgres import EmbeddedPostgres
from chittyops.runtime.home import Home
from chittyops.runtime.process import ProcessIdentity

DATABASE_VARIABLE = "CHITTYOPS_DATABASE_URL"
NATS_VARIABLE = "CHITTYOPS_NATS_URL"
READY_RECORD = "run/ready"
SUPERVISOR_RECORD = "run/supervisor"
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The URLs of the database and the broker; they hold passwords, so they do not show."""

    database_url: str = field(repr=False)
    nats_url: str = field(repr=False)

    @classmethod
    def resolve(cls, environ: Mapping[str, str], home: Home) -> Endpoints:
        """Return the URLs. Raises Unavailable where neither the environment nor a running supervisor gives them."""
        external = bool(environ.get(DATABASE_VARIABLE) and environ.get(NATS_VARIABLE))
        supervisor = running(home, SUPERVISOR_RECORD)
        if supervisor is None and external:
            return cls.of_servers(environ, home)
        if supervisor is None or running(home, READY_RECORD) != supervisor:
            raise Unavailable("the operations centre is not running", hint="run `chittyops up`")
        return cls.of_servers(environ, home)

    @classmethod
    def wait(cls, environ: Mapping[str, str], home: Home, timeout_seconds: float) -> Endpoints:
        """Return the URLs once the servers answer and the schema is there. Raises Unavailable after the timeout."""
        give_up_at = time.monotonic() + timeout_seconds
        while True:
            try:
                return cls.resolve(environ, home)
            except Unavailable:
                if time.monotonic() > give_up_at:
                    raise
            time.sleep(POLL_SECONDS)

    @classmethod
    def of_servers(cls, environ: Mapping[str, str], home: Home) -> Endpoints:
        """Return the URLs whether the servers are up or not. Raises Unavailable when an embedded one never ran."""
        return cls(
            environ.get(DATABASE_VARIABLE) or EmbeddedPostgres(home).url,
            environ.get(NATS_VARIABLE) or EmbeddedNats(home).url,
        )


def running(home: Home, record: str) -> ProcessIdentity | None:
    """Return the process that a record names, when it is alive."""
    found = home.read_private(record)
    if not found:
        return None
    identity = ProcessIdentity(found["pid"], found["started"])
    return identity if identity.alive() else None
