"""Whether a service is one's own and alive, and if not, why."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.assembly.sources import Source
from chittyops.capabilities.discovery.service.assembly.units import PUT_ASIDE, Unit
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService

_PLACEHOLDER: Final = re.compile(r"\{\{|\{[a-zA-Z_]+\}|<%|__[A-Z_]+__")
_REASONS: Final = {
    "legacy": "it stands in {name}/, where what is no longer used is kept",
    "quarantined": "it stands in {name}/, where what must not run is kept",
    "template": "it stands in {name}/, as a model for others",
}
_SAYING_NOTHING_LINES: Final = 15
_SETTINGS: Final = re.compile(r"(?:\.config|rc)\.[cm]?[jt]s$")
"""Code that sets up a tool and is none of the service's own."""


def status(world: World, unit: Unit, draft: FoundService, own: Sequence[Facts]) -> tuple[str, str]:
    """Return the status of a service by itself, and the reason in one sentence; copies are found later."""
    placed, part = places.aside(unit.folder, draft.repository, world.folders)
    if placed:
        return placed, _REASONS[placed].format(name=part)
    if unit.library is not None:
        return "library", "it is a package for others to use, and nothing starts or deploys it"
    if by_config := _by_config(unit, draft.name):
        return by_config
    if old := _old_config(unit):
        return old
    return _stub(unit, own, draft.entrypoint_state) or ("canonical", "")


def _by_config(unit: Unit, name: str) -> tuple[str, str] | None:
    deployments = [each.deployment for each in unit.sources]
    if deployments and all(each.template for each in deployments):
        file = posixpath.basename(unit.sources[0].path)
        return "template", f"{file} is full of things to be filled in"
    if deployments and all(each.local_only for each in deployments):
        file = posixpath.basename(unit.sources[0].path)
        return "template", f"{file} is for local runs and must never be deployed"
    if _PLACEHOLDER.search(name):
        return "template", f"its name {name} is to be filled in"
    return None


def _old_config(unit: Unit) -> tuple[str, str] | None:
    """Tell of services that only a file put aside configures: ``wrangler.old.toml``, ``wrangler.toml.bak``."""
    files = [posixpath.basename(each.path) for each in unit.sources]
    if files and all(PUT_ASIDE.search(each) for each in files):
        return "legacy", f"only {files[0]} tells of it, a file that was put aside"
    return None


def _stub(unit: Unit, own: Sequence[Facts], state: str) -> tuple[str, str] | None:
    if not unit.sources or not unit.first or any(each.deployment.kind in _NEEDS_NO_CODE for each in unit.sources):
        return None
    code = [each for each in own if each.code is not None and each.kind != "test" and not _SETTINGS.search(each.path)]
    # A missing entry point is one that no build makes, whatever the build is.
    nothing = state == "missing" and not _elsewhere(unit.sources, own)
    if not code and (nothing or (state == "none" and not _foreign(unit.sources, own))):
        return "stub", "its folder holds a configuration and no code"
    if len(code) == 1 and _says_nothing(code[0]):
        return "stub", f"its only code is {posixpath.basename(code[0].path)}, which does next to nothing"
    return None


_NEEDS_NO_CODE: Final = frozenset({"static", "pages"})


def _foreign(sources: Sequence[Source], own: Sequence[Facts]) -> bool:
    """Return whether the code may be in a language that is not read, made by a build, or an image of others."""
    built = any(each.deployment.output or each.deployment.build or each.deployment.start for each in sources)
    return built or _elsewhere(sources, own)


def _elsewhere(sources: Sequence[Source], own: Sequence[Facts]) -> bool:
    """Return whether the code may be in a language that is not read, or an image of others."""
    other = any(each.package is not None and each.package.ecosystem not in {"node", "python", "deno"} for each in own)
    return other or all(each.deployment.platform != "cloudflare" for each in sources)


def _says_nothing(facts: Facts) -> bool:
    code = facts.code
    if code is None or code.imports or code.variables or code.urls or code.calls or code.engines:
        return False
    return facts.digest == "" or 0 < facts.lines <= _SAYING_NOTHING_LINES
