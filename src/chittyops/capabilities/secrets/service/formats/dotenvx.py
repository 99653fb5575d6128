"""Dotenv files, with values encrypted by dotenvx where there are some.

An encrypted value is ``encrypted:`` and, in base64, what eciesjs makes with its defaults
(https://github.com/ecies/js): an ephemeral secp256k1 point (65 bytes), nonce (16), tag (16) and the ciphertext of
AES-256-GCM; its key is HKDF-SHA256 of the ephemeral and the shared point, without salt and info.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured

PREFIX = "encrypted:"
PRIVATE, PUBLIC = "DOTENV_PRIVATE_KEY", "DOTENV_PUBLIC_KEY"
_POINT, _NONCE, _TAG = 65, 16, 16
_PRIME = 2**256 - 2**32 - 977
_WORD = re.compile(r"[^A-Z0-9]+")


def read(text: str, path: str, environ: Mapping[str, str], keys: Callable[[], str]) -> dict[str, str]:
    """Return the variables of ``text`` decrypted.

    The private key is ``DOTENV_PRIVATE_KEY_STAGING`` for ``.env.staging``, ``DOTENV_PRIVATE_KEY`` for ``.env``: in
    ``environ``, or in ``.env.keys``. Raises Misconfigured.
    """
    variables = dotenv.parse(text)
    if not any(value.startswith(PREFIX) for value in variables.values()):
        return variables
    name = private_key_name(path)
    given = environ.get(name) or dotenv.parse(keys()).get(name) or ""
    if not given:
        hint = f"set {name}, or put .env.keys beside the file, as dotenvx has it"
        raise Misconfigured(f"its values are encrypted by dotenvx, and {name} is not here", hint=hint)
    # Keys may be given in turn, by commas, when one takes over from another.
    privates = [each.strip() for each in given.split(",")]
    return {
        variable: decrypted(variable, value, privates) if value.startswith(PREFIX) else value
        for variable, value in variables.items()
        if not variable.startswith(PUBLIC)
    }


def private_key_name(path: str) -> str:
    """Return the variable of the private key for the file ``path``."""
    ending = path.replace("\\", "/").rpartition("/")[2].removeprefix(".env").strip(".")
    return f"{PRIVATE}_{_WORD.sub('_', ending.upper())}" if ending and ending != "vault" else PRIVATE


def decrypted(variable: str, value: str, privates: Iterable[str]) -> str:
    """Return what ``encrypted:...`` stands for. Raises Misconfigured that names the variable, and no more."""
    try:
        data = base64.b64decode(value.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise Misconfigured(f"{variable} is not base64", hint="encrypt it again with dotenvx") from None
    for private in privates:
        if (plain := _opened(data, private)) is not None:
            return plain
    raise Misconfigured(f"{variable} cannot be decrypted with the private key", hint="the key is another file's")


def _opened(data: bytes, private: str) -> str | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to load, rarely needed
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    curve = ec.SECP256K1()
    point, rest = data[:_POINT], data[_POINT:]
    nonce, tag, sealed = rest[:_NONCE], rest[_NONCE : _NONCE + _TAG], rest[_NONCE + _TAG :]
    try:
        key = ec.derive_private_key(int(private, 16), curve)
        shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, point))
    except ValueError:
        return None
    # The exchange gives x alone, and the key is made of x and y: y is one of two, and only one of them decrypts.
    for y in _ordinates(int.from_bytes(shared)):
        material = HKDF(SHA256(), 32, salt=None, info=None).derive(point + b"\x04" + shared + y.to_bytes(32))
        with suppress(InvalidTag, ValueError):
            return AESGCM(material).decrypt(nonce, sealed + tag, None).decode()
    return None


def _ordinates(x: int) -> tuple[int, int]:
    """Return both y of the points of secp256k1 (y^2 = x^3 + 7, SEC 2 section 2.4.1) that have this x."""
    y = pow(pow(x, 3, _PRIME) + 7, (_PRIME + 1) // 4, _PRIME)
    return y, _PRIME - y
