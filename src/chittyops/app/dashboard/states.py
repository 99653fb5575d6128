"""The words, icons and tones of every state a page shows. A state is never told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from chittyops.capabilities.deploy.model import Check, ReleaseStatus, ServiceStatus


@dataclass(frozen=True, slots=True)
class State:
    """How a state looks: its word, the icon in the sprite, and the tone (a group of colours)."""

    word: str
    icon: str
    tone: str


SERVICE: dict[ServiceStatus, State] = {
    ServiceStatus.WAITING: State("waiting", "clock", "wait"),
    ServiceStatus.RUNNING: State("deploying", "spin", "run"),
    ServiceStatus.SUCCEEDED: State("done", "check", "ok"),
    ServiceStatus.FAILED: State("failed", "cross", "bad"),
    ServiceStatus.BLOCKED: State("blocked", "block", "warn"),
    ServiceStatus.SKIPPED: State("unchanged", "dash", "mute"),
    ServiceStatus.UNAVAILABLE: State("unavailable", "block", "mute"),
    ServiceStatus.REVERTED: State("reverted", "undo", "undo"),
    ServiceStatus.CANCELLED: State("cancelled", "stop", "mute"),
}

RELEASE: dict[ReleaseStatus, State] = {
    ReleaseStatus.QUEUED: State("queued", "clock", "wait"),
    ReleaseStatus.RUNNING: State("running", "spin", "run"),
    ReleaseStatus.REVERTING: State("rolling back", "undo", "undo"),
    ReleaseStatus.SUCCEEDED: State("succeeded", "check", "ok"),
    ReleaseStatus.FAILED: State("failed", "cross", "bad"),
    ReleaseStatus.ROLLED_BACK: State("rolled back", "undo", "undo"),
    ReleaseStatus.CANCELLED: State("cancelled", "stop", "mute"),
}

HEALTH: dict[str, State] = {
    "healthy": State("healthy", "check", "ok"),
    "degraded": State("degraded", "warn", "warn"),
    "unhealthy": State("unhealthy", "cross", "bad"),
    "unknown": State("not probed yet", "question", "mute"),
}

DEPLOYED = State("deployed", "check", "mute")
ABSENT = State("not deployed", "ring", "mute")

CHECKS: dict[Check, str] = {
    Check.BUILD: "reported its build id",
    Check.STATUS: "health answered, without a build id",
    Check.PORT: "its port accepts connections",
    Check.PROCESS: "its process is alive",
}


def health(status: str) -> State:
    """Return how a health status looks; one that pages do not know shows as its own word."""
    return HEALTH.get(status, State(status, "question", "mute"))
