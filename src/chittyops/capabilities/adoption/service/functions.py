"""Which ChittyOps command does what an ops script does, and what of it belongs into the fleet file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.adoption.model import Abilities
from chittyops.capabilities.adoption.service.services import PLATFORMS, Names, environment_edits
from chittyops.capabilities.adoption.service.spots import LACKS
from chittyops.kernel.edit import Edit
from chittyops.kernel.inventory import Action, FoundService
from chittyops.kernel.service import label

_DEPLOYS: Final = "deploy worker,deploy pages,deploy service,deploy project,deploy again,deploy version,deploy triggers"
FUNCTIONS: Final[Mapping[tuple[str, str], str]] = {
    **{("deploy", verb): "deploy {service}{env}" for verb in _DEPLOYS.split(",")},
    ("build", "build worker"): "plan {service}{env}",
    ("deploy", "roll back"): "rollback {service}{env}",
    ("deploy", "list deployments"): "history{env}",
    ("health", "follow logs"): "logs {service}{env} -f",
    ("health", "read logs"): "logs {service}{env}",
    ("health", "check health"): "status{env}",
    ("health", "poll health"): "status{env} --watch",
    ("health", "check service"): "status{env}",
    ("health", "show status"): "status{env}",
    ("health", "show deployment"): "status{env}",
    ("secrets", "put secret"): "secrets push {service}{env}",
    ("secrets", "put secrets"): "secrets push {service}{env}",
    ("secrets", "set variables"): "secrets push {service}{env}",
    ("secrets", "list secrets"): "secrets push {service}{env} --dry-run --unchanged",
    ("secrets", "list variables"): "secrets push {service}{env} --dry-run --unchanged",
    ("secrets", "delete secret"): "secrets push {service}{env} --prune",
    ("secrets", "pull variables"): "secrets export {service}{env} --output .env",
    ("secrets", "write secrets"): "secrets export {service}{env} --output .env",
    ("secrets", "copy secrets"): "secrets export {service}{env} --output .env",
    ("config", "copy example settings"): "secrets export {service}{env} --output .env",
    ("secrets", "read secret"): "run {service}{env} -- COMMAND",
    ("secrets", "inject secrets"): "run {service}{env} -- COMMAND",
    ("secrets", "run with variables"): "run {service}{env} -- COMMAND",
    ("secrets", "load variables"): "run {service}{env} -- COMMAND",
    ("secrets", "read secrets"): "run {service}{env} -- COMMAND",
    ("secrets", "decrypt secrets"): "run {service}{env} -- COMMAND",
    ("secrets", "create secret"): "secrets set NAME {service}{env}",
    ("secrets", "change secret"): "secrets set NAME {service}{env}",
    ("secrets", "make secret"): "secrets generate NAME {service}{env}",
    ("secrets", "make key"): "secrets generate NAME {service}{env}",
    ("config", "list variables"): "config list {service}{env}",
    ("databases", "apply migrations"): "db migrate {service}{env}",
    ("databases", "push schema"): "db migrate {service}{env}",
    ("testing", "run tests"): "test {service}",
    ("backup", "back up database"): "backup create {service}{env}",
    ("backup", "export database"): "backup create {service}{env}",
    ("backup", "restore database"): "backup restore {service}{env}",
}
"""What is done, as discovery says it, to the command that does it. {env} is `` --env NAME`` where one is named."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LOOPBACK: Final = re.compile(r"//(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?=[:/'\"\s]|$)")
TOOL_PLATFORMS: Final[Mapping[str, str]] = {"wrangler": "cloudflare", "railway": "railway", "vercel": "vercel"}
_STANDARD: Final = frozenset({"wrangler.json", "wrangler.jsonc", "wrangler.toml", "railway.json", "railway.toml"})
_TELLING: Final = frozenset({("deploy", "railway"), ("deploy", "vercel")})
NEEDS_PLATFORM: Final = frozenset({"deploy", "plan", "rollback", "history", "logs", "status"})
"""Commands that reach a service where it runs; secrets are brought there by sinks."""
PUTS: Final = frozenset({"put secret", "put secrets", "set variables"})
LISTS: Final = frozenset({"list secrets"})
_MOVED: Final = "once its values are in the store: `chittyops secrets import`"
_OPEN: Final[Mapping[str, str]] = {
    "read secret": "once the fleet file declares what it reads",
    "inject secrets": "once the fleet file declares what it hands over",
    "run with variables": _MOVED,
    "load variables": _MOVED,
    "read secrets": _MOVED,
    "write secrets": _MOVED,
    "decrypt secrets": _MOVED,
    "pull variables": _MOVED,
    "copy secrets": _MOVED,
    "copy example settings": _MOVED,
    "delete secret": "once nothing declares it",
    "create secret": "once it is clear what the secret is called",
    "change secret": "once it is clear what the secret is called",
    "make secret": "once it is clear what the secret is called",
    "make key": "once it is clear what the secret is called",
    "list variables": "once the fleet file has what the platform has",
}
"""What people have to do before a command does what a script does, by what that does."""

