"""Aliases of the TypeScript compiler and of package.json."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.discovery.service.facts import tsconfig


@pytest.mark.parametrize("path", ["tsconfig.json", "web/tsconfig.app.json", "jsconfig.json", "a/tsconfig.base.json"])
def test_configurations_of_the_compiler_are_read(path: str) -> None:
    assert re.fullmatch(tsconfig.PATH, path)


@pytest.mark.parametrize("path", ["my-tsconfig.json", "tsconfig.json.bak", "package.json"])
def test_other_files_are_not(path: str) -> None:
    assert not re.fullmatch(tsconfig.PATH, path)


def test_paths_are_relative_to_the_base_url() -> None:
    text = '{"compilerOptions": {"baseUrl": "./src", "paths": {"@/*": ["./*", "../gen/*"], "env": ["env.ts"]}}}'
    assert tsconfig.read("tsconfig.json", text).aliases == (
        ("@/*", ("./src/./*", "./src/../gen/*")),
        ("env", ("./src/env.ts",)),
        ("*", ("./src/*",)),
    )


def test_comments_and_commas_at_the_end_are_fine() -> None:
    text = '{\n // "x"\n "compilerOptions": {"paths": {"@/*": ["./*"],},},\n}'
    assert tsconfig.read("tsconfig.json", text).aliases == (("@/*", ("./*",)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"compilerOptions": 1}',
        '{"compilerOptions": {"paths": ["x"]}}',
        '{"compilerOptions": {"paths": {"@/*": 1}}}',
        '{"compilerOptions": {"baseUrl": "/srv"}}',
        '{"compilerOptions": {"paths": {"*/*": ["./x"]}}}',
    ],
)
def test_what_defines_nothing_tells_nothing(text: str) -> None:
    assert tsconfig.read("tsconfig.json", text).aliases == ()


@given(st.text())
def test_no_text_is_too_much(text: str) -> None:
    assert tsconfig.read("tsconfig.json", text).path == "tsconfig.json"


def test_imports_of_a_package_are_its_own_files_under_any_condition() -> None:
    table = {
        "#lib/*": "./src/*.js",
        "#env": {"worker": "./w.ts", "default": {"import": "./n.ts"}},
        "#dep": "other",
        "#no": None,
    }
    assert tsconfig.imports(table) == (("#lib/*", ("./src/*.js",)), ("#env", ("./w.ts", "./n.ts")))
    assert tsconfig.imports(["#x"]) == ()
