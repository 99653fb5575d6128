"""The words, icons and tones of what a workspace holds, and where each thing leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.states import State
from chittyops.kernel.inventory import FoundService

SEVERITY: Final[Mapping[str, State]] = {
    "error": State("error", "cross", "bad"),
    "warning": State("warning", "warn", "warn"),
    "info": State("info", "question", "run"),
}

STATUS: Final[Mapping[str, State]] = {
    "canonical": State("canonical", "check", "ok"),
    "variant": State("variant", "check", "run"),
    "copy": State("copy", "chain", "warn"),
    "stub": State("stub", "ring", "mute"),
    "legacy": State("legacy", "clock", "mute"),
    "quarantined": State("quarantined", "block", "bad"),
    "template": State("template", "file", "mute"),
    "library": State("library", "book", "mute"),
}

ENTRYPOINT: Final[Mapping[str, State]] = {
    "present": State("is there", "check", "ok"),
    "missing": State("missing", "cross", "bad"),
    "build-output": State("made by the build", "gear", "mute"),
    "none": State("none", "dash", "mute"),
}

MIGRATIONS: Final[Mapping[str, State]] = {
    "journaled": State("journaled", "check", "ok"),
    "files": State("in order of names", "check", "ok"),
    "unjournaled": State("not in the journal", "warn", "warn"),
    "push-only": State("pushed, never migrated", "warn", "warn"),
    "empty": State("empty", "ring", "mute"),
}

ACCEPTED: Final = State("accepted", "check", "mute")
EXPIRED: Final = State("acceptance expired", "clock", "warn")


def worded(words: Mapping[str, State], word: str) -> State:
    """Return how a word looks; one that pages do not know shows as itself."""
    return words.get(word) or State(word, "question", "mute")


class Places:
    """The addresses of one workspace's pages, with the chosen fleet kept in them."""

    def __init__(self, workspace: str, chosen: Chosen) -> None:
        """Lead to the pages of ``workspace``."""
        self.name = workspace
        self._chosen = chosen

    def path(self, page: str) -> str:
        """Return the bare address of a page: where forms go, which bring their own parameters."""
        return f"/workspaces/{self.name}/{page}".rstrip("/")

    def at(self, page: str = "", /, **query: str) -> str:
        """Return the address of a page; parameters that are "" are left out."""
        return self._chosen.link(self.path(page), **{key: value for key, value in query.items() if value})

    def service(self, service: FoundService) -> str:
        """Return the address of a service's page. Several services may share a folder: the name tells them apart."""
        folder = "" if service.path == "." else quote(service.path)
        return self._chosen.link(f"/workspaces/{self.name}/services/{folder}", name=service.name)
