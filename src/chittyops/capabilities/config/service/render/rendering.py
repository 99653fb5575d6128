"""One service rendered for one target: which environments, which file, and what it says."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chittyops.capabilities.config.service.render import bindings, files, outputs, platforms, wrangler
from chittyops.capabilities.config.service.render.files import Format
from chittyops.capabilities.config.service.render.matching import same
from chittyops.capabilities.config.service.render.top_level import without_environment
from chittyops.capabilities.config.service.render.variables import word
from chittyops.kernel import tree
from chittyops.kernel.configuration import View
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Problem


class Target(StrEnum):
    """Whom a configuration is rendered for."""

    WRANGLER = "wrangler"
    VERCEL = "vercel"
    RAILWAY = "railway"
    DOTENV = "dotenv"
    JSON = "json"
    K8S_ENV = "k8s-env"


SHARED: Final = (Target.WRANGLER, Target.VERCEL, Target.RAILWAY)
"""Targets whose one file holds for every environment; the others have one for each."""
_STANDARD: Final[Mapping[Target, tuple[str, ...]]] = {
    Target.WRANGLER: ("wrangler.json", "wrangler.jsonc", "wrangler.toml"),
    Target.VERCEL: ("vercel.json",),
    Target.RAILWAY: ("railway.json", "railway.toml"),
}
"""The names of the files, in the order in which the platforms look for them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A service: its folder, how it looks without an environment, and in each one.

    ``foreign`` are the environments in which a provider other than the platform runs it.
    """

    service: str
    base: View
    views: Mapping[str, View]
    foreign: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class File:
    """A file that is there. ``path`` is as people can open it."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the file is to say, and what is worth a word though nothing is wrong."""

    text: str
    warnings: tuple[Problem, ...] = ()


def file_name(subject: Subject, target: Target, names: Collection[str], environment: str, form: str) -> str:
    """Return the name of the target's file in the service's folder, which has these ``names``; "" where none is usual.

    ``form`` is the format that was asked for, "" for any.
    """
    said = word(subject.base, "deploy", "worker" if target is Target.WRANGLER else "config_file")
    standard = _STANDARD.get(target, ())
    if target is Target.DOTENV:
        return f".env.{environment}"
    if said and (target is Target.WRANGLER or posixpath.basename(said).startswith(target)):
        return said
    there = next((name for name in standard if name in names), "")
    if there or not standard:
        return there
    if target is Target.WRANGLER:
        return "wrangler.toml" if form == Format.TOML else "wrangler.jsonc"
    return f"{target}.toml" if form == Format.TOML and target is Target.RAILWAY else standard[0]


def render(
    subject: Subject,
    target: Target,
    chosen: Collection[str] = (),
    *,
    before: File | None = None,
    form: Format = Format.JSONC,
    origins: bool = False,
) -> Rendered:
    """Return the file of ``target`` for the ``chosen`` environments: all of them, or the first where each has a file.

    Of a file that was there ``before`` only what differs is changed. Raises Misconfigured that carries every problem,
    NotFound where the service says nothing to the platform.
    """
    if target in SHARED:
        return _platform(subject, target, chosen, before, form)
    if len(chosen) > 1:
        message = f"{target} is written for one environment at a time"
        raise Misconfigured(message, hint="pass --env once")
    view = subject.views[next(iter(chosen or subject.views))]
    if target is Target.DOTENV:
        return Rendered(outputs.dotenv_text(view, before.text if before else ""))
    if target is Target.K8S_ENV:
        return Rendered(outputs.kubernetes(view))
    return _document(outputs.document(view, origins=origins), before, Format.JSONC)


def _platform(subject: Subject, target: Target, chosen: Collection[str], before: File | None, form: Format) -> Rendered:
    views = (subject.base, *subject.views.values())
    if not any(tree.at(view.resolved, (target.value,)) for view in views):
        message = f"{subject.service} says nothing to {target}"
        hint = f"`chittyops config import {subject.service}` reads the file it has; or write services.{subject.service}"
        raise NotFound(message, hint=f"{hint}.{target}", place=subject.base.merged.place)
    if target is Target.WRANGLER:
        return _wrangler(subject, chosen, before, form)
    seen = {name: view for name, view in subject.views.items() if not chosen or name in chosen}
    if target is Target.VERCEL:
        return _document(platforms.vercel(seen), before, Format.JSONC)
    stages = {wrangler.stage_name(name, view): view for name, view in seen.items() if name not in subject.foreign}
    have = _have(before)
    return _document(platforms.railway(without_environment(subject.base), stages, have), before, form)


def _have(before: File | None) -> dict[str, Any]:
    return files.parse(before.text, before.path) if before and before.text.strip() else {}


def _document(wanted: dict[str, Any], before: File | None, form: Format) -> Rendered:
    if before is None or not before.text.strip():
        return Rendered(files.written(wanted, form))
    return Rendered(files.edited(before.text, wanted, before.path))


def _wrangler(subject: Subject, chosen: Collection[str], before: File | None, form: Format) -> Rendered:
    have = _have(before)
    there = have.get("env") if isinstance(have.get("env"), dict) else {}
    stages, names = _stages(subject, chosen, frozenset(there or {}))
    base = without_environment(subject.base)
    missing = [stage for stage in stages if have and stage not in (there or {})]
    silent = [stage for stage in missing if wrangler.is_like_the_top(stages[stage], base)]
    compared = {stage: view for stage, view in stages.items() if stage not in silent or view.environment in chosen}
    picked = [stage for stage in compared if not chosen or names[stage] in chosen]
    wanted = wrangler.document(base, compared, picked)
    warnings = tuple(bindings.placeholders({"": base, **compared}))
    if before is None or not have:
        return Rendered(files.written(_named(wanted, subject), form), warnings)
    if "name" in have:
        # A file that was rendered without a name got the service's own.
        wanted = {"name": have["name"], **wanted}
    if chosen and there:
        wanted = {**wanted, "env": {**there, **wanted.get("env", {})}}
    wanted = files.settled(wanted, have)
    text = before.text if same(wanted, have) else files.edited(before.text, wanted, before.path)
    return Rendered(text, warnings)


def _stages(subject: Subject, chosen: Collection[str], there: frozenset[str]) -> tuple[dict[str, View], dict[str, str]]:
    """Return the environments by the names wrangler has for them, and the fleet's own names of those."""
    stages: dict[str, View] = {}
    names: dict[str, str] = {}
    for name, view in subject.views.items():
        stage = wrangler.stage_name(name, view)
        if name in subject.foreign and name not in chosen and stage not in there and stage == name:
            continue
        if stage in stages:
            message = f"{subject.service}: {names[stage]} and {name} are both called {stage} at wrangler"
            raise Conflict(message, hint="give one of them another deploy.environment", place=view.merged.place)
        stages[stage], names[stage] = view, name
    return stages, names


def _named(wanted: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """Return a new file with a name: wrangler deploys none without."""
    if "name" in wanted:
        return wanted
    return {"name": word(subject.base, "deploy", "project") or subject.service, **wanted}
