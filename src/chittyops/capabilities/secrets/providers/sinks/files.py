"""``.dev.vars`` and dotenv files: changed in place, 0600, and only where git leaves them alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.kernel.secret import Secret
from chittyops.runtime import atomic, process

LARGEST_BYTES = 1 << 20
GIT_NEEDS = ("PATH", "HOME", "XDG_CONFIG_HOME", "GIT_")
IGNORED = 0
"""The exit code of ``git check-ignore`` for a path that is ignored; one that is tracked is not."""


class DotenvFile:
    """A file of variables. Comments, order and the variables of others stay as they are."""

    readable = True
    at_once = 0

    def __init__(self, surroundings: Surroundings) -> None:
        """Take the path, relative to the workspace."""
        self._name = surroundings.target["path"]
        self._path = surroundings.root / self._name
        self._environ = surroundings.environ
        self._fingerprint = surroundings.fingerprint

    async def names(self) -> Mapping[str, str | None]:
        """Return the variables of the file; none where there is no file. Raises Refused where git would take it."""
        await self._check()
        return {name: self._fingerprint(name, Secret(value)) for name, value in dotenv.parse(self._text()).items()}

    async def write(self, values: Mapping[str, Secret]) -> None:
        """Set ``values``, as a whole or not at all."""
        await self._edit({name: value.reveal() for name, value in values.items()})

    async def remove(self, names: Collection[str]) -> None:
        """Take the lines of ``names`` out."""
        await self._edit(dict.fromkeys(names))

    async def _edit(self, values: Mapping[str, str | None]) -> None:
        await self._check()
        before = self._text()
        after = dotenv.edited(before, values)
        kept = {name: value for name, value in dotenv.parse(before).items() if name not in values}
        if dotenv.parse(after) != kept | {name: value for name, value in values.items() if value is not None}:
            raise Refused(
                f"{self._name} cannot be changed without changing what others keep in it",
                hint="look for quotes that are not closed",
            )
        if after != before:
            self._replace(after)

    def _replace(self, text: str) -> None:
        try:
            atomic.write_plaintext(self._path, text.encode())
        except OSError as error:
            raise Misconfigured(
                f"cannot write {self._name}: {error.strerror}", hint="see whose folder it is"
            ) from error

    def _text(self) -> str:
        try:
            data = self._path.read_bytes()
            if len(data) > LARGEST_BYTES:
                raise Refused(f"{self._name} is too large for a file of variables", hint="see what it is")
            return data.decode()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise Misconfigured(f"cannot read {self._name}: {reason}", hint="see what it is, and whose") from None

    async def _check(self) -> None:
        """Raise Refused where the file is a link, or git does not ignore it; Misconfigured where it has no folder."""
        if not self._path.parent.is_dir():
            raise Misconfigured(f"{self._name}: its folder is not there", hint="see `path` of the service and the sink")
        if self._path.is_symlink():
            raise Refused(f"{self._name} is a link, which would be followed", hint="name the file itself in the sink")
        if any((folder / ".git").exists() for folder in self._path.resolve().parents) and not await self._ignored():
            raise Refused(
                f"git does not ignore {self._name}, and values would be committed with it",
                hint=f"add {Path(self._name).name} to .gitignore; if git tracks it: git rm --cached {self._name}",
            )

    async def _ignored(self) -> bool:
        argv = ("git", "check-ignore", "--quiet", "--", str(self._path))
        # Tokens of vendors are in our environment: git gets what it needs to find its own settings.
        environ = {name: value for name, value in self._environ.items() if name.startswith(GIT_NEEDS)}
        command = process.Command(argv, environ=environ, cwd=self._path.parent)
        return await process.run(command, errors=process.NOWHERE) == IGNORED
