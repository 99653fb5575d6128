"""Services from facts: one for each folder that something makes deployable."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.model.findings import Evidence, Finding, FoundService, Named, Stage, Store, Suite
from chittyops.capabilities.discovery.service.facts import wrangler

DEPLOYING = ("cloudflare", "vercel", "railway")
_BUILD_OUTPUT = re.compile(r"(^|/)(dist|build|out|\.next|\.output|lib|target)/")
_ASIDE = (
    ("legacy", re.compile(r"(?i)^[._]?(archived?|archives|legacy([-_].*)?|old|deprecated|backups?|.*[-_]backup)$")),
    ("quarantined", re.compile(r"(?i)^[._]?quarantined?$")),
    ("template", re.compile(r"(?i)^[._]?(templates?|scaffolds?|boilerplates?|attached_assets)$")),
)
_NATS = "NATS_URL"


def services(
    facts: Sequence[Facts],
    paths: Collection[str],
    repositories: Collection[str],
    workspace: str,
    problems: list[Finding],
) -> list[FoundService]:
    """Return the services, in the order of their paths; adds what is wrong with single ones to ``problems``."""
    folders = _folders(facts)
    common = {name for name, count in Counter(each.name for each in facts if each.manifest).items() if count > 1}
    return [
        _service(folder, own, paths, _above(folder, repositories), common, workspace, problems)
        for folder, own in sorted(owned(facts, folders).items())
    ]


def owned(facts: Iterable[Facts], folders: Collection[str]) -> dict[str, list[Facts]]:
    """Return the facts by the service folder that is next above them; those above none are left out."""
    found: dict[str, list[Facts]] = {folder: [] for folder in folders}
    for each in facts:
        folder = posixpath.dirname(each.path)
        owner = next((parent for parent in _upwards(folder) if parent in found), None)
        if owner is not None:
            found[owner].append(each)
    return found


def _upwards(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield "."


def _folder(each: Facts) -> str:
    return posixpath.dirname(each.path) or "."


def _folders(facts: Sequence[Facts]) -> set[str]:
    python = {_folder(each) for each in facts if each.manifest == "python"}
    serving = {_folder(each) for each in facts if each.serves}
    built = {member.folder for each in facts for member in each.members if not member.folder.startswith("..")}
    return {_folder(each) for each in facts if each.deployable} | (python & serving) | built


def _above(folder: str, repositories: Collection[str]) -> str:
    return next((parent for parent in _upwards(folder) if parent in repositories), "")


def _service(
    folder: str,
    own: list[Facts],
    paths: Collection[str],
    repository: str,
    common: Collection[str],
    workspace: str,
    problems: list[Finding],
) -> FoundService:
    ranked = sorted((each for each in own if _folder(each) == folder), key=lambda each: -each.rank)
    platforms = tuple(dict.fromkeys(each.platform for each in ranked if each.platform)) or ("docker",)
    first = next((each for each in ranked if each.deployable and each.stages), Facts(folder))
    own_name = folder.rpartition("/")[2] if folder != "." else workspace
    named = (each.name for each in ranked if each.name and (each.name not in common or each.platform in DEPLOYING))
    name = next(named, own_name)
    entrypoint, state = _entrypoint(folder, ranked, paths)
    if state == "missing":
        source = next(each.path for each in ranked if each.entrypoint)
        message = f"the entry point {entrypoint} does not exist"
        problems.append(Finding("missing-entrypoint", "error", source, message, service=name))
    _several_configs(ranked, name, problems)
    top = first.stages.get("", Stage())
    secrets, databases = _variables(own, top, name)
    return FoundService(
        name=name,
        path=folder,
        repository=repository,
        platform=platforms[0],
        platforms=platforms,
        status=_status(folder),
        copy_of="",
        config_files=tuple(each.path for each in own if each.config),
        entrypoint=entrypoint,
        entrypoint_state=state,
        environments={stage: value for stage, value in first.stages.items() if stage},
        bindings=top.bindings,
        routes=top.routes,
        crons=top.crons,
        secrets=secrets,
        databases=databases,
        tests=_tests(ranked, own),
        package_manager=_package_manager(ranked),
        health=_health(own),
        start=_start(folder, own, own_name),
    )


def _entrypoint(folder: str, ranked: list[Facts], paths: Collection[str]) -> tuple[str, str]:
    found = next((each.entrypoint for each in ranked if each.entrypoint), "")
    if not found:
        return "", "none"
    path = posixpath.normpath(posixpath.join(folder, found))
    if path in paths or any(each.startswith(f"{path}/index.") for each in paths):
        return path, "present"
    return path, "build-output" if _BUILD_OUTPUT.search(path) else "missing"


def _several_configs(ranked: list[Facts], name: str, problems: list[Finding]) -> None:
    standard = [each for each in ranked if posixpath.basename(each.path) in wrangler.STANDARD]
    for shadowed in standard[1:]:
        message = f"wrangler does not read this file: {posixpath.basename(standard[0].path)} beside it comes first"
        problems.append(
            Finding(
                "shadowed-config", "warning", shadowed.path, message, 1, 1, "remove the one that is out of date", name
            )
        )


def _variables(own: list[Facts], top: Stage, name: str) -> tuple[tuple[Named, ...], tuple[Store, ...]]:
    # Dicts as ordered sets: a line that names a variable twice is one piece of evidence.
    secrets: dict[str, dict[Evidence, None]] = defaultdict(dict)
    urls: dict[str, dict[Evidence, None]] = defaultdict(dict)
    for each in own:
        for secret, line in each.secrets:
            secrets[secret][Evidence(each.path, line)] = None
        for variable, line in each.databases:
            urls[variable][Evidence(each.path, line)] = None
        for reference in each.references:
            if reference.target == _NATS:
                secrets[_NATS][Evidence(each.path, reference.line)] = None
    stores = [Store(_store_name(variable, name), "postgres", variable, tuple(seen)) for variable, seen in urls.items()]
    stores += [
        Store(str(row.get("database_name", "")), "d1", str(row.get("binding", "")))
        for row in top.bindings.get("d1", ())
    ]
    return tuple(Named(secret, tuple(seen)) for secret, seen in sorted(secrets.items())), tuple(stores)


def _store_name(variable: str, service: str) -> str:
    """Return a name for the database behind ``variable``: the service's own, unless the variable says more."""
    prefix = re.sub(r"_?(DATABASE|POSTGRES|POSTGRESQL|NEON|PG|DB)_UR[LI]$", "", variable)
    return prefix.lower().replace("_", "-") or service


