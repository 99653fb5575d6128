"""The report in SARIF 2.1.0 (OASIS, https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code scanning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from chittyops import __version__
from chittyops.capabilities.audit.model import Report
from chittyops.kernel.inventory import Finding

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final[Mapping[str, str]] = {"error": "error", "warning": "warning", "info": "note"}
ROOT: Final = "SRCROOT"
FINGERPRINT: Final = "chittyops/v1"
LEAK: Final = "committed-credential"
_CREDENTIAL: Final = "A credential is committed: whoever can read the repository, or ever could, has it."


def sarif(report: Report, meanings: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the problems as a SARIF log; ``meanings`` are severity and sentence by code of problem."""
    findings = [*report.problems, *_unlisted(report)]
    used = {each.code: ("error" if each.code == LEAK else each.severity, "") for each in reversed(findings)}
    known = {**used, **meanings}
    if LEAK in known and not known[LEAK][1]:
        known[LEAK] = ("error", _CREDENTIAL)
    rules = {code: index for index, code in enumerate(sorted(known))}
    driver = {
        "name": "chittyops",
        "version": __version__,
        "informationUri": "https://github.com/chittyops/chittyops",
        "rules": [_rule(code, *known[code]) for code in rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "chittyops/audit/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the workspace."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, rules[each.code]) for each in findings],
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _unlisted(report: Report) -> Iterator[Finding]:
    """Yield the credentials that no problem tells of yet."""
    told = {(each.path, each.line) for each in report.problems if each.code == LEAK}
    for each in report.credentials:
        if (each.path, each.line) not in told:
            message = f"a credential of the kind {each.kind} is committed"
            hint = "rotate it, then take it out of the file"
            place = (each.line, each.column)
            yield Finding(
                LEAK, "error", each.path, message, *place, hint, each.service, f"{each.fingerprint}:{each.path}"
            )


def _rule(code: str, severity: str, meaning: str) -> dict[str, Any]:
    text = meaning or code.replace("-", " ").capitalize() + "."
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {
            "text": f"{text} Each result says what to do.",
            "markdown": f"{text} Each result says what to do. `chittyops discover --problems` lists them all.",
        },
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {"tags": ["operations"]},
    }


def _result(each: Finding, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "artifactLocation": {"uri": quote(each.path, errors="surrogateescape"), "uriBaseId": ROOT}
    }
    if each.line:
        location["region"] = {"startLine": each.line, **({"startColumn": each.column} if each.column else {})}
    result: dict[str, Any] = {
        "ruleId": each.code,
        "ruleIndex": index,
        "level": LEVELS[each.severity],
        "message": {"text": f"{each.message}. {each.hint}".rstrip(". ") + "." if each.hint else each.message},
        "locations": [{"physicalLocation": location}],
    }
    if each.fingerprint:
        result["partialFingerprints"] = {FINGERPRINT: each.fingerprint}
    if each.service:
        result["properties"] = {"service": each.service}
    return result
