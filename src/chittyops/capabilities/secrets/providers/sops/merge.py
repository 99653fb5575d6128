"""Three-way merge of a SOPS file by its decrypted values: nothing is lost, and one valid MAC comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chittyops.capabilities.secrets.providers.sops.document import Document, with_comments, with_recipients
from chittyops.capabilities.secrets.providers.sops.editing import Value, with_values
from chittyops.capabilities.secrets.providers.sops.values import Leaf, Path

OURS, THEIRS = "ours", "theirs"


@dataclass(frozen=True, slots=True)
class Clash:
    """A value that both sides changed in different ways; ``ours`` and ``theirs`` say what each did with it."""

    keys: Path
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge: ``document`` is None while there are ``clashes`` that nobody has settled.

    ``theirs`` are the keys taken from the other side, without question or by choice.
    """

    document: Document | None
    clashes: tuple[Clash, ...]
    theirs: tuple[Path, ...]


def merge(base: Document | None, ours: Document, theirs: Document, chosen: Mapping[Path, str]) -> Merged:
    """Return both sides in one. ``chosen`` says for keys in conflict whether OURS or THEIRS is kept.

    Without ``base``, the common ancestor, whatever differs is in conflict. Raises Misconfigured where nobody could
    read the result.
    """
    b = _flat(base.leaves) if base else {}
    o, t = _flat(ours.leaves), _flat(theirs.leaves)
    clashes, taken = [], []
    for keys in dict.fromkeys([*o, *t]) | dict.fromkeys(b):
        was, mine, other = (_value(each.get(keys)) for each in (b, o, t))
        if other in (mine, was):
            continue
        if mine == was:
            taken.append(keys)
        elif keys not in chosen:
            clashes.append(Clash(keys, _deed(was, mine), _deed(was, other)))
        elif chosen[keys] == THEIRS:
            taken.append(keys)
    if clashes:
        return Merged(None, tuple(clashes), tuple(taken))
    edits: dict[Path, Value] = {keys: None for keys in taken if keys not in t}
    edits |= {keys: t[keys] for keys in taken if keys in t}
    document = with_values(_for_all(base, ours, theirs), edits)
    known = {text for _, text, _ in (*ours.comments, *(base.comments if base else ()))}
    more = [comment for comment in theirs.comments if comment[1] not in known]
    return Merged(with_comments(document, more), (), tuple(taken))


def _for_all(base: Document | None, ours: Document, theirs: Document) -> Document:
    """Return ``ours`` for whom both sides let read it: who was added by one is in, who was removed by one is out."""
    was = set(base.recipients) if base else set()
    gone = (was - set(ours.recipients)) | (was - set(theirs.recipients))
    wanted = [each for each in dict.fromkeys((*ours.recipients, *theirs.recipients)) if each not in gone]
    return ours if set(wanted) == set(ours.recipients) else with_recipients(ours, wanted)


def _flat(leaves: Any, keys: Path = ()) -> dict[Path, Any]:
    """Return the values by their keys; a list is one value, for its items have no names of their own."""
    if isinstance(leaves, Mapping) and (leaves or not keys):
        return {path: leaf for key, each in leaves.items() for path, leaf in _flat(each, (*keys, key)).items()}
    return {keys: leaves}


def _value(leaves: Any) -> Any:
    """Return what two values are compared by: type and text, whatever their ciphertexts."""
    if isinstance(leaves, Leaf):
        return leaves.kind, leaves.text
    if isinstance(leaves, Mapping):
        return {key: _value(each) for key, each in leaves.items()}
    return [_value(each) for each in leaves] if isinstance(leaves, list) else None


def _deed(was: object, now: object) -> str:
    return "removed" if now is None else "added" if was is None else "changed"
