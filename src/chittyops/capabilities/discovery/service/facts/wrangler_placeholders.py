"""Texts in a configuration of wrangler that nobody means as a value: what was never filled in."""

from __future__ import annotations

import re
from typing import Final

UNFILLED: Final = re.compile(
    r"<[^<>]*>|__[A-Z0-9_]+__|(?:.*[-_ /.])?your[-_ ](?!self).*|.*place[-_ ]?holder.*|"
    r"(?:.*[-_ ])?(?:(?:replace|change)[-_ ]?(?:me|this|with|before|at|after)|fill[-_ ]?(?:me|in|this))(?:[-_ :.].*)?|"
    r".*[-_ ](?:goes[-_ ])?here|.*x{6,}.*|x{3,}|(?:todo|tbd|fixme)(?:[: ].*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Texts that no one means as a name."""
SUBSTITUTED: Final = re.compile(r"\$\{?\w+\}?|\{\{.*\}\}|<%.*%>|%\w+%|.*\*{3,}.*|x{8,}|.*x{16,}.*", re.DOTALL)
"""What a deploy script puts in, or a mask."""


def is_unfilled(value: object) -> bool:
    """Return whether ``value`` is a text that was never filled in."""
    return (
        isinstance(value, str)
        and " " not in value
        and UNFILLED.fullmatch(value) is not None
        and SUBSTITUTED.fullmatch(value) is None
    )
