"""``file:PATH#KEY``: a key of a dotenv file in the folder of the service, or elsewhere in the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chittyops.capabilities.secrets.model import Missing
from chittyops.kernel import dotenv
from chittyops.kernel.secret import Secret, SecretRef, SecretScope


def read(scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
    """Return the values by variable; each file is read once."""
    files: dict[str, dict[str, str] | Missing] = {}
    found: dict[str, Secret | Missing] = {}
    for variable, reference in references.items():
        if reference.location not in files:
            files[reference.location] = _variables(scope, reference)
        entries = files[reference.location]
        if isinstance(entries, Missing):
            found[variable] = entries
        elif reference.key in entries:
            found[variable] = Secret(entries[reference.key])
        else:
            message = f"{reference}: {Path(scope.folder, reference.location)} has no key {reference.key}"
            found[variable] = Missing(message, f"add a line {reference.key}=...")
    return found


def _variables(scope: SecretScope, reference: SecretRef) -> dict[str, str] | Missing:
    root = Path(scope.root).resolve()
    path = (root / scope.folder / reference.location).resolve()
    if not path.is_relative_to(root):
        message = f"{reference}: the file is outside the workspace"
        return Missing(message, "keep secret files in the folder of the service or of the fleet")
    try:
        return dotenv.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return Missing(f"{reference}: {path} cannot be read: {reason}", f"create it with a line {reference.key}=...")
