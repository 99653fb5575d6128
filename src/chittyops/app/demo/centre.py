"""The demo's own operations centre: in a home that is made for one run, and is gone afterwards."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from chittyops.app.up import down, up
from chittyops.interface.client import Address, Client
from chittyops.runtime.filelock import try_lock
from chittyops.runtime.home import VARIABLE, Home
from chittyops.runtime.process import marked

NODE_VARIABLE = "CHITTYOPS_NODE_HOME"
PORT_VARIABLE = "CHITTYOPS_PORT"
NOT_FOR_THE_DEMO = (
    "CHITTYOPS_DATABASE_URL",
    "CHITTYOPS_NATS_URL",
    "CHITTYOPS_SERVICES_NATS_URL",
    "CHITTYOPS_TOKEN",
    "CHITTYOPS_URL",
)
"""What would lead to the user's real centre."""
MARKER = "CHITTYOPS_DEMO"
"""Stands, with the home as its value, in the environment of every process of the centre."""
IN_USE = "demo.lock"


@dataclass(slots=True)
class Centre:
    """A centre that nobody else uses. With ``keep`` its files, logs among them, stay until the next demo."""

    home: Home
    environ: Mapping[str, str]
    keep: bool = False

    @property
    def client(self) -> Client:
        """Return a client of its API."""
        return Client(lambda: Address.locate(self.environ))

    def up(self, report: Callable[[str], None]) -> str:
        """Start it and return its address once it is healthy."""
        return asyncio.run(up(self.home, self.environ, report))

    def down(self) -> None:
        """Stop it, with every service it runs, even where it was only about to start."""
        asyncio.run(self._down())

    async def _down(self) -> None:
        await down(self.home, _silently)
        # A supervisor that was started a moment ago has not written down yet that it is there.
        while left := marked(MARKER, str(self.home.path)):
            await asyncio.gather(*(identity.stop() for identity in left))
            await down(self.home, _silently)


@contextmanager
def own_centre(environ: Mapping[str, str], port: int) -> Iterator[Centre]:
    """Give a centre in a new home; it is stopped at the end, whatever happens, and removed with all it kept.

    What a demo that was killed has left is cleared away first.
    """
    named = environ.get(VARIABLE)
    demos = Path(named).expanduser().absolute() / "demo" if named else platformdirs.user_state_path("chittyops-demo")
    demos.mkdir(mode=0o700, parents=True, exist_ok=True)
    _clear(demos, environ)
    home = Home.locate({VARIABLE: str(demos / secrets.token_hex(4))})
    in_use = try_lock(home.path / IN_USE)
    centre = Centre(home, _surroundings(environ, home, port))
    try:
        yield centre
    finally:
        _remove(centre)
        if in_use is not None:
            os.close(in_use)


def _surroundings(environ: Mapping[str, str], home: Home, port: int) -> dict[str, str]:
    """Return the environment of the centre. Miniflare is big, so it is kept for the next demo."""
    named = environ.get(VARIABLE)
    node = str((Path(named).expanduser().absolute() if named else platformdirs.user_cache_path("chittyops")) / "node")
    kept = {name: value for name, value in environ.items() if name not in NOT_FOR_THE_DEMO}
    return {NODE_VARIABLE: node, **kept, VARIABLE: str(home.path), PORT_VARIABLE: str(port), MARKER: str(home.path)}


def _clear(demos: Path, environ: Mapping[str, str]) -> None:
    """Stop and remove the homes whose demo is no longer there."""
    for folder in demos.iterdir():
        unused = try_lock(folder / IN_USE) if folder.is_dir() else None
        if unused is not None:
            _remove(Centre(Home(folder), {**environ, VARIABLE: str(folder)}))
            os.close(unused)


def _silently(_line: str) -> None:
    """Take a report that nobody needs."""


def _remove(centre: Centre) -> None:
    centre.down()
    if not centre.keep:
        shutil.rmtree(centre.home.path, ignore_errors=True)
