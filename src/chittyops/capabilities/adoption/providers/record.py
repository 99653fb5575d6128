"""What adoption proposed and retired before, in the workspace itself: everybody who works on it shares it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from chittyops.capabilities.adoption.model import Disposition, Outcome, Values
from chittyops.kernel.errors import Misconfigured, Place

PATH: Final = ".chittyops/adoption.json"
_FORMAT: Final = 1


def load(root: Path) -> tuple[Values, dict[str, Disposition], dict[str, str]]:
    """Return the values proposed, the scripts retired, and the SHA-256 of each original.

    Nothing of either where there is no record. Raises Misconfigured where the record is damaged.
    """
    path = root / PATH
    try:
        data = json.loads(path.read_text("utf-8"))
        retired = {key: _disposition(each) for key, each in data["retired"].items()}
        return data["proposed"], retired, data["originals"]
    except FileNotFoundError:
        return {}, {}, {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        message = f"{PATH} is damaged"
        raise Misconfigured(message, place=Place(str(path)), hint="restore it from git, or delete it") from None


def text(proposed: Values, retired: Iterable[Disposition], originals: dict[str, str]) -> str:
    """Return the record as text."""
    data: dict[str, Any] = {
        "format": _FORMAT,
        "about": "What `chittyops adopt` proposed for chittyops.yaml, and the scripts it retired. Keep it in git.",
        "proposed": dict(sorted(proposed.items())),
        "retired": {each.key: _fields(each) for each in sorted(retired, key=lambda each: each.key)},
        "originals": dict(sorted(originals.items())),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _fields(each: Disposition) -> dict[str, str]:
    return {name: str(getattr(each, name)) for name in Disposition.__dataclass_fields__}


def _disposition(data: dict[str, str]) -> Disposition:
    fields = dict(data)
    outcome = Outcome(fields.pop("outcome"))
    return Disposition(outcome=outcome, **fields)
