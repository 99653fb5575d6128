"""The format of what a fleet file says of its secrets: where they are kept, who reads them, where they are pushed."""

from __future__ import annotations

from typing import Final

from chittyops.capabilities.fleet.model.freeform import Open
from chittyops.capabilities.fleet.model.schema import AnyScalar, Choice, ListOf, MapOf, Number, Table, Text
from chittyops.capabilities.fleet.model.words import NAME_TEXT, VARIABLE, WITHIN
from chittyops.kernel.service import SINK_KINDS

ROTATORS: Final = ("token", "postgres", "age", "cloudflare", "neon", "command")
_MOST_DAYS: Final = 36_500
_MOST_BITS: Final = 65_536

SINK_TARGETS: Final[dict[str, tuple[str, ...]]] = {
    "dev-vars": ("path",),
    "dotenv": ("path",),
    "cloudflare": ("account", "script", "environment"),
    "railway": ("project", "environment", "service"),
    "vercel": ("project", "target"),
    "github": ("repository", "environment"),
}
"""What says which place of its kind a sink is."""
SINK_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "dev-vars": (),
    "dotenv": (),
    "cloudflare": (),
    "railway": ("project", "environment"),
    "vercel": ("project",),
    "github": ("repository",),
}
"""What of it has to be said."""

_SECRET = Text(
    "The name of a secret.", r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "is no name of a secret (letters, digits, _, . and -)"
)
_RECIPIENT = Text(
    "An age recipient: the public part of a key.",
    r"age1[0-9a-z]{20,}|ssh-(ed25519|rsa) [A-Za-z0-9+/=]+( [^\x00\n]*)?",
    "must be an age recipient (age1...) or an SSH public key; never the key itself",
)

SINK: Final = Table(
    "A place that the values of the service's secrets are pushed to.",
    {
        "kind": Choice("What kind of place it is.", SINK_KINDS),
        "path": Text(
            "The file, relative to the service's folder.", WITHIN, "must be a file within the service's folder"
        ),
        "account": Text(
            "The account's identifier; wrangler's `account_id`, else CLOUDFLARE_ACCOUNT_ID, where it is left out."
        ),
        "script": Text("The Worker."),
        "environment": Text("The environment there."),
        "project": Text("The project there."),
        "service": Text("The service there."),
        "target": Text("The target there: production, preview, development."),
        "repository": Text("OWNER/NAME.", r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", "must be OWNER/NAME"),
        "secrets": ListOf("Which of the service's secrets; all where it is left out.", VARIABLE),
    },
)
SINKS: Final = MapOf("Where the values of the service's secrets are pushed to, by name.", NAME_TEXT, SINK)

_POLICY = Table(
    "What is asked of a secret, whoever uses it.",
    {
        "max_age_days": Number("After how many days it has to be rotated.", 0, _MOST_DAYS),
        "min_bits": Number("How many bits of entropy it must have.", 0, _MOST_BITS, whole=True),
        "expires": Text(
            "The day it ends.", r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "must be a day: 2027-01-31"
        ),
        "rotate": Open(
            "Who makes its next value, and what that one has to know.",
            {"kind": Choice("Who makes it.", ROTATORS)},
            rest=AnyScalar("An option of the rotator."),
        ),
    },
)

STORE: Final = Table(
    "The fleet's own secrets: SOPS files, encrypted to people and machines by their age recipients.",
    {
        "folder": Text("The folder of the files.", WITHIN, "must be a folder below the fleet file"),
        "recipients": MapOf(
            "Who can read them, by name.",
            Text("A name.", r"[A-Za-z0-9][A-Za-z0-9._@ -]*", "must be letters, digits, blanks and . _ @ -"),
            _RECIPIENT,
        ),
        "policies": MapOf("What is asked of a secret, by its name.", _SECRET, _POLICY, shown=False),
    },
)
