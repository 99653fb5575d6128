"""One file read: decoded, its credentials masked, then given to what recognises it. Pure, so it may run anywhere."""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import Final

from msgspec.structs import replace

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service import credentials
from chittyops.capabilities.discovery.service.facts.registry import LOCKS, by_path, recogniser
from chittyops.kernel.inventory import Finding
from chittyops.kernel.kept import is_kept_file

LARGEST_BYTES: Final = 1 << 20
"""Longer files are looked through for credentials alone, a window at a time."""
LARGEST_SEARCHED_BYTES: Final = 16 << 20
OVERLAP_BYTES: Final = 8 << 10
_BINARY_SUFFIX: Final = re.compile(
    r"(?i).*\.(?:png|jpe?g|gif|webp|avif|ico|bmp|tiff?|psd|woff2?|ttf|otf|eot|pdf|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|"
    r"mp[34]|m4a|mov|avi|webm|wav|ogg|flac|wasm|so|dylib|dll|exe|bin|dat|pyc|class|o|a|node|sqlite3?|db|parquet|"
    r"docx?|xlsx?|pptx?|numbers|pages|sketch|fig|map|snap|min\.js|min\.css)"
)
_LEAST_DIGESTED_BYTES: Final = 64
_CONFLICT: Final = re.compile(r"^<{7} (?!(?:SEARCH|ORIGINAL|OLD)\b).*$(?=[\s\S]*?^={7}$[\s\S]*?^>{7} )", re.MULTILINE)
"""What git leaves; programs that edit by blocks of text to search and to replace write much the same."""
CODES: Final = {
    "merge-conflict": ("error", "The file holds an unresolved merge conflict."),
    "not-utf-8": ("warning", "A configuration file is not valid UTF-8."),
    "too-large": ("info", "A configuration file is larger than 1 MiB and is not read."),
}


def is_read(path: str) -> bool:
    """Return whether the content of the file at ``path`` can tell anything."""
    return path.rpartition("/")[2] not in LOCKS and not is_kept_file(path) and not _BINARY_SUFFIX.fullmatch(path)


def by_name(path: str) -> Facts | None:
    """Return what the name of a file tells, where its content is not needed."""
    manager = LOCKS.get(path.rpartition("/")[2])
    return Facts(path, kind="lock", manager=manager) if manager else None


def unreadable(path: str, message: str = "it cannot be read") -> Facts:
    """Return what is told of a file that cannot be read."""
    return Facts(path, problems=(Finding("unreadable", "warning", path, message),))


def facts(path: str, data: bytes, key: bytes) -> Facts:
    """Return what the file tells. ``key`` keys the fingerprints of credentials."""
    if len(data) > LARGEST_BYTES:
        return _searched(path, data, key)
    text = _text(data)
    if text is None:
        return Facts(path, kind="data")
    text, leaks = credentials.scan(path, text, key)
    conflict = _CONFLICT.search(text) if "<<<<<<< " in text else None
    read = None if conflict else recogniser(path, text)
    found = read(path, text) if read else Facts(path)
    problems = (*found.problems, *_damage(found, data, text, conflict))
    lines = text.count("\n") + 1
    return replace(found, path=path, leaks=leaks, problems=problems, digest=found.digest or _digest(data), lines=lines)


def _text(data: bytes) -> str | None:
    """Return the text of ``data``, or None where it is binary."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return None if b"\0" in data[:8192] else data.decode("utf-8-sig", "replace")


def _searched(path: str, data: bytes, key: bytes) -> Facts:
    """Look for credentials in a long file, by windows that overlap."""
    if b"\0" in data[:8192]:
        return Facts(path, kind="data")
    found = {}
    for start in range(0, len(data), LARGEST_BYTES - OVERLAP_BYTES):
        window = data[start : start + LARGEST_BYTES].decode("utf-8", "replace")
        lines = data.count(b"\n", 0, start)
        for leak in credentials.scan(path, window, key)[1]:
            at = replace(leak, line=leak.line + lines)
            found[at.line, at.digest] = at
    message = "the file is larger than 1 MiB and is not read"
    large = (Finding("too-large", "info", path, message),) if by_path(path) and path.endswith("json") else ()
    return Facts(path, kind="data", leaks=tuple(found.values()), problems=large)


def _digest(data: bytes) -> str:
    if len(data) < _LEAST_DIGESTED_BYTES:
        return ""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()[:16]


def _damage(found: Facts, data: bytes, text: str, conflict: re.Match[str] | None) -> tuple[Finding, ...]:
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        message = "the file holds an unresolved merge conflict"
        return (Finding("merge-conflict", "error", found.path, message, line, 1, "settle it; the file is not read"),)
    if found.kind == "config" and not data.startswith(codecs.BOM_UTF16_LE + codecs.BOM_UTF16_BE):
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            return (Finding("not-utf-8", "warning", found.path, "the file is not valid UTF-8", line, 1),)
    return ()
