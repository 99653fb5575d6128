"""What provider and agent say to each other: requests, and answers that come line by line."""

from __future__ import annotations

from dataclasses import dataclass

from chittyops.capabilities.deploy.model import Activated, Prepared, Target, Verified
from chittyops.kernel.errors import (
    Cancelled,
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Refused,
    Unavailable,
)

TOKEN = "agent"  # noqa: S105 - the name of the credential
RECORD = "run/agent"

_LEAVES = (Cancelled, Conflict, Misconfigured, NotFound, Refused, Unavailable)


@dataclass(frozen=True, slots=True)
class Request:
    """An operation on one service; ``prepared`` and ``activated`` where the operation needs them."""

    target: Target
    prepared: Prepared | None = None
    activated: Activated | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A ChittyOpsError on its way through HTTP."""

    type: str
    message: str
    hint: str = ""
    permanent: bool = True

    @classmethod
    def of(cls, error: ChittyOpsError) -> Failure:
        """Return ``error`` as it travels."""
        kind = next((leaf for leaf in _LEAVES if isinstance(error, leaf)), ChittyOpsError)
        return cls(kind.__name__, error.message, error.hint, error.permanent)

    def error(self) -> ChittyOpsError:
        """Return the error that was raised at the other end."""
        kind = next((leaf for leaf in _LEAVES if leaf.__name__ == self.type), ChittyOpsError)
        error = kind(self.message, hint=self.hint)
        error.permanent = self.permanent
        return error


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of an answer: something said on the way, or the end: a failure, or what the operation gives."""

    say: str | None = None
    failure: Failure | None = None
    prepared: Prepared | None = None
    activated: Activated | None = None
    verified: Verified | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What the agent says of one service."""

    key: str
    build_id: str
    state: str
    address: str
