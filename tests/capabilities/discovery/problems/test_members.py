"""Commands that name a package which the monorepo does not have."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.problems.test_operations import found, package

ROOT = {
    "package.json": '{"name": "acme", "workspaces": ["packages/*"], "scripts": {"build": "tsc"}}',
    "packages/api/package.json": '{"name": "@acme/api"}',
    "packages/chat/wrangler.toml": 'name = "chat"',
}


@pytest.mark.parametrize(
    "command",
    [
        "pnpm --filter @acmee/api build",
        "pnpm --filter=@acme/gone build",
        "pnpm -F web dev",
        "npm run build -w @acme/gone",
        "npm test --workspace=gone",
        "yarn workspace @acme/gone build",
        "npx pnpm --filter gone build",
        "bun run --filter @acme/gone build",
        "npm run build -w packages/gone",
        "npm run build --workspace=./packages/chat",
        "concurrently 'npm run dev -w packages/api' 'npm run dev -w packages/chat'",
    ],
)
def test_a_package_that_is_not_there(command: str) -> None:
    files = ROOT | {"Makefile": f"build:\n\t@{command}\n"}
    assert found(files) == [("unknown-script", "Makefile", 2)]


@pytest.mark.parametrize(
    "command",
    [
        "pnpm --filter @acme/api build",
        "pnpm --filter api build",
        "bun run --filter @acme/api build",
        "pnpm --filter @acme/api... build",
        "pnpm --filter=api^... build",
        "pnpm --filter acme build",
        "pnpm --filter './packages/*' build",
        "pnpm --filter ...@acme/gone build",
        "pnpm --filter '@acme/*' build",
        "pnpm --filter '[main]' build",
        "pnpm --filter $NAME build",
        "npm run build -w packages/api",
        "npm run build -w ./packages/api/",
        "npm run build --workspaces",
        "npm run build -- --workspace gone",
        "git clone https://git.acme.dev/more && pnpm --filter gone build",
    ],
)
def test_a_package_that_is_there_or_is_not_known(command: str) -> None:
    assert [each for each in found(ROOT | {"ops.sh": f"#!/bin/sh\n{command}\n"}) if each[0] == "unknown-script"] == []


def test_one_mistake_is_told_once_in_a_script() -> None:
    files = ROOT | {"ops.sh": "#!/bin/sh\npnpm --filter gone build\npnpm --filter gone test\n"}
    assert found(files) == [("unknown-script", "ops.sh", 2)]


def test_without_any_named_package_nothing_is_told() -> None:
    assert found({"package.json": package(build="pnpm --filter gone build")}) == []
