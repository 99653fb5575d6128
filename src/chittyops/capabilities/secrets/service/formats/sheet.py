"""A file of the store as text for an editor: YAML in which every value is a text, as written, but for null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from chittyops.capabilities.secrets.model import Level, Slot
from chittyops.kernel.errors import Misconfigured, Place, Problem
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import Secret

_NULL = "tag:yaml.org,2002:null"
_SHAPE = "write fleet: {NAME: value}, groups: {GROUP: {NAME: value}} or services: {SERVICE: {NAME: value}}"
_ODD_BREAKS = frozenset("\r\x85\u2028\u2029")
_HEAD = """\
# {path}, decrypted. It is encrypted again when you save and close it; only what has changed is written.
# Take a line out to remove a secret. Comments are not kept.
"""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _scalar(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # What YAML 1.1 takes for ends of lines, and editors do not, comes back as it was only from an escape.
    style = '"' if _ODD_BREAKS & set(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _scalar)


def text_of(path: str, values: Mapping[Slot, Secret | None]) -> str:
    """Return the values of the file ``path`` as YAML."""
    tree: dict[str, Any] = {"fleet": {}, "groups": {}, "services": {}}
    for slot, value in values.items():
        node = tree
        for key in slot.keys[:-1]:
            node = node.setdefault(key, {})
        node[slot.name] = value.reveal() if value else None
    return _HEAD.format(path=path) + yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf")
    )


def values_of(text: str, environment: str, groups: Iterable[str], services: Iterable[str]) -> dict[Slot, Secret | None]:
    """Return what ``text`` holds. Raises Misconfigured with the lines that are wrong; it never repeats a value."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place("", mark.line + 1, mark.column + 1) if mark else None
        raise Misconfigured(
            f"this is not YAML: {getattr(error, 'problem', None) or 'look at it'}", place=place
        ) from None
    known = {Level.GROUP: tuple(groups), Level.SERVICE: tuple(services)}
    sheet = _Sheet(environment, known)
    if root is not None and root.tag != _NULL:
        sheet.read(root, ())
    if sheet.problems:
        raise Misconfigured.of(tuple(sheet.problems))
    return sheet.values


class _Sheet:
    """Reads the nodes of a text."""

    def __init__(self, environment: str, known: Mapping[Level, tuple[str, ...]]) -> None:
        self._environment, self._known = environment, known
        self.values: dict[Slot, Secret | None] = {}
        self.problems: list[Problem] = []

    def read(self, node: yaml.Node, keys: tuple[str, ...]) -> None:
        """Take in what stands at ``keys``."""
        slot = Slot.at(self._environment, keys)
        if slot and isinstance(node, yaml.ScalarNode):
            self._value(slot, node)
        elif not slot and isinstance(node, yaml.MappingNode):
            seen = set()
            for key, each in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                    self._wrong(key, "the same key again" if isinstance(key, yaml.ScalarNode) else "no key", "")
                    continue
                seen.add(key.value)
                self.read(each, (*keys, key.value))
        elif not (node.tag == _NULL and len(keys) < 3):  # noqa: PLR2004 - an empty map may be left as nothing
            self._wrong(node, f"{'.'.join(keys) or 'the file'} cannot be that", _SHAPE)

    def _value(self, slot: Slot, node: yaml.ScalarNode) -> None:
        known = self._known.get(slot.part.level, (slot.part.owner,))
        if slot.part.owner not in known:
            message = f"there is no {slot.part.level} called {slot.part.owner}"
            self._wrong(node, message, nearest(slot.part.owner, known))
        plain_null = node.tag == _NULL and not node.style
        self.values[slot] = None if plain_null else Secret(node.value)

    def _wrong(self, node: yaml.Node, message: str, hint: str) -> None:
        place = Place("", node.start_mark.line + 1, node.start_mark.column + 1)
        self.problems.append(Problem(message, place, hint))
