"""Secrets of one service as they stand encrypted in the fleet's files: kept together, and opened in one go.

There is no value in it and no key that is not wrapped, so it may be kept on disk like the files themselves. Nothing
is imported here that ``chittyops run`` could do without.
"""

# ruff: noqa: PLC0415 - what decrypts is loaded where there is something to decrypt
from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chittyops.capabilities.secrets.model import Slot
    from chittyops.kernel.secret import SecretScope

Sealed = dict[str, Any]
"""JSON: ``keys`` has the age blocks of each file's data key, ``values`` by variable its file, place and ciphertext."""

_PREFIX, _SUFFIX = "ENC[AES256_GCM,", "]"
_REFERENCE = r"\$\$\{|\$\{secret:([^}]*)\}"
_FIELDS = ("data", "iv", "tag", "type")


def seal(scope: SecretScope, names: Mapping[str, str], texts: Mapping[str, str]) -> Sealed | None:
    """Return what stands in the SOPS files ``texts``, by environment, for ``names`` by variable.

    None where that cannot be opened by itself: a data key in parts, or a value that is not encrypted. The files have
    been verified by whoever asks.
    """
    from chittyops.capabilities.secrets.service import scopes

    keys: dict[str, list[str]] = {}
    stored: dict[Slot, str | None] = {}
    for environment, text in texts.items():
        tree = _tree(text)
        keys[environment] = [share["enc"] for share in tree.pop("sops").get("age") or ()]
        stored |= scopes.flat(environment, tree)
    values = {}
    for variable, name in names.items():
        slot = scopes.find(scope, name, stored)
        sealed = (slot and stored[slot]) or ""
        if slot is None or not sealed.startswith(_PREFIX) or not keys[slot.part.environment]:
            return None
        values[variable] = [slot.part.environment, ":".join((*slot.keys, "")), *_fields(sealed)]
    used = {each[0] for each in values.values()}
    return {"keys": {name: each for name, each in keys.items() if name in used}, "values": values}


def _tree(text: str) -> Any:
    import yaml

    # Every scalar as its text: what is encrypted is a text, and nothing else is looked at.
    return yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 - this loader makes nothing but texts


def _fields(text: str) -> list[str]:
    parts = dict(each.split(":", 1) for each in text[len(_PREFIX) : -len(_SUFFIX)].split(","))
    return [parts[name] for name in _FIELDS]


def opened(sealed: Sealed, identities: Sequence[str]) -> dict[str, str] | None:
    """Return the values by variable; None where no one of ``identities`` (AGE-SECRET-KEY-1...) opens them.

    Each value is authenticated by its own tag, together with the place that it stands at.
    """
    import pyrage  # type: ignore[import-untyped]
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        known = [pyrage.x25519.Identity.from_str(each) for each in identities]
        ciphers = {name: AESGCM(_data_key(blocks, known)) for name, blocks in sealed["keys"].items()}
        values = {}
        for variable, (file, place, data, iv, tag, kind) in sealed["values"].items():
            text = ciphers[file].decrypt(_bytes(iv), _bytes(data) + _bytes(tag), place.encode()).decode()
            values[variable] = text.lower() if kind == "bool" else text
    except (pyrage.IdentityError, pyrage.DecryptError, InvalidTag, ValueError):
        return None
    return values


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with each ``${secret:NAME}`` in it replaced; ``$${`` is a plain ``${``. Raises KeyError."""
    import re

    return re.sub(_REFERENCE, lambda match: "${" if match[1] is None else values[match[1]], text)


def _data_key(blocks: Sequence[str], identities: Sequence[Any]) -> bytes:
    import pyrage

    for block in blocks:
        try:
            return bytes(pyrage.decrypt(block.encode(), identities))
        except pyrage.DecryptError:
            continue
    raise ValueError(blocks)


def _bytes(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)
