"""The vendors: where their APIs are, which variables hold their tokens, and how many calls they allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, the variable it came from, and the header it travels in."""

    variable: str
    token: Secret
    header: str = "Authorization"

    @property
    def value(self) -> str:
        """Return what the header says: only ``Authorization`` names the kind of the token."""
        token = self.token.reveal()
        return f"Bearer {token}" if self.header == "Authorization" else token


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor. ``variables`` maps those that may hold a token, the first set one counts, to the header for it.

    ``calls`` in ``seconds`` is the share of the vendor's limit that this product uses.
    """

    name: str
    url: str
    url_variable: str
    variables: Mapping[str, str]
    calls: int
    seconds: float
    tokens_at: str

    def credential(self, environ: Mapping[str, str]) -> Credential:
        """Return the token that ``environ`` holds. Raises Misconfigured where there is none that can be sent."""
        for variable, header in self.variables.items():
            if token := environ.get(variable, "").strip():
                if not token.isascii() or not token.isprintable() or " " in token:
                    raise Misconfigured(f"{variable} holds no token of {self.name}", hint=self._hint)
                return Credential(variable, Secret(token), header)
        raise Misconfigured(f"there is no token for {self.name}", hint=self._hint)

    @property
    def _hint(self) -> str:
        return f"set {' or '.join(self.variables)} in the environment; tokens are made at {self.tokens_at}"


# Limits: notes of the vendors, see docs/adr/0018-own-vendor-clients.md. A tenth is left to people and other tools.
CLOUDFLARE = Vendor(
    name="Cloudflare",
    url="https://api.cloudflare.com/client/v4",
    url_variable="CHITTYOPS_CLOUDFLARE_URL",
    variables={"CLOUDFLARE_API_TOKEN": "Authorization"},
    calls=1080,
    seconds=300,
    tokens_at="https://dash.cloudflare.com/profile/api-tokens",
)
RAILWAY = Vendor(
    name="Railway",
    url="https://backboard.railway.com",
    url_variable="CHITTYOPS_RAILWAY_URL",
    # As in Railway's own CLI: the first is a token of one environment, the second of an account or workspace.
    variables={"RAILWAY_TOKEN": "Project-Access-Token", "RAILWAY_API_TOKEN": "Authorization"},
    calls=900,
    seconds=3600,
    tokens_at="https://railway.com/account/tokens",
)
VERCEL = Vendor(
    name="Vercel",
    url="https://api.vercel.com",
    url_variable="CHITTYOPS_VERCEL_URL",
    variables={"VERCEL_TOKEN": "Authorization"},
    calls=108,
    seconds=60,
    tokens_at="https://vercel.com/account/settings/tokens",
)
NEON = Vendor(
    name="Neon",
    url="https://console.neon.tech/api/v2",
    url_variable="CHITTYOPS_NEON_URL",
    variables={"NEON_API_KEY": "Authorization"},
    calls=630,
    seconds=60,
    tokens_at="https://console.neon.tech/app/settings/api-keys",
)
GITHUB = Vendor(
    name="GitHub",
    url="https://api.github.com",
    url_variable="CHITTYOPS_GITHUB_URL",
    variables={"GITHUB_TOKEN": "Authorization"},
    calls=900,
    seconds=720,
    tokens_at="https://github.com/settings/tokens",
)
