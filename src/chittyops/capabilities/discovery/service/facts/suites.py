"""What tests test: their cases, what they assert, and where they accept what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from chittyops.capabilities.discovery.model.facts import Code, Facts
from chittyops.capabilities.discovery.service.facts.source import Source, around
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "test-without-assertion": ("warning", "A test file defines cases and asserts nothing that could fail."),
    "skipped-tests": ("info", "All cases of a test file are skipped."),
    "health-check-accepts-errors": ("warning", "Code that checks a health endpoint takes an error for success."),
}
_CASE: Final = re.compile(
    rb"(?<![\w$.])(?P<name>it|test|xit|xtest|fit|Deno\.test|specify)(?P<way>(?:\.\w+)*)(?:\([^()\n]*\)(?=\())?(?:`|\(\s*(?=[\"'`\w{(]))"
)
_GROUP: Final = re.compile(rb"(?<![\w$.])(?P<name>describe|xdescribe|suite|context)(?P<way>(?:\.\w+)*)\(")
_SKIPS: Final = re.compile(rb"(?:^|\.)(?:skip|todo|failing)\b")
_ASSERTION: Final = re.compile(
    rb"\b_?(?:expect|assert|verify|check|should|ensure|must|fail|validate)\w*\s*(?:<[^()\n]*>)?[(.`]|\.(?:should|expect\w*|assert\w*|resolves|rejects)\b"
    rb"|\bt\.(?:is|ok|equal|deepEqual|true|false|throws|snapshot|same|strictEqual|not|pass|fail)\w*\(|\b(?:get|find)(?:All)?By\w+\("
    rb"|\.(?:raises|warns)\(|\b(?:throw|raise)\b|\bcy\.|\btoMatch\w*\(|\bprocess\.exit\(|\breturn\s+(?:request|supertest)\("
)
_TRIVIAL: Final = re.compile(
    rb"\b(?:expect|assert(?:\.ok|\.equal|\.strictEqual)?)\(\s*(true|1|[\"']\w*[\"']|\d\s*[+*-]\s*\d)\s*\)?\s*(?:\.to(?:Be|Equal|StrictEqual|BeTruthy)\(\s*(?:\1|\d+)?\s*\)|,\s*\1\s*\)|[;\n}])"
    rb"|\bself\.assert(?:True\(\s*True|Equal\(\s*1\s*,\s*1)\s*\)|\bassert\s+(?:True|1|1\s*==\s*1)\s*(?:#[^\n]*)?$",
    re.MULTILINE,
)
_SHARED: Final = re.compile(
    r"(?i)helper|util|fixture|support|shared|setup|harness|contract|scenario|assert|expect|common|suite"
)
_PYTHON_CASE: Final = re.compile(rb"^(?P<in>[ \t]*)(?:async[ \t]+)?def[ \t]+test_?\w*\(", re.MULTILINE)
_PYTHON_FILE: Final = re.compile(r"(?:^|/)(?:tests?(?:_[^/]*)?|[^/]*_tests?)\.py$")
"""Files in which runners look for cases; what others beside them call ``test_...`` are fixtures and helpers."""
_PYTHON_SKIP: Final = re.compile(rb"@(?:pytest\.mark\.skip|unittest\.skip|skip)(?:\(|\s)")
_PYTHON_SKIP_ALL: Final = re.compile(
    rb"^pytestmark\s*=\s*\[?\s*pytest\.mark\.skip\b(?!if)|^pytest\.skip\([^)]*allow_module_level", re.MULTILINE
)
_FAILED: Final = rb"(?:404|405|410|500|501|502|504)"
_STATUS: Final = rb"(?:\w+\??\.)*\b(?:status|statusCode|status_code|code)\b"
_LENIENT: Final = re.compile(
    rb"expect\(\s*\[(?=[^\]]*\b20\d\b)[^\]]*\b"
    + _FAILED
    + rb"\b[^\]]*\]\s*,?\s*\)\s*\.\s*(?:toContain|to\.include|to\.contain)"
    rb"|\[(?=[^\]]*\b20\d\b)[^\]]*\b"
    + _FAILED
    + rb"\b[^\]]*\]\s*\.\s*includes\(\s*"
    + _STATUS
    + rb"|\b"
    + _STATUS
    + rb"\s+in\s+[(\[{](?=[^)\]}\n]*\b20\d\b)[^)\]}\n]*\b"
    + _FAILED
    + rb"\b"
    rb"|expect\(\s*" + _STATUS + rb"\s*\)\s*\.\s*(?:toBeLessThan\(\s*(?:500|600)|toBeLessThanOrEqual\(\s*(?:499|599))"
    rb"|" + _STATUS + rb"\s*(?:<\s*(?:500|600)|<=\s*(?:499|599))\b"
    rb"|(?:\bok\b|\b" + _STATUS + rb"\s*={2,3}\s*20\d)\s*(?:\|\||or)\s*" + _STATUS + rb"\s*={2,3}\s*" + _FAILED + rb"\b"
    rb"|" + _STATUS + rb"\s*={2,3}\s*" + _FAILED + rb"\s*(?:\|\||or)\s*(?:" + _STATUS + rb"\s*={2,3}\s*20\d|\w+\.ok\b)"
)
_FAILURE: Final = re.compile(rb"(?:404|405|410|499|50[01245]|599|600)(?!\d)")
_ASKS_HEALTH: Final = re.compile(
    rb"[\"'`](?:[^\"'`\n]*[^\w\"'`\n-])?(?:_?health(?:z|-?check)?|livez|readyz)(?:/(?:live|ready))?/?(?:\?[^\"'`\n]*)?[\"'`]"
)
_RANGE: Final = re.compile(rb">=?\s*[34]\d\d\b")
"""Beside an upper bound this makes it a question for errors."""
_NEAR: Final = 400
_SCOPES: Final = (
    "arrow_function",
    "function_expression",
    "function_declaration",
    "method_definition",
    "function_definition",
    "generator_function_declaration",
)
_HINT_ASSERT: Final = "assert what the cases are for, or remove them"
_HINT_STRICT: Final = "accept 2xx alone, so that a missing or failing endpoint is seen"


def defines_cases(source: Source) -> bool:
    """Return whether a script that is named like a test defines cases for a runner."""
    if not source.has(b"describe(", b"it(", b"test("):
        return False
    return any(source.is_name(*match.span("name")) for match in source.find(_CASE))


def javascript(source: Source, code: Code) -> Facts:
    """Return what a test file of JavaScript or TypeScript tells."""
    cases = skipped = 0
    for match in source.find(_CASE):
        if b"." in match["name"] or source.is_name(*match.span("name")):
            cases += 1
            skipped += match["name"].startswith(b"x") or _SKIPS.search(match["way"]) is not None
    groups = [match for match in source.find(_GROUP) if source.is_name(*match.span("name"))] if cases else []
    top = [match for match in groups if match.start() == 0 or source.data[match.start() - 1 : match.start()] == b"\n"]
    if top and all(match["name"].startswith(b"x") or _SKIPS.search(match["way"]) for match in top):
        inside = all(_within(source, match, top) for match in source.find(_CASE))
        skipped = cases if inside else skipped
    return _facts(source, code, cases, skipped)


def _within(source: Source, case: re.Match[bytes], groups: list[re.Match[bytes]]) -> bool:
    """Return whether the case stands below one of the groups, and not at the left edge itself."""
    start = case.start()
    return start > groups[0].start() and source.data[start - 1 : start] != b"\n"


def python(source: Source, code: Code) -> Facts:
    """Return what a test file of Python tells."""
    cases = skipped = 0
    collected = _PYTHON_FILE.search(source.path) is not None
    for match in source.find(_PYTHON_CASE) if collected else ():
        node = source.node(match.end() - 1, match.end())
        if node is None or node.type in {"comment", "string_content"}:
            continue
        cases += 1
        before = source.data[: match.start()].rsplit(b"\n\n", 1)[-1][-600:]
        skipped += _PYTHON_SKIP.search(before) is not None
    if cases and _PYTHON_SKIP_ALL.search(source.data):
        skipped = cases
    return _facts(source, code, cases, skipped)


def _facts(source: Source, code: Code, cases: int, skipped: int) -> Facts:
    plain = (b"expect(", b"assert.", b"assert(", b"assert ", b".assert")
    asserts = sum(map(source.data.count, plain)) if cases else 0
    trivial = sum(1 for _ in source.find(_TRIVIAL)) if cases else 0
    if cases and asserts <= trivial:  # the many other ways to assert count where it matters
        asserts = source.data.count(b"assert ") + sum(1 for _ in source.find(_ASSERTION))
    problems = []
    if cases and skipped == cases:
        problems.append(_finding(source, "skipped-tests", "every case is skipped", "run them, or remove them"))
    elif cases and not any(_SHARED.search(each.specifier) for each in code.imports):
        what = "no case asserts anything" if not asserts else "what the cases assert is always true"
        if asserts <= trivial:
            problems.append(_finding(source, "test-without-assertion", f"{what} (cases: {cases})", _HINT_ASSERT))
    lenient = lenient_health_checks(source)
    return Facts(
        source.path,
        kind="test",
        code=replace(code, cases=cases, asserts=asserts),
        problems=(*problems, *lenient),
    )


def lenient_health_checks(source: Source) -> tuple[Finding, ...]:
    """Return the places that ask a health endpoint and take 404 or 500 for an answer."""
    if not source.has(b"health", b"livez", b"readyz"):
        return ()
    found = []
    lines = {_line(source, match.start()) for match in source.find(_FAILURE)}
    for match in (match for start, end in sorted(lines) for match in _LENIENT.finditer(source.data, start, end)):
        node = source.node(match.start(), match.start() + 1)
        if node is None or node.type in {"comment", "string_fragment", "string_content"}:
            continue
        scope = around(node, _SCOPES)
        asked = _ASKS_HEALTH.search(source.data, scope.start_byte, match.start()) if scope else None
        if asked and source.data[: asked.start()].endswith(b".options("):
            continue  # whether another origin may call, and not how the service is
        if asked and not _RANGE.search(source.data, *_line(source, match.start())):
            where = asked[0].decode("utf-8", "replace").strip("\"'`")
            message = f"the check of {where} takes an error for success"
            found.append(_finding(source, "health-check-accepts-errors", message, _HINT_STRICT, match.start()))
    return tuple(found)


def _line(source: Source, offset: int) -> tuple[int, int]:
    """Return where the line around ``offset`` begins and ends; of a very long one, what is near."""
    start = max(source.data.rfind(b"\n", 0, offset) + 1, offset - _NEAR)
    end = source.data.find(b"\n", offset)
    return start, min(end if end >= 0 else len(source.data), offset + _NEAR)


def _finding(source: Source, code: str, message: str, hint: str, offset: int = 0) -> Finding:
    start = source.data.rfind(b"\n", 0, offset) + 1
    column = len(source.data[start:offset].decode("utf-8", "replace")) + 1
    line = source.line(offset)
    return Finding(code, CODES[code][0], source.path, message, line, column, hint)
