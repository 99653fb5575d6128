"""A problem as its reader wants it: JSON for programs, a page for people."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.site import page
from chittyops.interface.web.problems import Problem, json_response


def wants_page(request: Request) -> bool:
    """Return whether it is a browser that asks for a page."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


async def render(request: Request, problem: Problem) -> Response:
    """Return the problem as a page where a browser asked for one, else as a problem document."""
    if not wants_page(request):
        return json_response(problem)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return page(request, "login", {"tried": False}, status=problem.status)
    context = {"problem": problem, "chosen": Chosen(), "active": ""}
    return page(request, "error", context, status=problem.status)
