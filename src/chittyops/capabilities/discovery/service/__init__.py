"""The pipeline: walk -> facts -> services -> graph -> problems. Pure, but for the workspace it is given."""

from __future__ import annotations

import dataclasses
import posixpath

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.model.findings import Discovery, Finding
from chittyops.capabilities.discovery.ports import Entry, EntryKind, Workspace
from chittyops.capabilities.discovery.service import assembly, copies, graph
from chittyops.capabilities.discovery.service.facts import Recogniser, lock_file, recogniser

LARGEST_FILE_BYTES = 1 << 20


def discover(workspace: Workspace, name: str) -> Discovery:
    """Return all that is found in ``workspace``, whose own folder is called ``name``."""
    facts: list[Facts] = []
    problems: list[Finding] = []
    paths: set[str] = set()
    repositories: list[str] = []
    for entry in workspace.walk():
        if entry.kind is EntryKind.REPOSITORY:
            repositories.append(entry.path)
        elif entry.kind is EntryKind.FILE:
            paths.add(entry.path)
            facts.extend(_facts(workspace, entry, problems))
        else:
            problems.append(_unfit(entry))
    problems.extend(finding for each in facts for finding in each.problems)
    services = assembly.services(facts, paths, repositories, name, problems)
    services = copies.mark(services, facts)
    services = graph.connect(services, facts, problems)
    problems.sort(key=lambda each: (each.path, each.line, each.column, each.code))
    edges = sum(len(each.depends_on) for each in services)
    stats = {"files": len(paths), "read": len(facts), "services": len(services), "dependencies": edges}
    return Discovery(tuple(services), tuple(problems), {**stats, "problems": len(problems)})


def _facts(workspace: Workspace, entry: Entry, problems: list[Finding]) -> list[Facts]:
    if lock := lock_file(entry.path):
        return [lock]
    found = recogniser(entry.path)
    if found is None:
        return []
    read, is_config = found
    if entry.size_bytes > LARGEST_FILE_BYTES:
        if is_config:
            problems.append(
                Finding("too-large", "warning", entry.path, "the file is larger than 1 MiB and is not read")
            )
        return []
    data = workspace.read(entry.path)
    if data is None:
        problems.append(Finding("unreadable", "warning", entry.path, "the file cannot be read"))
        return []
    return [_recognised(read, entry.path, data, problems, is_config=is_config)]


def _recognised(read: Recogniser, path: str, data: bytes, problems: list[Finding], *, is_config: bool) -> Facts:
    text = data.decode("utf-8-sig", "replace")
    if is_config:
        for code, message, offset in _damage(data):
            line = data.count(b"\n", 0, offset) + 1
            problems.append(Finding(code, "error", path, message, line, 1))
            if code == "merge-conflict":
                return Facts(path)
    return dataclasses.replace(read(path, text), path=path)


def _damage(data: bytes) -> list[tuple[str, str, int]]:
    found = []
    start = 0 if data.startswith(b"<<<<<<< ") else data.find(b"\n<<<<<<< ") + 1
    if start or data.startswith(b"<<<<<<< "):
        found.append(("merge-conflict", "the file holds an unresolved merge conflict", start))
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found.append(("not-utf-8", "the file is not valid UTF-8", error.start))
    return found


def _unfit(entry: Entry) -> Finding:
    if entry.kind is EntryKind.BROKEN_LINK:
        return Finding(
            "broken-link", "warning", entry.path, "the link leads nowhere", hint="remove it, or restore its target"
        )
    return Finding("unreadable", "warning", posixpath.normpath(entry.path), "the folder cannot be read")
