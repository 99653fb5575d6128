"""The audit's page in a real browser: from a file, under its own policy, wide and narrow, with and without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.capabilities.audit.inventories import shop
from tests.capabilities.audit.test_service import crowd

from chittyops.app.report.html import html
from chittyops.capabilities.audit.service import audit

playwright = pytest.importorskip("playwright.async_api", reason="needs playwright, which is not installed")
pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "audit.html"
    path.write_text(html(audit(shop())), "utf-8")
    return path.as_uri()


async def opened(browser: Any, address: str, **options: Any) -> tuple[Any, list[str]]:
    """Return the page, and what it complains of or asks for from outside."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: None if request.url == address else problems.append(request.url))
    await page.goto(address)
    return page, problems


async def overflow(page: Any) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{"viewport": {"width": 1280, "height": 900}}, PHONE], ids=["wide", "phone"])
async def test_it_fits_and_asks_for_nothing(browser: Any, report: str, options: dict[str, Any], scheme: str) -> None:
    page, problems = await opened(browser, report, **options, color_scheme=scheme)
    assert await overflow(page) == 0
    assert problems == []
    await playwright.expect(page.get_by_role("img", name="Dependency map")).to_be_visible()


async def test_it_is_all_there_without_scripts(browser: Any, report: str) -> None:
    page, problems = await opened(browser, report, java_script_enabled=False)
    assert problems == []
    await playwright.expect(page.get_by_role("heading", name="What to do first")).to_be_visible()
    await playwright.expect(page.get_by_label("Filter services").first).to_be_hidden()
    await page.get_by_text("Of no service").or_(page.locator("#scripts summary").first).click()
    await playwright.expect(page.locator("#scripts table").first).to_be_visible()


async def test_tables_are_filtered_and_sorted(browser: Any, report: str) -> None:
    page, _ = await opened(browser, report)
    await page.locator("#matrix-filter").fill("order")
    await playwright.expect(page.locator("#matrix tbody tr:visible")).to_have_count(1)
    await playwright.expect(page.locator("#matrix-shown")).to_have_text("1 of 3")
    await page.locator("#matrix-filter").fill("")
    head = page.locator("#matrix thead th").first
    await head.get_by_role("button").click()
    await head.get_by_role("button").click()
    await playwright.expect(head).to_have_attribute("aria-sort", "descending")
    await playwright.expect(page.locator("#matrix tbody th").first).to_have_text("storefront")


async def test_it_prints_to_paper(browser: Any, report: str) -> None:
    page, _ = await opened(browser, report)
    assert (await page.pdf(format="A4", prefer_css_page_size=True)).startswith(b"%PDF")
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 703, "height": 1000})
    assert await overflow(page) == 0
    await playwright.expect(page.get_by_role("navigation", name="Contents")).to_be_hidden()


async def test_600_services_are_a_ring_that_fits(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "crowd.html"
    path.write_text(html(audit(crowd(600))), "utf-8")
    page, problems = await opened(browser, path.as_uri(), **PHONE)
    assert problems == []
    assert await overflow(page) == 0
    assert await page.locator("svg.ring circle").count() == 60
