"""Is what a name holds a secret? ``AUTH_TOKEN`` is one, ``TOKEN_URL`` and ``max_tokens`` are not."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import Final

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_STRONG: Final = frozenset(
    """secret token password passwd passphrase passwort pwd pass requirepass masterauth
    apikey""".split()  # noqa: SIM905 - words read better than a column of literals
)
_STRONG_ENDS: Final = ("password", "passwd", "secret", "token", "apikey", "secretkey", "accesskey", "privatekey")
_WEAK: Final = frozenset(
    """secrets tokens passwords credential credentials creds cred auth authorization bearer cookie jwt pat salt sig
    signature sess session pin otp totp seed mnemonic nonce dsn keys""".split()  # noqa: SIM905 - words read better than a column of literals
)
_KEYS: Final = frozenset(
    """api secret access private signing encryption service auth account master admin license deploy webhook jwt hmac
    aes role server shared consumer client security rest integration
    decryption crypto wallet signer ssh vapid bearer management live""".split()  # noqa: SIM905 - words read better than a column of literals
)
"""Words before ``key`` that make it a secret one."""

_NO_KEYS: Final = frozenset("public publishable primary foreign cache sort partition idempotency site host pub".split())  # noqa: SIM905 - words read better than a column of literals
_NEVER_BEFORE: Final = frozenset(
    """public publishable csrf xsrf max min total num count no without anon hashed encrypted
    masked""".split()  # noqa: SIM905 - words read better than a column of literals
)
_NEVER_AFTER: Final = frozenset(
    """url uri urls endpoint host hostname port path paths file filename files dir folder name names id ids uuid type
    types kind ttl expires expiry expiration expire expired lifetime age length size count limit limits budget usage
    used cost price header headers field fields column schema param params parameter prefix suffix pattern regex ref
    refs store provider providers manager service services version region algorithm alg mode enabled required strategy
    policy rotation status state method methods scheme format label title placeholder message messages error errors
    description hint help text link page form input button validation validator stdin hash hashed level scope scopes
    issuer audience table index binding namespace client server middleware handler route routes router group command
    script at by is has can per with without through day days hours minutes seconds ms timeout interval domain
    location locations source sources vars env environment manifest loader template templates""".split()  # noqa: SIM905 - words read better than a column of literals
)
_TAILS: Final = frozenset(
    """prod production staging stage dev development test testing live local sandbox preview main default old new
    current previous next base64 b64 hex value raw plain primary secondary backup key string v1 v2 v3 v rw ro
    readonly admin root""".split()  # noqa: SIM905 - words read better than a column of literals
)


class Secrecy(IntEnum):
    """How sure a name is to hold a secret: never, perhaps (masked where it looks like one), surely."""

    NONE = 0
    WEAK = 1
    STRONG = 2


@lru_cache(maxsize=8192)
def secrecy(name: str) -> Secrecy:
    """Return how sure it is that ``name`` (snake, kebab or camel case) holds a secret."""
    words = [word.lower() for word in _PARTS.findall(name)]
    last = next((at for at in reversed(range(len(words))) if _is_secret(words, at)), None)
    if last is None:
        return Secrecy.NONE
    before, after = words[:last], words[last + 1 :]
    if _NEVER_BEFORE.intersection(before) or _NEVER_AFTER.intersection(after):
        return Secrecy.NONE
    if any(word not in _TAILS and not word.isdigit() for word in after) or words[last] in _WEAK:
        return Secrecy.WEAK
    return Secrecy.STRONG


def _is_secret(words: list[str], at: int) -> bool:
    word = words[at]
    if word == "key":
        return at > 0 and words[at - 1] in _KEYS
    return word in _STRONG or word in _WEAK or word.endswith(_STRONG_ENDS)


@lru_cache(maxsize=8192)
def is_variable_of_secret(name: str) -> bool:
    """Return whether an environment variable may hold a secret: any ``..._KEY`` does that is not said to be public."""
    words = [word.lower() for word in _PARTS.findall(name)]
    if words and words[-1] == "key" and not _NO_KEYS.intersection(words):
        return True
    return secrecy(name) is not Secrecy.NONE


@lru_cache(maxsize=8192)
def is_password(name: str) -> bool:
    """Return whether ``name`` holds a password, which people make, and not a token, which machines make."""
    return any(
        word in {"pass", "pwd", "requirepass", "masterauth"} or "passw" in word
        for word in map(str.lower, _PARTS.findall(name))
    )


_ID: Final = re.compile(
    r"(?:^|[_.-])(?:[a-z]*id|ids|uuid|guid|sha\d*|commit|hash|digest|integrity|checksum|resolved|etag|ref|rev|revision|"
    r"fingerprint|thumbprint|d1|kv|namespace|bucket|d|src|href|path|url|version|sha256|md5)$"
)
_CAMEL_ID: Final = re.compile(r"[a-z](?:Id|Ids|Hash|Sha)$")


@lru_cache(maxsize=8192)
def is_identifier(name: str) -> bool:
    """Return whether ``name`` holds an id, a digest or an address, which look random and are no secret."""
    return bool(_ID.search(name.lower()) or _CAMEL_ID.search(name))