TOOL_INPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "wrangler": ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"),
    "railway": ("RAILWAY_TOKEN", "RAILWAY_API_TOKEN"),
    "vercel": ("VERCEL_TOKEN", "VERCEL_ORG_ID", "VERCEL_PROJECT_ID"),
    "netlify": ("NETLIFY_AUTH_TOKEN", "NETLIFY_SITE_ID"),
    "fly": ("FLY_API_TOKEN",),
    "gh": ("GH_TOKEN", "GITHUB_TOKEN"),
    "op": ("OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_HOST", "OP_CONNECT_TOKEN"),
    "psql": ("DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"),
    "pg_dump": ("DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"),
    "drizzle-kit": ("DATABASE_URL",),
    "prisma": ("DATABASE_URL",),
    "neonctl": ("NEON_API_KEY",),
    "supabase": ("SUPABASE_ACCESS_TOKEN", "SUPABASE_DB_PASSWORD"),
    "aws": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_PROFILE"),
    "gcloud": ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CORE_PROJECT"),
    "docker": ("DOCKER_HOST",),
    "kubectl": ("KUBECONFIG",),
    "terraform": ("TF_TOKEN_app_terraform_io",),
}
"""Variables that programs read without the script naming them."""


@dataclass(frozen=True, slots=True)
class Function:
    """An action that ChittyOps does, for a service: the command line, and whether it can by now.

    ``until`` is what people have to do first, where there is the command. ``first`` is a command that goes before it.
    ``whole`` says that it runs the script's own command line, with all that this does.
    """

    command: str
    able: bool
    until: str = ""
    first: str = ""
    whole: bool = False

    @property
    def commands(self) -> tuple[str, ...]:
        """Return all its command lines, in order."""
        return (self.first, self.command) if self.first else (self.command,)


@dataclass(frozen=True, slots=True)
class Known:
    """The services that the fleet file has or will have, to look actions up in."""

    services: Sequence[FoundService]
    names: Names

    def of_action(self, action: Action, script: str, service: str) -> FoundService | None:
        """Return the service an action is about: by its configuration, by the name it gives, by where the script is."""
        if action.config:
            places = {posixpath.normpath(posixpath.join(folder, action.config)) for folder in self._folders(script)}
            if found := next((each for each in self.services if places & set(each.config_files)), None):
                return found
        named = next(
            (each for each in self.services if action.target and action.target in (each.name, self.name(each))), None
        )
        return named or self.of_script(script, service)

    def of_script(self, script: str, service: str) -> FoundService | None:
        """Return the service a script belongs to: the one it says, else the only one of the nearest folder around."""
        if found := next(
            (each for each in self.services if service and each.name == service and _holds(each, script)), None
        ):
            return found
        around = [each for each in self.services if _holds(each, script)]
        nearest = max((len(each.path) for each in around if each.path != "."), default=0)
        own = [each for each in around if (len(each.path) if each.path != "." else 0) == nearest]
        # Of several in one folder, the one whose configuration a tool finds by itself.
        own = own if len(own) < 2 else [each for each in own if _is_standard(each)]  # noqa: PLR2004 - several
        return own[0] if len(own) == 1 else None

    def name(self, service: FoundService) -> str:
        """Return what the fleet file calls ``service``."""
        return self.names[service.path, service.name]

    def _folders(self, script: str) -> Iterator[str]:
        folder = posixpath.dirname(script)
        while folder:
            yield folder
            folder = posixpath.dirname(folder)
        yield "."


