"""``.sops.yaml``, which tells the sops command for whom it encrypts a new file. ChittyOps itself does not need it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chittyops.capabilities.secrets.providers.sops import yaml_writer
from chittyops.capabilities.secrets.providers.sops.trouble import Malformed
from chittyops.capabilities.secrets.providers.sops.values import Tree
from chittyops.capabilities.secrets.providers.sops.yaml import parse
from chittyops.kernel.errors import Misconfigured, Place

NAME = ".sops.yaml"
_HEADER = """\
# For the command `sops`: who can read which file. `chittyops secrets grant` and `revoke` keep it in step;
# ChittyOps itself goes by the recipients that stand in each file.
"""
_RULES, _PATH, _READERS = "creation_rules", "path_regex", "age"


def with_readers(text: str, readers: Mapping[str, Sequence[str]]) -> str:
    """Return ``text``, the rules as they are or "", with one for each file of ``readers``; rules of others stay.

    Raises Misconfigured where ``text`` is written in a way that is not understood.
    """
    wanted = {_exact(path): ",".join(who) for path, who in readers.items()}
    try:
        tree: Tree = parse(text)[0] if text else {}
        rules = _rules(tree)
        kept = [{**rule, _READERS: wanted[rule[_PATH]]} if rule.get(_PATH) in wanted else rule for rule in rules]
        known = {rule.get(_PATH) for rule in rules}
        new = [{_PATH: path, _READERS: who} for path, who in wanted.items() if path not in known]
        # The first rule that matches counts: a narrow one must stand before a wide one.
        first = any(_matches(rule, path) for rule in kept for path in readers if _exact(path) not in known)
        written = yaml_writer.write(text, {**tree, _RULES: [*new, *kept] if first else [*kept, *new]})
    except Malformed as error:
        raise Misconfigured(
            f"{NAME} cannot be changed: {error.message}",
            hint=f"write the recipients into it yourself, or move it away to have a new one made: {dict(readers)}",
            place=Place(NAME, error.line),
        ) from None
    return written if text else _HEADER + written


def _rules(tree: Tree) -> list[Tree]:
    rules = tree.get(_RULES) or []
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise Malformed(f"{_RULES} is not a list of rules")
    return rules


def _exact(path: str) -> str:
    return rf"^{re.escape(path)}$"


def _matches(rule: Tree, path: str) -> bool:
    """Return whether ``rule`` is for ``path``; one that we cannot read is taken to be."""
    try:
        return re.search(str(rule.get(_PATH, "")), path) is not None
    except re.error:
        return True
