"""Scripts that run a command with secrets from a vault: ``chittyops run`` does that from now on. Pure."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.adoption.service.services import VARIABLE
from chittyops.capabilities.adoption.service.words import words
from chittyops.kernel import dotenv
from chittyops.kernel.inventory import Action, FoundService, Inventory, Script

_IN_PLACE: Final = frozenset({"npm-script", "make-target"})
"""Scripts that run in the folder of their file, whoever runs them: a command that stands for them does, too."""
_ENV_FILE: Final = "--env-file"


def env_files(inventory: Inventory) -> Iterator[str]:
    """Yield the paths of the files of references that scripts run commands with."""
    for script in inventory.scripts:
        for action in script.actions:
            if path := _env_file(action, script):
                yield path


def wrapped(action: Action) -> str:
    """Return the command line that ``action`` runs with secrets, "" where it is not known word by word."""
    given = words(action)
    rest = given[given.index("--") + 1 :] if "--" in given else []
    plain = rest and not any("$" in word or word in {">", "<<", "|"} for word in rest)
    return shlex.join(rest) if plain and not action.command.endswith("...") else ""


def handed(action: Action, script: Script, about: FoundService, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the references that ``action`` hands over, by variable; none where it is open what else there is.

    ``chittyops run`` hands over all that a service declares, so the file has to have all of that.
    """
    path = _env_file(action, script)
    found = dotenv.parse(texts.get(path, "")) if path else {}
    plain = all(VARIABLE.fullmatch(name) and value.startswith("op://") for name, value in found.items())
    stores = {store.variable for store in about.databases}
    declared = {each.name for each in about.secrets if VARIABLE.fullmatch(each.name)} | stores
    return found if plain and declared <= set(found) and not stores else {}


def _env_file(action: Action, script: Script) -> str:
    """Return the path of the one file that ``op run`` is given, "" where it is given none or more can matter."""
    given = words(action)
    if (
        action.verb != "inject secrets"
        or given[:2] != ["op", "run"]
        or script.kind not in _IN_PLACE
        or "--" not in given
    ):
        return ""
    options = given[2 : given.index("--")]
    files = [each.removeprefix(f"{_ENV_FILE}=") for each in options if each.startswith(f"{_ENV_FILE}=")]
    if len(options) != 1 or len(files) != 1:
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(script.path), files[0]))
    return "" if path.startswith(("../", "/")) else path
