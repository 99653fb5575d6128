"""The short way of ``chittyops run``: what is known of the service, opened, and the command instead of us.

Neither Click nor the fleet file is read, nor anything imported that it could do without: all of it takes longer than
most commands. Whatever is not plain is left to the long way, which does the same and says what is wrong.
"""

# ruff: noqa: PTH111, PTH118, PTH123 - pathlib is one of the things that take too long to import
from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chittyops.app.injection import kept
from chittyops.capabilities.secrets.service import sealed
from chittyops.runtime import becoming

_KEY = "AGE-SECRET-KEY-1"


def quick(arguments: Sequence[str]) -> int | None:
    """Become the command of ``run``'s ``arguments``; None where the long way has to be gone."""
    words = asked(arguments)
    if words is None:
        return None
    service, environment, clean, command = words
    home = os.environ.get("CHITTYOPS_HOME") or _folder("XDG_STATE_HOME", ".local/state", "chittyops")
    known = kept.load(home, service, environment)
    if known is None:
        return None
    becoming.protect()
    values = _values(known["secrets"], home)
    if values is None:
        return None
    code, reason = becoming.become(command, becoming.environment({**known["config"], **values}, clean=clean))
    sys.stderr.write(f"error: {reason}\n")
    return code


def asked(arguments: Sequence[str]) -> tuple[str, str, bool, Sequence[str]] | None:
    """Return service, environment, whether the environment is to be clean, and the command; None for other words."""
    if "--" not in arguments:
        return None
    end = arguments.index("--")
    services, environment, clean = [], "", False
    words = iter(arguments[:end])
    for word in words:
        if word in ("--clean-env", "--only-declared"):
            clean = True
        elif word == "--env":
            environment = next(words, "")
        elif word.startswith("--env="):
            environment = word[len("--env=") :]
        elif word.startswith("-"):
            return None
        else:
            services.append(word)
    command = arguments[end + 1 :]
    return (services[0], environment, clean, command) if len(services) == 1 and command else None


def _values(secrets: Mapping[str, Any], home: str) -> dict[str, str] | None:
    """Return the values of what is kept, by variable; None where not all of them can be had."""
    try:
        found = sealed.opened(secrets["sops"], list(_identities(home))) if secrets["sops"]["values"] else {}
        if found is None:
            return None
        files = {path: _variables(path) for path in {path for path, _ in secrets["file"].values()}}
        found |= {variable: files[path][key] for variable, (path, key) in secrets["file"].items()}
        found |= {variable: os.environ[name] for variable, name in secrets["env"].items()}
        return found | {variable: sealed.filled(text, found) for variable, text in secrets["template"].items()}
    except (KeyError, OSError, ValueError):
        return None


def _variables(path: str) -> dict[str, str]:
    from chittyops.kernel import dotenv

    with open(path, encoding="utf-8") as file:
        return dotenv.parse(file.read())


def _identities(home: str) -> Iterator[str]:
    """Yield the age identities that cost nothing to look for; a file that others can read counts for none."""
    texts = [os.environ.get("SOPS_AGE_KEY", "")]
    own = _folder("XDG_CONFIG_HOME", ".config", "sops/age/keys.txt")
    for path in (os.environ.get("SOPS_AGE_KEY_FILE", ""), own, os.path.join(home, "keys/age.txt")):
        try:
            with open(path, encoding="utf-8") as file:
                if not os.fstat(file.fileno()).st_mode & 0o077:
                    texts.append(file.read())
        except (OSError, ValueError):
            continue
    for line in "\n".join(texts).splitlines():
        if line.strip().startswith(_KEY):
            yield line.strip()


def _folder(variable: str, default: str, rest: str) -> str:
    """Return a path of the XDG Base Directory specification, which is what Linux has."""
    return os.path.join(os.environ.get(variable) or os.path.expanduser(f"~/{default}"), rest)
