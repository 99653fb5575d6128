"""Changes of values in a document: a value keeps its type where it can, its place and, unchanged, its ciphertext."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chittyops.capabilities.secrets.providers.sops.cipher import Cipher, place
from chittyops.capabilities.secrets.providers.sops.document import Document
from chittyops.capabilities.secrets.providers.sops.values import Leaf, Path, Tree, described, fits, mapped, native
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

Value = Secret | Leaf | None | Mapping[str, Any] | list[Any]
"""What can be set. A Leaf is a value of another document, whose type it keeps."""


def with_values(document: Document, edits: Mapping[Path, Value]) -> Document:
    """Return the document with ``edits`` made: a Secret, or a map or list of them, is set; None takes the key away.

    Items of lists go by their number. Maps that become empty go, too. Raises Misconfigured where a key cannot be.
    """
    editor = _Editor(document)
    leaves: Tree = mapped(document.leaves, lambda leaf, _path, _keys: leaf)
    for path, value in edits.items():
        if not path:
            raise Misconfigured(f"{document.path}: a value needs a key", hint="give the keys that lead to it")
        if value is None:
            _take(leaves, path)
        else:
            editor.put(leaves, path, value)
    return document if leaves == document.leaves else document.with_leaves(leaves)


class _Editor:
    """Puts values into the leaves of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._cipher = Cipher(document.key)

    def put(self, tree: Tree, path: Path, value: Value) -> None:
        into: Any = tree
        keys: Path = ()
        for step, following in zip(path, (*path[1:], None), strict=True):
            name = self._name(into, step, path, keys)
            keys = keys if isinstance(into, list) else (*keys, step)
            if following is None:
                old = into[name] if isinstance(into, list) else into.get(name)
                into[name] = self._made(old, value, path, keys)
            else:
                if isinstance(into, dict) and (name not in into or _is_null(into[name])):
                    into[name] = {}
                into = into[name]

    def _name(self, into: Any, step: str, path: Path, keys: Path) -> Any:
        """Return the key or number that ``step`` stands for in ``into``."""
        if isinstance(into, list):
            if step.isdigit() and int(step) < len(into):
                return int(step)
            raise self._wrong(path, f"{'.'.join(keys)} is a list of {len(into)}")
        if not isinstance(into, dict):
            raise self._wrong(path, f"{'.'.join(keys)} is a value, not a map")
        if not step or (not keys and step == "sops"):
            raise self._wrong(path, "SOPS keeps the key `sops` for itself" if step else "a key is empty")
        if self._document.format == "dotenv" and (step.startswith(("sops_", "#")) or {*step} & set("=\n") or keys):
            raise self._wrong(path, "a dotenv file has no such key")
        return step

    def _made(self, old: Any, value: Value, path: Path, keys: Path) -> Any:
        if isinstance(value, Mapping | list) and self._document.format == "dotenv":
            raise self._wrong(path, "a dotenv file has no maps and lists")
        if isinstance(value, Mapping):
            known = old if isinstance(old, dict) else {}
            return {key: self._made(known.get(key), each, (*path, key), (*keys, key)) for key, each in value.items()}
        if isinstance(value, list):
            known_items = old if isinstance(old, list) else []
            padded = [*known_items, *[None] * len(value)]
            return [
                self._made(was, each, (*path, str(i)), keys)
                for i, (was, each) in enumerate(zip(padded, value, strict=False))
            ]
        if value is None:
            return old if isinstance(old, Leaf) and old.kind == "null" else Leaf("null", "", None, encrypted=False)
        return self._leaf(old if isinstance(old, Leaf) else None, value, path, keys)

    def _leaf(self, old: Leaf | None, value: Secret | Leaf, path: Path, keys: Path) -> Leaf:
        if old is not None and (old.secret == value or _same(old, value)):
            return old
        if isinstance(value, Leaf):
            kind, text = value.kind, value.text
        else:
            text = value.reveal()
            kind = old.kind if old is not None and fits(old.kind, text) else "str"
            text = text.title() if kind == "bool" else text
        if kind == "null":
            return value if isinstance(value, Leaf) else Leaf("null", "", None, encrypted=False)
        if not _is_text(text):
            raise self._wrong(path, "the value is not text")
        encrypts = self._document.rule.encrypts(keys)
        if encrypts is None:
            encrypts = self._document.rule.name.startswith("unencrypted") if old is None else old.encrypted
        if encrypts:
            return Leaf(kind, text, self._cipher.encrypt(text, place(keys), kind), encrypted=True)
        if old is None or old.encrypted:
            rule = f"{self._document.rule.name} {self._document.rule.pattern!r}"
            raise self._wrong(path, f"the file's own rule would leave it unencrypted ({rule})")
        return Leaf(*described(native(kind, text)), native(kind, text), encrypted=False)

    def _wrong(self, path: Path, why: str) -> Misconfigured:
        name = ".".join(path)
        return Misconfigured(f"{self._document.path}: {name} cannot be set: {why}", hint="choose another key")


def _same(old: Leaf, value: Secret | Leaf) -> bool:
    return isinstance(value, Leaf) and (old.kind, old.text) == (value.kind, value.text)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_null(leaf: Any) -> bool:
    return isinstance(leaf, Leaf) and leaf.kind == "null"


def _take(tree: Any, path: Path) -> None:
    """Take ``path`` away where it is there, and each map that nothing is left in."""
    first, *rest = path
    name: Any = first
    if isinstance(tree, list):
        if not first.isdigit() or int(first) >= len(tree):
            return
        name = int(first)
    elif not isinstance(tree, dict) or name not in tree:
        return
    if rest:
        _take(tree[name], tuple(rest))
        if tree[name] != {}:
            return
    del tree[name]
