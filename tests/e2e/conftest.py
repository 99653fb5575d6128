"""The pages in a real browser."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.seeding import Seed
from tests.app.serving import Centre, serving
from tests.conftest import chromium

from chittyops.interface.web.access import Principal, Role
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

playwright = pytest.importorskip("playwright.async_api", reason="needs playwright, which is not installed")

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FOLDER = os.environ.get("SCREENSHOTS", "")
"""Where pictures of the pages are kept (``SCREENSHOTS=docs/images`` renews those of the documentation)."""

TALLEST = 1300

Shoot = Callable[[Any, str], Awaitable[None]]


@pytest.fixture
async def centre(home: Home, database: Database) -> AsyncIterator[Centre]:
    async with serving(home, database) as running:
        yield running


@pytest.fixture
def seed(database: Database) -> Seed:
    return Seed(database)


PATIENCE_MILLISECONDS = 20_000
"""Tests run beside each other on busy machines; a page that is right is right within a second."""


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    playwright.expect.set_options(timeout=PATIENCE_MILLISECONDS)
    async with playwright.async_playwright() as driver:
        opened = await driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
def signed_in(centre: Centre, browser: Any) -> Callable[..., Awaitable[Any]]:
    """Return what opens a page that is signed in and stands on the overview; options are the browser context's."""

    async def open_page(role: Role = Role.ADMIN, **options: Any) -> Any:
        code, _ = await centre.access.create_link(Principal("ada", role), role)
        context = await browser.new_context(**{"viewport": {"width": 1360, "height": 900}} | options)
        page = await context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: page.problems.append(m.text) if "Content Security Policy" in m.text else None)
        await page.goto(f"{centre.url.replace('127.0.0.1', 'localhost')}/login?code={code}")
        return page

    return open_page


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    async def take(page: Any, name: str) -> None:
        folder = Path(FOLDER) if FOLDER else tmp_path
        # As tall as the page, within reason: a picture in the documentation is no scroll.
        size = dict(page.viewport_size)
        tall = await page.evaluate("Math.max(innerHeight, document.documentElement.scrollHeight)")
        await page.set_viewport_size(size | {"height": min(tall, TALLEST)})
        await page.mouse.move(0, 0)
        await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        await page.wait_for_timeout(400)  # the highlight of the graph fades
        await page.screenshot(path=folder / f"dashboard-{name}.png")

    return take
