"""Is a value a real secret, a placeholder, a reference to one, or an ordinary word? Judged by the value alone."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

_REFERENCE: Final = re.compile(
    r"""\$|\{\{|<[^>]*>|%[({]|\*[A-Za-z_]|@Microsoft\.
    |(?:op|vault|doppler|env|ref|secret|secrets|sm|ssm|awssm|gcpsm|sops|file|projects|arn|infisical|bws|keychain)[:/]
    |(?:process|import\.meta|os|Deno|Bun)?\.?env(?:iron)?\b[.(\[]
    |(?:secrets|vars|inputs|github|steps|env|var|local|data|self|this|config|settings|params|args|options|needs|matrix|context)\.
    |\.{0,2}/|~/|[A-Za-z][A-Za-z0-9+.-]{1,20}://""",
    re.VERBOSE,
)
_EMBEDDED: Final = re.compile(r"\$\{|\{\{|\$\(|<%|#\{|\$\$\{")
_FILE: Final = re.compile(
    r"[\w@./-]+\.(?:[cm]?[jt]sx?|json[c5]?|ya?ml|toml|py|sh|env|txt|pem|key|crt|md|sql|html|vars|ini|lock|example|com|org|net|io|dev|cc|app|ai)"
)
_CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PLAIN: Final = re.compile(r"-?[\d.,:]*|\^?~?>?=?v?\d+(?:\.\d+){1,3}(?:-[\w.]+)?|0x[0-9a-fA-F]{1,8}")
_STOP_WORDS: Final = frozenset(
    """true false null none nil undefined yes no on off write read inherit required optional string number boolean basic
    bearer digest jwt oauth oauth2 apikey any unknown never void auto default enabled disabled secret token password
    secrets tokens passwords latest workspace str int bool bytes text hidden public private admin header cookie query
    body env local session key keys value values name names object array list dict self this type types error
    """.split()  # noqa: SIM905 - words read better than a column of literals
)
"""Words that are an option, a type or a name beside a secret's name, and no secret."""

_FAKE_WORDS: Final = re.compile(
    r"example|exmaple|sample|dummy|fake|mock|placeholder|changeme|change[-_]?(?:me|this|it)|your[-_]|yours?[-_]?key|"
    r"redacted|replace|insert|todo|fixme|secret|password|passwort|token|foobar|foo-?bar|lorem|invalid|expired|"
    r"default|credential|hunter2|letmein|qwerty|asdf|test(?:ing)?[-_]|[-_]test|^test|test$|demo[-_]|[-_]demo|"
    r"my[-_]|[-_]here|_key$|-key$|api[-_]?key|for[-_]|not[-_]|dead-?beef|deadbeef|cafebabe|notreal|sanitized|censored|abc-?123|123-?abc|def-?456|xyz-?\d{3}"
    r"|SflKxwRJSMeKKF2QT4fw",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(
    r"your[-_ ]|<[^>]+>|change[-_]?(?:me|this)|[xX]{4,}|replace|placeholder|\.\.\.|…|example|redacted|insert|todo|"
    r"[-_]here$|^sk-test-|dummy|^super-?secret",
    re.IGNORECASE,
)
_MASKED: Final = re.compile(
    r"([^A-Za-z0-9]|[xX0*#.•])\1{4,}|\.\.\.|…|\*{3,}|[xX]{4,}|([A-Za-z0-9])\2{5,}|<[a-z_ -]+>|\[[A-Z_ -]+\]"
)
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "zyxwvutsrqponmlkjihgfedcba",
    "98765432109876543210",
)
_SEQUENCES: Final = frozenset(run[at : at + 5] for run in _RUNS for at in range(len(run) - 4)) | {"a1b2c", "1a2b3"}
_UNSIGNED: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.")
"""A JSON Web Token without a signature, which opens nothing."""
_OPEN: Final = re.compile(r"Eby8vdM02xNOcqFlqUwJPLlm|phc_|pk_(?:live|test)_")
"""Keys that everybody has: the one of the emulators of Azure's storage, those that pages send to PostHog and Stripe."""
_BASE64: Final = re.compile(r"(?=.{12,512}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_DESCRIBED: Final = re.compile(
    r"(?:(?:[a-z]{1,12}\d{0,3}|\d{1,4}[a-z]?)[-_]{1,2}){2,}(?:[a-z]{1,12}\d{0,3}|\d{1,4}[a-z]?)"
)
"""Words and short numbers, joined as in a name: ``sha256_of_16_letters``."""
_LETTERS: Final = re.compile(r"[^0-9a-z]")
_WORDS: Final = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_CHARSET: Final = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*:?-]+")
_HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
GENERIC: Final = re.compile(r"[A-Za-z0-9+/=_~!@#$%^&*-]+")
"""What generated secrets are made of: no dots and colons, which file names, versions and places in code have."""
UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_LETTERS_ALONE: Final = re.compile(r"[A-Za-z]{2,}")
_PAIRS: Final = frozenset(
    """te on es at er st re ti en in io or se nt co et al li de ge le it ra ro ns ch me ma ec an ta ed ce ct is ar em id
    ve ri to ac ou fi da lo tr ic ne pa ng ut ss si he nd il ea ur po pr pe th om el va la ai ca sc na ty cr us rt ex
    ie as nc am mp ck pl su di ag up sp un cu op ry fo ol tt vi ue ts pt cl ig oc no ul ke ad rv qu od ll im mo ab rs
    ni ha au hi mi ba sa gr bl rr ap wi so eg nf ep""".split()  # noqa: SIM905 - pairs read better than a column
)
"""The commonest pairs of letters in names of code: of ten there, eight; of ten by chance, two."""
_LONG: Final = 64
_LEAST_TURNS: Final = 0.22
"""Share of neighbours of another class (upper, lower, digit, other): names have 0.1 to 0.2, random text 0.3 to 0.6."""
_LEAST_TURNS_OF_NO_WORDS: Final = 0.1


def is_reference(value: str) -> bool:
    """Return whether ``value`` only says where a secret is, is computed, or is no text at all (a number, a path)."""
    return bool(
        _REFERENCE.match(value)
        or _EMBEDDED.search(value)
        or _PLAIN.fullmatch(value)
        or value.lower() in _STOP_WORDS
        or _CONSTANT.fullmatch(value)
        or _FILE.fullmatch(value)
    )


def is_fake(value: str) -> bool:
    """Return whether ``value`` is a placeholder or made up: documentation, a sample, a row of x or 1 2 3."""
    if _FAKE_WORDS.search(value) or _MASKED.search(value) or _UNSIGNED.fullmatch(value) or _OPEN.match(value):
        return True
    said = _decoded(value)
    if _FAKE_WORDS.search(said) or said.startswith('{"alg"'):
        return True
    plain = _LETTERS.sub("", value.lower())
    if any(plain[at : at + 5] in _SEQUENCES and _is_sequence(plain, at) for at in range(min(len(plain), 256) - 4)):
        return True
    return len(plain) >= 12 and len(set(plain)) < 6  # noqa: PLR2004 - a dozen characters of five kinds


def _decoded(value: str) -> str:
    """Return the words that ``value`` says in base64, "" where it says none."""
    if not _BASE64.fullmatch(value):
        return ""
    try:
        text = base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return text if text.isprintable() else ""


def _is_sequence(plain: str, at: int) -> bool:
    """Five in a row happen by chance in long text; in a short one, or seven in a row, somebody typed them."""
    seven = plain[at + 1 : at + 6] in _SEQUENCES and plain[at + 2 : at + 7] in _SEQUENCES
    return seven or len(plain) < _LONG


def is_placeholder(value: str) -> bool:
    """Return whether ``value`` says itself that it is to be filled in."""
    return bool(_PLACEHOLDER.search(value))


def entropy(value: str) -> float:
    """Return Shannon's entropy of ``value`` in bits a character."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values()) if size else 0.0


def is_random(value: str, least: int = 16) -> bool:
    """Return whether ``value`` looks made by a machine: at least ``least`` characters, mixed as no name is."""
    if len(value) < least or not _CHARSET.fullmatch(value) or not any(map(str.isdigit, value[:512])):
        return False
    if not any(map(str.isalpha, value[:512])):
        return False
    sample = value[:512]
    if _is_wordy(sample):
        return False
    wanted = min(3.0, math.log2(len(sample)) - 0.9)
    least_turns = _LEAST_TURNS if _reads_well(_LETTERS_ALONE.findall(sample)) else _LEAST_TURNS_OF_NO_WORDS
    return turns(sample) >= least_turns and entropy(sample) >= wanted


def _is_wordy(value: str) -> bool:
    """Return whether ``value`` is mostly words: half of it, and few digits. Random lower case has digits enough."""
    if _DESCRIBED.fullmatch(value):
        return True
    words = _WORDS.findall(value)
    mostly = sum(map(len, words)) * 2 > len(value) and sum(map(str.isdigit, value)) < len(value) * 0.15
    return mostly and _reads_well(words)


def _reads_well(words: list[str]) -> bool:
    """Return whether letters follow one another in ``words`` as they do in names: two in five pairs are common ones."""
    pairs = [a + b for word in words for a, b in pairwise(word.lower())]
    return sum(pair in _PAIRS for pair in pairs) >= len(pairs) * 0.4


def turns(value: str) -> float:
    """Return how often, from one character to the next, the class changes: a share between 0 and 1."""
    classes = "".join("u" if c.isupper() else "l" if c.islower() else "d" if c.isdigit() else "o" for c in value)
    return sum(a != b for a, b in pairwise(classes)) / max(1, len(classes) - 1)


def is_hexadecimal(value: str) -> bool:
    """Return whether ``value`` is of hexadecimal digits in one case."""
    return bool(_HEX.fullmatch(value))


def is_mixed(value: str) -> bool:
    """Return whether ``value`` has a digit or letters of both cases: the words of a name in kebab case have not."""
    return any(map(str.isdigit, value)) or (value != value.lower() and value != value.upper())


def is_strong_password(value: str) -> bool:
    """Return whether ``value`` was made to be a password: ten characters of three classes, no spaces."""
    classes = [str.isupper, str.islower, str.isdigit, lambda c: not c.isalnum()]
    kinds = sum(any(map(each, value)) for each in classes)
    return len(value) >= 10 and kinds >= 3 and not any(map(str.isspace, value)) and any(map(str.isdigit, value))  # noqa: PLR2004
