"""Credentials that are told by what is around them: URLs, keys in armour, webhooks, cookie jars, netrc, headers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote

from chittyops.capabilities.discovery.service.credentials.rules import DATABASE_SCHEMES
from chittyops.capabilities.discovery.service.credentials.source import Source
from chittyops.capabilities.discovery.service.credentials.values import (
    entropy,
    is_fake,
    is_mixed,
    is_random,
    is_reference,
    is_strong_password,
)

_USERINFO: Final = re.compile(
    r"://([^\s:@/\"'`<>\\|,()]{0,80}):([^\s\"'`<>\\/?#]{1,256}|[^\s\"'`<>\\/@]{1,256}|[^\s\"'`<>\\@]{1,128})"
    r"@([^\s/:@\"'`<>\\?,;)]{1,255})"
)
_PORT: Final = re.compile(r"\d{1,5}[,/]")
_USER_ONLY: Final = re.compile(r"://([A-Za-z0-9_.~-]{20,256})@([^\s/:\"'`<>\\?]{1,255})")
_SCHEME: Final = "abcdefghijklmnopqrstuvwxyz0123456789+.-"
_DSN_KEY: Final = re.compile(r"[0-9a-f]{32}")
_LOCAL: Final = re.compile(
    r"localhost|127\.[\d.]+|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal|[a-z][a-z0-9_-]{0,30}|.*\.(?:local|test|example|invalid|localhost)"
    r"|.*example\.(?:com|org|net)|(?:your|my)[-_.]?.*|hostname|host|\$.*|\{.*|\[.*|\*+|\.\.\."
)
"""Hosts of one's own machine, of a compose file and of documentation: where a plain password is a default."""
_DEFAULT: Final = re.compile(
    r"(?:post)?gres(?:ql)?|root|admin|pass(?:word|wd)?|pwd|secret|user(?:name)?|mysql|mongo|redis|guest|rabbitmq|test|"
    r"dev(?:elopment)?|local(?:dev)?|changeme|minio(?:admin)?|p|pw|x+|\*+|example|nats|toor|db|app|[a-z]{1,24}(?:[_-]?(?:pass(?:word)?|pw|pwd|secret|dev|test|local))?\d{0,4}",
    re.IGNORECASE,
)
_PLAIN: Final = frozenset({"password", "secret", "changeme", "your_password", "passwd", "pwd", "pass", "tiger"})
_BEGIN: Final = re.compile(r"-----BEGIN ((?:[A-Z0-9]+ ){0,3})PRIVATE KEY(?: BLOCK)?-----")
_BODY: Final = re.compile(r"(?:[A-Za-z0-9+/=]{16,}|\\r|\\n|[\s\"'+,\\#*|])+")
_LONGEST_KEY: Final = 16_384
_LEAST_BODY: Final = 64
_LEAST_ENTROPY: Final = 4
"""Base64 of a key has 5 to 6 bits a character."""
_FAKE_KEY: Final = re.compile(r"(.)\1{9}|EXAMPLE|REDACTED")
_WEBHOOKS: Final = (
    (
        "hooks.slack.com/",
        "slack-webhook",
        re.compile(r"(?:services|workflows|triggers)/(T?[A-Z0-9]{8,12}/[A-Z0-9]{8,16}/[A-Za-z0-9/]{20,60})"),
    ),
    ("/api/webhooks/", "discord-webhook", re.compile(r"(\d{17,20}/[A-Za-z0-9_-]{60,72})")),
    (".webhook.office.com/", "teams-webhook", re.compile(r"webhookb2/([A-Za-z0-9@/-]{80,250})")),
)
_COOKIE: Final = re.compile(
    r"^(?:#HttpOnly_)?\S+\t(?:TRUE|FALSE)\t\S+\t(?:TRUE|FALSE)\t\d+\t([^\t\n]+)\t([^\t\r\n]+)", re.MULTILINE
)
_SESSION: Final = re.compile(r"sess|sid\b|sid$|token|auth|jwt|login|remember|identity|user", re.IGNORECASE)
_NETRC: Final = re.compile(r"\bmachine[ \t]+\S{1,255}\s{1,40}login\s{1,8}\S{1,255}\s{1,40}password\s{1,8}(\S{1,512})")
_BASIC: Final = re.compile(r"(?i:basic)[ \t]+([A-Za-z0-9+/_-]{8,1024}={0,2})")
_DOCKER_AUTH: Final = re.compile(r"\"auth\"\s{0,8}:\s{0,8}\"([A-Za-z0-9+/_-]{8,4096}={0,2})\"")
_NPMRC_AUTH: Final = re.compile(r":_(?:auth|password)[ \t]*=[ \t]*[\"']?([A-Za-z0-9+/_=-]{4,1024})")
_USER_FLAG: Final = re.compile(
    r"(?:(?<=\s)-u|--(?:proxy-)?user)(?:[ =\"',]{1,5})([^\s:\"'$<{%+]{1,128}):([^\s\"'$<{`]{1,256})"
)
_SIGNATURE: Final = re.compile(r"[?&;]sig=([A-Za-z0-9%+/=_-]{20,256})")
_NEON: Final = re.compile(r"npg_([A-Za-z0-9]{10,40})(?![A-Za-z0-9])")
_PRINTED: Final = re.compile(
    r"(?:echo|printf)[ \t]+(?:-[ne]+[ \t]+|[\"']%s(?:\\n)?[\"'][ \t]+)?[\"']?([^\s\"'$|`<>]++[^\"'|\n]{0,1000}+)"
)
_SETTERS: Final = (
    "secret put",
    "secrets set",
    "secret set",
    "password-stdin",
    "with-token",
    "env add",
    "secret create",
)


