"""Test suites that have nothing to run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "test-suite-empty": ("warning", "The test command of a package runs a test runner, and there is no test to run."),
}
_RUNNERS: Final = frozenset({"vitest", "jest", "mocha", "playwright", "cypress", "node", "bun", "deno", "ava", "tap"})
_ELSEWHERE: Final = re.compile(
    r"\.\./|--(?:dir|root|rootDir|project|projects|workspace|config|c)\b|\s-[cC]\s|\bturbo\b|\bnx\b|\s-r\s|--filter"
)
"""Commands that look for tests where only their configuration says."""
_API: Final = re.compile(
    r"vitest|@jest/globals|node:test|test|bun:test|mocha|ava|tap|uvu|@playwright/test|cypress|jsr:@std/testing.*"
)
_UNREAD: Final = re.compile(r"\.(?:test|spec|cy|e2e)\.|(?:^|/)(?:__tests__|cypress|features)/|\.feature$|\.bats$")
_NOT_OWN: Final = frozenset({"copy", "legacy", "quarantined", "template"})


def find(world: World) -> Iterator[Finding]:
    """Yield the packages whose test command has no test to run."""
    tests = _folders_with_tests(world)
    passed_over = {each.path for each in world.services if each.status in _NOT_OWN}
    for path, facts in sorted(world.facts.items()):
        package = facts.package
        command = package.scripts.get("test", "") if package else ""
        folder = posixpath.dirname(path) or "."
        if (
            package is None
            or package.tests[0] not in _RUNNERS
            or not command
            or folder in tests
            or folder in passed_over
        ):
            continue
        if not _ELSEWHERE.search(command):
            message = f"the test command runs {package.tests[0]}, and no file here defines a test"
            yield Finding(
                "test-suite-empty", "warning", path, message, _line(facts), hint="write a test, or remove the command"
            )


def _folders_with_tests(world: World) -> set[str]:
    """Return every folder that holds a file with tests, directly or below."""
    found: set[str] = set()
    for path in world.paths:
        facts = world.facts.get(path)
        if (facts and _defines(facts)) or _UNREAD.search(path):
            folder = posixpath.dirname(path) or "."
            while folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder) or "."
    return found


def _defines(facts: Facts) -> bool:
    code = facts.code
    return code is not None and (code.cases > 0 or any(_API.fullmatch(each.specifier) for each in code.imports))


def _line(facts: Facts) -> int:
    return next((each.line for each in facts.scripts if each.name == "test"), 1)
