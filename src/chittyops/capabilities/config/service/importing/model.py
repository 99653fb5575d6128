"""What an import comes to: edits of the fleet file, and what is worth a word."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from chittyops.kernel.edit import Edit
from chittyops.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Comment:
    """What a file says beside a value: lines before it, and one behind it."""

    above: tuple[str, ...] = ()
    remark: str = ""


NO_COMMENT = Comment()
Keys = tuple[str | int, ...]
Comments = Mapping[Keys, Comment]


@dataclass(frozen=True, slots=True)
class Context:
    """The service that a file is imported into, and what the fleet knows already.

    ``environments`` are the fleet's own, with the name that the platform has for each; ``foreign`` are those that the
    platform has nothing to do with, ``implicit`` says that the fleet file names none. ``secrets`` are the variables
    declared as such, ``is_secret`` judges a name and a value. ``chosen`` narrows what is read to some environments.
    """

    service: str
    environments: Mapping[str, str]
    is_secret: Callable[[str, str], bool]
    secrets: Collection[str] = ()
    foreign: Collection[str] = ()
    implicit: bool = False
    chosen: Collection[str] = ()

    def says_secret(self, name: str, value: object) -> bool:
        """Return whether a variable holds a secret: declared as one, or by its name or value."""
        return name in self.secrets or (isinstance(value, str) and self.is_secret(name, value))


@dataclass(slots=True)
class Imported:
    """The edits, in the order of the file, and the remarks."""

    edits: list[Edit] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
