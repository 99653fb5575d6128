"""What a workflow puts online by its commands and actions alone."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.conftest import Write, discover

from chittyops.capabilities.discovery.service.facts import workflow

PAGE = "<html><body>hello</body></html>"


def steps(*lines: str) -> str:
    listed = "\n".join(f"      - {line}" for line in lines)
    return f"on: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n{listed}\n"


@pytest.mark.parametrize(
    ("step", "platform", "folder", "name"),
    [
        ("run: npx wrangler pages deploy site --project-name=docs", "cloudflare", "../../site", "docs"),
        ("run: npx wrangler pages publish ./site --project-name docs", "cloudflare", "../../site", "docs"),
        ("run: npx netlify deploy --prod --dir site", "netlify", "../../site", ""),
        (
            "{uses: cloudflare/pages-action@v1, with: {directory: site, projectName: x}}",
            "cloudflare",
            "../../site",
            "x",
        ),
        ("{uses: actions/upload-pages-artifact@v3, with: {path: ./site}}", "github-pages", "../../site", ""),
        ("{uses: peaceiris/actions-gh-pages@v4, with: {publish_dir: ./site}}", "github-pages", "../../site", ""),
    ],
)
def test_a_folder_is_put_online(step: str, platform: str, folder: str, name: str) -> None:
    (found,) = workflow.read(".github/workflows/a.yml", steps(step)).deployments
    assert (found.platform, found.folder, found.name, found.line) == (platform, folder, name, 6)


@pytest.mark.parametrize(
    "step",
    ["run: wrangler pages deploy $DIR", "run: wrangler deploy", "run: wrangler pages deploy", "run: netlify deploy"],
)
def test_what_names_no_folder_tells_nothing(step: str) -> None:
    assert workflow.read(".github/workflows/a.yml", steps(step)).deployments == ()


def test_a_workflow_that_never_runs_deploys_nothing() -> None:
    text = steps("run: wrangler pages deploy site")
    assert workflow.read("templates/.github/workflows-disabled/a.yml", text).deployments == ()


def test_the_folder_with_the_page_is_a_service(write: Write) -> None:
    found = discover(write({
        "docs/.git": "gitdir: x",
        "docs/.github/workflows/a.yml": steps("run: npx wrangler pages deploy site --project-name handbook"),
        "docs/site/index.html": PAGE,
    }))  # fmt: skip
    (service,) = found.services
    assert (service.name, service.path, service.platform) == ("handbook", "docs/site", "cloudflare")
    assert service.config_files == ("docs/.github/workflows/a.yml",)


def test_what_a_package_builds_is_no_service_beside_it(write: Write) -> None:
    found = discover(write({
        "web/.git": "gitdir: x",
        "web/.github/workflows/a.yml": steps("run: npm run build", "run: wrangler pages deploy dist --project-name w"),
        "web/package.json": '{"name": "web", "scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}',
        "web/index.html": PAGE,
    }))  # fmt: skip
    (service,) = found.services
    assert (service.path, service.name) == ("web", "web")
    assert "cloudflare" in service.platforms


def test_a_workflow_within_a_repository_runs_nowhere(write: Write) -> None:
    found = discover(write({
        "mono/.git": "gitdir: x",
        "mono/part/.github/workflows/a.yml": steps("run: npx wrangler pages deploy site"),
        "mono/part/site/index.html": PAGE,
    }))  # fmt: skip
    assert "cloudflare" not in [each.platform for each in found.services]
