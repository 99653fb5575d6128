"""Imports resolved to files."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.model.facts import Facts, Package
from chittyops.capabilities.discovery.service.graph.modules import Modules


def modules(*paths: str, facts: tuple[Facts, ...] = ()) -> Modules:
    """Return the modules of a workspace with files at ``paths``."""
    return Modules(frozenset(paths), {each.path: each for each in facts})


@pytest.mark.parametrize(
    ("specifier", "file"),
    [
        ("./b", "src/b.ts"),
        ("./b.ts", "src/b.ts"),
        ("./b.js", "src/b.ts"),
        ("./view", "src/view.tsx"),
        ("./view.js", "src/view.tsx"),
        ("./old", "src/old.mjs"),
        ("./parts", "src/parts/index.ts"),
        (".", "src/index.ts"),
        ("..", "index.js"),
        ("../top", "top.js"),
        ("./b?raw", "src/b.ts"),
        ("/src/b.ts", "src/b.ts"),
    ],
)
def test_relative_imports_find_suffixes_and_folders(specifier: str, file: str) -> None:
    paths = ("src/b.ts", "src/view.tsx", "src/old.mjs", "src/parts/index.ts", "src/index.ts", "index.js", "top.js")
    assert modules(*paths).resolve("src/a.ts", specifier) == (file,)


@pytest.mark.parametrize("specifier", ["./missing", "react", "node:fs", "../../outside", "@scope/none"])
def test_what_is_not_of_the_workspace_is_left_out(specifier: str) -> None:
    assert modules("src/a.ts", "src/b.ts").resolve("src/a.ts", specifier) == ()


def test_a_glob_means_all_files_of_its_folder() -> None:
    found = modules("src/routes/a.ts", "src/routes/b.ts", "src/c.ts").resolve("src/index.ts", "./routes/*.ts")
    assert found == ("src/routes/a.ts", "src/routes/b.ts")


def test_aliases_hold_below_their_file_and_the_nearest_and_most_exact_one_wins() -> None:
    facts = (
        Facts("tsconfig.json", aliases=(("@/*", ("./src/*",)), ("@/lib/*", ("./lib/*",)))),
        Facts("web/tsconfig.json", aliases=(("@/*", ("./app/*",)),)),
    )
    found = modules("src/a.ts", "lib/b.ts", "web/app/a.ts", "web/x.ts", facts=facts)
    assert found.resolve("src/main.ts", "@/a") == ("src/a.ts",)
    assert found.resolve("src/main.ts", "@/lib/b") == ("lib/b.ts",)
    assert found.resolve("web/x.ts", "@/a") == ("web/app/a.ts",)


def test_the_usual_alias_of_bundlers_is_known_where_nothing_defines_it() -> None:
    assert modules("web/src/a.ts").resolve("web/src/pages/x.tsx", "@/a") == ("web/src/a.ts",)


def test_packages_of_the_workspace_are_found_by_name() -> None:
    facts = (
        Facts("packages/kit/package.json", package=Package("node", "@acme/kit", "dist/index.js")),
        Facts("packages/bare/package.json", package=Package("node", "bare")),
    )
    paths = ("packages/kit/src/index.ts", "packages/kit/src/deep/a.ts", "packages/bare/index.js")
    found = modules(*paths, facts=facts)
    assert found.resolve("apps/web/src/a.ts", "@acme/kit") == ("packages/kit/src/index.ts",)
    assert found.resolve("apps/web/src/a.ts", "@acme/kit/deep/a") == ("packages/kit/src/deep/a.ts",)
    assert found.resolve("apps/web/src/a.ts", "bare") == ("packages/bare/index.js",)


def test_of_two_packages_of_one_name_the_one_of_the_same_monorepo_is_meant() -> None:
    facts = (
        Facts("one/kit/package.json", package=Package("node", "kit")),
        Facts("two/kit/package.json", package=Package("node", "kit")),
    )
    found = modules("one/kit/index.ts", "two/kit/index.ts", facts=facts)
    assert found.resolve("one/web/a.ts", "kit") == ("one/kit/index.ts",)
    assert found.resolve("two/web/a.ts", "kit") == ("two/kit/index.ts",)


@pytest.mark.parametrize(
    ("specifier", "files"),
    [
        (".models", ("svc/app/__init__.py", "svc/app/models.py")),
        (".", ("svc/app/__init__.py",)),
        ("..settings", ("svc/settings.py",)),
        ("app.models", ("svc/app/__init__.py", "svc/app/models.py")),
        ("app.models.User", ("svc/app/__init__.py", "svc/app/models.py")),
        ("settings", ("svc/settings.py",)),
        ("shared.log", ("svc/src/shared/log.py",)),
        ("app", ("svc/app/__init__.py",)),
        ("app.main", ("svc/app/__init__.py", "svc/app/main.py")),
        (".models.User", ("svc/app/__init__.py", "svc/app/models.py")),
        ("shared", ("svc/src/shared/log.py",)),
        ("fastapi", ()),
        ("app2", ()),
    ],
)
def test_python_imports_are_relative_or_from_a_folder_above(specifier: str, files: tuple[str, ...]) -> None:
    found = modules(
        "svc/app/__init__.py", "svc/app/models.py", "svc/app/main.py", "svc/settings.py", "svc/src/shared/log.py"
    )
    assert found.resolve("svc/app/main.py", specifier) == files


def test_pages_load_scripts_by_paths_of_their_folder_or_of_the_site() -> None:
    found = modules("web/index.html", "web/app.js", "web/src/main.tsx")
    assert found.resolve("web/index.html", "app.js") == ("web/app.js",)
    assert found.resolve("web/index.html", "/src/main.tsx") == ("web/src/main.tsx",)
    assert found.resolve("web/index.html", "https://cdn.acme.dev/x.js") == ()
