"""What a workflow deploys by its commands and actions alone, without any configuration of the platform."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from chittyops.capabilities.discovery.model.facts import Command, Deployment, ScriptFacts
from chittyops.capabilities.discovery.service.facts.command_line import unwrap
from chittyops.capabilities.discovery.service.facts.vercel import HINT

_ACTIONS: Final = {
    "cloudflare/pages-action": ("cloudflare", "directory", "projectName"),
    "actions/upload-pages-artifact": ("github-pages", "path", ""),
    "peaceiris/actions-gh-pages": ("github-pages", "publish_dir", ""),
    "JamesIves/github-pages-deploy-action": ("github-pages", "folder", ""),
    "nwtgck/actions-netlify": ("netlify", "publish-dir", ""),
    "azure/static-web-apps-deploy": ("azure", "app_location", ""),
}
"""Platform of each action, and its inputs for the folder and the name."""
_UNKNOWN: Final = re.compile(r"[$*~]|^/")
"""Folders that only a run knows, or that are outside of the repository."""
_ABOVE: Final = "../.."
"""From the folder of a workflow to the root of its repository, where jobs begin."""


class _Site(NamedTuple):
    platform: str
    folder: str
    name: str


def deployments(jobs: Iterable[ScriptFacts]) -> Iterator[Deployment]:
    """Yield the sites that the jobs put online, by the folder that they put there."""
    seen = set()
    for command in (command for job in jobs for command in job.commands):
        site = _by_action(command) if command.words[0] == "uses" else _by_command(command, unwrap(command.words))
        if site and site not in seen and not _UNKNOWN.search(site.folder):
            seen.add(site)
            folder = posixpath.normpath(posixpath.join(_ABOVE, site.folder))
            name = "" if "$" in site.name else site.name
            yield Deployment(site.platform, command.line, name, folder, kind="static", rank=HINT, standard=False)


def _by_action(command: Command) -> _Site | None:
    action = command.words[1].partition("@")[0]
    inputs = dict(word.partition("=")[::2] for word in command.words[2:])
    for known, (platform, folder, name) in _ACTIONS.items():
        if action.lower() == known.lower() and inputs.get(folder):
            return _Site(platform, inputs[folder], inputs.get(name, ""))
    return None


def _by_command(command: Command, words: tuple[str, ...]) -> _Site | None:
    options = _options(words)
    if words[:2] == ("wrangler", "pages") and words[2:3] in {("deploy",), ("publish",)}:
        given = words[3] if len(words) > 3 and not words[3].startswith("-") else ""  # noqa: PLR2004 - the verb's words
        name = options.get("--project-name", "")
        return _Site("cloudflare", posixpath.join(command.folder, given), name) if given else None
    folder = options.get("--dir") or options.get("-d")
    if words[:2] == ("netlify", "deploy") and folder:
        return _Site("netlify", posixpath.join(command.folder, folder), "")
    return None


def _options(words: tuple[str, ...]) -> dict[str, str]:
    found = dict(pairwise(words))
    return {**found, **dict(word.partition("=")[::2] for word in words if word.startswith("--") and "=" in word)}
