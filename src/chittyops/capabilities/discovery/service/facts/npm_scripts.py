"""The scripts of a package.json."""

from __future__ import annotations

from typing import Final

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import ScriptFacts
from chittyops.capabilities.discovery.service.facts import shell

_COMMENT: Final = "//"


def scripts(found: Document) -> tuple[ScriptFacts, ...]:
    """Return what the scripts of the package.json ``found`` tell."""
    return tuple(
        shell.script(name, "npm-script", text, found.line("scripts", name))
        for name, text in found.table("scripts").items()
        if isinstance(text, str) and text.strip() and not name.startswith(_COMMENT)
    )
