"""What a rotator is made of: the options of the policy, and the means to reach its authority."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import Vendor
from chittyops.vendors.http import Account

EVERYONES = frozenset({"overlap_seconds", "probe", "probe_header"})
"""Options that the workflow itself reads, whatever the rotator."""


class KeyFiles(Protocol):
    """The files of the store, as far as the rotation of a key goes."""

    def readers(self) -> Mapping[str, Sequence[str]]:
        """Return the recipients of each file."""
        ...

    def admit(self, new: str, beside: str) -> None:
        """Let ``new`` read every file that ``beside`` can read."""
        ...

    def dismiss(self, old: str) -> int:
        """Encrypt every file that ``old`` can read anew, for all others; return how many those were."""
        ...

    def readable(self, identity: Any, recipient: str) -> None:
        """Read every file meant for ``recipient`` with ``identity`` alone. Raises Misconfigured where that fails."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """``secret`` finds the value of a reference that an option names; ``account`` opens that of a vendor."""

    options: Mapping[str, str]
    root: Path
    environ: Mapping[str, str]
    account: Callable[[Vendor], Account]
    secret: Callable[[str, str], Secret]
    files: KeyFiles
    clock: Any
    title: str

    def option(self, name: str, default: str | None = None) -> str:
        """Return an option. Raises Misconfigured where it has to be there."""
        value = self.options.get(name, default)
        if value is None:
            raise Misconfigured(
                f"the policy of {self.title} does not say {name}",
                hint=f"write it to secrets.policies.{self.title}.rotate in chittyops.yaml (docs/guides/rotation.md)",
            )
        return str(value)

    def known(self, names: Collection[str]) -> None:
        """Raise Misconfigured for an option that is none of ``names``."""
        known = sorted(EVERYONES | set(names))
        for name in self.options:
            if name not in known:
                raise Misconfigured(
                    f"secrets.policies.{self.title}.rotate: there is no option {name}", hint=nearest(name, known)
                )
