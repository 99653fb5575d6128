"""The one error tree: what went wrong, where, what to do about it, and whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file. Lines and columns count from 1; 0 means unknown."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``path:line:column``, as editors and compilers write it."""
        parts = [self.path, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what the user wrote."""

    message: str
    place: Place | None = None
    hint: str = ""


class ChittyOpsError(Exception):
    """Root of every error the product raises on purpose.

    ``permanent`` is the one bit that decides about a retry: False when the same call may succeed later.
    """

    permanent = True

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        place: Place | None = None,
        permanent: bool | None = None,
    ) -> None:
        """Say what went wrong; ``hint`` says what to do, ``place`` where it is."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        if permanent is not None:
            self.permanent = permanent


class NotFound(ChittyOpsError):
    """The thing named does not exist."""


class Conflict(ChittyOpsError):
    """Somebody else holds or has changed the thing; its present state is in the message."""


class Refused(ChittyOpsError):
    """Understood, and not done: a rule, a role or a stale plan stands against it."""


class Unavailable(ChittyOpsError):
    """A part that is needed does not answer; trying again may help."""

    permanent = False


class Cancelled(ChittyOpsError):
    """Stopped because somebody asked for it."""


class Misconfigured(ChittyOpsError):
    """What the user wrote (file, option, setting) is wrong.

    ``problems`` lists every one found, the first of which is the message of the error.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        place: Place | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        """Take one message, or several ``problems`` of which it is the first."""
        super().__init__(message, hint=hint, place=place)
        self.problems = problems or (Problem(message, place, hint),)

    @classmethod
    def of(cls, problems: tuple[Problem, ...]) -> Misconfigured:
        """Return one error that carries all ``problems`` (at least one)."""
        first = problems[0]
        return cls(first.message, hint=first.hint, place=first.place, problems=problems)
