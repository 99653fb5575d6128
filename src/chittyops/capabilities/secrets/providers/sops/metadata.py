"""What a SOPS file says of itself below ``sops``: who can read it, which values are encrypted, when it was written.

Accepted is what SOPS writes and nothing else, so that a flipped bit shows even where no MAC covers it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.secrets.providers.sops.cipher import looks_encrypted
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Timestamp, Tree

VERSION = "3.13.2"
"""The version of SOPS whose format is written."""
SEAL = "seal_of_chittyops"
"""Our own entry, which SOPS passes over: a MAC of every byte of the file.

Its first letter is no single bit away from ``#``, which would hide the entry."""
DEFAULT_SUFFIX = "_unencrypted"

_RULES = (
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
)
_OTHER_KEYS = ("pgp", "kms", "gcp_kms", "hckms", "azure_kv", "hc_vault")
"""Kinds of keys other than age, whose entries are kept as they are."""
_ENTRIES = {
    "age": {"recipient", "enc"},
    "pgp": {"created_at", "enc", "fp"},
    "kms": {"arn", "role", "context", "created_at", "enc", "aws_profile"},
    "gcp_kms": {"resource_id", "created_at", "enc"},
    "hckms": {"key_id", "created_at", "enc"},
    "azure_kv": {"vault_url", "name", "version", "created_at", "enc"},
    "hc_vault": {"vault_address", "engine_path", "key_name", "created_at", "enc"},
}
_KNOWN = {"lastmodified", "mac", "mac_only_encrypted", "version", "shamir_threshold", "key_groups", SEAL}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[-+]\d\d:\d\d)", re.ASCII)
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", re.ASCII)
_SEAL = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Share:
    """The data key, or a part of it, for one age recipient."""

    recipient: str
    armor: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Which values a file encrypts (``name`` and ``pattern``), and whether its MAC covers those alone."""

    name: str = "unencrypted_suffix"
    pattern: str = DEFAULT_SUFFIX
    mac_only_encrypted: bool = False

    def encrypts(self, keys: tuple[str, ...]) -> bool | None:
        """Return whether a value below ``keys`` is encrypted; None where comments decide (``shouldBeEncrypted``)."""
        if self.name.endswith("comment_regex"):
            return None
        if self.name.endswith("suffix"):
            found = any(key.endswith(self.pattern) for key in keys)
        else:
            found = any(re.search(self.pattern, key) for key in keys)
        return found == self.name.startswith("encrypted")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What stands below ``sops``. ``groups`` has one list of shares, or several, of which ``threshold`` are needed.

    ``others`` are the kinds of keys besides age.
    """

    groups: tuple[tuple[Share, ...], ...]
    threshold: int
    others: tuple[str, ...]
    rule: Rule
    modified: str
    mac: str
    seal: str

    @property
    def recipients(self) -> tuple[str, ...]:
        """Return every age recipient, once."""
        return tuple(dict.fromkeys(share.recipient for group in self.groups for share in group))


def read(said: Any) -> Metadata:
    """Return what is said below ``sops``. Raises Malformed."""
    if not isinstance(said, dict):
        raise Malformed("it has no `sops` part")
    unknown = set(said) - _KNOWN - set(_RULES) - set(_ENTRIES)
    if unknown:
        raise Malformed(f"`sops` has a key that is not known: {min(unknown)}")
    groups, others = _groups(said)
    if not looks_encrypted(_text(said, "mac")):
        raise Malformed("`sops.mac` is not an encrypted value")
    if "version" in said:  # rops writes none
        _text(said, "version", _VERSION)
    return Metadata(
        groups=groups,
        threshold=_number(said.get("shamir_threshold", 0)),
        others=others,
        rule=_rule(said),
        modified=_text(said, "lastmodified", _TIME),
        mac=_text(said, "mac"),
        seal=_text(said, SEAL, _SEAL) if SEAL in said else "",
    )


def _rule(said: Tree) -> Rule:
    only = _flag(said.get("mac_only_encrypted", False))
    rules = [rule for rule in _RULES if said.get(rule)]
    if not rules:
        return Rule(mac_only_encrypted=only)
    if len(rules) > 1:
        raise Malformed(f"`sops` has both {rules[0]} and {rules[1]}")
    pattern = _text(said, rules[0])
    if rules[0].endswith("regex"):
        try:
            re.compile(pattern)
        except re.error as error:
            raise Malformed(f"`sops.{rules[0]}` is not a regular expression: {error}") from None
    return Rule(rules[0], pattern, only)


def written(groups: tuple[tuple[Share, ...], ...], threshold: int = 0) -> Tree:
    """Return what stands below ``sops`` in a new file, but for time, MAC and seal; in the order of SOPS: by name."""
    entries = [[{"enc": share.armor, "recipient": share.recipient} for share in group] for group in groups]
    if len(groups) == 1:
        return {"age": entries[0], "unencrypted_suffix": DEFAULT_SUFFIX, "version": VERSION}
    return {
        "key_groups": [{"age": group, "hc_vault": []} for group in entries],
        "shamir_threshold": threshold,
        "unencrypted_suffix": DEFAULT_SUFFIX,
        "version": VERSION,
    }


def _groups(said: Tree) -> tuple[tuple[tuple[Share, ...], ...], tuple[str, ...]]:
    top = {kind: _entries(kind, said.get(kind)) for kind in _ENTRIES}
    if any(top.values()):
        return (_shares(top["age"]),), tuple(kind for kind in _OTHER_KEYS if top[kind])
    groups = said.get("key_groups") or []
    if not isinstance(groups, list) or not groups or not all(isinstance(group, dict) for group in groups):
        raise Malformed("`sops` names nobody who could read the file")
    found, others = [], []
    for group in groups:
        if set(group) - set(_ENTRIES):
            raise Malformed(f"a key group has a key that is not known: {min(set(group) - set(_ENTRIES))}")
        entries = {kind: _entries(kind, group.get(kind)) for kind in _ENTRIES}
        found.append(_shares(entries["age"]))
        others += [kind for kind in _OTHER_KEYS if entries[kind]]
    return tuple(found), tuple(dict.fromkeys(others))


def _entries(kind: str, entries: Any) -> list[Tree]:
    if entries is None or entries == []:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Malformed(f"`sops.{kind}` is not a list of keys")
    for entry in entries:
        if set(entry) - _ENTRIES[kind] or "enc" not in entry:
            raise Malformed(f"`sops.{kind}` has an entry of another form")
    return entries


def _shares(entries: list[Tree]) -> tuple[Share, ...]:
    return tuple(Share(_text(entry, "recipient"), _text(entry, "enc")) for entry in entries)


def _text(said: Tree, key: str, form: re.Pattern[str] | None = None) -> str:
    value = said.get(key)
    if isinstance(value, Timestamp):  # rops leaves the quotes out
        value = value.text
    if not isinstance(value, str) or not value or (form and not form.fullmatch(value)):
        raise Malformed(f"`sops.{key}` is missing or damaged")
    return value


def _number(value: Any) -> int:
    """Return a number, which dotenv files have as text."""
    text = str(value)
    if isinstance(value, bool) or not text.isdigit() or len(text) > 3:  # noqa: PLR2004 - there are 255 at most
        raise Malformed("`sops.shamir_threshold` is not a number")
    return int(text)


def _flag(value: Any) -> bool:
    if value not in (True, False, "true", "false"):
        raise Malformed("`sops.mac_only_encrypted` is neither true nor false")
    return value in (True, "true")
