"""What a script needs before it can run, read from its text: which variables, which arguments, and how badly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chittyops.capabilities.adoption.service.functions import TOOL_INPUTS
from chittyops.capabilities.adoption.service.services import VARIABLE
from chittyops.kernel.inventory import Script

_USUAL_NAMES: Final = (
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TERM COLORTERM NO_COLOR FORCE_COLOR CI TZ TMPDIR PWD "
    "OLDPWD IFS BASH_SOURCE BASH_VERSION RANDOM SECONDS LINENO FUNCNAME HOSTNAME EUID UID PPID OPTARG "
    "OPTIND REPLY SHLVL"
)
_USUAL: Final = frozenset(_USUAL_NAMES.split(" "))
_STRICT: Final = re.compile(r"^\s*set\s+-[a-zA-Z]*u|^\s*set\s+-o\s+nounset|^#!.*sh\s+-[a-z]*u", re.MULTILINE)
_ARGUMENT: Final = re.compile(r"\$([1-9])")


def variables(script: Script, text: str) -> Mapping[str, str]:
    """Return the variables ``script`` reads, each required or optional; those its programs read are optional."""
    own = [name for name in script.inputs if _is_input(name, text)]
    implied = [name for action in script.actions for name in TOOL_INPUTS.get(action.tool, ())]
    needed = {name for name in own if _required(name, text)}
    return {name: "required" if name in needed else "optional" for name in dict.fromkeys((*own, *implied))}


def arguments(script: Script, text: str) -> int:
    """Return how many arguments ``script`` cannot do without."""
    count = 0
    for name in sorted(each[1:] for each in script.inputs if _ARGUMENT.fullmatch(each)):
        if int(name) != count + 1 or not _required(name, text):
            break
        count += 1
    return count


def _is_input(name: str, text: str) -> bool:
    """Return whether the variable ``name`` comes from outside: not from the system, and not from a loop or ``read``."""
    if not VARIABLE.fullmatch(name) or name in _USUAL or name.startswith(("npm_", "LC_")):
        return False
    return not re.search(rf"\bfor\s+{name}\s+in\b|\bread\s+(?:-\w+\s+|\w+\s+)*{name}\b", text)


def _required(name: str, text: str) -> bool:
    """Return whether a shell text ends without the variable ``name``; other languages do not tell."""
    if re.search(rf"\$\{{{name}:?\?", text):
        return True
    plain = len(re.findall(rf"\$(?:{name}\b|\{{{name}\}})", text))
    softened = re.search(rf"\$\{{{name}:?[-=+]|\[\[?\s+-[nzv]\s+\"?\$?\{{?{name}\b", text)
    assigned = re.search(rf"^\s*(?:export\s+|local\s+|readonly\s+)?{name}=", text, re.MULTILINE)
    counted = name.isdigit() and re.search(r"\$#", text)
    return bool(plain and _STRICT.search(text) and not (softened or assigned or counted))
