"""Finds secret values in a stream of bytes, however it is cut into pieces and however the values are encoded."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from chittyops.kernel.secret import REDACTED

SHORTEST = 4
"""Characters. A shorter value would mask text that has nothing to do with it."""
_MASK = REDACTED.encode()
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def forms(value: str) -> frozenset[bytes]:
    """Return how ``value`` may show: as it is, by lines, in JSON and URLs, in hexadecimal, and in base64.

    In base64 also wherever it begins in a longer text, without the characters that depend on its neighbours.
    """
    plain = value.encode("utf-8", "surrogateescape")
    found = {plain, plain.hex().encode(), plain.hex().upper().encode()}
    found |= {line.strip().encode("utf-8", "surrogateescape") for line in value.splitlines()}
    for escaped in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        found.add(escaped[1:-1].encode("utf-8", "surrogateescape"))
    found |= {quoted(plain).encode() for quoted in (quote, quote_plus)} | {quote(plain, safe="").encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        uncertain = bool((len(plain) + shift) % 3)
        core = encoded[(0, 2, 3)[shift] : len(encoded) - uncertain]
        whole = (encoded,) if not shift else ()
        found |= {each.translate(table) for each in (core, *whole) for table in (None, _URL_SAFE)}
    return frozenset(form for form in found if len(form) >= SHORTEST)


class Masker:
    """Replaces every form of ``values`` in a stream, also what lies over several pieces of it."""

    def __init__(self, values: Iterable[str]) -> None:
        """Take the values; those shorter than SHORTEST are not masked."""
        self._forms = tuple(sorted({form for value in values if len(value) >= SHORTEST for form in forms(value)}))
        self._rest = b""

    def feed(self, data: bytes, *, final: bool = False) -> bytes:
        """Return what may be shown now; what could be the beginning of a value waits for what follows."""
        data = self._rest + data
        found = list(_joined(self._found(data)))
        end = len(data) if final else self._certain(data)
        if found and found[-1][0] < end < found[-1][1]:
            end = found[-1][0]
        pieces, at = [], 0
        for start, stop in found:
            if stop > end:
                break
            pieces += [data[at:start], _MASK]
            at = stop
        self._rest = data[max(at, end) :]
        return b"".join((*pieces, data[at:end]))

    def _found(self, data: bytes) -> list[tuple[int, int]]:
        """Return where forms are in ``data``, those within and over each other too."""
        found = []
        for form in self._forms:
            at = data.find(form)
            while at >= 0:
                found.append((at, at + len(form)))
                at = data.find(form, at + 1)
        return sorted(found)

    def _certain(self, data: bytes) -> int:
        """Return up to where no form can begin that is not complete yet."""
        end = len(data)
        for form in self._forms:
            at = data.find(form[:1], max(0, len(data) - len(form) + 1))
            while 0 <= at < end:
                if form.startswith(data[at:]):
                    end = at
                at = data.find(form[:1], at + 1)
        return end


def _joined(found: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the sorted stretches ``found`` with those that overlap made one."""
    start, stop = -1, -1
    for begin, end in found:
        if begin < stop:
            stop = max(stop, end)
            continue
        if stop >= 0:
            yield start, stop
        start, stop = begin, end
    if stop >= 0:
        yield start, stop
