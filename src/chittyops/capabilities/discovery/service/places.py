"""What the names of folders say of the services in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final

_TESTS: Final = (
    r"_?(?:(?:integration|unit|e2e|browser|smoke|load|functional|acceptance|conformance)[-_])?tests?|__tests__|e2e|"
    r"(?:[a-z0-9]+[-_])+tests|tests[-_][a-z0-9]+|specs?|fixtures?|__fixtures__|__mocks__|mocks|"
    r"test[_-](?:data|utils|mocks|fixtures)|testdata"
)
_TEST: Final = re.compile(rf"(?i)(?:{_TESTS})")
_IGNORED: Final = re.compile(
    rf"(?i)(?:{_TESTS}|node_modules|vendor|vendored|third[_-]party|benchmarks?|\.github|"
    r"\.devcontainer|\.vscode|\.idea|\.storybook|dist|build|out|\.next|\.output|\.svelte-kit|coverage|__pycache__)"
    r"(?: copy| \d+)?"
)
"""Folders whose content is tests, other people's code, build output or the settings of tools."""
_DOCUMENTS: Final = re.compile(r"(?i)(?:docs?|documentation|wiki|notes|reports?|prompts)")
_INFRASTRUCTURE: Final = re.compile(
    r"(?i)\.?(?:docker(?:files?)?|deploy(?:ments?)?|infra(?:structure)?|ops|ci|containers?|compose|k8s|config|"
    r"configs?|\.config|railway|fly|cloudflare|wrangler|build|hosting|devops)"
)
"""Folders that hold the configuration of what stands in the folder around them."""
_QUARANTINED: Final = re.compile(r"(?i)[._]*(?:quarantined?|disabled|do[-_]not[-_]use)")
_LEGACY: Final = re.compile(
    r"(?i)[._]*(?:legacy|old|deprecated|obsolete|retired|attic|graveyard|trash|bak|attached_assets|"
    r"(?:legacy|old|deprecated|archived)[-_. ].+|(?:archive|backups?)[-_. ]?\d.*|"
    r".+[-_. ](?:legacy|old|deprecated|obsolete|archived|bak))"
)
_KEPT: Final = re.compile(r"(?i)[._]*(?:archives?|archived|backups?)")
"""Folders in which something is kept aside; a service that is itself called so may well make backups."""
_BACKUP: Final = re.compile(r"(?i)(.+)[-_. ](?:backup|archive|orig)")
_TEMPLATE: Final = re.compile(
    r"(?i)[._]*(?:templates?|scaffold(?:s|ing)?|boilerplates?|starters?|skeletons?|blueprints?|cookiecutter.*|"
    r"examples?|samples?)|.*(?:\{\{|\{%|<%|\{[a-z]+\}).*"
)
_CALLED_TEMPLATE: Final = re.compile(r"(?i).+[-_](template|boilerplate|starter)")
_TEMPLATES: Final = 3
"""So many folders side by side that are called templates are; a single one may well be what fills templates in."""
_COPY: Final = re.compile(r"(?i).*(?: copy(?: \d+)?| \(?\d+\)?|[-_. ](?:copy|copy\d+))")


def upwards(folder: str) -> Iterator[str]:
    """Yield ``folder`` and every folder around it, the workspace (".") last."""
    while folder and folder != ".":
        yield folder
        folder = posixpath.dirname(folder)
    yield "."


def inside(path: str, folder: str) -> bool:
    """Return whether ``path`` is ``folder`` or something in it."""
    return folder in {".", path} or path.startswith(f"{folder}/")


def relative(path: str, folder: str) -> str:
    """Return ``path``, which is inside of ``folder``, as seen from there; "." for the folder itself."""
    if folder == ".":
        return path
    return path[len(folder) + 1 :] or "."


def join(folder: str, path: str) -> str:
    """Return ``path``, written in a file in ``folder``, as a path of the workspace; "" where it leads out of it."""
    joined = posixpath.normpath(posixpath.join("" if folder == "." else folder, path.lstrip("/")))
    return "" if joined == ".." or joined.startswith("../") else joined


@lru_cache(maxsize=65536)
def ignored(folder: str) -> bool:
    """Return whether ``folder`` is where no services are: tests, vendored code, build output."""
    return any(_IGNORED.fullmatch(part) for part in folder.split("/"))


@lru_cache(maxsize=65536)
def tests(folder: str) -> bool:
    """Return whether ``folder`` holds tests and what they work on."""
    return any(_TEST.fullmatch(part) for part in folder.split("/"))


@lru_cache(maxsize=65536)
def documents(folder: str) -> bool:
    """Return whether ``folder`` holds documents: what lies there serves only where something deploys it."""
    return any(_DOCUMENTS.fullmatch(part) for part in folder.split("/"))


def infrastructure(folder: str) -> bool:
    """Return whether ``folder`` holds configuration of what stands in the folder around it."""
    return _INFRASTRUCTURE.fullmatch(posixpath.basename(folder)) is not None


def aside(folder: str, repository: str, folders: Collection[str] = ()) -> tuple[str, str]:
    """Return the status that a folder's place gives it, and the name that says so; ("", "") where none does.

    A repository may be called as it likes without being a template. ``folders`` are those of the workspace: what is
    called a backup of a folder that is there is one.
    """
    parts = folder.split("/")
    depth = 0 if repository == "." else repository.count("/") + 1
    for n, part in enumerate(parts):
        if _QUARANTINED.fullmatch(part):
            return "quarantined", part
        if _LEGACY.fullmatch(part) or (_KEPT.fullmatch(part) and (n + 1 < len(parts) or part.startswith((".", "_")))):
            return "legacy", part
        backup = _BACKUP.fullmatch(part)
        if backup and "/".join((*parts[:n], backup[1])) in folders:
            return "legacy", part
        if n >= depth and (_TEMPLATE.fullmatch(part) or _among_templates(parts[: n + 1], folders)):
            return "template", part
    return "", ""


def _among_templates(parts: Sequence[str], folders: Collection[str]) -> bool:
    called = _CALLED_TEMPLATE.fullmatch(parts[-1])
    if called is None:
        return False
    around = "/".join(parts[:-1])
    ends = (f"-{called[1]}", f"_{called[1]}")
    return sum(each.endswith(ends) and posixpath.dirname(each) == around for each in folders) >= _TEMPLATES


@lru_cache(maxsize=65536)
def template(folder: str) -> bool:
    """Return whether ``folder`` holds models for others and examples."""
    return any(_TEMPLATE.fullmatch(part) for part in folder.split("/"))


def named_as_copy(folder: str) -> bool:
    """Return whether a folder is called as a second copy is: ``web copy``, ``web 2``, ``web-copy``, ``web-backup``."""
    return any(_COPY.fullmatch(part) or _BACKUP.fullmatch(part) for part in folder.split("/"))
