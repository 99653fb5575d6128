"""Whose each file is."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService


def service(name: str, path: str, *files: str) -> FoundService:
    return FoundService(name, path, ".", "cloudflare", ("cloudflare",), "canonical", config_files=files)


def test_of_several_services_in_a_folder_a_file_is_the_one_s_that_it_configures_else_the_main_one_s() -> None:
    services = (
        service("web", "a", "a/wrangler.toml", "a/shared.toml"),
        service("mail", "a", "a/wrangler.mail.toml", "a/shared.toml"),
        service("api", "b", "deploy/api.toml"),
    )
    world = World("shop", frozenset(), (".",), {}, services)
    owners = {path: world.owner(path) for path in ("a/wrangler.mail.toml", "a/wrangler.toml", "a/src/x.ts")}
    assert owners == {"a/wrangler.mail.toml": "mail", "a/wrangler.toml": "web", "a/src/x.ts": "web"}
    assert world.owner("a/shared.toml") == "web"
    assert world.owner("deploy/api.toml") == "api"
    assert world.owner("deploy/other.toml") == ""
