"""Scripts that do nothing but check that variables are set: rules of the fleet file do that from now on. Pure."""

from __future__ import annotations

import re
from typing import Final

from chittyops.kernel.inventory import FoundService, Script

_TEST: Final = r"""(?:\[\[?|test) +-%s +"?\$\{?(\w+)(?::?-)?\}?"?(?: +\]\]?)?"""
_TELL: Final = r"(?:echo|printf) (?:[^>|`(&]|>&2)*"
_END: Final = rf"(?:\{{ *)?(?:{_TELL}|exit +[1-9]\d*)"
_CHECKS: Final = (
    re.compile(r""": +"?\$\{(\w+):?\?[^}`(]*\}"?"""),
    re.compile(rf"(?:el)?if +{_TEST % 'z'}"),
    re.compile(rf"{_TEST % 'z'} *&& *{_END}"),
    re.compile(rf"{_TEST % 'n'} *\|\| *{_END}"),
)
_HARMLESS: Final = re.compile(rf"#.*|set +[-+]\w.*|then|else|fi|\}}|{_TELL}|exit +\d+")
_FAILS: Final = re.compile(r":\?|\bexit +[1-9]")


def required(script: Script, text: str, about: FoundService) -> tuple[str, ...]:
    """Return the variables that ``script`` checks and that ``about`` has; none where it does anything else."""
    if script.kind != "shell" or script.actions or script.uses or not _FAILS.search(text):
        return ()
    found: list[str] = []
    for line in text.splitlines():
        for step in [line] if line.lstrip().startswith("#") else line.split(";"):
            words = step.strip().removeprefix("then ").removeprefix("else ").strip()
            match = next((match for check in _CHECKS if (match := check.fullmatch(words))), None)
            if match:
                found.append(match[1])
            elif words and not _HARMLESS.fullmatch(words):
                return ()
    declared = {each.name for each in about.secrets} - {store.variable for store in about.databases}
    return tuple(dict.fromkeys(found)) if found and set(found) <= declared else ()
