"""Whether what runs is what files say: desired, last applied and live, compared value by value. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a comparison comes to."""

    IN_STEP = "in step"
    NOT_DEPLOYED = "not deployed"
    """Files say something else than the last release brought."""
    DRIFTED = "drifted"
    """Something else runs than the last release brought: it was changed outside of one."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Seen:
    """A value as one of the three sides has it: None where it has none. Not ``known``: nobody can tell.

    ``shown`` is what people see in its place, where that is not the value itself.
    """

    value: str | None = None
    known: bool = True
    shown: str = ""

    @property
    def text(self) -> str:
        """Return what people see."""
        if not self.known:
            return self.shown or "?"
        return self.shown or ("-" if self.value is None else self.value)


NOBODY_KNOWS = Seen(known=False)
ABSENT = Seen()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One value of one service. ``place`` is where it is live: "" for the service itself, else a sink."""

    service: str
    key: str
    secret: bool
    desired: Seen
    applied: Seen
    live: Seen
    place: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return what the comparison comes to."""
        return verdict(self.desired, self.applied, self.live)


def verdict(desired: Seen, applied: Seen, live: Seen) -> Verdict:
    """Return what the three sides come to. What runs counts most; where nobody knows it, what was applied."""
    if not live.known:
        if not (desired.known and applied.known):
            return Verdict.UNKNOWN
        return Verdict.IN_STEP if desired.value == applied.value else Verdict.NOT_DEPLOYED
    if desired.known and live.value == desired.value:
        return Verdict.IN_STEP
    if applied.known and live.value != applied.value:
        return Verdict.DRIFTED
    return Verdict.NOT_DEPLOYED if desired.known else Verdict.UNKNOWN


def compare(
    service: str,
    desired: Mapping[str, Seen],
    applied: Mapping[str, Seen],
    live: Mapping[str, Seen] | None,
    *,
    secret: bool,
    place: str = "",
) -> Iterable[Comparison]:
    """Yield a comparison for every key that any side has; ``live`` is None where nobody can tell what runs."""
    for key in dict.fromkeys((*desired, *applied, *(live or {}))):
        seen = NOBODY_KNOWS if live is None else live.get(key, ABSENT)
        yield Comparison(service, key, secret, desired.get(key, ABSENT), applied.get(key, ABSENT), seen, place)
