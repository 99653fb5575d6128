"""Values that are given a secret's name: ``NAME=value`` in every syntax that files of configuration and code have."""

from __future__ import annotations

import re
from typing import Final

from chittyops.capabilities.discovery.service.credentials.names import (
    Secrecy,
    is_password,
    is_variable_of_secret,
    secrecy,
)
from chittyops.capabilities.discovery.service.credentials.rules import IN_CONTEXT
from chittyops.capabilities.discovery.service.credentials.source import Family, Source
from chittyops.capabilities.discovery.service.credentials.values import (
    GENERIC,
    UUID,
    is_fake,
    is_hexadecimal,
    is_placeholder,
    is_random,
    is_reference,
    is_strong_password,
)

_KEYWORDS: Final = ("secret", "token", "pass", "pwd", "key", "auth", "cred", "bearer", "sess", "salt")
_NAME_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_LONGEST_NAME: Final = 64
_ASSIGNED: Final = re.compile(
    r"""(?P<rest>[A-Za-z0-9_-]{0,64}+)
    (?P<close>\\?["'`\]*]{0,3}\)?)
    (?P<between>
        [ \t]*:[ \t]*(?!\s)[A-Za-z_][A-Za-z0-9_.\[\]<>|? ]{0,40}[ ]?=(?![=>])[ \t]*   # typed: ``name: str = ``
      | [ \t]*(?:=>|:=|:-|\?=|\+=|\|\|=?|\?\?=?|={1,3}|!={1,2}|:(?![:?+]))[ \t]*(?:\\?\n[ \t]{1,40}(?=["'`]))?
      | [ \t]*<<<?[ \t]*
      | >
      | ,?[ \t]*(?:\r?\n[ \t]{0,40})?\\?["']?value\\?["']?[ \t]*[:=][ \t]*             # name: X, value: y
      | (?P<list>[ \t]*[,|][ \t]*)                                                # a table, arguments
      | (?P<blank>[ \t]+)
    )
    (?:(?:&[\w-]{1,40}|!!?[a-z]{1,10}|[|>][+-]?[ \t]*\r?\n)[ \t]{1,40})?
    (?P<call>[A-Za-z_.]{1,30}\(|[bfru]{1,2}(?=["'])|\[[ ]?)?
    (?:(?P<open>\\?["'`])?(?:[Bb]earer|[Bb]asic|[Tt]oken|Bot|ApiKey|SharedAccessSignature)[ \t]+
       (?P<scheme>[^\s"'`,;<>|(){}\[\]\\]{8,4096})
      |\\"(?P<escaped>[^"\\\n]{1,4096})
      |"(?P<double>(?:[^"\\\n]|\\[^\n]){1,4096})
      |'(?P<single>(?:[^'\\\n]|\\[^\n]){1,4096})
      |`(?P<tick>[^`\n]{1,4096})
      |(?P<bare>[^\s"'`,;<>|&(){}\[\]\\]{1,4096}))""",
    re.VERBOSE,
)
_LINE: Final = re.compile(
    r"^[ \t]*(?:[#;][ \t]*)?(?:export[ \t]+|set[ \t]+)?([A-Za-z_][\w.:/-]{0,127})[ \t]*[=:][ \t]*"
    r"(\"(?:[^\"\\\n]|\\.){1,8192}\"?|'[^'\n]{1,8192}'?|[^\s#\"'][^\n]{0,8191})",
    re.MULTILINE,
)
_COMMENT: Final = re.compile(r"\s+#.*$|\s+$")
_BEFORE_KEY: Final = re.compile(r"(api|access|secret|private|account|master|signing|service|auth) $", re.IGNORECASE)
_PROSE: Final = re.compile(r"[A-Za-z0-9] $")
"""Before ``pass:``, a word that makes it a turn and no password: ``the second pass: ...``."""
_INSTRUCTION: Final = re.compile(r"(?:^|\n)[ \t]*(?:ENV|ARG|requirepass|masterauth)[ \t]+$", re.IGNORECASE)
_ORDINARY: Final = re.compile(r"id=|type=|-|inherit\b")
_VALUES: Final = ("scheme", "escaped", "double", "single", "tick", "bare")
_BEARERS: Final = frozenset({"bearer", "authorization", "proxy-authorization"})
_USER: Final = re.compile(r"(?i)user(?:name)?[\"']?[ \t]{0,4}[=:][ \t]{0,4}[\"']?([\w.-]{3,64})")
_NEAR: Final = 200
_FEW: Final = 4
_LEAST_HEX: Final = 32
_LEAST_GENERIC: Final = 20
_LONGEST_EXPRESSION: Final = 256
_LEAST_TABLE: Final = 12


def find(source: Source) -> None:
    """Add the values with a secret's name to the hits of ``source``."""
    if source.family is Family.LOCK:
        return
    if source.family is Family.LINES:
        _lines(source)
    low = source.low
    for keyword in _KEYWORDS:
        at, ends = low.find(keyword), 0
        while at >= 0:
            if at >= ends:
                ends = _assigned(source, at, len(keyword))
            at = low.find(keyword, max(at + len(keyword), ends))


