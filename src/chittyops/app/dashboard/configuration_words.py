"""The words, icons and tones of configuration, secrets and rotations, and where each thing leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.states import State
from chittyops.capabilities.config.model import SecretMark

SECRET: Final[Mapping[str, State]] = {
    "set": State("set", "check", "ok"),
    "inherited": State("inherited", "chain", "run"),
    "missing": State("missing", "cross", "bad"),
    "elsewhere": State("elsewhere", "link", "mute"),
}
"""Where the value of a declared secret stands: its own, inherited, nowhere, in a store that is not the fleet's."""
SHARED: Final = State("shared", "warn", "warn")
EXPIRED: Final = State("expired", "clock", "bad")

LAYER: Final[Mapping[str, State]] = {
    "wins": State("wins", "check", "ok"),
    "merged": State("merged", "plus", "run"),
    "removes": State("removes", "cross", "bad"),
    "shadowed": State("shadowed", "dash", "mute"),
}

ROTATION: Final[Mapping[str, State]] = {
    "queued": State("queued", "clock", "wait"),
    "running": State("running", "spin", "run"),
    "reverting": State("being taken back", "undo", "undo"),
    "held": State("held: the old one lives", "clock", "warn"),
    "failed": State("failed", "cross", "bad"),
    "succeeded": State("succeeded", "check", "ok"),
    "rolled_back": State("taken back", "undo", "undo"),
}

STEP: Final[Mapping[str, State]] = {
    "waiting": State("waiting", "clock", "wait"),
    "running": State("running", "spin", "run"),
    "done": State("done", "check", "ok"),
    "skipped": State("not needed", "dash", "mute"),
    "failed": State("failed", "cross", "bad"),
}

SECTIONS: Final[Mapping[str, str]] = {
    "config": "Variables",
    "secrets": "Secrets",
    "wrangler": "Wrangler",
    "vercel": "Vercel",
    "railway": "Railway",
    "deploy": "Deploy",
    "health": "Health",
    "databases": "Databases",
    "sinks": "Sinks",
}
"""Parts of a service's values, in the order of the page; every other one is a setting of the service."""
SETTINGS: Final = "Service"


def worded(words: Mapping[str, State], word: str) -> State:
    """Return how a word looks; one that pages do not know shows as itself."""
    return words.get(word) or State(word, "question", "mute")


def marks(mark: SecretMark) -> tuple[State, ...]:
    """Return what is to be shown of a secret in an environment, what matters most last."""
    more = (SHARED,) * mark.shared + (EXPIRED,) * mark.expired
    return (worded(SECRET, mark.state), *more)


class ConfigurationPlaces:
    """The addresses of the pages of configuration and secrets, with the chosen fleet kept in them."""

    def __init__(self, chosen: Chosen) -> None:
        """Keep ``chosen`` in every address."""
        self._chosen = chosen

    def at(self, path: str, /, **query: str) -> str:
        """Return an address; parameters that are "" are left out."""
        return self._chosen.link(path, **{key: value for key, value in query.items() if value})

    def service(self, name: str, **query: str) -> str:
        """Return the address of a service's configuration."""
        return self.at(f"/configuration/{name}", **query)

    def compare(self, name: str, **query: str) -> str:
        """Return the address of a service's environments side by side."""
        return self.at(f"/configuration/{name}/compare", **query)
