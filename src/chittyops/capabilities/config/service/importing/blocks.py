"""Values written as YAML, with the comments that their file has beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from chittyops.capabilities.config.service.importing.model import Comment, Keys
from chittyops.kernel import tree
from chittyops.kernel.edit import Yaml
from chittyops.kernel.errors import Place

_PLAIN: Final = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+-]*(?:[:#][A-Za-z0-9_./-]+)*")
_AMBIGUOUS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})
"""Words that older readers of YAML take for booleans."""
_KEY: Final = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.-]*")
_WIDEST: Final = 96

Say = Callable[[Keys], Comment]


def yaml(value: Any, say: Say) -> Yaml:
    """Return ``value`` as it stands behind its key, or below it; ``say`` gives the comment at each of its keys."""
    simple = _flow(value)
    if (
        not isinstance(value, dict | list)
        or not value
        or (_is_short(value, simple) and not _has_comments(value, (), say))
    ):
        return Yaml(simple)
    return Yaml("".join(f"{line}\n" for line in _lines(value, (), say)))


def raw(value: Any) -> Yaml:
    """Return ``value``, which is of a fleet file already: its references stay references."""
    written = yaml(value, lambda _: Comment())
    return Yaml(written.text.replace("$${", "${"))


def escaped(text: str) -> str:
    """Return ``text`` so that the fleet file does not take what is in it for a reference."""
    return text.replace("${", "$${")


def scalar(value: Any) -> str:
    """Return a plain value as YAML has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return json.dumps(value)
    text = escaped(value)
    plain = tree.Scalar(text, quoted=False, place=Place(""))
    if _PLAIN.fullmatch(text) and plain.type == "text" and text.lower() not in _AMBIGUOUS:
        return text
    # YAML has escapes of eight digits for what JSON writes as two halves.
    return "".join(
        each if each.isprintable() else f"\\U{ord(each):08x}" for each in json.dumps(text, ensure_ascii=False)
    )


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(key)}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value)


def _is_short(value: Any, written: str) -> bool:
    """Return whether a value may stand on one line: one with nothing in it that has parts of its own."""
    parts = value.values() if isinstance(value, dict) else value
    return len(written) <= _WIDEST and not any(isinstance(each, dict | list) for each in parts)


def _has_comments(value: Any, keys: Keys, say: Say) -> bool:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return any(say((*keys, key)) != Comment() or _has_comments(each, (*keys, key), say) for key, each in pairs)


def _lines(value: Any, keys: Keys, say: Say) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _entry(f"{_key(key)}:", each, (*keys, key), say)
    else:
        for index, each in enumerate(value):
            yield from _entry("-", each, (*keys, index), say)


def _entry(lead: str, value: Any, keys: Keys, say: Say) -> Iterator[str]:
    comment = say(keys)
    yield from (f"# {line}".rstrip() for line in comment.above)
    beside = f"  # {comment.remark}" if comment.remark else ""
    flow = _flow(value)
    nested = isinstance(value, dict | list) and bool(value)
    if not nested or (_is_short(value, flow) and not _has_comments(value, keys, say)):
        yield f"{lead} {flow}{beside}"
    elif lead == "-":
        below = list(_lines(value, keys, say))
        if beside or below[0].startswith("#"):
            yield f"-{beside}"
            yield from (f"  {line}" for line in below)
        else:
            yield f"- {below[0]}"
            yield from (f"  {line}" for line in below[1:])
    else:
        yield f"{lead}{beside}"
        yield from (f"  {line}" for line in _lines(value, keys, say))


def _key(key: str) -> str:
    plain = tree.Scalar(key, quoted=False, place=Place(""))
    return key if _KEY.fullmatch(key) and plain.type == "text" and key.lower() not in _AMBIGUOUS else json.dumps(key)
