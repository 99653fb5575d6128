"""Programs that do ops work: what of them JavaScript, TypeScript and Python have in common."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable
from typing import Final

from chittyops.capabilities.discovery.model.facts import Code, Command, ScriptFacts
from chittyops.capabilities.discovery.service.facts import shell
from chittyops.capabilities.discovery.service.facts.source import Source

_FOLDER: Final = re.compile(r"(?:^|/)(?:scripts?|bin|ops|tools|deploy[^/]*)/(?:[^/]+/)*[^/]+$")
_WITHIN: Final = re.compile(
    r"(?:^|/)(?:src|lib|app|dist|build|node_modules|site-packages)/(?:[^/]+/)*(?:scripts?|bin|ops|tools|deploy[^/]*)/"
)
_TOKEN: Final = re.compile(r"\w+")
_MOST_COMPARED_BYTES: Final = 40_000
_MARKUP: Final = re.compile(r"^\s*(?:/\*+|\*+/?|//+|#+|\"\"\"|''')\s?|\s*(?:\*+/|\"\"\"|''')\s*$")
_COMMENT: Final = re.compile(
    rb"\A\s*(?:#![^\n]*\s*)?(?:[rR]?\"\"\"[\s\S]*?\"\"\"|[rR]?'''[\s\S]*?'''|/\*[\s\S]*?\*/|(?:(?://|#)[^\n]*\n\s*)+)"
)
_CODED: Final = re.compile(
    r"@(?:ts-|jest-|vitest-|fileoverview|file\b|module|license|canon|version|author)|-\*-|global ", re.IGNORECASE
)
WRITTEN: Final = re.compile(
    r"(?:.*/)?(?:\.env[\w.-]*|\.dev\.vars[\w.-]*|[^/]+\.(?:jsonc?|toml|ya?ml|env|conf|ini|sql|pem|key))"
)
"""Files of configuration and secrets: a script that reads or writes them does ops work."""


def is_ops(path: str) -> bool:
    """Return whether the file at ``path`` lies where repositories keep their ops scripts."""
    return _FOLDER.search(path) is not None and _WITHIN.search(path) is None


def is_library(source: Source) -> bool:
    """Return whether other modules use ``source``, and it does nothing of itself."""
    return source.has(b"export ", b"module.exports", b"__all__") and not source.has(
        b"process.argv", b"Deno.args", b"import.meta.main"
    )


def build(source: Source, kind: str, code: Code, commands: Iterable[Command], arguments: Iterable[str]) -> ScriptFacts:
    """Return what is known of the script ``source``, whose ``commands`` and ``arguments`` were found in its code."""
    plain = source.without_comments()
    variables = dict.fromkeys(each.name for each in code.variables if each.source != "env-type")
    return ScriptFacts(
        name=posixpath.basename(source.path),
        kind=kind,
        line=1,
        commands=tuple(sorted(commands, key=lambda each: each.line)),
        inputs=(*variables, *dict.fromkeys(arguments)),
        lines=source.data.count(b"\n") + (not source.data.endswith(b"\n")),
        digest=hashlib.sha256(b"".join(plain.split())).hexdigest() if plain else "",
        shingles=shell.signature(_TOKEN.findall(plain[:_MOST_COMPARED_BYTES].decode("utf-8", "replace"))),
        summary=summary(source),
    )


def summary(source: Source) -> str:
    """Return the first sentence of the comment or docstring that ``source`` begins with."""
    found = _COMMENT.match(source.data)
    if not found:
        return ""
    lines = []
    for line in found[0].decode("utf-8", "replace").splitlines():
        said = _MARKUP.sub("", _MARKUP.sub("", line)).strip()
        if line.startswith("#!") or _CODED.match(said) or said == posixpath.basename(source.path):
            continue
        if said:
            lines.append(f"# {said}")
        elif lines:
            break
    return shell.summary("\n".join(lines))


def request(method: str, address: str, line: int) -> Command:
    """Return the command that stands for a request over HTTP; the scheme and whatever ``?`` begins are left out."""
    target = re.sub(r"^(?:https?|wss?)://(?:[^/@\s]*@)?", "", address.strip()).partition("?")[0]
    return Command(("fetch", method.upper(), target), line)
