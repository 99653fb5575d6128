"""Private keys of age: found wherever sops and age look for them, in the keyring of the system, or in our own file.

Places are tried in turn and only as far as needed: commands and the keyring come last, for they are slow and may ask.
"""

from __future__ import annotations

import shlex
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyrage  # type: ignore[import-untyped]
from pyrage import ssh, x25519

from chittyops.kernel.errors import Conflict, Misconfigured, Refused, Unavailable
from chittyops.runtime import atomic

if TYPE_CHECKING:
    from chittyops.kernel.clock import Clock
    from chittyops.runtime.home import Home

Identity: TypeAlias = Any
"""``x25519.Identity`` or ``ssh.Identity`` of pyrage, which comes without types."""

OWN_FILE = ("keys", "age.txt")
SERVICE, ACCOUNT = "chittyops", "age"
"""What the key is called in the keyring."""
COMMAND_TIMEOUT_SECONDS = 60.0
_PREFIX = "AGE-SECRET-KEY-1"
_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"


class Identities(Iterable[Identity]):
    """Keys, found one after the other while somebody asks for more; what was found once is kept."""

    def __init__(self, places: Iterable[Callable[[], list[Identity]]]) -> None:
        """Take what finds the keys of each place."""
        self._places = iter(tuple(places))
        self._found: list[Identity] = []

    def __iter__(self) -> Iterator[Identity]:
        """Yield every key. Raises Misconfigured or Refused for a place that is named and cannot be used."""
        position = 0
        while True:
            while position < len(self._found):
                yield self._found[position]
                position += 1
            place = next(self._places, None)
            if place is None:
                return
            self._found += place()


def identities(environ: Mapping[str, str], home: Home) -> Identities:
    """Return the keys of whoever runs this, in the order in which they are tried.

    SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, our own file, that of sops, keys of ssh, SOPS_AGE_KEY_CMD, the keyring.
    """
    return Identities(
        (
            lambda: _parsed(environ.get("SOPS_AGE_KEY", ""), "SOPS_AGE_KEY"),
            lambda: _named(environ.get("SOPS_AGE_KEY_FILE", "")),
            lambda: _own(home.path.joinpath(*OWN_FILE)),
            lambda: _present(_of_sops(environ)),
            lambda: _of_ssh(environ),
            lambda: _told(environ),
            lambda: _parsed(_kept(), "the keyring"),
        )
    )


def public(identity: Identity) -> str:
    """Return the recipient that ``identity`` reads what is meant for. Raises Misconfigured for a key of ssh."""
    if found := recipient_of(identity):
        return found
    raise Misconfigured("a key of ssh does not tell its public key", hint="take it from the file beside it: *.pub")


def recipient_of(identity: Identity) -> str:
    """Return the recipient of ``identity``, "" for a key of ssh, which does not tell it."""
    return str(identity.to_public()) if isinstance(identity, x25519.Identity) else ""


def create(home: Home, clock: Clock, *, keyring: bool = False) -> Identity:
    """Return a new key, kept in our own file (0600) or in the keyring. Raises Conflict where one is there already."""
    identity = x25519.Identity.generate()
    if keyring:
        _keep(str(identity))
        return identity
    path = home.file(*OWN_FILE)
    if path.exists():
        raise Conflict(f"there is a key in {path} already", hint="it is used as it is")
    text = f"# created: {clock.now():%Y-%m-%dT%H:%M:%SZ}\n# public key: {identity.to_public()}\n{identity}\n"
    atomic.write(path, text.encode(), lasting=True)
    return identity


def _parsed(text: str, place: str) -> list[Identity]:
    """Return the keys in ``text``: one a line, or, as in SOPS_AGE_KEY, several."""
    if text.lstrip().startswith(_OPENSSH):
        return [_ssh(text.encode(), place)]
    words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    found: list[Identity] = []
    for word in words:
        try:
            found.append(x25519.Identity.from_str(word))
        except pyrage.IdentityError:
            if word.startswith(_PREFIX) or not word.startswith("AGE-"):
                raise _no_key(place) from None
            # a key of a plugin, or a post-quantum one: not ours to use, and others may do
    return found


