"""``op://VAULT/ITEM/FIELD``: 1Password, read by its own command line ``op``, which says no value anywhere but to us.

``op read``: https://developer.1password.com/docs/cli/reference/commands/read
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from chittyops.capabilities.secrets.model import Missing
from chittyops.kernel.errors import ChittyOpsError
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

PROGRAM = "op"
TIMEOUT_SECONDS = 60.0
"""A person may have to touch a sensor first."""
_AT_ONCE = 8
_PREFIX = re.compile(r"^\[ERROR\]\s*(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)?\s*")
_LOG_IN = "log in: `op signin`, or set OP_SERVICE_ACCOUNT_TOKEN"
_NOT_LOGGED_IN = ("not signed in", "not currently signed in", "no account", "session expired", "authoriz")


class OnePassword:
    """Reads references by the program of 1Password."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Take the environment that ``op`` runs in: its session and its account stand there."""
        self._environ = environ

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
        """Return the values by variable, each reference read once, several at a time."""
        program = shutil.which(PROGRAM, path=self._environ.get("PATH", ""))
        if not program:
            message = "the command line of 1Password (`op`) is not installed"
            return {
                variable: Missing(f"{reference}: {message}", f"install 1Password CLI, then {_LOG_IN}")
                for variable, reference in references.items()
            }
        distinct = list(dict.fromkeys(references.values()))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            values = dict(zip(distinct, pool.map(lambda each: self._read(program, each), distinct), strict=True))
        return {variable: values[reference] for variable, reference in references.items()}

    def _read(self, program: str, reference: SecretRef) -> Secret | Missing:
        from chittyops.runtime.process import Command, captured  # noqa: PLC0415 - slow to load, rarely needed

        command = Command((program, "read", "--no-newline", str(reference)), self._environ)
        try:
            done = captured(command, timeout_seconds=TIMEOUT_SECONDS)
            if done.code == 0:
                return Secret(done.output.decode())
        except ChittyOpsError as error:
            return Missing(f"{reference}: {error.message}", _LOG_IN, permanent=error.permanent)
        except UnicodeDecodeError:
            return Missing(f"{reference}: the field is not text", "refer to a text field")
        lines = done.errors.decode(errors="replace").strip().splitlines()
        said = _PREFIX.sub("", lines[-1]) if lines else f"op ended with {done.code}"
        known = any(words in said.lower() for words in _NOT_LOGGED_IN)
        return Missing(f"{reference}: 1Password says: {said}", _LOG_IN if known else f"look at the path; {_LOG_IN}")
