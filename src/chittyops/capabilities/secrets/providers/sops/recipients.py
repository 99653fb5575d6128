"""The data key, wrapped for each recipient by age, and split over key groups by Shamir's scheme."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import pyrage  # type: ignore[import-untyped]

from chittyops.capabilities.secrets.providers.sops.metadata import Metadata, Share
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.kernel.errors import Misconfigured, Place

Identity: TypeAlias = Any
"""``x25519.Identity`` or ``ssh.Identity`` of pyrage, which comes without types."""

_ARMOR = re.compile(
    r"-----BEGIN AGE ENCRYPTED FILE-----\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/=]{1,64}\n)"
    r"-----END AGE ENCRYPTED FILE-----\n?"
)
_HEADER = b"age-encryption.org/v1\n-> "


def unwrap(metadata: Metadata, identities: Iterable[Identity]) -> bytes | None:
    """Return the data key, None where ``identities`` do not suffice. Raises Malformed."""
    for group in metadata.groups:
        for share in group:
            check(share)
    if len(metadata.groups) == 1:
        return _opened(metadata.groups[0], identities)
    needed = metadata.threshold or len(metadata.groups)
    parts = [part for group in metadata.groups if (part := _opened(group, identities)) is not None]
    if len(parts) < needed:
        return None
    from chittyops.capabilities.secrets.providers.sops import shamir  # noqa: PLC0415 - few files are split

    try:
        return shamir.combine(parts)
    except ValueError as error:
        raise Malformed(str(error)) from None


def wrap(key: bytes, groups: Sequence[Sequence[str]], threshold: int = 0) -> tuple[tuple[Share, ...], ...]:
    """Return ``key`` for the recipients of each group. Raises Misconfigured for what is no recipient."""
    parts = [key]
    if len(groups) > 1:
        from chittyops.capabilities.secrets.providers.sops import shamir  # noqa: PLC0415 - few files are split

        parts = shamir.split(key, len(groups), threshold or len(groups))
    return tuple(
        tuple(Share(recipient, _wrapped(part, recipient)) for recipient in group)
        for part, group in zip(parts, groups, strict=True)
    )


def recipient(text: str) -> Any:
    """Return pyrage's recipient that ``text`` stands for. Raises Misconfigured."""
    from pyrage import ssh, x25519  # noqa: PLC0415 - a reader needs neither

    try:
        if text.startswith("ssh-"):
            return ssh.Recipient.from_str(text)
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        hint = "a recipient is what `age-keygen -y` prints (age1...), or a public key of ssh (ssh-ed25519 ...)"
        raise Misconfigured(f"{text!r} is not an age recipient: {error}", hint=hint) from None


def check(share: Share) -> None:
    """Raise Malformed where a recipient or its block is damaged, as far as that shows without its key."""
    try:
        canonical = share.recipient.startswith("ssh-") or str(recipient(share.recipient)) == share.recipient
    except Misconfigured:
        canonical = False
    if not canonical:
        raise Malformed(f"the recipient {share.recipient} is damaged")
    match = _ARMOR.fullmatch(share.armor)
    if match is None or not _header(match[1].replace("\n", "")):
        raise Malformed(f"the block of the recipient {share.recipient} is damaged")


def no_key(about: Metadata, path: str) -> Misconfigured:
    """Return the error that none of the keys at hand opens the file; it names those that would."""
    who = ", ".join(about.recipients) or "no age key"
    if about.others:
        who += f", and keys of {', '.join(about.others)}, which ChittyOps does not use"
    if len(about.groups) > 1:
        who += f" ({about.threshold or len(about.groups)} of {len(about.groups)} key groups are needed)"
    return Misconfigured(
        f"none of your keys opens {path}; it can be read by {who}",
        hint="put your key in SOPS_AGE_KEY_FILE, or have one of those who can read it run: "
        "chittyops secrets grant NAME YOUR-AGE-RECIPIENT (`chittyops secrets init` prints yours)",
        place=Place(path),
    )


def _header(text: str) -> bool:
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return False
    return data.startswith(_HEADER) and binascii.b2a_base64(data, newline=False).decode() == text


def _opened(shares: Iterable[Share], identities: Iterable[Identity]) -> bytes | None:
    for identity in identities:
        for share in shares:
            try:
                return bytes(pyrage.decrypt(share.armor.encode(), [identity]))
            except pyrage.DecryptError:
                continue
    return None


def _wrapped(part: bytes, text: str) -> str:
    return bytes(pyrage.encrypt(part, [recipient(text)], armored=True)).decode()
