"""Source code, read line by line for what it asks of its surroundings.

First cut: whole variable names and quoted health paths outside of comments; the syntax is not parsed.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import shlex
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Reference
from chittyops.capabilities.discovery.model.findings import Suite

FILENAME: Final = re.compile(r".+\.(py|[cm]?[jt]s|[jt]sx)")
URL_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:URL|URI|ENDPOINT|ORIGIN|API_BASE)")
DATABASE_VARIABLE: Final = re.compile(r"(?:[A-Z0-9]+_)*(?:DATABASE|POSTGRES|POSTGRESQL|NEON|PG|DB)_UR[LI]")
_VARIABLE: Final = re.compile(rf"(?<![A-Za-z0-9_])(?:{URL_VARIABLE.pattern})(?![A-Za-z0-9_])")
_HEALTH: Final = re.compile(r"""["'`](?:GET )?(/(?:api/)?(?:v\d+/)?_?(?:healthz?|livez|readyz))/?["'`]""")
_COMMENT: Final = re.compile(r"^\s*(#|//|\*|/\*)")
_TEST: Final = re.compile(
    r"(^|/)(tests?|__tests__|__mocks__|spec|e2e|fixtures?)/|(^|/)(test_[^/]*|conftest\.py)$|[._-](test|spec)\."
)
_MAIN: Final = re.compile(r"""^if __name__ == ["']__main__["']""", re.MULTILINE)
_SERVES: Final = re.compile(
    r"\b(uvicorn|hypercorn|gunicorn|waitress|starlette|fastapi|flask|django|aiohttp|tornado|sanic|quart|http\.server|"
    r"socketserver|grpc|nats|celery|pika|kafka)\b|[\"']PORT[\"']"
)
_LONGEST_LINE: Final = 2_000
_LEAST_BYTES: Final = 64


def read(path: str, text: str) -> Facts:
    """Return what a source file tells. Tests tell only that they are there: they name services they fake."""
    if _TEST.search(path):
        python = path.endswith(".py")
        return Facts(path, tests=Suite("unittest", "python -m unittest") if python else None)
    references, databases, health = [], [], ""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_LINE or _COMMENT.match(line):
            continue
        for variable in _VARIABLE.findall(line) if "_" in line else ():
            if DATABASE_VARIABLE.fullmatch(variable):
                databases.append((variable, number))
            else:
                references.append(Reference("variable-url", variable, number))
        if not health and (found := _HEALTH.search(line)):
            health = found[1]
    return Facts(
        path,
        health=health,
        references=tuple(references),
        databases=tuple(databases),
        serves=path.endswith(".py") and bool(_MAIN.search(text) and _SERVES.search(text)),
        start=_start(posixpath.basename(path)),
        fingerprint=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if len(text) >= _LEAST_BYTES else "",
    )


def _start(name: str) -> tuple[str, str]:
    if not name.endswith(".py"):
        return "", ""
    module = name.removesuffix(".py")
    return (
        ("module", module) if module.isidentifier() and module.isascii() else ("command", shlex.join(["python", name]))
    )
