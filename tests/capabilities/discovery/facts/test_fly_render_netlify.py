"""The configuration files of Fly, Render and Netlify."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.facts import fly, netlify, render

FLY = """\
app = "orders"
primary_region = "fra"

[env]
  PORT = "8080"
  BILLING_URL = "https://billing.acme.dev"
  DATABASE_URL = ""

[mounts]
  source = "data"

[processes]
  worker = "node worker.js"
  web = "node server.js"

[http_service]
  internal_port = 8080
  [[http_service.checks]]
    path = "/up"
"""


def test_an_application_on_fly() -> None:
    (found,) = fly.read("fly.toml", FLY).deployments
    assert (found.platform, found.name, found.rank) == ("fly", "orders", 65)
    assert (found.start, found.entrypoint) == ("node server.js", "server.js")
    assert (found.health, found.health_line) == ("/up", 19)
    stage = found.stages[""]
    assert stage.vars == ("PORT", "BILLING_URL", "DATABASE_URL")
    assert stage.bindings["volumes"] == ({"binding": "data"},)
    assert stage.bindings["databases"][0]["variable"] == "DATABASE_URL"
    assert [(each.kind, each.target, each.line) for each in found.references] == [
        ("variable-url", "BILLING_URL", 6),
        ("literal-url", "billing.acme.dev", 6),
    ]


def test_a_suffix_names_an_environment() -> None:
    (found,) = fly.read("fly.staging.toml", 'app = "orders-staging"\n[http_service]\ninternal_port = 1\n').deployments
    assert (found.name, found.standard, list(found.stages)) == ("", False, ["staging"])
    assert found.stages["staging"].name == "orders-staging"
    assert found.rank < 65


def test_other_toml_of_that_name_is_no_application() -> None:
    assert fly.read("fly-settings.toml", "[colours]\nwing = 'red'\n").deployments == ()


RENDER = """\
services:
  - type: web
    name: api
    runtime: node
    rootDir: apps/api
    buildCommand: npm ci
    startCommand: node dist/index.js
    healthCheckPath: /ready
    domains:
      - api.acme.dev
    envVars:
      - key: DATABASE_URL
        fromDatabase:
          name: main
          property: connectionString
      - key: CACHE_URL
        fromService:
          type: keyvalue
          name: cache
      - key: MAILER_HOST
        fromService:
          type: pserv
          name: mailer
      - key: JWT_SECRET
        generateValue: true
  - type: cron
    name: nightly
    runtime: python
    schedule: "0 2 * * *"
    startCommand: python jobs/nightly.py
  - type: pserv
    name: mailer
    runtime: docker
    dockerfilePath: ./apps/mailer/Dockerfile
  - type: web
    name: site
    runtime: static
    staticPublishPath: ./dist
  - type: keyvalue
    name: cache
  - type: web
    name: bought
    image:
      url: docker.io/acme/bought
databases:
  - name: main
"""


def test_a_blueprint_lists_services_and_leaves_out_stores_and_others_images() -> None:
    found = render.read("render.yaml", RENDER).deployments
    assert [(each.name, each.line, each.folder, each.kind) for each in found] == [
        ("api", 3, "apps/api", ""),
        ("nightly", 27, "", "job"),
        ("mailer", 32, "apps/mailer", ""),
        ("site", 36, "", "static"),
    ]
    assert found[1].stages[""].crons == ("0 2 * * *",)
    assert found[1].entrypoint == "jobs/nightly.py"


def test_a_blueprint_says_what_a_service_is_given() -> None:
    api = render.read("render.yaml", RENDER).deployments[0]
    assert (api.entrypoint, api.health, api.health_line) == ("apps/api/dist/index.js", "/ready", 8)
    assert [(each.kind, each.target, each.line) for each in api.references] == [("service-binding", "mailer", 23)]
    assert [(row["name"], row["engine"], row["variable"]) for row in api.stages[""].bindings["databases"]] == [
        ("main", "postgres", "DATABASE_URL"),
        ("cache", "redis", "CACHE_URL"),
    ]
    assert api.stages[""].lines["databases/DATABASE_URL"] == 14
    assert api.secrets == (("JWT_SECRET", 24),)
    assert api.stages[""].routes == (("api.acme.dev", 10),)


def test_services_within_projects_are_found_too() -> None:
    text = "projects:\n  - name: p\n    environments:\n      - name: prod\n        services:\n"
    text += "          - type: web\n            name: inner\n            runtime: node\n"
    (found,) = render.read("render.yaml", text).deployments
    assert (found.name, found.line) == ("inner", 7)


NETLIFY = """\
[build]
  base = "site/"
  command = "npm run build"
  publish = "dist"
  functions = "netlify/functions"

[build.environment]
  NODE_VERSION = "20"

[context.production.environment]
  API_URL = "https://api.acme.dev"

[[redirects]]
  from = "/api/*"
  to = "https://api.acme.dev/:splat"
  status = 200

[[redirects]]
  from = "/old"
  to = "https://old.acme.dev"
  status = 301

[functions.nightly]
  schedule = "@daily"
"""


def test_a_site_with_functions_and_contexts() -> None:
    (found,) = netlify.read("netlify.toml", NETLIFY).deployments
    assert (found.platform, found.folder, found.build, found.kind) == ("netlify", "site", "npm run build", "")
    assert {name: stage.vars for name, stage in found.stages.items()} == {
        "": ("NODE_VERSION",),
        "production": ("API_URL",),
    }
    assert found.stages[""].crons == ("@daily",)
    assert [(each.kind, each.target, each.line) for each in found.references] == [
        ("literal-url", "api.acme.dev", 15),
        ("variable-url", "API_URL", 11),
        ("literal-url", "api.acme.dev", 11),
    ]


def test_a_site_without_functions_is_static() -> None:
    (found,) = netlify.read("netlify.toml", '[build]\npublish = "public"\n').deployments
    assert (found.kind, found.output) == ("static", "public")
