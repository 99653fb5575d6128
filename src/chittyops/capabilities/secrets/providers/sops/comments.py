"""Comments: each is encrypted and bound to the map or list it stands in, and no MAC covers it."""

from __future__ import annotations

from collections.abc import Iterable

from chittyops.capabilities.secrets.providers.sops.cipher import (
    Cipher,
    Undecipherable,
    looks_damaged,
    looks_encrypted,
    place,
)
from chittyops.capabilities.secrets.providers.sops.trouble import altered, line
from chittyops.capabilities.secrets.providers.sops.values import Path

Comment = tuple[str, str, Path]
"""A comment as it stands in the file, its text, and the map or list it belongs to."""


def read(comment: tuple[str, tuple[Path, ...]], cipher: Cipher, text: str, path: str) -> Comment:
    """Return a comment with its text; which map or list it belongs to shows in what it is bound to."""
    raw, places = comment
    if looks_encrypted(raw):
        for each in places:
            try:
                return raw, cipher.decrypt(raw, place(each))[1], each
            except Undecipherable:
                continue
    elif not looks_damaged(raw):
        return raw, raw, ()
    raise altered("a comment", path, line(text, raw))


def again(comment: Comment, cipher: Cipher) -> Comment:
    """Return a comment encrypted anew; one in the clear as it is."""
    raw, text, keys = comment
    return (cipher.encrypt(text, place(keys), "comment"), text, keys) if looks_encrypted(raw) else comment


def in_place(
    text: str, found: Iterable[tuple[str, tuple[Path, ...]]], comments: Iterable[Comment], cipher: Cipher
) -> str:
    """Return ``text`` with each comment bound to where it stands now: the map it was in may be gone."""
    known = {raw: (plain, keys) for raw, plain, keys in comments if looks_encrypted(raw)}
    for raw, places in found:
        plain, keys = known.get(raw, ("", ()))
        if plain and keys not in places:
            text = text.replace(raw, cipher.encrypt(plain, place(places[0]), "comment"))
    return text
