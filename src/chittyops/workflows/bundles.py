"""The files of builds, kept in the state directory: uploaded by whoever plans, run by whoever deploys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO

from chittyops.capabilities.fleet.wiring import unpack
from chittyops.kernel.errors import Misconfigured
from chittyops.runtime.home import Home

CONTENT = re.compile(r"[0-9a-f]{64}")


class HomeBundles:
    """Implements the deploy slice's port ``Bundles`` with the fleet slice's format."""

    def __init__(self, home: Home) -> None:
        """Keep bundles below ``home``."""
        self._folder = home.file("bundles", "here").parent

    def missing(self, contents: Iterable[str]) -> list[str]:
        """Return which of ``contents`` the centre does not have."""
        return sorted({c for c in contents if CONTENT.fullmatch(c) and not (self._folder / c).is_dir()})

    def store(self, content: str, stream: BinaryIO) -> None:
        """Keep the tar ``stream``. Raises Refused when its files do not hash to ``content``."""
        if not CONTENT.fullmatch(content):
            message = "the name of a bundle is the SHA-256 of its content, in lower-case hex"
            raise Misconfigured(message)
        unpack(stream, self._folder / content, content)
