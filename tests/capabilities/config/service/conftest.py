"""Fleets with one service, written to disk and read as the commands read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chittyops.capabilities.config.service import importing
from chittyops.capabilities.config.service.importing import Imported
from chittyops.capabilities.config.service.importing.settled import needed
from chittyops.capabilities.config.service.render import Subject
from chittyops.capabilities.config.service.render.variables import secrets
from chittyops.capabilities.config.service.render.wrangler import stage_name
from chittyops.capabilities.fleet.wiring import configuration, edited, written

SubjectOf = Callable[[str], Subject]


def subject(root: Path, name: str = "cart") -> Subject:
    """Return a service of the fleet in ``root``."""
    found = configuration(root)
    views = {each: found.views[name, each] for each in found.environments}
    return Subject(name, found.views[name, ""], views)


@pytest.fixture
def cart(tmp_path: Path) -> SubjectOf:
    """Return what writes a fleet file and gives the service cart of it."""

    def read(text: str) -> Subject:
        (tmp_path / "cart").mkdir(exist_ok=True)
        (tmp_path / "chittyops.yaml").write_text(text)
        return subject(tmp_path)

    return read


FLEET = "fleet: shop\nenvironments:\n  staging: {}\n  production: {}\nservices:\n  cart:\n    path: cart\n"


def imported(
    root: Path, name: str, text: str, *chosen: str, is_secret: Callable[[str, str], bool] = lambda *_: False
) -> Imported:
    """Import a file of the service cart into the fleet file in ``root``, and return what was found."""
    (root / "cart").mkdir(exist_ok=True)
    if not (root / "chittyops.yaml").exists():
        (root / "chittyops.yaml").write_text(FLEET)
    before = subject(root)
    names = {each: stage_name(each, view) for each, view in before.views.items()}
    declared = frozenset(each for view in (before.base, *before.views.values()) for each in secrets(view))
    found = importing.read(
        name, f"cart/{name}", text, importing.Context("cart", names, is_secret, declared, chosen=chosen)
    )
    file = written(root)
    if wanted := needed(found.edits, file.data):
        file.path.write_text(edited(file, wanted))
    return found
