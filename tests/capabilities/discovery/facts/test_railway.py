"""Railway's configuration files."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.facts import railway, railway_project


def test_a_service_with_its_start_health_and_cron() -> None:
    text = '{\n  "build": {"buildCommand": "npm run build"},\n  "deploy": {\n    "startCommand": "node dist/main.js",\n'
    text += '    "healthcheckPath": "/healthz",\n    "cronSchedule": "*/5 * * * *"\n  }\n}\n'
    (found,) = railway.read("api/railway.json", text).deployments
    assert (found.platform, found.rank, found.start, found.build) == (
        "railway",
        70,
        "node dist/main.js",
        "npm run build",
    )
    assert (found.entrypoint, found.entrypoint_line) == ("dist/main.js", 4)
    assert (found.health, found.health_line) == ("/healthz", 5)
    assert found.stages[""].crons == ("*/5 * * * *",)
    assert found.standard


def test_environments_override_what_stands_outside_of_them() -> None:
    text = '[deploy]\nstartCommand = "node a.js"\ncronSchedule = "0 1 * * *"\n'
    text += '[environments.staging.deploy]\ncronSchedule = "0 2 * * *"\n[environments.pr.deploy]\nstartCommand = "x"\n'
    (found,) = railway.read("railway.toml", text).deployments
    assert {name: stage.crons for name, stage in found.stages.items()} == {
        "": ("0 1 * * *",),
        "staging": ("0 2 * * *",),
        "pr": ("0 1 * * *",),
    }


def test_the_date_from_which_the_file_is_not_read_is_told() -> None:
    (problem,) = railway.read("railway.toml", '[deploy]\nstartCommand = "x"\n').problems
    assert (problem.code, problem.severity) == ("deprecated-config", "info")
    assert "2026-12-01" in problem.message


def test_a_file_that_cannot_be_parsed_deploys_nothing_it_does_not_say() -> None:
    found = railway.read("railway.json", "This service is deployed on Railway.")
    assert found.deployments == ()
    assert [each.code for each in found.problems] == ["unparsable"]


def test_nixpacks_tells_how_to_start_and_ranks_below_platforms() -> None:
    text = '[phases.build]\ncmds = ["npm ci", "npm run build"]\n[start]\ncmd = "node server.js"\n'
    (found,) = railway.nixpacks("nixpacks.toml", text).deployments
    assert (found.start, found.build, found.entrypoint) == ("node server.js", "npm ci && npm run build", "server.js")
    assert found.rank < 70
    assert railway.nixpacks("nixpacks.toml", '[phases.setup]\nnixPkgs = ["ffmpeg"]\n').deployments == ()


PROJECT = """\
import { defineRailway, github, image, postgres, preserve, project, redis, ref, service } from "railway/iac";

const START = "node dist/main.js";

export default defineRailway(() => {
  const db = postgres("main-db");
  const cache = redis("cache");
  const proxy = service("proxy", { source: image("nginx:1") });
  const api = service("api", {
    rootDirectory: "/apps/api",
    start: START,
    healthcheck: "/health",
    cron: "0 3 * * *",
    domains: ["api.acme.dev"],
    env: { DATABASE_URL: db.url(), PGHOST: db.env.PGHOST, STRIPE_SECRET_KEY: preserve(), LOG_LEVEL: "info" },
  });
  const web = service("web", {
    env: {
      API_URL: api.env.RAILWAY_PRIVATE_DOMAIN,
      CACHE: ref(cache, "REDIS_URL"),
    },
  });
  return project("acme", { resources: [db, api, web] });
});
"""


def test_a_project_in_code_lists_its_services() -> None:
    api, web = railway_project.read(".railway/railway.ts", PROJECT).deployments
    assert (api.name, api.line, api.folder) == ("api", 9, "../apps/api")
    assert (api.start, api.entrypoint) == ("node dist/main.js", "../apps/api/dist/main.js")
    assert (api.health, api.health_line) == ("/health", 12)
    assert api.stages[""].routes == (("api.acme.dev", 14),)
    assert api.stages[""].crons == ("0 3 * * *",)
    assert api.secrets == (("DATABASE_URL", 15), ("STRIPE_SECRET_KEY", 15))
    assert (web.name, web.folder) == ("web", "..")


def test_a_project_in_code_says_what_leads_to_services_and_databases() -> None:
    api, web = railway_project.read(".railway/railway.ts", PROJECT).deployments
    row = {"binding": "DATABASE_URL", "name": "main-db", "engine": "postgres", "variable": "DATABASE_URL"}
    assert api.stages[""].bindings == {"databases": (row,)}
    assert api.stages[""].lines == {"databases/DATABASE_URL": 15}
    assert [(each.kind, each.target, each.line) for each in web.references if each.kind == "service-binding"] == [
        ("service-binding", "api", 19)
    ]
    assert web.stages[""].bindings["databases"][0]["engine"] == "redis"


def test_names_that_lead_to_one_another_are_followed_only_so_far() -> None:
    ring = "const a = {x: b, y: b};\nconst b = {x: a, y: a};\nservice('s', {env: a});\n"
    (found,) = railway_project.read(".railway/railway.ts", ring).deployments
    assert found.name == "s"
