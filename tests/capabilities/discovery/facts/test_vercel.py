"""Vercel's configuration files."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.facts import vercel


def test_crons_secrets_and_hosts_that_requests_are_passed_on_to() -> None:
    text = """{
  "name": "shop",
  "crons": [{"path": "/api/a", "schedule": "0 5 * * *"}, {"path": "/api/b", "schedule": "*/9 * * * *"}],
  "rewrites": [
    {"source": "/a/(.*)", "destination": "/index.html"},
    {"source": "/api/(.*)", "destination": "https://api.acme.dev/$1"}
  ],
  "redirects": [{"source": "/x", "destination": "https://elsewhere.acme.dev"}],
  "env": {"API_TOKEN": "@token", "REGION": "eu"}
}
"""
    (found,) = vercel.read("vercel.json", text).deployments
    assert (found.platform, found.name, found.rank) == ("vercel", "shop", 80)
    assert found.stages[""].crons == ("0 5 * * *", "*/9 * * * *")
    assert [(each.kind, each.target, each.line) for each in found.references] == [("literal-url", "api.acme.dev", 6)]
    assert found.secrets == (("API_TOKEN", 9),)
    assert found.stages[""].vars == ("API_TOKEN", "REGION")


def test_the_one_source_file_that_is_built_is_the_entry_point() -> None:
    one = '{"version": 2, "builds": [\n{"src": "api/index.py", "use": "@vercel/python"}]}'
    (found,) = vercel.read("vercel.json", one).deployments
    assert (found.entrypoint, found.entrypoint_line) == ("api/index.py", 2)
    several = '{"builds": [{"src": "api/*.js"}, {"src": "package.json"}, {"src": "a.ts"}, {"src": "b.ts"}]}'
    assert vercel.read("vercel.json", several).deployments[0].entrypoint == ""


def test_a_project_of_several_services() -> None:
    text = """{"services": {
  "site": {"root": "apps/site", "framework": "nextjs",
    "bindings": [
      {"type": "service", "service": "api"}]},
  "api": {"root": "apps/api", "entrypoint": "main.py"}
}}"""
    site, api = vercel.read("vercel.json", text).deployments
    assert (site.name, site.folder, site.line) == ("site", "apps/site", 2)
    assert [(each.kind, each.target, each.line) for each in site.references] == [("service-binding", "api", 4)]
    assert (api.folder, api.entrypoint) == ("apps/api", "apps/api/main.py")


def test_a_service_may_be_told_by_its_entry_point_alone() -> None:
    text = """{"experimentalServices": {
  "web": {"entrypoint": "frontend"}, "here": {"entrypoint": "."},
  "py": {"entrypoint": "backend/main.py"}, "go": {"entrypoint": "back/cmd/api/main.go"}
}}"""
    found = vercel.read("vercel.json", text).deployments
    assert [(each.name, each.folder, each.entrypoint) for each in found] == [
        ("web", "frontend", ""),
        ("here", "", ""),
        ("py", "backend", "backend/main.py"),
        ("go", "back", "back/cmd/api/main.go"),
    ]


def test_an_empty_configuration_deploys_nothing() -> None:
    assert vercel.read("vercel.json", "{}").deployments == ()


def test_what_is_literal_in_code_is_read() -> None:
    text = """import { type VercelConfig } from "@vercel/config/v1";
export const config: VercelConfig = {
  buildCommand: 'pnpm build',
  crons: [{ path: "/api/x", schedule: "0 1 * * *" }],
  rewrites: [{ source: "/a", destination: `https://${host}/a` },
    { source: "/b", destination: "https://b.acme.dev/b" }],
};
"""
    (found,) = vercel.read_code("vercel.ts", text).deployments
    assert (found.build, found.stages[""].crons) == ("pnpm build", ("0 1 * * *",))
    assert [(each.target, each.line) for each in found.references] == [("b.acme.dev", 6)]


def test_code_without_literals_is_a_service_all_the_same() -> None:
    (found,) = vercel.read_code("vercel.ts", "export default makeConfig();\n").deployments
    assert found.platform == "vercel"


def test_settings_for_the_repository_alone_are_a_hint() -> None:
    (hint,) = vercel.read("vercel.json", '{"$schema": "x", "git": {"deploymentEnabled": false}}').deployments
    (real,) = vercel.read("vercel.json", '{"git": {}, "crons": []}').deployments
    assert (hint.rank, real.rank) == (vercel.HINT, vercel.RANK)


def test_other_code_of_that_name_deploys_nothing() -> None:
    found = vercel.read_code(
        "src/lib/vercel.ts", 'import { env } from "../env"\nexport const deploy = () => env.TOKEN\n'
    )
    assert found.deployments == ()
    assert found.code is not None
    assert [each.specifier for each in found.code.imports] == ["../env"]