def find(source: Source) -> None:
    """Add what is found by its surroundings to the hits of ``source``."""
    for keyword, search in _SEARCHES:
        if keyword in source.low:
            search(source)


def _at(source: Source, keyword: str) -> Iterator[int]:
    """Yield where ``keyword`` (in lower case) is."""
    at = source.low.find(keyword)
    while at >= 0:
        yield at
        at = source.low.find(keyword, at + len(keyword))


def _urls(source: Source) -> None:
    for at in _at(source, "://"):
        scheme = _scheme(source.low, at)
        if match := _USERINFO.match(source.text, at):
            _password_of_url(source, scheme, match)
        elif match := _USER_ONLY.match(source.text, at):
            _key_of_url(source, match)


def _scheme(low: str, at: int) -> str:
    before = low[max(0, at - 24) : at]
    return before[len(before.rstrip(_SCHEME)) :].partition("+")[0]


def _password_of_url(source: Source, scheme: str, match: re.Match[str]) -> None:
    user, password, host = match.groups()
    if is_reference(password) or _PORT.match(password) or set(password) <= set("*.xX%s[]-_{}"):
        return
    kind = DATABASE_SCHEMES.get(scheme, "basic-auth-url" if scheme.startswith(("http", "git", "ws")) else "")
    password = unquote(password)
    made_up = is_fake(password) or _is_default(user, password, host.lower(), database=scheme in DATABASE_SCHEMES)
    source.add(match.start(2), match.end(2), "" if made_up else kind)


def _is_default(user: str, password: str, host: str, *, database: bool) -> bool:
    """Return whether a password is one of a machine of one's own, or of documentation."""
    plain = password == user or bool(_DEFAULT.fullmatch(password))
    if _LOCAL.fullmatch(host):
        return plain or not (is_random(password, 12) or is_strong_password(password))
    if plain and (password.lower() == user.lower() or password.lower() in _PLAIN):
        return True
    return plain and not database and not is_random(password, 8)


def _key_of_url(source: Source, match: re.Match[str]) -> None:
    user, host = match.groups()
    if "sentry" in host and _DSN_KEY.fullmatch(user):
        source.add(match.start(1), match.end(1), "" if is_fake(user) else "sentry-dsn")
    elif is_random(user, 20):
        source.add(match.start(1), match.end(1))


def _private_keys(source: Source) -> None:
    for begin in _BEGIN.finditer(source.text):
        end = source.text.find("-----END", begin.end(), begin.end() + _LONGEST_KEY)
        if end < 0:
            body = _BODY.match(source.text, begin.end(), begin.end() + _LONGEST_KEY)
            end = body.end() if body else begin.end()
        value = "".join(re.findall(r"[A-Za-z0-9+/=]{16,}", source.text[begin.end() : end].replace("\\n", "\n")))
        real = len(value) >= _LEAST_BODY and entropy(value[:512]) > _LEAST_ENTROPY and not _FAKE_KEY.search(value)
        source.add(begin.end(), end, _kind_of_key(source, begin) if real else "")


