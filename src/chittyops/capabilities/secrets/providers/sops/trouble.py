"""What is wrong with a file: said by the formats without a place, and told to people with one."""

from __future__ import annotations

from chittyops.kernel.errors import Misconfigured, Place


class Malformed(Exception):
    """The text is not what it should be; ``line`` counts from 1, 0 where it is not known."""

    def __init__(self, message: str, line: int = 0) -> None:
        """Say what is wrong, and in which line."""
        super().__init__(message)
        self.message = message
        self.line = line


def line(text: str, what: str) -> int:
    """Return the line that ``what`` first stands in, 0 where it does not."""
    position = text.find(what)
    return text[:position].count("\n") + 1 if position >= 0 else 0


def not_sops(error: Malformed, path: str) -> Misconfigured:
    """Return the error that the file at ``path`` cannot be read at all."""
    return Misconfigured(
        f"{path} is no SOPS file, or is cut off or damaged: {error.message}",
        hint=f"`git log -p {path}` shows how it was; `chittyops secrets init` makes new ones",
        place=Place(path, error.line),
    )


def altered(what: str, path: str, line: int) -> Misconfigured:
    """Return the error that ``what`` is not as it was written."""
    return Misconfigured(
        f"{path} was altered by something else than SOPS: {what} does not fit the rest; nothing of it is used",
        hint=f"`git diff {path}` shows what changed, `git restore {path}` takes it back; change values by "
        "`chittyops secrets set` or `sops`",
        place=Place(path, line),
    )
