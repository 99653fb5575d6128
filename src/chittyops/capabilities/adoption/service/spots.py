"""Where commands put secrets, as sinks of the fleet file. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.adoption.service.words import option, words
from chittyops.kernel.inventory import Action, FoundService, Inventory
from chittyops.kernel.service import label

LACKS: Final[Mapping[str, str]] = {
    "wrangler": "says which account, Worker and environment",
    "gh": "says which repository",
    "vercel": "says which project",
    "railway": "says which project and environment",
}
"""Programs that put secrets where sinks can, with what such a sink has to say: the end of a sentence."""
_SINK_NAMES: Final[Mapping[str, str]] = {"wrangler": "worker", "gh": "github"}
_ACCOUNT: Final = re.compile(
    r"""(?:^|[{,])[ \t]*["']?account_id["']?[ \t]*[:=][ \t]*["']([0-9a-f]{32})["']""", re.MULTILINE
)
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_OTHER_PLACES: Final = frozenset({"--org", "-o", "--user", "-u", "--app", "-a", "--env-file", "-f"})
_OTHER_COMMANDS: Final = frozenset({"pages", "versions"})
"""Commands of wrangler whose secrets are not those of a Worker that runs."""
_STARTED_LOCALLY: Final = frozenset({"local", "default"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A sink of a service. ``stage`` is its environment as the platform calls it, "" for all environments."""

    service: str
    stage: str
    name: str
    target: tuple[tuple[str, str], ...]

    @property
    def scope(self) -> tuple[str, ...]:
        """Return the keys of what holds the sink, and the secrets for it."""
        return ("services", self.service, *(("environments", label(self.stage)) if self.stage else ()))

    @property
    def sink(self) -> tuple[str, ...]:
        """Return the keys of the sink."""
        return (*self.scope, "sinks", self.name)

    @property
    def option(self) -> str:
        """Return the option that names its environment."""
        return f" --env {label(self.stage)}" if self.stage else ""


def spot(action: Action, about: FoundService, service: str, texts: Mapping[str, str]) -> Spot | None:
    """Return where ``action`` puts secrets of ``about``, which the fleet file calls ``service``.

    None where not all of that is known. A Worker without a named environment has to be the service's only one: else
    it is open which environment of the fleet it is.
    """
    stage = action.environment
    named = [each for each in about.environments if each and each not in _STARTED_LOCALLY]
    if (stage or named) and (stage not in named or not label(stage)):
        return None
    if action.tool == "wrangler":
        target = _worker(action, about, texts)
    else:
        target = _repository(action) if action.tool == "gh" else ()
    return Spot(service, stage, _SINK_NAMES[action.tool], target) if target else None


def secret_name(action: Action) -> str:
    """Return the name that a command puts a secret under, "" where it gives none."""
    given = words(action)
    verb = next((each for each in ("put", "set") if each in given), "")
    rest = iter(given[given.index(verb) + 1 :] if verb else ())
    for word in rest:
        if not word.startswith("-"):
            return word
        if "=" not in word:
            next(rest, "")
    return ""


def config_texts(inventory: Inventory) -> Iterator[str]:
    """Yield the paths of the files that say which account has a Worker."""
    for each in inventory.services:
        yield from (path for path in each.config_files if posixpath.basename(path).startswith("wrangler"))


def _worker(action: Action, about: FoundService, texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    given = words(action)
    if about.platform != "cloudflare" or _OTHER_COMMANDS.intersection(given):
        return ()
    config = posixpath.normpath(action.config) if action.config else ""
    read = [
        texts[path]
        for path in about.config_files
        if texts.get(path) and (not config or path == config or path.endswith(f"/{config}"))
    ]
    accounts = {found for text in read for found in _ACCOUNT.findall(text)}
    stage = about.environments.get(action.environment)
    script = (stage.name if stage else "") or about.name
    # Where its files name no account, the sink has none either: both then take CLOUDFLARE_ACCOUNT_ID.
    if not read or len(accounts) > 1 or option(given, "--name") not in ("", script):
        return ()
    own = bool(action.environment) and script == f"{about.name}-{action.environment}"
    account = tuple(("account", each) for each in accounts)
    target = (("kind", "cloudflare"), *account, ("script", about.name if own else script))
    return (*target, ("environment", action.environment)) if own else target


def _repository(action: Action) -> tuple[tuple[str, str], ...]:
    given = words(action)
    repository = option(given, "--repo", "-R")
    if not _REPOSITORY.fullmatch(repository) or _OTHER_PLACES & {word.partition("=")[0] for word in given}:
        return ()
    target = (("kind", "github"), ("repository", repository))
    return (*target, ("environment", action.environment)) if action.environment else target
