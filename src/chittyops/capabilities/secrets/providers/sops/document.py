"""A SOPS file: read and verified, changed in memory, and written so that what did not change keeps its ciphertext."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chittyops.capabilities.secrets.providers.sops import (
    comments,
    dotenv,
    json,
    metadata,
    recipients,
    yaml,
    yaml_writer,
)
from chittyops.capabilities.secrets.providers.sops.cipher import (
    KEY_BYTES,
    Cipher,
    Undecipherable,
    looks_encrypted,
    place,
)
from chittyops.capabilities.secrets.providers.sops.comments import Comment
from chittyops.capabilities.secrets.providers.sops.conflict import refuse_conflict
from chittyops.capabilities.secrets.providers.sops.metadata import SEAL, Metadata, Rule
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed, altered, line, not_sops
from chittyops.capabilities.secrets.providers.sops.values import Leaf, Path, Scalar, Tree, described, mapped, walk
from chittyops.kernel.errors import Misconfigured, Place
from chittyops.runtime.clock import SystemClock

if TYPE_CHECKING:
    from chittyops.capabilities.secrets.providers.sops.recipients import Identity
    from chittyops.kernel.clock import Clock

_PARSERS: dict[str, ModuleType] = {"yaml": yaml, "json": json, "dotenv": dotenv}
_WRITERS: dict[str, ModuleType] = {"yaml": yaml_writer, "json": json, "dotenv": dotenv}
_ONLY_ENCRYPTED = hashlib.sha256(b"sops").digest()
"""What the MAC of a file with ``mac_only_encrypted`` begins with."""
_BLANK = "0" * 64
_PART = "sops"


@dataclass(frozen=True, slots=True)
class Outline:
    """What can be told of a SOPS file without a key. ``ciphertexts`` has every value as it stands in the file."""

    path: str
    format: str
    recipients: tuple[str, ...]
    modified: str
    ciphertexts: Mapping[Path, str]


@dataclass(frozen=True, slots=True)
class Document:
    """A SOPS file in memory. ``values`` are its maps and lists with a Secret, or None for null, at each leaf.

    Below ``leaves`` is what is known of each value, below ``said`` what the file says of itself.
    """

    path: str
    format: str
    values: Mapping[str, Any]
    recipients: tuple[str, ...]
    modified: str
    leaves: Tree = field(repr=False)
    said: Tree = field(repr=False)
    text: str = field(repr=False)
    key: bytes = field(repr=False)
    comments: tuple[Comment, ...] = field(default=(), repr=False)
    rule: Rule = field(default_factory=Rule)
    changed: bool = False

    def with_leaves(self, leaves: Tree) -> Document:
        """Return the document with other values."""
        return replace(self, leaves=leaves, values=_secrets(leaves), changed=True)


def format_of(path: str) -> str:
    """Return the format of a file with this name, as SOPS chooses it; YAML where SOPS would take it for binary."""
    if path.endswith(".json"):
        return "json"
    return "dotenv" if path.endswith(".env") or path.rpartition("/")[2].startswith(".env") else "yaml"


def load(data: bytes, path: str, identities: Iterable[Identity]) -> Document:
    """Return the decrypted document.

    Raises Misconfigured, and gives nothing out, for what is no SOPS file, cut off, damaged, in conflict, or not meant
    for any of ``identities``.
    """
    text = _decoded(data, path)
    refuse_conflict(text, path, _PARSERS[format_of(path)])
    try:
        tree, remarks = _PARSERS[format_of(path)].parse(text)
        said = tree.pop(_PART, None)
        about = metadata.read(said)
        key = recipients.unwrap(about, identities)
    except Malformed as error:
        raise not_sops(error, path) from None
    if key is None or len(key) != KEY_BYTES:
        raise recipients.no_key(about, path)
    _verify_seal(text, about.seal, key, path)
    cipher = Cipher(key)
    leaves = _decrypted(tree, about.rule, cipher, text, path)
    _verify_mac(leaves, about, cipher, path)
    known = tuple(comments.read(each, cipher, text, path) for each in remarks)
    return Document(
        path=path,
        format=format_of(path),
        values=_secrets(leaves),
        recipients=about.recipients,
        modified=about.modified,
        leaves=leaves,
        said=said,
        text=text,
        key=key,
        comments=known,
        rule=about.rule,
    )


def outline(data: bytes, path: str) -> Outline:
    """Return what the file says without a key. Raises Misconfigured as ``load`` does, for what shows without one."""
    text = _decoded(data, path)
    refuse_conflict(text, path, _PARSERS[format_of(path)])
    try:
        tree, _ = _PARSERS[format_of(path)].parse(text)
        about = metadata.read(tree.pop(_PART, None))
    except Malformed as error:
        raise not_sops(error, path) from None
    ciphertexts = {where: "" if raw is None else str(raw) for where, raw in walk(tree)}
    return Outline(path, format_of(path), about.recipients, about.modified, ciphertexts)


def create(path: str, readers: Sequence[str], *more: Sequence[str], threshold: int = 0) -> Document:
    """Return an empty document for ``readers``; with ``more`` groups, ``threshold`` of them are needed to read it.

    Raises Misconfigured for what is no recipient.
    """
    key = os.urandom(KEY_BYTES)
    groups = (tuple(readers), *map(tuple, more))
    if not all(groups):
        raise Misconfigured(f"{path}: a SOPS file needs a recipient", hint="give at least one age recipient")
    said = metadata.written(recipients.wrap(key, groups, threshold), threshold or len(groups))
    names = tuple(dict.fromkeys(each for group in groups for each in group))
    return Document(path, format_of(path), {}, names, "", {}, said, "", key, changed=True)


def with_recipients(document: Document, wanted: Sequence[str]) -> Document:
    """Return the document for other recipients.

    Where all who could read it still can, it is opened to the others as it is. Else, and where they are the same as
    before, it gets a new data key and everything is encrypted anew. Raises
    Misconfigured where other tools than age, or several groups, hold the key.
    """
    about = metadata.read(document.said) if document.text else None
    if about and (about.others or len(about.groups) > 1):
        what = f"{', '.join(about.others)} keys" if about.others else "several key groups"
        raise Misconfigured(
            f"{document.path} has {what}, which only sops itself can change",
            hint="edit .sops.yaml and run: sops updatekeys FILE && sops rotate -i FILE",
        )
    if not wanted:
        raise Misconfigured(f"{document.path}: nobody could read it any more", hint="keep at least one recipient")
    if set(wanted) > set(document.recipients):
        new = [each for each in wanted if each not in document.recipients]
        entries = metadata.written(recipients.wrap(document.key, (new,)))["age"]
        said = {**document.said, "age": [*document.said["age"], *entries]}
        return replace(document, recipients=(*document.recipients, *new), said=said, changed=True)
    key = os.urandom(KEY_BYTES)
    cipher = Cipher(key)
    shares = metadata.written(recipients.wrap(key, (tuple(wanted),)))
    leaves = mapped(document.leaves, lambda leaf, _path, keys: _encrypted_again(leaf, cipher, keys))
    remarks = tuple(comments.again(each, cipher) for each in document.comments)
    text = document.text
    for (old, _, _), (replacement, _, _) in zip(document.comments, remarks, strict=True):
        text = text.replace(old, replacement)
    said = {**document.said, "age": shares["age"]}
    changed = replace(document, recipients=tuple(wanted), said=said, key=key, comments=remarks, text=text)
    return changed.with_leaves(leaves)


def with_comments(document: Document, more: Sequence[Comment]) -> Document:
    """Return the document with more comments, at the end of its values; JSON has none."""
    if not more or document.format == "json":
        return document
    cipher = Cipher(document.key)
    new = tuple(comments.again((raw, text, ()), cipher) for raw, text, _ in more)
    start = re.search(r"^sops[:_]", document.text, re.MULTILINE)
    at = start.start() if start else len(document.text)
    lines = "".join(f"#{raw}\n" for raw, _, _ in new)
    text = document.text[:at] + lines + document.text[at:]
    return replace(document, text=text, comments=(*document.comments, *new), changed=True)


def dump(document: Document, clock: Clock | None = None) -> bytes:
    """Return the file: the very bytes that were read where nothing changed, else with a new MAC, seal and time."""
    if not document.changed:
        return document.text.encode()
    modified = (clock or SystemClock()).now().strftime("%Y-%m-%dT%H:%M:%SZ")
    cipher, parser = Cipher(document.key), _PARSERS[document.format]
    mac, seal = cipher.encrypt(modified, b""), os.urandom(KEY_BYTES).hex()  # they hold the places
    said = {**document.said, "lastmodified": modified, "mac": mac, SEAL: seal}
    said = said if document.text else dict(sorted(said.items()))
    tree = mapped(document.leaves, lambda leaf, _path, _keys: leaf.raw)
    text = _WRITERS[document.format].write(document.text, {**tree, _PART: said})
    written, remarks = parser.parse(text)
    text = comments.in_place(text, remarks, document.comments, cipher)
    true = _mac(_in_order(document.leaves, written), document.rule)
    text = text.replace(mac, cipher.encrypt(true, modified.encode()))
    return bytes(text.replace(seal, _seal(text.replace(seal, _BLANK), document.key)).encode())


def _in_order(leaves: Tree, written: Tree) -> list[Leaf]:
    """Return the values in the order in which they were written: a key that was there before kept its place."""
    known = dict(walk(leaves))
    return [known[path] for path, _ in walk(written) if path[0] != _PART]


def _seal(blank: str, key: bytes) -> str:
    """Return the MAC of the whole file, in which zeros stand for the seal."""
    own = hmac.digest(key, SEAL.encode(), "sha256")
    return hmac.digest(own, blank.encode(), "sha256").hex()


def _verify_seal(text: str, seal: str, key: bytes, path: str) -> None:
    if not seal:  # written by SOPS itself, or by another tool
        return
    expected = _seal(text.replace(seal, _BLANK), key)
    if text.count(seal) != 1 or not hmac.compare_digest(seal, expected):
        raise Misconfigured(
            f"{path} was changed after it was written: its seal is broken",
            hint=f"`git diff {path}` shows what changed, `git restore {path}` takes it back; if the change is meant "
            f"(a comment, a file laid out anew), take out the line {SEAL}: values stay protected by the MAC of SOPS",
            place=Place(path, line(text, SEAL)),
        )


def _decrypted(tree: Tree, rule: Rule, cipher: Cipher, text: str, path: str) -> Tree:
    def leaf(raw: Scalar, where: Path, keys: Path) -> Leaf:
        encrypted = looks_encrypted(raw) if (known := rule.encrypts(keys)) is None else known
        if raw is None or not encrypted:
            kind, plain = described(raw)
            return Leaf(kind, plain, raw, encrypted=False)
        try:
            return Leaf(*cipher.decrypt(raw, place(keys)), raw, encrypted=True)
        except Undecipherable:
            number = line(text, raw) if isinstance(raw, str) else 0
            raise altered(f"the value of {'.'.join(where)}", path, number) from None

    decrypted: Tree = mapped(tree, leaf)
    return decrypted


def _mac(leaves: Iterable[Leaf], rule: Rule) -> str:
    """Return the MAC of SOPS: SHA-512 of every value in order, or of the encrypted ones alone."""
    digest = hashlib.sha512(_ONLY_ENCRYPTED if rule.mac_only_encrypted else b"")
    for leaf in leaves:
        if leaf.encrypted or not rule.mac_only_encrypted:
            digest.update(leaf.text.encode())
    return digest.hexdigest().upper()


def _verify_mac(leaves: Tree, about: Metadata, cipher: Cipher, path: str) -> None:
    try:
        _, mac = cipher.decrypt(about.mac, about.modified.encode())
    except Undecipherable:
        raise altered("`sops.mac` or `sops.lastmodified`", path, 0) from None
    if not hmac.compare_digest(mac, _mac((leaf for _, leaf in walk(leaves)), about.rule)):
        raise altered("a value that is not encrypted, or the set or order of values,", path, 0)


def _encrypted_again(leaf: Leaf, cipher: Cipher, keys: Path) -> Leaf:
    return replace(leaf, raw=cipher.encrypt(leaf.text, place(keys), leaf.kind)) if leaf.encrypted else leaf


def _secrets(leaves: Tree) -> Tree:
    secrets: Tree = mapped(leaves, lambda leaf, _path, _keys: leaf.secret)
    return secrets


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise not_sops(Malformed("it is not UTF-8", line), path) from None