def _is_standard(service: FoundService) -> bool:
    names = (posixpath.basename(file) for file in service.config_files if posixpath.dirname(file) in (service.path, ""))
    return any(name in _STANDARD for name in names)


def _holds(service: FoundService, path: str) -> bool:
    return service.path == "." or path.startswith(f"{service.path}/")


def function(action: Action, service: FoundService | None, known: Known, abilities: Abilities) -> Function | None:
    """Return what does the work of ``action`` from now on; None where nothing in ChittyOps is made for it."""
    form = FUNCTIONS.get((action.category, action.verb))
    if action.verb in PUTS | LISTS and action.tool not in LACKS:
        return None
    if form is None or (service is None and "{service}" in form):
        return None
    own = TOOL_PLATFORMS.get(action.tool, "")
    if service and (own != platform_of(action, service) if own else action.category == "deploy"):
        return None
    fixed = bool(_PLAIN.fullmatch(action.environment))
    environment = label(action.environment) if fixed else "ENV" if action.environment else ""
    env = f" --env {environment}" if environment and environment != "local" else ""
    command = form.format(service=known.name(service) if service else "", env=env)
    verb = command.split()[0]
    platform = (own or _where(action, service)) if verb in NEEDS_PLATFORM else ""
    until = _OPEN.get(action.verb, "") if action.category in {"secrets", "config"} and abilities.can(verb) else ""
    # An environment that the script is told when it runs is nothing a shim could pass on.
    return Function(f"chittyops {command}", abilities.can(verb, platform) and environment != "ENV" and not until, until)


def platform_of(action: Action, service: FoundService) -> str:
    """Return the platform of ``service``: a deploy to one that needs no file in the repository tells it, too."""
    told = TOOL_PLATFORMS.get(action.tool, "")
    if service.platform in PLATFORMS or (action.category, told) not in _TELLING:
        return service.platform
    return told


def _where(action: Action, service: FoundService | None) -> str:
    """Return the platform on which an action reaches a service: this machine is local, others are elsewhere."""
    if service and service.platform in PLATFORMS:
        return service.platform
    return "local" if _LOOPBACK.search(action.command) else "elsewhere"


def settings(action: Action, service: FoundService, known: Known) -> Iterator[Edit]:
    """Yield what a deploy command says about its service: environment and configuration file."""
    if action.category != "deploy" or action.verb not in _DEPLOYS.split(","):
        return
    platform = platform_of(action, service)
    if TOOL_PLATFORMS.get(action.tool, "") != platform:
        return
    keys = ("services", known.name(service))
    if platform != service.platform:
        yield Edit((*keys, "platform"), platform)
    plain = action.environment if _PLAIN.fullmatch(action.environment) else ""
    if plain:
        yield from environment_edits(keys, plain)
    config = action.config
    own = [posixpath.relpath(file, service.path) for file in service.config_files]
    if config and posixpath.normpath(config) in own and posixpath.normpath(config) != own[0]:
        name = label(plain)
        at = (*keys, "environments", name) if name and name != "local" else keys
        kind = "worker" if platform == "cloudflare" else "config_file"
        yield Edit((*at, "deploy", kind), posixpath.normpath(config))