def _named(path: str) -> list[Identity]:
    if not path:
        return []
    try:
        return _parsed(Path(path).expanduser().read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"SOPS_AGE_KEY_FILE names {path}, which cannot be read: {getattr(error, 'strerror', error)}",
            hint="correct it, or unset it",
        ) from None


def _own(path: Path) -> list[Identity]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return []
    if stat.S_IMODE(mode) & 0o077:
        raise Refused(f"other users can read the key in {path}", hint=f"run: chmod 600 {path}")
    return _present(path)


def _present(path: Path) -> list[Identity]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), str(path))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"cannot read keys from {path}: {error}", hint="put age keys there, one a line") from None


def _of_sops(environ: Mapping[str, str]) -> Path:
    """Return where sops keeps keys: the configuration folder of the user (age/keysource.go, getUserConfigDir)."""
    home = Path(environ.get("HOME") or Path.home())
    default = home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".config"
    return Path(environ.get("XDG_CONFIG_HOME") or default) / "sops" / "age" / "keys.txt"


def _of_ssh(environ: Mapping[str, str]) -> list[Identity]:
    named = environ.get("SOPS_AGE_SSH_PRIVATE_KEY_FILE")
    path = Path(named or Path(environ.get("HOME") or Path.home()) / ".ssh" / "id_ed25519")
    try:
        data = path.expanduser().read_bytes()
    except OSError as error:
        if named:
            raise Misconfigured(
                f"SOPS_AGE_SSH_PRIVATE_KEY_FILE names {named}, which cannot be read: {error.strerror}",
                hint="correct it, or unset it",
            ) from None
        return []
    try:
        return [_ssh(data, str(path))]
    except Misconfigured:
        if named:
            raise
        return []  # the key that logs in elsewhere may have a passphrase: then it is not for this


def _ssh(data: bytes, place: str) -> Identity:
    try:
        return ssh.Identity.from_buffer(data)
    except pyrage.IdentityError as error:
        raise Misconfigured(
            f"the key in {place} cannot be used: {error}", hint="use an ed25519 key of ssh without a passphrase"
        ) from None


def _told(environ: Mapping[str, str]) -> list[Identity]:
    """Return what the command in SOPS_AGE_KEY_CMD prints; it runs without a shell."""
    line = environ.get("SOPS_AGE_KEY_CMD", "")
    if not line.strip():
        return []
    from chittyops.runtime.process import Command, captured  # noqa: PLC0415 - slow to load, rarely needed

    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise Misconfigured(f"SOPS_AGE_KEY_CMD cannot be read: {error}", hint="close its quotes") from None
    done = captured(Command(argv, environ), timeout_seconds=COMMAND_TIMEOUT_SECONDS)
    if done.code:
        raise Misconfigured(
            f"the command in SOPS_AGE_KEY_CMD ended with {done.code}", hint=f"run it yourself to see why: {argv[0]}"
        )
    return _parsed(done.output.decode(errors="replace"), "the output of SOPS_AGE_KEY_CMD")


def _kept() -> str:
    """Return what the keyring holds for us; nothing where there is no keyring, or it stays locked."""
    import keyring  # noqa: PLC0415 - slow to load, and asked last
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return keyring.get_password(SERVICE, ACCOUNT) or ""
    except (KeyringError, OSError, RuntimeError):
        return ""


def _keep(text: str) -> None:
    import keyring  # noqa: PLC0415 - slow to load
    from keyring.errors import KeyringError  # noqa: PLC0415

    if _kept():
        raise Conflict("there is a key in the keyring already", hint="it is used as it is")
    try:
        keyring.set_password(SERVICE, ACCOUNT, text)
    except (KeyringError, OSError, RuntimeError) as error:
        raise Unavailable(
            f"the keyring of this system does not take the key: {error}",
            hint="leave --keyring out: the key is then kept in a file that only you can read",
            permanent=True,
        ) from None


def _no_key(place: str) -> Misconfigured:
    return Misconfigured(
        f"what stands in {place} is no age key", hint="a key begins with AGE-SECRET-KEY-1; make one by age-keygen"
    )