def _kind_of_key(source: Source, begin: re.Match[str]) -> str:
    if begin[1].startswith("PGP"):
        return "pgp-private-key"
    around = source.low[max(0, begin.start() - 600) : begin.start()] + source.low[begin.end() : begin.end() + 4000]
    return "gcp-service-account" if "service_account" in around or "gserviceaccount.com" in around else "private-key"


def _webhooks(source: Source) -> None:
    for keyword, kind, pattern in _WEBHOOKS:
        for at in _at(source, keyword):
            if match := pattern.match(source.text, at + len(keyword)):
                source.add(match.start(1), match.end(1), "" if is_fake(match[1]) else kind)


def _cookies(source: Source) -> None:
    for match in _COOKIE.finditer(source.text):
        session = _SESSION.search(match[1]) and is_random(match[2], 12) and not is_fake(match[2])
        source.add(match.start(2), match.end(2), "session-cookie" if session else "")


def _netrc(source: Source) -> None:
    for match in _NETRC.finditer(source.text):
        if not is_reference(match[1]):
            real = not is_fake(match[1]) and (is_random(match[1], 8) or is_strong_password(match[1]))
            source.add(match.start(1), match.end(1), "netrc-password" if real else "")


def _encoded(kind: str, pattern: re.Pattern[str]) -> Callable[[Source], None]:
    """Return a search for ``user:password`` in base64."""

    def search(source: Source) -> None:
        for match in pattern.finditer(source.text):
            user, colon, password = _plain(match[1]).partition(":")
            real = password and not is_fake(password) and not _DEFAULT.fullmatch(password) and password != user
            if colon:
                source.add(match.start(1), match.end(1), kind if real else "")
            elif is_random(match[1]):
                source.add(match.start(1), match.end(1), kind if kind == "npmrc-auth" else "")

    return search


def _plain(encoded: str) -> str:
    """Return what base64 stands for where it is printable text, and "" otherwise."""
    try:
        text = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return text if text.isprintable() else ""


def _user_flags(source: Source) -> None:
    for keyword in ("-u ", "--user"):
        for at in _at(source, keyword):
            match = _USER_FLAG.match(source.text, at)
            if match and not is_reference(match[2]) and not match[2].isdigit():
                password = match[2]
                made_up = is_fake(password) or _DEFAULT.fullmatch(password)
                real = not made_up and (is_random(password, 10) or is_strong_password(password))
                source.add(match.start(2), match.end(2), "basic-auth" if real else "")


def _signatures(source: Source) -> None:
    """Mask the signatures of signed addresses."""
    for match in _SIGNATURE.finditer(source.text):
        source.add(match.start(1), match.end(1))


def _neon(source: Source) -> None:
    """Find the passwords that Neon makes: too short to be told among the long words."""
    for match in _NEON.finditer(source.text):
        source.add(match.start(), match.end(), "" if is_fake(match[1]) or not is_mixed(match[1]) else "neon-password")


def _piped(source: Source) -> None:
    """Mask what is printed into ``wrangler secret put`` and its like."""
    for keyword in _SETTERS:
        for at in _at(source, keyword):
            pipe = source.low.rfind("|", max(0, at - 200), at)
            line = max(pipe - 1200, source.low.rfind("\n", max(0, pipe - 1200), pipe + 1) + 1)
            printed = (
                max(source.low.rfind(word, max(0, line), pipe) for word in ("echo ", "printf ")) if pipe > 0 else -1
            )
            if printed >= 0 and (match := _PRINTED.match(source.text, printed, pipe)):
                source.add(match.start(1), match.start(1) + len(match[1].rstrip()))


_SEARCHES: Final[tuple[tuple[str, Callable[[Source], None]], ...]] = (
    ("://", _urls),
    ("-----begin", _private_keys),
    ("hook", _webhooks),
    ("\t", _cookies),
    ("machine ", _netrc),
    ("basic ", _encoded("basic-auth", _BASIC)),
    ('"auth"', _encoded("docker-config-auth", _DOCKER_AUTH)),
    (":_", _encoded("npmrc-auth", _NPMRC_AUTH)),
    ("curl", _user_flags),
    ("sig=", _signatures),
    ("npg_", _neon),
    ("echo", _piped),
    ("printf", _piped),
)
"""What must be in the text, in lower case, for a search to be worth its time."""
