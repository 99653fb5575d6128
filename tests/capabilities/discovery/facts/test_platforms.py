"""Procfiles, Heroku, Replit, Deno, and the clouds."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import cloud, deno, procfile, replit


def test_a_procfile_starts_web_or_the_first_process() -> None:
    web = "release: ./migrate\nworker: python worker.py\nweb: gunicorn -w 4 shop.main:app --bind 0.0.0.0:$PORT\n"
    (found,) = procfile.read("Procfile", web).deployments
    assert (found.platform, found.rank, found.line) == ("procfile", 40, 3)
    assert (found.entrypoint, found.kind) == ("shop/main.py", "")
    (job,) = procfile.read("Procfile", "release: x\nworker: python worker.py\n").deployments
    assert (job.start, job.kind) == ("python worker.py", "job")


def test_a_procfile_for_developers_deploys_nothing() -> None:
    assert procfile.read("Procfile.dev", "web: npm run dev\n").deployments == ()
    assert procfile.read("Procfile", "release: ./migrate\n").deployments == ()


def test_app_json_of_heroku_and_of_others() -> None:
    text = '{"name": "x", "buildpacks": [], "env": {\n"API_TOKEN": {"required": true}}, "environments": {"review": {}}}'
    (found,) = procfile.app_json("app.json", text).deployments
    assert (found.platform, found.secrets, list(found.stages)) == ("heroku", (("API_TOKEN", 2),), ["", "review"])
    assert procfile.app_json("app.json", '{"expo": {"name": "x"}}').deployments == ()


REPLIT = """\
modules = ["nodejs-20", "postgresql-16"]
run = "npm run dev"
entrypoint = "index.html"

[deployment]
deploymentTarget = "autoscale"
build = ["npm", "run", "build"]
run = ["sh", "-c", "NODE_ENV=production node dist/index.js"]

[env]
PORT = "5000"
"""


def test_replit_runs_what_its_deployment_says() -> None:
    (found,) = replit.read(".replit", REPLIT).deployments
    assert (found.platform, found.rank, found.build) == ("replit", 35, "npm run build")
    assert (found.entrypoint, found.entrypoint_line) == ("dist/index.js", 8)
    assert found.stages[""].vars == ("PORT",)
    assert found.stages[""].bindings["databases"][0]["engine"] == "postgres"


def test_replit_without_a_deployment() -> None:
    (found,) = replit.read(".replit", 'run = "python main.py"\n').deployments
    assert (found.start, found.entrypoint) == ("python main.py", "main.py")
    assert replit.read(".replit", 'hidden = [".config"]\n').deployments == ()


DENO = """{
  // a service
  "name": "@acme/feed",
  "tasks": {"start": "deno run -A main.ts", "test": "deno test"},
  "imports": {"hono": "jsr:@hono/hono"},
  "deploy": {"project": "1234", "entrypoint": "main.ts"},
}"""


def test_deno() -> None:
    found = deno.read("deno.jsonc", DENO)
    (deployment,) = found.deployments
    assert (deployment.platform, deployment.entrypoint, deployment.entrypoint_line) == ("deno-deploy", "main.ts", 6)
    package = found.package
    assert package is not None
    assert (package.name, package.start, package.tests) == (
        "@acme/feed",
        "deno run -A main.ts",
        ("deno test", "deno task test"),
    )
    assert package.dependencies == (("hono", "jsr:@hono/hono", 5),)
    assert [(each.name, each.line) for each in found.scripts] == [("start", 4), ("test", 4)]
    assert deno.read("deno.json", '{"workspace": ["./a"]}').deployments == ()


def test_app_engine_is_told_from_other_files_of_its_name() -> None:
    text = "runtime: python312\nservice: mail\nentrypoint: gunicorn main:app\nenv_variables:\n  API_TOKEN: x\n"
    (found,) = cloud.app_engine("app.yaml", text).deployments
    assert (found.platform, found.name, found.entrypoint, found.secrets) == (
        "app-engine",
        "mail",
        "main.py",
        (("API_TOKEN", 5),),
    )
    assert cloud.app_engine("app.yaml", "kind: Deployment\nruntime: {{ .Values.x }}\n").deployments == ()
    assert cloud.app_engine("app.yaml", "kind: Deployment\n").deployments == ()


def test_cloud_run_and_templates_of_helm() -> None:
    text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: pdf\nspec:\n  template:\n    spec:\n"
    text += "      containers:\n        - image: x\n          livenessProbe:\n"
    text += "            httpGet:\n              path: /live\n"
    (found,) = cloud.cloud_run("service.yaml", text).deployments
    assert (found.name, found.line, found.health, found.health_line) == ("pdf", 4, "/live", 12)
    helm = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include "x" . }}\n{{- if .Values.a }}\n'
    assert cloud.cloud_run("templates/service.yaml", helm) == Facts("templates/service.yaml")


def test_serverless() -> None:
    text = "service: thumbs\nprovider:\n  name: aws\n  environment:\n"
    text += "    API_TOKEN: ${env:API_TOKEN}\n    TABLE: !Ref Table\n"
    text += (
        "functions:\n  nightly:\n    handler: a.b\n    events:\n      - schedule: rate(1 day)\n      - http: GET /x\n"
    )
    found = cloud.serverless("serverless.yml", text)
    (deployment,) = found.deployments
    assert (deployment.name, deployment.stages[""].crons) == ("thumbs", ("rate(1 day)",))
    assert deployment.secrets == (("API_TOKEN", 5),)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("path", "folder"), [("deploy/bot.service", ".."), ("ops/systemd/bot.service", "../.."), ("bot.service", "")]
)
def test_a_unit_starts_a_program_of_ours(path: str, folder: str) -> None:
    text = "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/bin/python3 /opt/bot/main.py\n"
    (found,) = cloud.systemd(path, text).deployments
    assert (found.platform, found.name, found.folder, found.line) == ("systemd", "bot", folder, 4)


def test_a_unit_that_starts_another_program_is_no_service() -> None:
    assert cloud.systemd("x.service", "[Service]\nExecStart=/usr/sbin/nginx -g off\n").deployments == ()


def test_pm2() -> None:
    text = "const common = { NODE_ENV: 'production' };\nmodule.exports = {\n  apps: [\n"
    text += "    { name: 'api', script: './dist/a.js', cwd: 'api' },\n"
    text += "    { name: 'jobs', script: 'npm', env: { ...common, API_TOKEN: process.env.T } },\n  ],\n};\n"
    api, jobs = cloud.pm2("ecosystem.config.js", text).deployments
    assert (api.name, api.line, api.folder, api.entrypoint) == ("api", 4, "api", "api/dist/a.js")
    assert (jobs.entrypoint, jobs.stages[""].vars, jobs.secrets) == ("", ("NODE_ENV", "API_TOKEN"), (("API_TOKEN", 5),))
