"""How a page is made: templates, the files they use under an address that changes with them, fragments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from chittyops import __version__
from chittyops.app.dashboard.marks import age, badge, icon
from chittyops.app.dashboard.states import RELEASE
from chittyops.app.dashboard.times import between, duration
from chittyops.interface.web.access import Principal, Role

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


def _fingerprint() -> str:
    found = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


ASSETS = f"/assets/{_fingerprint()}"
"""Where the static files are: the address holds their fingerprint, so that browsers may keep them for good."""

NOTICES = {
    "cancelling": "Cancelling: what has begun comes to its end first.",
    "resumed": "The release goes on with what had not succeeded.",
    "taking-back": "Being taken back: what has begun comes to its end first.",
    "rotation-resumed": "The rotation goes on.",
    "signed-out": "You are signed out.",
    "accepted": "Accepted: it counts no more until the day it expires.",
    "withdrawn": "The acceptance is withdrawn: the problem is open again.",
}
"""What a page may be asked to say after an action. Only these: never text from an address."""

NAVIGATION = (
    ("overview", "/", "Overview", "grid", "g o"),
    ("releases", "/releases", "Releases", "rocket", "g r"),
    ("services", "/services", "Services", "box", "g s"),
    ("configuration", "/configuration", "Configuration", "gear", "g c"),
    ("secrets", "/secrets", "Secrets", "key", "g k"),
    ("workspaces", "/workspaces", "Workspaces", "chain", "g w"),
    ("audit", "/audit", "Audit", "book", "g a"),
)


class Assets(StaticFiles):
    """Static files that never change under their address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file, to be kept for a year."""

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                message["headers"].append((b"cache-control", b"public, max-age=31536000, immutable"))
            await send(message)

        await super().__call__(scope, receive, kept)


def assets() -> Assets:
    """Return the application that serves the static files."""
    return Assets(directory=STATIC)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        icon=icon, badge=badge, age=age, duration=duration, between=between,
        assets=ASSETS, version=__version__, navigation=NAVIGATION,
        release_states=RELEASE,
    )  # fmt: skip
    return templates


def page(request: Request, name: str, context: Mapping[str, object], *, status: int = 200) -> Response:
    """Return the page ``name``, or only the parts of it that ``?fragment=`` names (comma-separated).

    A part is a template ``<page>/<part>.html`` that is one element with the part's name as its id.
    """
    asking = getattr(request.state, "principal", None)
    shared = {
        "path": request.url.path,
        "asking": asking,
        "may_operate": isinstance(asking, Principal) and asking.role.allows(Role.OPERATOR),
        "notice": NOTICES.get(request.query_params.get("notice", ""), ""),
        **context,
    }
    parts = request.query_params.get("fragment")
    if parts is None:
        return HTMLResponse(_templates().get_template(f"{name}.html").render(shared), status)
    known = {Path(t).stem for t in _templates().list_templates() if t.startswith(f"{name}/")}
    html = "".join(
        _templates().get_template(f"{name}/{part}.html").render(shared) for part in parts.split(",") if part in known
    )
    return HTMLResponse(html, status)