def _lines(source: Source) -> None:
    """Judge each ``NAME=value`` of a dotenv file or its like; the value goes on to the end of its line."""
    for match in _LINE.finditer(source.text):
        name, value = match.groups()
        start, end = match.span(2)
        if value[0] in "\"'":
            start, end = start + 1, end - (value[-1] == value[0] and len(value) > 1)
        else:
            end = start + len(_COMMENT.sub("", value))
        if is_variable_of_secret(name):
            _judge(source, name, start, end, literal=True)


def _assigned(source: Source, at: int, length: int) -> int:
    """Judge what is given to the name that has a keyword ``at``; return where to go on, 0 where nothing is given.

    What is no secret may hold one: ``TOKEN="${TOKEN:-value}"``.
    """
    match = _ASSIGNED.match(source.text, at + length)
    if not match:
        return 0
    before = source.text[max(0, at - _LONGEST_NAME) : at]
    lead = before.rstrip(_NAME_CHARACTERS)
    name = before[len(lead) :] + source.text[at : match.end("rest")]
    if name.lower() == "key" and (spaced := _BEFORE_KEY.search(lead)):
        name = f"{spaced[1]}_{name}"
    if not _is_secret(name.rpartition(".")[2]) or (name.lower() == "pass" and _PROSE.search(lead) and _is_colon(match)):
        return 0
    group = next(each for each in _VALUES if match[each])
    bare = group == "bare"
    if match["blank"] and bare and not (name[0] == "-" or name.lower() == "bearer" or _INSTRUCTION.search(lead)):
        return 0
    start, end = match.span(group)
    listed = bool(match["list"] or (match["call"] or "").endswith("("))
    literal = not listed and _is_literal(source, bare=bare, value=source.text[start:end])
    sure = (not listed or "_" in name) and not _is_basic(source, start) and not _is_sample(source, name, match)
    noted = _judge(source, name, start, end, literal=literal, sure=sure)
    return end if noted or end - start > _LONGEST_EXPRESSION else start


def _is_sample(source: Source, name: str, match: re.Match[str]) -> bool:
    """Return whether it is a key of an object that a document shows as a request or an answer."""
    document = source.path.lower().endswith((".md", ".mdx"))
    return document and '"' in match["close"] and _is_colon(match) and not name.isupper()


def _is_colon(match: re.Match[str]) -> bool:
    return match["between"].strip() == ":"


def _is_basic(source: Source, start: int) -> bool:
    """Return whether the value is a user and a password in base64, which ``places`` looks into."""
    return source.low.endswith("basic ", 0, start)


def _is_secret(name: str) -> bool:
    return secrecy(name) is not Secrecy.NONE or (name.isupper() and is_variable_of_secret(name))


def _is_literal(source: Source, *, bare: bool, value: str) -> bool:
    """Return whether what stands after a secret's name is a value, even where it does not look random."""
    if source.family is Family.MANIFEST or any(map(str.isspace, value)):
        return False
    if not bare or source.family in {Family.LITERAL, Family.LINES}:
        return True
    return source.family is Family.TEXT and any(map(str.isdigit, value)) and "." not in value


def _judge(source: Source, name: str, start: int, end: int, *, literal: bool, sure: bool = True) -> bool:
    """Note the value from ``start`` to ``end`` where it may be secret, with a kind where it surely is."""
    value = source.text[start:end]
    if is_reference(value) or _ORDINARY.match(value) or not (literal or is_random(value, _LEAST_TABLE)):
        return False
    fake = is_fake(value)
    if fake and is_placeholder(value):
        return False
    source.add(start, end, _kind(source, name, start, end) if sure and not fake else "")
    return True


def _kind(source: Source, name: str, start: int, end: int) -> str:
    """Return what the value of ``name`` is: a vendor's by its form and what is around, or one of the vague kinds."""
    value = source.text[start:end]
    around = ""
    for rule, pattern in _CONTEXTS:
        if pattern.fullmatch(value):
            around = around or f"{name.lower()} {source.context(start, end)}"
            if any(word in around for word in rule.words) and is_random(value, _LEAST_GENERIC):
                return rule.kind
    if secrecy(name) is not Secrecy.STRONG:
        return "bearer-token" if name.lower() in _BEARERS and is_random(value, _LEAST_GENERIC) else ""
    if is_password(name):
        made = is_strong_password(value) or is_random(value)
        return "password" if made and not _is_of_user(source, value, start) else ""
    return "generic-secret" if UUID.fullmatch(value) or _is_generated(value) else ""


def _is_of_user(source: Source, value: str, start: int) -> bool:
    """Return whether a password is no more than the name of its user, given just before, and a few characters."""
    users = _USER.findall(source.text, max(0, start - _NEAR), start)
    return any(value.startswith(user) and len(value) - len(user) <= _FEW for user in users)


def _is_generated(value: str) -> bool:
    least = _LEAST_HEX if is_hexadecimal(value) else _LEAST_GENERIC
    return is_random(value, least) and bool(GENERIC.fullmatch(value))


_CONTEXTS: Final = tuple((rule, re.compile(rule.value)) for rule in IN_CONTEXT)
