"""What requests are for: read from their address, their method and where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command

_ADDRESS: Final = re.compile(
    r"(?:https?|wss?)://\S+|\$\{?\w*(?:URL|HOST|BASE|ENDPOINT|ORIGIN|API|DOMAIN)\w*\}?\S*|localhost\S*", re.IGNORECASE
)
_PURPOSES: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), category, verb)
    for pattern, category, verb in (
        (
            r"hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|slack_webhook|webhook_url",
            "events",
            "send notification",
        ),
        (r"api\.cloudflare\.com.*/secrets", "secrets", "put secret"),
        (r"api\.cloudflare\.com.*/tokens", "secrets", "check account"),
        (r"api\.cloudflare\.com.*/workers/(?:scripts|services)", "deploy", "manage worker"),
        (r"api\.cloudflare\.com.*/workers/(?:routes|domains)", "deploy", "manage routes"),
        (r"api\.cloudflare\.com.*/pages", "deploy", "manage pages"),
        (r"api\.cloudflare\.com.*/dns_records", "network", "manage names"),
        (r"api\.cloudflare\.com.*/(?:d1|hyperdrive)", "databases", "manage database"),
        (r"api\.cloudflare\.com.*/(?:firewall|rulesets|access|settings)", "security", "manage rules"),
        (r"api\.cloudflare\.com.*/purge_cache", "deploy", "clear cache"),
        (r"api\.cloudflare\.com", "resources", "manage cloud resources"),
        (
            r"backboard\.railway\.|api\.fly\.io|api\.machines\.dev|api\.render\.com|api\.netlify\.com",
            "deploy",
            "manage service",
        ),
        (r"api\.vercel\.com.*/env", "secrets", "manage variables"),
        (r"api\.vercel\.com", "deploy", "manage project"),
        (r"console\.neon\.tech", "databases", "manage database"),
        (r"api\.supabase\.com", "databases", "manage database"),
        (r"api\.github\.com.*/(?:secrets|keys)", "secrets", "manage secrets"),
        (r"api\.github\.com.*/(?:dispatches|actions/workflows)", "deploy", "start workflow"),
        (r"api\.github\.com", "git", "call API"),
        (
            r"(?:/|_)(?:healthz?|health[-_]check|livez?|readyz?|ready|liveness|readiness|ping)(?:$|[/?\s\"'.#])",
            "health",
            "check health",
        ),
        (r"/heartbeats?(?:$|[/?\s\"'])", "health", "send heartbeat"),
        (r"/status(?:$|[?\s\"'])", "health", "check health"),
        (r"/metrics(?:$|[?\s\"'])", "performance", "read metrics"),
        (r"/(?:register|registry|registration|services/register)(?:$|[/?\s\"'])", "registry", "register service"),
        (r"//registry\.", "registry", "call registry"),
    )
)
_CLIENTS: Final = frozenset({"curl", "wget", "fetch", "http", "https", "xh"})
_WAITERS: Final = frozenset({"wait-on", "wait-for-it", "wait-for-it.sh", "wait-port", "start-server-and-test"})
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_DATA: Final = (
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "-F",
    "--form",
    "--json",
    "--post-data",
    "--upload-file",
    "-T",
)
_QUERIES: Final = frozenset({"postgres", "sqlite", "mysql", "d1", "redis", "mongodb"})


def classify(command: Command, words: Sequence[str]) -> tuple[str, str] | None:
    """Return category and verb of a request, or of what code does (fetch, query, read, write); None for all else."""
    program = words[0]
    if program in _CLIENTS:
        return _request(command, words)
    if program in _WAITERS:
        return "health", "wait for service"
    if program == "query" and len(words) > 1 and words[1] in _QUERIES:
        return "databases", "execute query"
    return _file(program, words[1]) if program in {"read", "write"} and len(words) > 1 else None


def _request(command: Command, words: Sequence[str]) -> tuple[str, str]:
    target = address(words)
    for pattern, category, verb in _PURPOSES:
        if pattern.search(target):
            return category, "poll health" if category == "health" and command.loop else verb
    if command.piped_to in {"bash", "sh", "zsh", "sudo"} or downloads(words):
        return "install", "download file"
    return "network", "send data" if method(words) in _WRITES else "request address"


def _file(verb: str, path: str) -> tuple[str, str] | None:
    if re.search(r"(?:^|/)\.(?:env|dev\.vars)(?:\.(?!example|sample|template)\w+)*$", path):
        return "secrets", f"{verb} secrets"
    return None


def address(words: Sequence[str]) -> str:
    """Return the address that a request goes to, "" where it is not known."""
    if words[0] == "fetch":
        return words[2] if len(words) > 2 else ""  # noqa: PLR2004 - fetch, method, address
    found = [word for word in words[1:] if not word.startswith("-") and _ADDRESS.match(word)]
    return found[-1] if found else ""


def method(words: Sequence[str]) -> str:
    """Return the method of a request."""
    if words[0] == "fetch":
        return words[1].upper() if len(words) > 1 else "GET"
    for at, word in enumerate(words):
        if word in {"-X", "--request"} and at + 1 < len(words):
            return words[at + 1].upper()
        if word.startswith("-X") and len(word) > len("-X"):
            return word[2:].upper()
    return "POST" if any(word.partition("=")[0] in _DATA for word in words) else "GET"


def downloads(words: Sequence[str]) -> bool:
    """Tell whether a request keeps what it gets as a file."""
    if words[0] == "wget":
        return not any(word in {"-qO-", "-O-", "--spider"} for word in words)
    kept = {"-O", "--remote-name", "-o", "--output"}
    return any(
        word in kept and words[at + 1 : at + 2] not in ((), ("/dev/null",), ["/dev/null"], ("-",))
        for at, word in enumerate(words)
    )
