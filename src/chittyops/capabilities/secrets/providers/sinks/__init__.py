"""The kinds of places that secrets are pushed to: one file for each, and one line here."""

from __future__ import annotations

from collections.abc import Callable

from chittyops.capabilities.secrets.ports import SinkProvider
from chittyops.capabilities.secrets.providers.sinks import cloudflare, files, github, railway, vercel
from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings

SINKS: dict[str, Callable[[Surroundings], SinkProvider]] = {
    "dev-vars": files.DotenvFile,
    "dotenv": files.DotenvFile,
    "cloudflare": cloudflare.CloudflareWorker,
    "railway": railway.RailwayVariables,
    "vercel": vercel.VercelProject,
    "github": github.GitHubActions,
}
