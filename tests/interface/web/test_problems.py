"""Errors leave as problem details, in one form, whatever raised them."""

from __future__ import annotations

import logging

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from chittyops.interface.web import problems
from chittyops.kernel.errors import (
    Cancelled,
    ChittyOpsError,
    Conflict,
    Misconfigured,
    NotFound,
    Place,
    Problem,
    Refused,
    Unavailable,
)


class Body(BaseModel):
    number: int


def app_that_raises(error: Exception) -> FastAPI:
    app = FastAPI()
    app.add_middleware(problems.Failures)
    problems.install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    @app.post("/")
    async def take(body: Body) -> int:
        return body.number

    return app


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(NotFound("no"), 404, id="not-found"),
        pytest.param(Conflict("no"), 409, id="conflict"),
        pytest.param(Refused("no"), 409, id="refused"),
        pytest.param(Cancelled("no"), 409, id="cancelled"),
        pytest.param(Misconfigured("no"), 422, id="misconfigured"),
        pytest.param(Unavailable("no"), 503, id="unavailable"),
        pytest.param(ChittyOpsError("no"), 500, id="root"),
    ],
)
async def test_each_error_has_its_status(error: ChittyOpsError, status: int) -> None:
    error.hint = "do this"
    response = await client(app_that_raises(error)).get("/")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "no"
    assert response.json()["hint"] == "do this"
    assert response.json()["status"] == status


async def test_every_problem_of_a_file_is_listed_with_its_place() -> None:
    error = Misconfigured.of((Problem("bad", Place("chittyops.yaml", 3, 7), "mend it"), Problem("worse")))
    answer = (await client(app_that_raises(error)).get("/")).json()
    assert answer["problems"][0] == {
        "message": "bad", "path": "chittyops.yaml", "line": 3, "column": 7, "hint": "mend it",
    }  # fmt: skip
    assert [p["message"] for p in answer["problems"]] == ["bad", "worse"]


async def test_an_invalid_body_names_the_field() -> None:
    response = await client(app_that_raises(NotFound("x"))).post("/", json={"number": "many"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["problems"][0]["path"] == "body.number"


async def test_a_mistake_of_ours_shows_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = await client(app_that_raises(ZeroDivisionError("the secret number"))).get("/")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "ZeroDivisionError" not in response.text
    assert "the secret number" in caplog.text


async def test_an_unknown_path_is_a_problem_too() -> None:
    response = await client(app_that_raises(NotFound("x"))).get("/nowhere")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
