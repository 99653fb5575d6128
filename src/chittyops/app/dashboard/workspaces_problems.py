"""The problems of a workspace: listed, accepted for a while, open again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import RedirectResponse, Response

from chittyops.app.dashboard.fleet import Chosen
from chittyops.app.dashboard.workspaces_opened import Name, Number, Part, Text, WorkspacePages, query_of
from chittyops.capabilities.catalog.model import ProblemFilter
from chittyops.capabilities.catalog.service import counted, select_problems
from chittyops.interface.web.access import Operator, Viewer
from chittyops.kernel.errors import Misconfigured

Fingerprint = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]

PROBLEMS_PER_PAGE: Final = 50
PRESETS: Final = (("1 week", 7), ("1 month", 30), ("3 months", 90))
BACK: Final = frozenset({"q", "severity", "code", "service", "state", "page", "fleet", "environment"})
"""The parameters of the list of problems that a form may bring one back to."""


def add_problems(router: APIRouter, pages: WorkspacePages) -> None:
    """Add the routes of problems."""

    def wanted(
        q: Text = "", severity: Text = "", code: Text = "", service: Text = "", state: Text = ""
    ) -> ProblemFilter:
        return ProblemFilter(q.strip(), severity, code, service, state)

    choice, asked = Depends(pages.chosen), Depends(wanted)

    @router.get("/workspaces/{workspace}/problems")
    async def workspace_problems_page(
        request: Request, _asking: Viewer, workspace: Name, chosen: Chosen = choice,
        wanted: ProblemFilter = asked, number: Number = 1, accept: Text = "",
    ) -> Response:  # fmt: skip
        opened = await pages.opened(workspace, chosen)
        found = opened.problems
        choices = {
            "severity": counted(each.finding.severity for each in found),
            "code": counted(each.finding.code for each in found),
            "service": counted(each.finding.service for each in found),
            "state": counted(each.state for each in found),
        }
        today = pages.catalog.today()
        return pages.render(
            request, "workspace_problems", opened,
            wanted=wanted, choices=choices, part=Part.of(select_problems(found, wanted), number, PROBLEMS_PER_PAGE),
            query=query_of(wanted, {}), back=request.url.query, all=len(found), today=today,
            presets=[(label, today + timedelta(days=days)) for label, days in PRESETS],
            accepting=next((each for each in found if each.finding.fingerprint == accept), None) if accept else None,
        )  # fmt: skip

    @router.post("/workspaces/{workspace}/problems/{fingerprint}/accept")
    async def accept_problem_form(
        request: Request, asking: Operator, workspace: Name, fingerprint: Fingerprint
    ) -> Response:
        form = await _form(request)
        until = _day(form.get("until", "") or form.get("day", ""))
        await pages.catalog.accept(workspace, fingerprint, form.get("reason", ""), until, asking.actor)
        return _back(workspace, form, "accepted", fingerprint)

    @router.post("/workspaces/{workspace}/problems/{fingerprint}/withdraw")
    async def withdraw_acceptance_form(
        request: Request, asking: Operator, workspace: Name, fingerprint: Fingerprint
    ) -> Response:
        form = await _form(request)
        await pages.catalog.withdraw(workspace, fingerprint, asking.actor)
        return _back(workspace, form, "withdrawn", fingerprint)


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a plain form."""
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise Misconfigured("the form has too many fields") from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"{text[:40]!r} is no day" if text else "an acceptance needs a last day"
        raise Misconfigured(message, hint="choose one of the periods, or write a day as 2030-12-31") from error


def _back(workspace: str, form: Mapping[str, str], notice: str, fingerprint: str) -> Response:
    """Return to the list of problems as it was, at the problem that was dealt with."""
    try:
        before = parse_qsl(form.get("back", ""), max_num_fields=20)
    except ValueError:
        before = []
    query = urlencode([(key, value) for key, value in before if key in BACK] + [("notice", notice)])
    return RedirectResponse(f"/workspaces/{workspace}/problems?{query}#problem-{fingerprint}", 303)
