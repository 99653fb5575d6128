"""What tests test."""

from __future__ import annotations

from textwrap import dedent

import pytest

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import javascript, python_code


def read(text: str, path: str = "tests/a.test.ts") -> Facts:
    return python_code.read(path, dedent(text)) if path.endswith(".py") else javascript.read(path, dedent(text))


def codes(text: str, path: str = "tests/a.test.ts") -> list[tuple[str, int]]:
    return [(each.code, each.line) for each in read(text, path).problems]


def test_cases_and_asserts_are_counted_and_the_rest_left_alone() -> None:
    facts = read(
        """\
        import { app } from '../src/app'
        // it('commented', () => {})
        describe('app', () => {
          it('a', async () => { expect(await call('https://api.corp.io')).toBe(process.env.TOKEN) })
          test.each([1, 2])('b %s', (n) => { expect(n).toBe(2) })
        })
        """
    )
    code = facts.code
    assert code is not None
    assert (facts.kind, code.cases, code.asserts) == ("test", 2, 2)
    assert ([each.specifier for each in code.imports], code.variables, code.urls) == (["../src/app"], (), ())
    assert facts.problems == ()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("tests/setup.ts", "test"),
        ("src/a.spec.tsx", "test"),
        ("src/__tests__/a.js", "test"),
        ("scripts/load-test.js", "code"),
        ("src/contest.ts", "code"),
        ("src/latest/a.ts", "code"),
    ],
)
def test_a_path_tells_a_test(path: str, kind: str) -> None:
    assert read("const a = 1\n", path).kind == kind


def test_a_name_that_only_some_runners_take_for_a_test_needs_cases() -> None:
    assert read("import test from 'node:test'\ntest('a', () => { assert(b) })\n", "test-a.js").kind == "test"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("it('a', () => { run() })\n", "a.test.ts"),
        ("it('a', () => { expect(true).toBe(true) })\n", "a.test.ts"),
        ("it('a', () => { expect(1 + 1).toBe(2) })\n", "a.test.ts"),
        ("test('a', () => { assert.ok(true) })\n", "a.test.mjs"),
        ("def test_a():\n    run()\n", "test_a.py"),
        ("def test_a():\n    assert True\n", "tests/test_a.py"),
    ],
)
def test_cases_that_cannot_fail_are_found(text: str, path: str) -> None:
    assert [code for code, _ in codes(text, path)] == ["test-without-assertion"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("it('a', () => { expect(b).toBe(true) })\n", "a.test.ts"),
        ("it('a', () => { expect(true).toBe(true); expect(b).toBe(1) })\n", "a.test.ts"),
        ("it('a', () => { screen.getByText('b') })\n", "a.test.tsx"),
        ("it('a', () => { assertValid(b) })\n", "a.test.ts"),
        ("it('a', () => { if (!b) throw new Error('c') })\n", "a.test.ts"),
        ("import { run } from './helpers'\nit('a', () => run())\n", "a.test.ts"),
        ("export const fixture = 1\n", "tests/fixture.ts"),
        ("def test_a():\n    assert b == 1\n", "test_a.py"),
        ("def test_a(self):\n    self.assertEqual(b, 1)\n", "test_a.py"),
        ("def test_a():\n    with pytest.raises(ValueError):\n        run()\n", "test_a.py"),
    ],
)
def test_cases_that_can_fail_are_left_alone(text: str, path: str) -> None:
    assert codes(text, path) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("it.skip('a', () => { expect(b).toBe(1) })\nxit('c', () => {})\n", "a.test.ts"),
        ("describe.skip('a', () => {\n  it('b', () => { expect(b).toBe(1) })\n})\n", "a.test.ts"),
        ("@pytest.mark.skip\ndef test_a():\n    assert b\n", "test_a.py"),
        ("pytestmark = pytest.mark.skip(reason='x')\n\ndef test_a():\n    assert b\n", "test_a.py"),
    ],
)
def test_a_file_whose_cases_are_all_skipped_is_found(text: str, path: str) -> None:
    assert [code for code, _ in codes(text, path)] == ["skipped-tests"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("it.skip('a', () => { expect(b).toBe(1) })\nit('c', () => { expect(d).toBe(1) })\n", "a.test.ts"),
        ("describe.skipIf(!url)('a', () => {\n  it('b', () => { expect(b).toBe(1) })\n})\n", "a.test.ts"),
        ("@pytest.mark.skipif(WINDOWS, reason='x')\ndef test_a():\n    assert b\n", "test_a.py"),
    ],
)
def test_a_file_that_skips_some_or_sometimes_is_left_alone(text: str, path: str) -> None:
    assert codes(text, path) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            "it('a', async () => {\n  const r = await get('/health')\n  expect([200, 404]).toContain(r.status)\n})\n",
            "a.test.ts",
        ),
        (
            "it('a', async () => {\n  const r = await get('/health')\n  expect(r.status).toBeLessThan(500)\n})\n",
            "a.test.ts",
        ),
        (
            "async function up() {\n  const r = await fetch(`${base}/health`)\n  return r.ok || r.status === 404\n}\n",
            "src/up.ts",
        ),
        (
            "const up = async () => {\n  const r = await fetch(base + '/healthz')\n  return r.status < 500\n}\n",
            "src/up.ts",
        ),
        ("def test_a():\n    r = client.get('/health')\n    assert r.status_code in (200, 404)\n", "test_a.py"),
        ("def up():\n    r = requests.get(f'{base}/health')\n    return r.status_code < 500\n", "scripts/up.py"),
    ],
)
def test_a_health_check_that_takes_errors_is_found_on_its_line(text: str, path: str) -> None:
    assert codes(text, path) == [("health-check-accepts-errors", 3)]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (
            "it('a', async () => {\n  const r = await get('/users')\n  expect([200, 404]).toContain(r.status)\n})\n",
            "a.test.ts",
        ),
        (
            "it('a', async () => {\n  const r = await get('/health')\n  expect([200, 503]).toContain(r.status)\n})\n",
            "a.test.ts",
        ),
        ("it('a', async () => {\n  const r = await get('/health')\n  expect(r.status).toBe(404)\n})\n", "a.test.ts"),
        (
            "async function b() {\n  const r = await fetch('/health')\n  return r.status > 399 && r.status < 500\n}\n",
            "src/a.ts",
        ),
        (
            "async function a() {\n  const r = await fetch(b + '/health')\n  if (r.status === 404) fail()\n}\n",
            "src/a.ts",
        ),
        ("def test_a():\n    r = client.options('/health')\n    assert r.status_code in (200, 405)\n", "test_a.py"),
        ("// after '/health'\nconst a = (r) => r.status < 500\n", "src/a.ts"),
    ],
)
def test_a_check_that_takes_no_error_for_success_is_left_alone(text: str, path: str) -> None:
    assert codes(text, path) == []


def test_the_column_is_that_of_the_condition() -> None:
    (found,) = read(
        "const up = async () => {\n  await get('/health')\n  /* é */ return r.status < 500\n}\n", "src/up.ts"
    ).problems
    assert (found.line, found.column) == (3, 18)


@pytest.mark.parametrize("path", ["tests/conftest.py", "tests/e2e_test_helpers.py", "tests/factories.py"])
def test_what_a_runner_does_not_collect_holds_no_cases(path: str) -> None:
    facts = read("def test_app():\n    return make()\n", path)
    assert facts.kind == "test"
    assert facts.code is not None
    assert (facts.code.cases, facts.problems) == (0, ())
