"""Test suites that have nothing to run."""

from __future__ import annotations

from chittyops.capabilities.discovery.model.facts import Code, Facts, Import, Package, ScriptFacts
from chittyops.capabilities.discovery.service.problems import testing
from chittyops.capabilities.discovery.service.world import World


def package(path: str, command: str = "vitest run", runner: str = "vitest") -> Facts:
    found = Package("node", scripts={"test": command}, tests=(runner, "npm test"))
    return Facts(path, package=found, scripts=(ScriptFacts("test", "npm-script", 7),))


def found(*facts: Facts, also: tuple[str, ...] = ()) -> list[tuple[str, str, int]]:
    paths = {each.path: each for each in facts}
    world = World("w", frozenset({*paths, *also}), (".",), paths)
    return [(each.code, each.path, each.line) for each in testing.find(world)]


def test_a_runner_without_a_test_is_found_where_its_script_stands() -> None:
    code = Facts("api/src/a.ts", kind="code", code=Code("typescript"))
    assert found(package("api/package.json"), code) == [("test-suite-empty", "api/package.json", 7)]


def test_tests_of_another_package_do_not_count() -> None:
    other = Facts("web/a.test.ts", kind="test", code=Code("typescript", cases=1))
    assert found(package("api/package.json"), other) == [("test-suite-empty", "api/package.json", 7)]


def test_tests_below_the_package_count() -> None:
    test = Facts("api/src/deep/a.test.ts", kind="test", code=Code("typescript", cases=1))
    assert found(package("api/package.json"), package("package.json"), test) == []


def test_tests_with_names_of_their_own_are_told_by_what_they_import() -> None:
    code = Facts("api/checks.ts", kind="code", code=Code("typescript", imports=(Import("vitest", 1),)))
    assert found(package("api/package.json"), code) == []


def test_tests_that_are_not_read_count_too() -> None:
    assert found(package("api/package.json", "cypress run", "cypress"), also=("api/cypress/login.feature",)) == []


def test_a_command_that_looks_elsewhere_is_left_alone() -> None:
    assert found(package("api/package.json", "vitest run --dir ../tests")) == []
    assert found(package("api/package.json", "jest --config ../jest.config.js", "jest")) == []


def test_a_command_that_is_no_runner_is_left_alone() -> None:
    assert found(package("api/package.json", "tsc --noEmit", "npm")) == []
