"""Configurations that are at odds with each other."""

from __future__ import annotations

from tests.capabilities.discovery.assembly.workspace import Workspace

from chittyops.capabilities.discovery.model.facts import Deployment, StageFacts
from chittyops.capabilities.discovery.service.problems import configs


def found(shop: Workspace) -> list[tuple[str, str, str]]:
    """Return code, severity and path of the problems."""
    return [(each.code, each.severity, each.path) for each in configs.find(shop.world())]


def test_two_folders_that_deploy_under_one_name() -> None:
    shop = Workspace().worker("a/wrangler.toml", "mail").worker("b/wrangler.toml", "mail")
    shop.code("a/src/index.ts").code("b/src/index.ts")
    assert found(shop) == [
        ("several-services-one-name", "error", "a/wrangler.toml"),
        ("several-services-one-name", "error", "b/wrangler.toml"),
    ]


def test_a_copy_is_a_warning_and_what_is_put_aside_is_none() -> None:
    shop = Workspace(("mail",))
    for folder in ("mail", "mono/mail", "archive/mail"):
        shop.worker(f"{folder}/wrangler.toml", "mail")
        for name in ("index.ts", "a.ts", "b.ts"):
            shop.code(f"{folder}/src/{name}", f"{folder}{name}" if folder.startswith("archive") else name)
    assert found(shop) == [
        ("several-services-one-name", "warning", "mail/wrangler.toml"),
        ("several-services-one-name", "warning", "mono/mail/wrangler.toml"),
    ]


def test_several_files_of_one_folder_and_other_platforms_are_none() -> None:
    shop = Workspace().worker("a/wrangler.toml", "mail").worker("a/wrangler.production.toml", "mail")
    shop.code("a/src/index.ts").code("b/main.py")
    shop.add("b/fly.toml", deployments=(Deployment("fly", name="mail", rank=50),))
    assert found(shop) == []


def _bound(**kinds: str) -> dict[str, StageFacts]:
    return {"": StageFacts(bindings={kind: ({"binding": name},) for kind, name in kinds.items()})}


def test_configurations_of_one_service_that_bind_other_things() -> None:
    shop = Workspace().worker("wrangler.toml", "mail", stages=_bound(kv="CACHE", r2="FILES"))
    shop.worker("deploy/mail.wrangler.toml", "mail", "../src/index.ts", stages=_bound(kv="CACHE"))
    shop.worker("deploy/same.wrangler.toml", "mail", "../src/index.ts", stages=_bound(kv="CACHE", r2="FILES"))
    shop.code("src/index.ts")
    assert found(shop) == [("diverging-config", "warning", "deploy/mail.wrangler.toml")]
    (problem,) = configs.find(shop.world())
    assert "FILES (r2)" in problem.message
    assert "CACHE" not in problem.message
