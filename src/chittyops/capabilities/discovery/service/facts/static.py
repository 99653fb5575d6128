"""Static sites: a page that needs no build, and the files by which hosts of such sites are told what to do."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from msgspec.structs import replace

from chittyops.capabilities.discovery.model.facts import Deployment, Facts, Reference, StageFacts
from chittyops.capabilities.discovery.service.facts import html
from chittyops.capabilities.discovery.service.facts.environment import outside

RANK: Final = 5
_BUILT: Final = re.compile(
    r"(?i)src=[\"']\.?/?(?:src/|app/)?[^\"'>]*\.(?:tsx?|jsx)[\"']|src=[\"']/?src/|%PUBLIC_URL%|%VITE_|<%|\{\{|\{%|<app-root"
)
_PARTS: Final = re.compile(
    r"(?:^|/)(?:"
    r"public|dist|build|out|output|coverage|templates|template|views|test|tests|spec|e2e|fixtures|"
    r"examples|example|docs|demo|node_modules|vendor|src|assets|static|storybook-static|htmlcov|target|"
    r"www|client|ui|partials|emails|resources|attached_assets|playwright-report|playground"
    r")(?:/|$)"
)
"""Folders of pages that are a part of something else, or made by a build."""
_PROXIED: Final = re.compile(r"^[ \t]*(/\S*)[ \t]+(https?://\S+)[ \t]+200!?", re.MULTILINE)
_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def page(path: str, text: str) -> Facts:
    """Return that a folder's index.html is a site, unless it must be built first or only serves another program.

    What the folder around it tells counts for more; the rank is the lowest.
    """
    found = html.read(path, text)
    if _PARTS.search(posixpath.dirname(path)) or _BUILT.search(text):
        return found
    deployment = Deployment("static", kind="static", entrypoint="index.html", entrypoint_line=1, rank=RANK)
    return replace(found, deployments=(deployment,))


def redirects(path: str, text: str) -> Facts:
    """Return the hosts that a _redirects file passes requests on to; other redirects send the caller away."""
    found = [
        Reference("literal-url", host, text.count("\n", 0, rule.start(2)) + 1)
        for rule in _PROXIED.finditer(text)
        for host in outside(rule[2])
    ]
    return Facts(path, kind="config", references=tuple(found))


def domain(path: str, text: str) -> Facts:
    """Return the domain that a CNAME file gives a site on GitHub Pages."""
    found = _DOMAIN.fullmatch(text.strip())
    if not found:
        return Facts(path, kind="config")
    stage = StageFacts(routes=((found[0], 1),))
    inside = posixpath.basename(posixpath.dirname(path)) in {"public", "static", "docs"}
    folder = ".." if inside else ""
    deployment = Deployment("github-pages", folder=folder, kind="static", rank=RANK + 1, stages={"": stage})
    return Facts(path, kind="config", deployments=(deployment,))
