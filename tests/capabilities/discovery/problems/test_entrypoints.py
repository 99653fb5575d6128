"""Entry points that configurations name and that are not there."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.assembly.workspace import Workspace

from chittyops.capabilities.discovery.model.facts import Deployment
from chittyops.capabilities.discovery.service.problems import entrypoints
from chittyops.kernel.inventory import Finding


def found(shop: Workspace) -> list[Finding]:
    """Return the problems of this family."""
    return list(entrypoints.find(shop.world()))


def test_a_missing_entry_point_is_told_at_its_line() -> None:
    (problem,) = found(Workspace().worker("a/wrangler.toml", "a", "src/gone.ts").code("a/src/other.ts"))
    assert (problem.code, problem.severity, problem.path, problem.line) == (
        "missing-entrypoint",
        "error",
        "a/wrangler.toml",
        2,
    )
    assert "src/gone.ts" in problem.message
    assert problem.service == "a"


@pytest.mark.parametrize(
    "main", ["dist/worker.js", ".svelte-kit/cloudflare/_worker.js", "@astrojs/cloudflare/server", ""]
)
def test_build_output_and_packages_are_not_missing(main: str) -> None:
    assert found(Workspace().worker("a/wrangler.toml", "a", main).code("a/src/other.ts")) == []


def test_what_is_put_aside_is_only_mentioned() -> None:
    (problem,) = found(Workspace().worker("archive/a/wrangler.toml", "a", "gone.ts").code("archive/a/x.ts"))
    assert problem.severity == "info"


def test_a_file_that_stands_elsewhere_is_pointed_to() -> None:
    (problem,) = found(Workspace().worker("config/wrangler.toml", "a", "src/index.ts").code("src/index.ts"))
    assert problem.hint == "src/index.ts exists: name it relative to the configuration's own folder"


def test_each_configuration_is_looked_at() -> None:
    shop = Workspace().worker("a/wrangler.jsonc", "a").worker("a/wrangler.production.toml", "a", "src/prod.ts")
    (problem,) = found(shop.code("a/src/index.ts"))
    assert problem.path == "a/wrangler.production.toml"


def test_a_missing_folder_of_assets() -> None:
    deployment = Deployment("cloudflare", line=1, name="a", output="pictures", rank=98)
    shop = Workspace().add("a/wrangler.toml", deployments=(deployment,)).code("a/x.ts")
    assert [each.code for each in found(shop)] == ["missing-assets-folder"]
    assert found(shop.add("a/pictures/one.svg")) == []


@pytest.mark.parametrize(("build", "missing"), [("chmod +x ./run.js", True), ("esbuild a.ts --outfile=run.js", False)])
def test_a_build_that_only_works_on_the_file_does_not_make_it(build: str, *, missing: bool) -> None:
    deployment = Deployment("cloudflare", name="a", entrypoint="run.js", build=build, rank=98)
    shop = Workspace().add("a/wrangler.toml", deployments=(deployment,)).code("a/a.ts")
    assert [each.code for each in found(shop)] == ["missing-entrypoint"] * missing


@pytest.mark.parametrize(
    ("build", "missing"), [("tsc -p tsconfig.json", True), ("tsup src/index.ts", False), ("", False)]
)
def test_the_compiler_makes_nothing_of_a_source_that_is_gone(build: str, *, missing: bool) -> None:
    scripts = {"build": build} if build else {}
    for main, gone in (("dist/server.js", missing), ("dist/index.js", False)):
        shop = Workspace().worker("a/wrangler.toml", "a", main).code("a/src/index.ts")
        shop.package("a/package.json", "a", scripts=scripts)
        assert [each.code for each in found(shop)] == ["missing-entrypoint"] * gone
