"""Dockerfiles."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.facts import docker

MULTI = """\
# syntax=docker/dockerfile:1
FROM node:22 AS build
COPY . .
RUN npm ci && \\
    npm run build
CMD ["npm", "run", "dev"]

FROM node:22-slim
WORKDIR /app
COPY --from=build /app/dist ./dist
COPY . .
ENV API_TOKEN=
EXPOSE 3000
HEALTHCHECK --interval=30s \\
  CMD curl -f http://localhost:3000/healthz || exit 1
CMD ["node", "dist/main.js"]
"""


def test_the_last_stage_counts() -> None:
    (found,) = docker.read("api/Dockerfile", MULTI).deployments
    assert (found.platform, found.folder, found.rank) == ("docker", "", 30)
    assert (found.entrypoint, found.line) == ("dist/main.js", 16)
    assert (found.health, found.health_line) == ("/healthz", 14)
    assert found.secrets == (("API_TOKEN", 12),)


def test_a_stage_has_what_the_stage_it_starts_from_has() -> None:
    text = 'FROM python:3 AS base\nCOPY app.py .\nENTRYPOINT ["python", "app.py"]\nFROM base AS final\nRUN true\n'
    (found,) = docker.read("Dockerfile", text).deployments
    assert found.entrypoint == "app.py"


def test_a_path_that_is_another_one_in_the_image_is_no_entry_point() -> None:
    text = 'FROM python:3\nCOPY backend/ .\nCMD ["python", "app.py"]\n'
    (found,) = docker.read("Dockerfile", text).deployments
    assert found.entrypoint == ""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "FROM node:22\nRUN npm ci\n"),
        (".devcontainer/Dockerfile", 'FROM node:22\nCMD ["node", "a.js"]\n'),
        ("Dockerfile", "FROM ubuntu\nCMD sleep infinity\n"),
        ("Dockerfile", 'FROM ubuntu\nCMD ["/bin/bash"]\n'),
        ("Dockerfile", ""),
    ],
)
def test_images_that_run_nothing_of_their_own_are_no_services(path: str, text: str) -> None:
    assert docker.read(path, text).deployments == ()


def test_a_web_servers_image_is_a_static_site() -> None:
    (found,) = docker.read("Dockerfile", "FROM node:22 AS b\nFROM nginx:alpine\nCOPY --from=b /d /usr\n").deployments
    assert found.kind == "static"


@pytest.mark.parametrize(
    ("folder", "away"),
    [("", ""), ("api", ""), ("docker", ".."), ("infra/docker", "../.."), ("docker/api", "../.."), ("services/api", "")],
)
def test_folders_that_only_keep_dockerfiles_are_left(folder: str, away: str) -> None:
    assert docker.folder(folder) == away


def test_here_documents_are_no_instructions() -> None:
    text = "FROM node:22\nRUN <<EOF\nCMD not-this\nEOF\nCMD node server.js\nCOPY . .\n"
    (found,) = docker.read("Dockerfile", text).deployments
    assert (found.entrypoint, found.line) == ("server.js", 5)


@pytest.mark.parametrize(
    ("check", "lines"),
    [
        ("python -c \"import requests; requests.get('http://localhost:80/health')\"", [2]),
        ("python -c \"import httpx; httpx.get('http://localhost:80/health')\" || exit 1", [2]),
        ("python -c \"import requests; requests.get('http://localhost:80/health').raise_for_status()\"", []),
        ("python -c \"import urllib.request as r; r.urlopen('http://localhost:80/health')\"", []),
    ],
)
def test_a_health_check_in_python_looks_at_the_status(check: str, lines: list[int]) -> None:
    problems = docker.read("Dockerfile", f"FROM python:3\nHEALTHCHECK CMD {check}\nCMD python main.py\n").problems
    assert [(each.code, each.line) for each in problems] == [("health-check-accepts-errors", line) for line in lines]