def _tests(ranked: list[Facts], own: list[Facts]) -> Suite | None:
    declared = next((each.tests for each in ranked if each.tests and each.config), None)
    return declared or next((each.tests for each in [*ranked, *own] if each.tests), None)


def _package_manager(ranked: list[Facts]) -> str:
    named = next((each.package_manager for each in ranked if each.package_manager), "")
    return named or ("npm" if any(each.manifest == "node" for each in ranked) else "")


def _health(own: list[Facts]) -> str:
    """Return the path a configuration names, else the shortest one in the code."""
    configured = next((each.health for each in own if each.health and each.config), "")
    return configured or min(
        (each.health for each in own if each.health), key=lambda path: (len(path), path), default=""
    )


def _start(folder: str, own: list[Facts], own_name: str) -> tuple[str, str]:
    configured = next((each.start for each in own if each.start[0] and each.config), ("", ""))
    if configured[0] or any(each.deployable for each in own if _folder(each) == folder):
        return configured
    modules = [each.start for each in own if each.serves and _folder(each) == folder]
    return next((start for start in modules if start[1] == own_name.replace("-", "_")), next(iter(modules), ("", "")))


def _status(folder: str) -> str:
    for part in folder.split("/"):
        for status, pattern in _ASIDE:
            if pattern.match(part):
                return status
    return "canonical"
