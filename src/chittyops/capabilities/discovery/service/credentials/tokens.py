"""Long words: tokens that their prefix tells, and random ones with a secret's name close by."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from chittyops.capabilities.discovery.service.credentials.names import Secrecy, is_identifier, secrecy
from chittyops.capabilities.discovery.service.credentials.rules import PREFIXED, Prefixed
from chittyops.capabilities.discovery.service.credentials.source import Family, Source
from chittyops.capabilities.discovery.service.credentials.values import (
    UUID,
    is_fake,
    is_hexadecimal,
    is_mixed,
    is_random,
)

_LEAST: Final = 20
"""The shortest token that a prefix tells, with its prefix."""
_LEAST_RANDOM: Final = 32
_WORD_BYTES: Final = bytes(
    b"a"[0] if chr(code).isascii() and (chr(code).isalnum() or chr(code) in "_-") else b" "[0] for code in range(256)
)
_RUN: Final = b"a" * _LEAST
_TOKEN: Final = re.compile("(?:" + "|".join(rule.prefix + rule.body for rule in PREFIXED) + ")(?![A-Za-z0-9])")
"""Any token. Without groups: with one for each rule this takes five times as long, and it runs for each long word."""
_DOTTED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789."
_DIGITS: Final = "0123456789:"
_NAMED: Final = "abcdefghijklmnopqrstuvwxyz0123456789-:|"
_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-"
_CLINGING: Final = frozenset("%\\[")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}|\\[nrt]|\[\d{1,2}m")
_REST: Final = re.compile(r"[A-Za-z0-9+/=_-]{1,4096}")
_NEAR: Final = re.compile(r"secret|token|passw|api[_-]?key|credential|bearer|private[_-]?key|access[_-]?key|cookie")
_OWN_NAME: Final = re.compile(r"([A-Za-z0-9_.-]{1,60})[\"'`\\\]]{0,3}\s?[:=@#]{1,2}\s{0,2}[\"'`\\]{0,2}$")
_AWS_SECRET: Final = re.compile(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")


def find(source: Source) -> None:
    """Add the tokens in ``source`` to its hits."""
    near = source.family is not Family.LOCK and not source.is_wrangler
    done = 0
    for start, end in _runs(source.text):
        if start < done:
            continue
        if found := _prefixed(source, start):
            done = found
        elif near and end - start >= _LEAST_RANDOM:
            done = _suspicious(source, start, end)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of long words. Made of two passes of C over the text: an expression takes five times as long."""
    data = text.encode("ascii").translate(_WORD_BYTES)
    start = data.find(_RUN)
    while start >= 0:
        end = data.find(b" ", start + _LEAST)
        end = len(data) if end < 0 else end
        yield start, end
        start = data.find(_RUN, end)


def _prefixed(source: Source, start: int) -> int:
    """Note the token that starts at or just before ``start``; return its end, 0 where there is none."""
    text = source.text
    for at in _starts(text, start):
        if match := _TOKEN.match(text, at, at + 8192):
            break
    else:
        return 0
    rule, body = _rule(match.group())
    kind = rule.kind if rule.report else ""
    if rule.kind == "jwt":
        kind = _kind_of_jwt(match.group())
    elif is_fake(body) or not is_mixed(body):
        kind = ""
    source.add(match.start(), match.end(), kind)
    if kind == "aws-access-key-id":
        _aws_secrets(source, match.start(), match.end())
    return match.end()


def _rule(token: str) -> tuple[Prefixed, str]:
    """Return the rule that found ``token``, and what follows its prefix."""
    match = _ruled().fullmatch(token)
    group = str(match.lastgroup) if match else "r0"
    return PREFIXED[int(group[1:])], token[match.end(group) if match else 0 :]


@cache
def _ruled() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<r{at}>{rule.prefix}){rule.body}" for at, rule in enumerate(PREFIXED)))


def _starts(text: str, start: int) -> tuple[int, ...]:
    """Return where a token may begin: at the word, before its dots or digits, after an escape that clings to it."""
    if text[start] in "-_":
        word = text[start : start + 64]
        return (start + len(word) - len(word.lstrip("-_")),)
    last = text[start - 1 : start]
    if last == ".":
        before = text[max(0, start - 64) : start]
        return start, start - len(before) + len(before.rstrip(_DOTTED))
    if last == ":":
        before = text[max(0, start - 32) : start]
        return start, start - min(10, len(before) - len(before.rstrip(_DIGITS)))
    if last == "|":
        before = text[max(0, start - 80) : start]
        named = before[len(before.rstrip(_NAMED)) :].lstrip("-:|")
        return start, start - len(named)
    if last in _CLINGING and (escape := _ESCAPE.match(text, start - 1)):
        return start, escape.end()
    return (start,)


def _kind_of_jwt(token: str) -> str:
    """Return what a JSON Web Token is: "" for one that is public, made up, or not a token at all."""
    parts = token.split(".")
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    if not isinstance(header, dict) or not isinstance(claims, dict) or "alg" not in header:
        return ""
    if claims.get("role") == "anon" or str(claims.get("sub")) == "1234567890" or is_fake(parts[2]):
        return ""
    if claims.get("role") == "service_role":
        return "supabase-service-role"
    return "jwt"


def _decoded(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None


def _aws_secrets(source: Source, start: int, end: int) -> None:
    """Note the secret that stands beside an access key id, whatever it is called."""
    for match in _AWS_SECRET.finditer(source.text, max(0, start - 120), end + 200):
        value = match.group()
        if is_random(value) and not is_hexadecimal(value) and value != value.lower():
            source.add(match.start(), match.end(), "" if is_fake(value) else "aws-secret-access-key")


def _suspicious(source: Source, start: int, end: int) -> int:
    """Mask a long random word with a secret's name on its line; return where to go on."""
    text = source.text
    if not any(map(str.isdigit, text[start : start + 512])):
        return end
    before = text[max(0, start - 200) : start]
    start -= len(before) - len(before.rstrip(_BASE64))
    match = _REST.match(text, start)
    end = match.end() if match else end
    line = source.low[max(0, start - 100) : start].rpartition("\n")[2]
    own = _OWN_NAME.search(text[max(0, start - 80) : start])
    if not (_NEAR.search(line) or (own and secrecy(own[1]) is not Secrecy.NONE)) or (own and is_identifier(own[1])):
        return end
    value = text[start:end]
    if is_random(value, _LEAST_RANDOM) and not is_hexadecimal(value) and not UUID.fullmatch(value):
        source.add(start, end)
    return end
