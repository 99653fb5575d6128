"""Package manifests of every language, and the files of monorepos."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.facts import ecosystems, monorepo, packages, python, tool_settings

PACKAGE = """{
  "name": "@acme/api",
  "private": true,
  "main": "./src/index.js",
  "packageManager": "pnpm@9.1.0",
  "scripts": {
    "start": "node src/index.js",
    "test": "npm run test:unit",
    "test:unit": "vitest run"
  },
  "dependencies": {
    "hono": "^4"
  },
  "devDependencies": {"vitest": "^2"}
}
"""


def test_a_package_with_its_scripts_and_needs() -> None:
    found = packages.read("api/package.json", PACKAGE)
    package = found.package
    assert package is not None
    assert (package.ecosystem, package.name, package.entrypoint) == ("node", "@acme/api", "src/index.js")
    assert (package.manager, package.private, package.library) == ("pnpm", True, False)
    assert package.start == "node src/index.js"
    assert package.tests == ("vitest", "pnpm test")
    assert package.dependencies == (("hono", "^4", 12), ("vitest", "^2", 14))
    assert [(each.name, each.kind, each.line) for each in found.scripts] == [
        ("start", "npm-script", 7),
        ("test", "npm-script", 8),
        ("test:unit", "npm-script", 9),
    ]
    assert found.problems == ()


def test_what_is_published_and_starts_nothing_is_a_library() -> None:
    package = packages.read("package.json", '{"name": "x", "exports": {".": {"import": "./dist/x.js"}}}').package
    assert package is not None
    assert package.library
    assert package.entrypoint == "dist/x.js"


@pytest.mark.parametrize(
    "text",
    [
        '{"dependencies": {"@modelcontextprotocol/sdk": "^1"}}',
        '{"name": "weather", "bin": {"weather-mcp": "dist/i.js"}}',
        '{"name": "@acme/mcp-weather", "bin": "dist/i.js"}',
    ],
)
def test_mcp_servers_are_told_by_their_sdk_or_command(text: str) -> None:
    package = packages.read("package.json", text).package
    assert package is not None
    assert package.mcp


@pytest.mark.parametrize("members", ['["a", "b/*"]', '{"packages": ["a", "b/*"]}'])
def test_members_of_a_workspace(members: str) -> None:
    package = packages.read("package.json", f'{{"workspaces": {members}}}').package
    assert package is not None
    assert package.workspaces == ("a", "b/*")


@pytest.mark.parametrize(
    ("command", "code", "severity"),
    [
        ('echo \\"no tests yet\\" && exit 0', "no-tests", "warning"),
        ("true", "no-tests", "warning"),
        ("echo 'todo; write them'", "no-tests", "warning"),
        ('echo \\"Error: no test specified\\" && exit 1', "no-tests", "info"),
        ("jest || true", "ignored-test-failure", "warning"),
        ("jest || echo 'failed'", "ignored-test-failure", "warning"),
    ],
)
def test_tests_that_test_nothing(command: str, code: str, severity: str) -> None:
    found = packages.read("package.json", f'{{"scripts": {{\n  "test": "{command}"}}}}')
    assert [(each.code, each.severity, each.line, each.column) for each in found.problems] == [(code, severity, 2, 3)]
    assert packages.CODES[code][0] == "warning"


@pytest.mark.parametrize("command", ["vitest run", "echo go && jest", "node --test", "true && mocha", "tsc || exit 1"])
def test_tests_that_test_something(command: str) -> None:
    assert packages.read("package.json", f'{{"scripts": {{"test": "{command}"}}}}').problems == ()


@pytest.mark.parametrize(
    ("command", "runner"),
    [
        ("node --test", "node"),
        ("react-scripts test", "jest"),
        ("bun test", "bun"),
        ("ava", "ava"),
        ("make check", "npm"),
    ],
)
def test_runners(command: str, runner: str) -> None:
    package = packages.read("package.json", f'{{"scripts": {{"test": "{command}"}}}}').package
    assert package is not None
    assert package.tests == (runner, "npm test")


def test_odd_manifests_do_no_harm() -> None:
    for text in ("", "[]", "{", '{"scripts": [], "bin": 3, "workspaces": {"packages": null}, "dependencies": "x"}'):
        assert packages.read("package.json", text).deployments == ()


def test_a_python_project() -> None:
    text = '[project]\nname = "acme-api"\ndependencies = [\n  "fastapi>=0.1",\n  "mcp[cli]>=1",\n]\n'
    text += '[project.scripts]\nacme = "acme.cli:main"\nweb = "acme.cli:web"\n[dependency-groups]\ndev = ["pytest"]\n'
    text += '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
    found = python.pyproject("pyproject.toml", text)
    package = found.package
    assert package is not None
    assert (package.name, package.bin, package.workspaces) == ("acme-api", ("acme/cli",), ("libs/*",))
    assert [(name, spec) for name, spec, _ in package.dependencies] == [
        ("fastapi", ">=0.1"),
        ("mcp", ">=1"),
        ("pytest", ""),
    ]
    assert package.tests == ("pytest", "python -m pytest")
    assert package.mcp
    assert found.manager == "uv"


def test_a_poetry_project() -> None:
    text = '[tool.poetry]\nname = "old"\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3"\n'
    package = python.pyproject("pyproject.toml", text).package
    assert package is not None
    assert (package.name, package.manager, package.dependencies) == ("old", "poetry", (("flask", "^3", 5),))


def test_other_files_of_python() -> None:
    needed = python.requirements(
        "requirements.txt", "# pins\nflask==3.0 ; python_version > '3'\n-r other.txt\npytest\n"
    ).package
    assert needed is not None
    assert needed.dependencies == (("flask", "==3.0", 2), ("pytest", "", 4))
    assert needed.tests[0] == "pytest"
    pipfile = python.pipfile("Pipfile", '[packages]\ndjango = "*"\n').package
    assert pipfile is not None
    assert pipfile.dependencies == (("django", "*", 2),)
    setup = python.setup("setup.py", "from setuptools import setup\nsetup(\n    name='acme',\n)\n").package
    assert setup is not None
    assert setup.name == "acme"


def test_packages_of_other_languages() -> None:
    rust = ecosystems.cargo(
        "Cargo.toml", '[package]\nname = "r"\n[dependencies]\nserde = "1"\n[[bin]]\nname = "rd"\n'
    ).package
    go = ecosystems.go("go.mod", "module acme.dev/g\n\nrequire (\n\tgithub.com/x/y v1.2.3\n)\n").package
    ruby = ecosystems.gemfile("Gemfile", "source 'x'\ngem 'rails', '~> 7'\n").package
    php = ecosystems.composer("composer.json", '{"name": "a/b", "type": "library", "require": {\n"x/y": "^1"}}').package
    assert rust is not None
    assert (rust.name, rust.bin, rust.dependencies) == ("r", ("rd",), (("serde", "1", 4),))
    assert go is not None
    assert (go.name, go.dependencies) == ("acme.dev/g", (("github.com/x/y", "v1.2.3", 4),))
    assert ruby is not None
    assert ruby.dependencies == (("rails", "~> 7", 2),)
    assert php is not None
    assert (php.name, php.library, php.dependencies) == ("a/b", True, (("x/y", "^1", 2),))


def test_members_of_monorepos() -> None:
    pnpm = monorepo.pnpm("pnpm-workspace.yaml", "packages:\n  - apps/*\n  - '!apps/old'\n")
    lerna = monorepo.lerna("lerna.json", '{"packages": ["libs/*"], "npmClient": "yarn"}')
    rush = monorepo.rush("rush.json", '{// projects\n"projects": [{"packageName": "a", "projectFolder": "apps/a"}]}')
    go = monorepo.go_work("go.work", "go 1.22\n\nuse (\n\t./a\n\t./b\n)\n")
    found = [each.package for each in (pnpm, lerna, rush, go)]
    assert [each.workspaces for each in found if each] == [
        ("apps/*", "!apps/old"),
        ("libs/*",),
        ("apps/a",),
        ("a", "b"),
    ]
    assert pnpm.manager == "pnpm"


def test_targets_of_nx_are_scripts() -> None:
    text = '{"name": "api", "targets": {\n"deploy": {"options": {\n"command": "fly deploy"}}}}'
    found = monorepo.nx_project("apps/api/project.json", text)
    assert [(each.name, each.line) for each in found.scripts] == [("deploy", 2)]
    assert found.scripts[0].commands[0].words == ("fly", "deploy")
    assert monorepo.nx_project("project.json", '{"anything": 1}').package is None


@pytest.mark.parametrize("text", ["{oops", "", "Put the tasks here."])
def test_settings_of_tools_are_read_for_their_mistakes_alone(text: str) -> None:
    assert [each.code for each in tool_settings.read("turbo.json", text).problems] == ["unparsable"]
    assert tool_settings.read("turbo.json", '{"tasks": {}, // none yet\n}').problems == ()


def test_what_is_published_is_a_library_though_it_starts() -> None:
    def library(text: str) -> bool:
        package = packages.read("package.json", text).package
        assert package is not None
        return package.library

    start = '"scripts": {"start": "node dist/cli.js"}'
    assert library(f'{{"name": "a", "publishConfig": {{}}, {start}}}')
    assert not library(f'{{"name": "a", "types": "dist/a.d.ts", {start}}}')
    assert library('{"name": "a", "types": "dist/a.d.ts"}')


def test_programs_are_told_by_their_files() -> None:
    for written in ('"./dist/a.js"', '{"a": "dist/a.js", "b": "./dist/a.js"}'):
        package = packages.read("package.json", f'{{"name": "@acme/a", "bin": {written}}}').package
        assert package is not None
        assert package.bin == ("dist/a.js",)
