"""The kinds of credentials that can be rotated: one file for each, and one line here."""

from __future__ import annotations

from collections.abc import Callable

from chittyops.capabilities.secrets.providers.rotators import age, cloudflare, command, neon, postgres, token
from chittyops.capabilities.secrets.providers.rotators.setting import Setting
from chittyops.capabilities.secrets.service.rotation.ports import Rotator

ROTATORS: dict[str, Callable[[Setting], Rotator]] = {
    "token": token.TokenRotator,
    "postgres": postgres.PostgresRotator,
    "age": age.AgeRotator,
    "cloudflare": cloudflare.CloudflareRotator,
    "neon": neon.NeonRotator,
    "command": command.CommandRotator,
}
