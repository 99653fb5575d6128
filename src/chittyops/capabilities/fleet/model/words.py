"""Words that several parts of the fleet file's format are made of."""

from __future__ import annotations

from typing import Final

from chittyops.capabilities.fleet.model.schema import Text
from chittyops.kernel.service import NAME

WITHIN: Final = r"(?!(.*/)?\.\.(/|$))[^/\x00][^\x00]*"
"""A path that does not lead out of the folder it starts from."""
LABEL: Final = "must be 1 to 63 lower-case letters, digits and dashes, and neither begin nor end with a dash"
NAME_TEXT: Final = Text("A name: a DNS label.", NAME.pattern, LABEL)
VARIABLE: Final = Text(
    "The name of an environment variable.",
    r"(?!PORT$|HOST$|CHITTYOPS_)[A-Za-z_][A-Za-z0-9_]*",
    "is no name of a variable (letters, digits, _), or is one the provider sets itself (PORT, HOST, CHITTYOPS_*)",
)
PLATFORMS: Final = ("local", "cloudflare", "railway", "vercel")
