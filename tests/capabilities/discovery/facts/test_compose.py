"""Compose files."""

from __future__ import annotations

import json

import pytest

from chittyops.capabilities.discovery.model.facts import Deployment
from chittyops.capabilities.discovery.service.facts import compose, docker

STACK = """\
x-common: &common
  restart: always
  environment:
    LOG_LEVEL: info

services:
  web:
    <<: *common
    build: ./apps/web
    ports: ["80:3000"]
    depends_on:
      api:
        condition: service_healthy
  api:
    build:
      context: .
      dockerfile: apps/api/Dockerfile
      target: server
    environment:
      - DATABASE_URL=postgres://app:pw@db:5432/app
      - AUTH_URL=http://auth:4000
      - STRIPE_SECRET_KEY=${STRIPE_SECRET_KEY}
      - MAIL_URL=https://mail.acme.dev/send
    depends_on: [db, auth]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/health"]
  auth:
    build: {context: services/auth}
    profiles: [full]
  worker:
    extends: api
    command: node worker.js
  db:
    image: pgvector/pgvector:pg16
  tunnel:
    image: cloudflare/cloudflared
"""


def found(name: str) -> Deployment:
    return next(each for each in compose.read("docker-compose.yml", STACK).deployments if each.name == name)


def test_what_is_built_here_is_a_service_and_other_images_are_none() -> None:
    deployments = compose.read("docker-compose.yml", STACK).deployments
    assert [(each.name, each.folder, each.line) for each in deployments] == [
        ("web", "apps/web", 7),
        ("api", "apps/api", 14),
        ("auth", "services/auth", 27),
    ]


def test_services_of_one_build_are_processes_of_one_service() -> None:
    both = "services:\n  jobs:\n    build: .\n    depends_on: [app, mq]\n  app:\n    build: .\n    ports: ['1:1']\n"
    (deployment,) = compose.read("compose.yaml", both + "  mq:\n    image: x\n").deployments
    assert deployment.name == "app"
    assert [(each.target, each.line) for each in deployment.references] == [("mq", 4)]


def test_dependencies_by_order_of_starting_and_by_address() -> None:
    assert [(each.kind, each.target, each.line) for each in found("web").references] == [("compose", "api", 12)]
    api = found("api")
    assert [(each.kind, each.target, each.line) for each in api.references] == [
        ("compose", "auth", 24),
        ("compose", "auth", 21),
        ("variable-url", "MAIL_URL", 23),
        ("literal-url", "mail.acme.dev", 23),
    ]
    assert api.secrets == (("STRIPE_SECRET_KEY", 22),)
    assert (api.health, api.health_line) == ("/health", 26)


@pytest.mark.parametrize(
    ("variable", "needed"),
    [("MODE=mail", False), ("QUEUE_NAME=mail", False), ("SMTP_HOST=mail", True), ("RELAY=mail:25", True)],
)
def test_a_word_is_the_name_of_a_service_only_where_a_place_is_asked_for(variable: str, *, needed: bool) -> None:
    stack = f"services:\n  web:\n    build: web\n    environment: [{variable}]\n  mail:\n    build: mail\n"
    web = compose.read("compose.yaml", stack).deployments[0]
    assert [each.target for each in web.references if each.kind == "compose"] == (["mail"] if needed else [])


def test_images_of_databases_are_stores_of_who_uses_them() -> None:
    stage = found("api").stages[""]
    row = {"binding": "DATABASE_URL", "name": "db", "engine": "postgres", "variable": "DATABASE_URL"}
    assert stage.bindings == {"databases": (row,)}
    assert stage.lines == {"databases/DATABASE_URL": 20}


def test_a_variable_without_a_value_leads_to_the_only_database_of_its_kind() -> None:
    text = "services:\n  api:\n    build: api\n    depends_on: [db]\n    environment:\n"
    text += "      DATABASE_URL: ${DATABASE_URL}\n  db:\n    image: postgres:16\n"
    (row,) = compose.read("compose.yaml", text).deployments[0].stages[""].bindings["databases"]
    assert (row["name"], row["variable"]) == ("db", "DATABASE_URL")


def test_anchors_are_followed() -> None:
    assert found("web").stages[""].vars == ("LOG_LEVEL",)


def test_code_of_ours_in_a_languages_plain_image_is_a_service() -> None:
    text = "services:\n  bot:\n    image: node:22\n    volumes: ['./bot:/app']\n    command: node index.js\n"
    text += "  other:\n    image: node:22\n"
    (deployment,) = compose.read("compose.yml", text).deployments
    assert (deployment.name, deployment.folder, deployment.start) == ("bot", "bot", "node index.js")


def test_a_dockerfile_kept_apart_builds_its_context() -> None:
    text = "services:\n  app:\n    build:\n      context: .\n      dockerfile: docker/app/Dockerfile\n"
    (deployment,) = compose.read("compose.yml", text).deployments
    assert deployment.folder == ""


def test_what_only_runs_tests_is_no_service() -> None:
    text = "services:\n  app:\n    build: .\n  e2e:\n    build: e2e\n"
    assert compose.read("docker-compose.test.yml", text).deployments == ()
    assert [each.name for each in compose.read("compose.yml", text).deployments] == ["app"]


def test_the_plain_file_counts_for_more_than_its_variants() -> None:
    text = "services:\n  app:\n    build: .\n"
    (plain,), (variant,) = (compose.read(name, text).deployments for name in ("compose.yml", "compose.prod.yml"))
    assert (plain.standard, variant.standard) == (True, False)
    assert plain.rank > variant.rank


def test_odd_files_do_no_harm() -> None:
    for text in (
        "",
        "services:\n",
        "services: [a, b]\n",
        "services:\n  a:\n  b: 3\n  c:\n    build:\n",
        "- x\n",
        "a: {{ b }}\n",
    ):
        assert compose.read("compose.yml", text).deployments == ()


@pytest.mark.parametrize(
    ("test", "lenient"),
    [
        ('["CMD-SHELL", "curl http://localhost:3000/health"]', True),
        ('["CMD", "curl", "-sS", "http://127.0.0.1:80/"]', True),
        ("curl http://localhost/health || exit 1", True),
        ('["CMD", "curl", "-fsS", "http://localhost/health"]', False),
        ("curl --fail http://localhost/health", False),
        ("curl -s http://localhost/health | grep ok", False),
        ("curl https://status.acme.dev/", False),
        ('["CMD", "pg_isready"]', False),
    ],
)
def test_a_health_check_that_passes_with_any_answer(test: str, *, lenient: bool) -> None:
    text = f"services:\n  web:\n    build: .\n    healthcheck:\n      test: {test}\n"
    expected = [("health-check-accepts-errors", 5)] if lenient else []
    assert [(each.code, each.line) for each in compose.read("compose.yml", text).problems] == expected
    assert compose.read("cypress/compose.yml", text).problems == ()
    command = json.dumps(json.loads(test)[1:]) if test.startswith("[") else test
    image = docker.read("Dockerfile", f'FROM x\n\n\n\nHEALTHCHECK --interval=5s CMD {command}\nCMD ["run"]\n')
    assert [(each.code, each.line) for each in image.problems] == expected


def test_a_dockerfile_below_a_context_above_stands_in_its_services_folder() -> None:
    text = "services:\n  web:\n    build: {context: ../.., dockerfile: apps/web/Dockerfile}\n"
    (deployment,) = compose.read("apps/web/compose.yml", text).deployments
    assert deployment.folder == "../../apps/web"
