"""The pages of configuration, secrets and rotations as people use them: by mouse, by keyboard, on a phone, dark."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.configurations import MISPLACED, PLANTED, published_shop, rotating
from tests.app.serving import Centre
from tests.e2e.test_pages import CONTRAST, PHONE
from tests.e2e.test_workspace_pages import SHIFT, go

from chittyops.capabilities.secrets.service.rotation.model import RotationStatus, StepStatus
from chittyops.capabilities.secrets.wiring import records
from chittyops.interface.web.access import Role
from chittyops.runtime.clock import SystemClock

playwright = pytest.importorskip("playwright.async_api", reason="needs playwright, which is not installed")
pytestmark = pytest.mark.browser

SignedIn = Callable[..., Awaitable[Any]]
Shoot = Callable[[Any, str], Awaitable[None]]
CART = "/configuration/cart?fleet=shop&environment=production"
PAGES = (
    "/configuration", CART, "/configuration/cart/compare", "/configuration/storefront/compare?only=differences",
    "/secrets", "/secrets?state=missing", "/rotations",
)  # fmt: skip
STEPS = ("check", "create", "admit", "try", "store", "push", "reload")


def keys(page: Any) -> Any:
    return page.locator("#rows tbody tr:not(.part) th")


async def test_without_a_fleet_every_page_says_what_to_type(signed_in: SignedIn) -> None:
    page = await signed_in()
    for pressed, title in (("c", "Configuration"), ("k", "Secrets")):
        await page.keyboard.press("g")
        await page.keyboard.press(pressed)
        await playwright.expect(page.get_by_role("heading", level=1)).to_have_text(title)
        await playwright.expect(page.get_by_text("chittyops publish")).to_be_visible()
        await page.wait_for_load_state()
    await page.get_by_role("link", name="Rotations").click()
    await playwright.expect(page.get_by_text("chittyops secrets rotate")).to_be_visible()


async def test_values_say_where_they_come_from(
    centre: Centre, signed_in: SignedIn, shoot: Shoot, tmp_path: Path
) -> None:
    await published_shop(centre, tmp_path)
    page = await signed_in()
    await page.get_by_role("navigation", name="Pages", exact=True).get_by_role("link", name="Configuration").click()
    await page.get_by_role("link", name="cart", exact=True).click()
    await page.get_by_role("search").locator("select[name=environment]").select_option("production")
    await playwright.expect(page.get_by_role("heading", level=1)).to_have_text("cartproduction")
    row = page.locator("#rows tr", has_text="LOG_LEVEL")
    await playwright.expect(row).to_contain_text("chittyops.yaml:7")
    await row.get_by_text("hides 1 more").click()
    await playwright.expect(row).to_contain_text("fleet defaults")
    await playwright.expect(row).to_contain_text("chittyops.yaml:10")
    await shoot(page, "configuration")
    loaded_at = await page.evaluate("performance.timeOrigin")
    await page.keyboard.press("/")
    await page.keyboard.type("currency")
    await playwright.expect(keys(page)).to_have_text(["CURRENCY"])
    await playwright.expect(page).to_have_url(re.compile("q=currency"))
    await page.get_by_label("Find").fill("")
    await page.locator("select[name=layer]").select_option("cart in production")
    await playwright.expect(keys(page)).to_have_text(["REPLICAS"])
    assert await page.evaluate("performance.timeOrigin") == loaded_at
    assert page.problems == []


async def test_environments_stand_side_by_side(
    centre: Centre, signed_in: SignedIn, shoot: Shoot, tmp_path: Path
) -> None:
    await published_shop(centre, tmp_path)
    page = await signed_in()
    await go(page, CART)
    await page.get_by_role("link", name="Compare environments").click()
    await playwright.expect(page.locator("#rows thead th")).to_have_text(["Key", "staging", "production", "preview"])
    await shoot(page, "configuration-compare")
    await page.get_by_label("only differences").check()
    await playwright.expect(keys(page).filter(has_text="TRACE_SAMPLE")).to_have_count(0)
    await playwright.expect(page.locator("tr", has_text="REPLICAS").locator("td.other")).to_have_count(1)
    secret = page.locator("tr", has_text="API_KEY")
    await playwright.expect(secret.locator("td").last).to_contain_text("missing")
    await page.get_by_label("preview", exact=True).uncheck()
    await playwright.expect(page.locator("#rows thead th")).to_have_text(["Key", "staging", "production"])
    await playwright.expect(keys(page).filter(has_text="API_KEY")).to_have_count(0)
    await page.reload()
    await playwright.expect(page.locator("#rows thead th")).to_have_text(["Key", "staging", "production"])
    assert page.problems == []


async def test_the_matrix_is_filtered(centre: Centre, signed_in: SignedIn, shoot: Shoot, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    page = await signed_in()
    await go(page, "/secrets")
    await shoot(page, "secrets")
    await page.get_by_role("region", name="At a glance").get_by_role("link").first.click()
    await playwright.expect(keys(page)).to_contain_text(["SESSION_KEY", "API_KEY"])
    await playwright.expect(keys(page).filter(has_text="STRIPE_KEY")).to_have_count(0)
    await page.get_by_label("State").select_option("expired")
    await playwright.expect(keys(page)).to_have_count(1)
    await playwright.expect(keys(page)).to_contain_text("STRIPE_KEY")
    await playwright.expect(page.locator("#unused")).to_contain_text("LEFT_OVER")
    assert page.problems == []


async def test_a_rotation_is_seen_as_it_goes(centre: Centre, signed_in: SignedIn, shoot: Shoot, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS)
    page = await signed_in(Role.OPERATOR)
    await go(page, "/rotations")
    await page.get_by_role("link", name=rotation).click()
    current = page.locator("[aria-current=step]")
    await playwright.expect(current).to_contain_text("Start services with it")
    await shoot(page, "rotation")
    loaded_at = await page.evaluate("performance.timeOrigin")
    progress = records(centre.database, centre.home, SystemClock()).progress
    claim = await progress.claim(rotation, "reload", "worker-1")
    await progress.settle(claim, StepStatus.DONE, {"services": ["cart"]})
    await progress.claim(rotation, "verify", "worker-1")
    await playwright.expect(current).to_contain_text("Verify it by use")
    assert await page.evaluate("performance.timeOrigin") == loaded_at
    await page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    await playwright.expect(dialog).to_contain_text("The old credential is brought back")
    await dialog.get_by_role("button", name="Back", exact=True).click()
    await page.get_by_role("button", name="Cancel").click()
    await dialog.get_by_role("button", name="Take the rotation back").click()
    await playwright.expect(page.get_by_role("button", name="Being taken back…")).to_be_disabled()
    await progress.finish(rotation, RotationStatus.ROLLED_BACK)
    await playwright.expect(page.locator("#head")).to_contain_text("taken back")
    await playwright.expect(page.get_by_role("button", name="Being taken back…")).to_have_count(0)
    assert page.problems == []


async def test_a_failed_rotation_is_resumed_by_who_may(centre: Centre, signed_in: SignedIn, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS[:6], failed="storefront: the account refuses the token")
    viewer = await signed_in(Role.VIEWER)
    await go(viewer, f"/rotations/{rotation}")
    await playwright.expect(viewer.locator("#head")).to_contain_text("the account refuses the token")
    await playwright.expect(viewer.get_by_role("button", name="Resume")).to_have_count(0)
    operator = await signed_in(Role.OPERATOR)
    await go(operator, f"/rotations/{rotation}")
    await operator.get_by_role("button", name="Resume").click()
    await operator.get_by_role("button", name="Go on with the rotation").click()
    await playwright.expect(operator.locator("#toasts")).to_contain_text("goes on")
    await playwright.expect(operator.locator("#head")).to_contain_text("queued")


async def test_everything_works_without_scripts(centre: Centre, signed_in: SignedIn, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    page = await signed_in(java_script_enabled=False)
    await go(page, CART)
    await page.get_by_label("Find").fill("currency")
    await page.get_by_role("button", name="Show").last.click()
    await playwright.expect(keys(page)).to_have_text(["CURRENCY"])
    await go(page, "/configuration/cart/compare")
    await page.get_by_label("only differences").check()
    await page.get_by_role("button", name="Show").last.click()
    await playwright.expect(keys(page).filter(has_text="TRACE_SAMPLE")).to_have_count(0)


async def test_on_a_phone_wide_tables_scroll_within_themselves(
    centre: Centre, signed_in: SignedIn, tmp_path: Path
) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS)
    page = await signed_in(**PHONE)
    for path in (*PAGES, f"/rotations/{rotation}"):
        await go(page, path)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert page.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read_and_nothing_moves(
    centre: Centre, signed_in: SignedIn, scheme: str, tmp_path: Path
) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS)
    page = await signed_in(color_scheme=scheme)
    for path in (*PAGES, f"/rotations/{rotation}"):
        await go(page, path)
        assert await page.evaluate(CONTRAST) == [], path
        shift = await page.evaluate(SHIFT)
        assert shift < 0.02, (path, shift)
        html = await page.content()
        assert PLANTED not in html, path
        assert MISPLACED not in html, path


async def test_everything_is_reached_by_keyboard_and_has_a_name(
    centre: Centre, signed_in: SignedIn, tmp_path: Path
) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS)
    page = await signed_in()
    for path in (*PAGES, f"/rotations/{rotation}"):
        await go(page, path)
        assert await page.evaluate(UNNAMED) == [], path
        assert await page.evaluate(UNREACHED) == [], path


UNNAMED = """() => [
    ...document.querySelector("main").querySelectorAll("a, button, input, select, summary, table")]
  .filter((e) => !e.hidden && e.type !== "hidden")
  .filter((e) => !(e.innerText?.trim() || e.ariaLabel || e.labels?.length || e.caption))
  .map((e) => e.outerHTML.slice(0, 120))"""
"""What a screen reader could not call by a name."""

UNREACHED = """() => [...document.querySelectorAll("main *")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX))
  .filter((e) => e.tabIndex < 0 && !e.querySelector("a, button, summary"))
  .map((e) => e.outerHTML.slice(0, 120))"""
"""What scrolls and cannot be reached with the keyboard."""
