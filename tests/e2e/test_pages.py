"""The dashboard as people see it: signed in, live, by keyboard, on a phone, dark. Takes the pictures of the docs."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.app.seeding import SHOP, Seed, Step

from chittyops.capabilities.deploy.model import ReleaseStatus, ServiceStatus

playwright = pytest.importorskip("playwright.async_api", reason="needs playwright, which is not installed")
pytestmark = pytest.mark.browser

SignedIn = Callable[..., Awaitable[Any]]
Shoot = Callable[[Any, str], Awaitable[None]]
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}

ALL_DONE = {name: Step(begun_seconds=i * 0.7, took_seconds=1.1 + i * 0.2) for i, name in enumerate(SHOP)}

DEPLOYING = {
    "inventory": Step(took_seconds=1.8),
    "accounts": Step(begun_seconds=0.1, took_seconds=2.6),
    "catalog": Step(begun_seconds=1.9, took_seconds=2.2),
    "pricing": Step(ServiceStatus.RUNNING, begun_seconds=4.2, phase="verifying"),
    "cart": Step(ServiceStatus.RUNNING, begun_seconds=4.3, phase="preparing"),
    "orders": Step(ServiceStatus.WAITING),
    "notifier": Step(ServiceStatus.WAITING),
    "storefront": Step(ServiceStatus.WAITING),
}

CRASH = "the new version ended with exit code 1 before it became healthy"
FAILED = {
    "inventory": Step(ServiceStatus.SKIPPED, note="unchanged since shop-1"),
    "accounts": Step(ServiceStatus.SKIPPED, note="unchanged since shop-1"),
    "catalog": Step(took_seconds=2.0),
    "pricing": Step(begun_seconds=2.1, took_seconds=1.4),
    "cart": Step(ServiceStatus.FAILED, begun_seconds=2.1, took_seconds=3.3, error=CRASH),
    "orders": Step(ServiceStatus.BLOCKED, note="cart failed"),
    "notifier": Step(ServiceStatus.BLOCKED, note="orders is blocked"),
    "storefront": Step(ServiceStatus.BLOCKED, note="cart failed"),
}
ROLLED_BACK = FAILED | {
    "catalog": Step(ServiceStatus.REVERTED, took_seconds=2.0),
    "pricing": Step(ServiceStatus.REVERTED, begun_seconds=2.1, took_seconds=1.4),
}
LINES = [
    ("", "release begins: 6 to deploy, 2 unchanged"),
    ("catalog", "preparing r2-5f2c9d1a on port 21877"),
    ("catalog", "GET /health 200, build r2-5f2c9d1a"),
    ("catalog", "switched; the old version drains"),
    ("cart", "preparing r2-81b1c0de on port 21904"),
    ("cart", "Traceback (most recent call last):"),
    ("cart", '  File "app.py", line 41, in <module>'),
    ("cart", "KeyError: 'CURRENCY'"),
    ("cart", CRASH),
    ("pricing", "reverted to r1-0c44aa21"),
    ("catalog", "reverted to r1-9be0137f"),
]


async def running_shop(seed: Seed) -> None:
    await seed.fleet()
    await seed.release(1, ReleaseStatus.SUCCEEDED, ALL_DONE, age=timedelta(minutes=26))
    await seed.deployed(1, list(SHOP), age=timedelta(minutes=25), weak=frozenset({"storefront"}))
    await seed.healthy(list(SHOP))


async def test_a_new_centre_says_what_to_type(signed_in: SignedIn, shoot: Shoot) -> None:
    page = await signed_in()
    await playwright.expect(page.get_by_role("heading", name="No fleet yet")).to_be_visible()
    await playwright.expect(page.get_by_text("chittyops deploy")).to_be_visible()
    loaded_at = await page.evaluate("performance.timeOrigin")
    await page.wait_for_timeout(1500)
    assert await page.evaluate("performance.timeOrigin") == loaded_at, "the page must not load itself again"
    await shoot(page, "empty")
    assert page.problems == []


async def test_the_first_fleet_appears_without_reloading(signed_in: SignedIn, seed: Seed) -> None:
    page = await signed_in()
    await playwright.expect(page.get_by_role("heading", name="No fleet yet")).to_be_visible()
    await seed.fleet()
    await playwright.expect(page.get_by_role("heading", name="shop")).to_be_visible(timeout=10_000)


async def test_a_running_fleet(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    page = await signed_in()
    await playwright.expect(page.locator("#node-orders")).to_contain_text("orders")
    await playwright.expect(page.locator("#summary")).to_contain_text("8of 8")
    await shoot(page, "overview")
    assert page.problems == []


async def test_a_running_release_is_a_live_picture(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    release = await seed.release(2, ReleaseStatus.RUNNING, DEPLOYING, age=timedelta(seconds=9))
    await seed.say(release, LINES[:5])
    page = await signed_in()
    await playwright.expect(page.locator("#node-orders")).to_contain_text("waits for")
    await playwright.expect(page.locator("#node-cart")).to_contain_text("preparing")
    await page.locator("#node-catalog").click()
    await playwright.expect(page.locator("#log-shop-2")).to_contain_text("switched; the old version drains")
    await shoot(page, "deploying")
    async with seed.database.transaction() as tx:
        await tx.run(
            "UPDATE release_service SET status = 'succeeded', ended_at = :now WHERE release = :r AND service = 'cart'",
            now=seed.now, r=release,
        )  # fmt: skip
    await seed.say(release, [("cart", "succeeded")], kind="state")
    await playwright.expect(page.locator("#node-cart")).to_contain_text("done in")
    await playwright.expect(page.locator("#log-shop-2")).to_contain_text("switched; the old version drains")
    assert page.problems == []


async def test_a_failed_release_says_why(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    release = await seed.release(2, ReleaseStatus.FAILED, FAILED, error="cart failed", age=timedelta(seconds=40))
    await seed.say(release, LINES[:9])
    page = await signed_in()
    await playwright.expect(page.locator("#release")).to_contain_text(CRASH)
    await page.get_by_role("link", name=release).first.click()
    await page.locator("#node-cart").click()
    await playwright.expect(page.locator("#log")).to_contain_text("KeyError")
    await playwright.expect(page.locator("#log")).not_to_contain_text("release begins")
    await shoot(page, "failed")
    assert page.problems == []


async def test_a_rolled_back_release_shows_what_was_reverted(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    release = await seed.release(
        2, ReleaseStatus.ROLLED_BACK, ROLLED_BACK, error="cart failed", age=timedelta(seconds=70)
    )
    await seed.say(release, LINES)
    page = await signed_in()
    await playwright.expect(page.locator("#release")).to_contain_text("was rolled back")
    await shoot(page, "rolled-back")
    await page.goto(f"{page.url.rstrip('/')}/releases/{release}")
    await playwright.expect(page.locator("#node-catalog")).to_contain_text("back to what ran before")
    assert page.problems == []


async def test_on_a_phone_nothing_is_cut_off(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    await seed.release(2, ReleaseStatus.RUNNING, DEPLOYING, age=timedelta(seconds=9))
    page = await signed_in(**PHONE)
    await playwright.expect(page.locator("#summary")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Menu").click()
    await playwright.expect(page.get_by_role("link", name="Releases", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Menu").click()
    await shoot(page, "phone")
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_dark(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    release = await seed.release(2, ReleaseStatus.RUNNING, DEPLOYING, age=timedelta(seconds=9))
    await seed.say(release, LINES[:5])
    page = await signed_in(color_scheme="dark")
    background = await page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    assert background == "rgb(12, 15, 20)"
    await page.goto(page.url.rstrip("/") + f"/releases/{release}")
    await playwright.expect(page.locator("#log")).to_contain_text("switched")
    await shoot(page, "dark")


async def test_the_service_page(signed_in: SignedIn, seed: Seed, shoot: Shoot) -> None:
    await running_shop(seed)
    page = await signed_in()
    await page.locator("#row-orders").get_by_role("link", name="orders").click()
    await playwright.expect(page.get_by_role("heading", name="orders")).to_be_visible()
    await playwright.expect(page.locator("#node-notifier")).to_be_visible()
    await playwright.expect(page.locator("#inputs")).to_contain_text("config.LOG_LEVEL")
    await shoot(page, "service")
    assert page.problems == []


async def test_cancelling_asks_first(signed_in: SignedIn, seed: Seed) -> None:
    await running_shop(seed)
    await seed.release(2, ReleaseStatus.RUNNING, DEPLOYING)
    page = await signed_in()
    await page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    await playwright.expect(dialog).to_contain_text("Cancel release shop-2?")
    await dialog.get_by_role("button", name="Back").click()
    await playwright.expect(dialog).to_be_hidden()
    await page.get_by_role("button", name="Cancel").click()
    await dialog.get_by_role("button", name="Cancel the release").click()
    await playwright.expect(page.locator("#toasts")).to_contain_text("Cancelling")
    await playwright.expect(page.get_by_role("button", name="Cancelling…")).to_be_disabled()
    await playwright.expect(page).to_have_url(re.compile("/releases/shop-2$"))


async def test_everything_works_without_scripts(signed_in: SignedIn, seed: Seed) -> None:
    await running_shop(seed)
    release = await seed.release(2, ReleaseStatus.RUNNING, DEPLOYING)
    await seed.say(release, LINES)
    page = await signed_in(java_script_enabled=False)
    await page.locator("#node-cart").click()
    await playwright.expect(page.locator("#log")).to_contain_text("KeyError")
    await playwright.expect(page.locator("#log")).not_to_contain_text("drains")
    await page.get_by_role("button", name="Cancel").click()
    await playwright.expect(page.get_by_role("button", name="Cancelling…")).to_be_disabled()
    await page.get_by_role("button", name="Sign out").click()
    await playwright.expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_by_keyboard_alone(signed_in: SignedIn, seed: Seed) -> None:
    await running_shop(seed)
    page = await signed_in()
    await page.keyboard.press("Tab")
    await playwright.expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("?")
    await playwright.expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await playwright.expect(page.get_by_role("heading", name="Services")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("postgres")
    await playwright.expect(page.locator("#row-inventory")).to_be_visible()
    await playwright.expect(page.locator("#row-cart")).to_be_hidden()
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await playwright.expect(page.get_by_role("heading", name="accounts")).to_be_visible()


async def test_a_node_in_focus_shows_its_dependencies(signed_in: SignedIn, seed: Seed) -> None:
    await running_shop(seed)
    page = await signed_in()
    await page.locator("#node-cart").focus()
    await playwright.expect(page.locator(".node.lit")).to_have_count(7)
    lit = await page.locator(".node.lit").evaluate_all("nodes => nodes.map((n) => n.dataset.node).sort()")
    assert lit == ["accounts", "cart", "catalog", "inventory", "notifier", "orders", "storefront"]


async def test_a_live_page_keeps_focus_and_what_was_typed(signed_in: SignedIn, seed: Seed) -> None:
    await running_shop(seed)
    page = await signed_in()
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await page.locator("#services-find").fill("cart")
    async with seed.database.transaction() as tx:
        await tx.run("UPDATE health_state SET status = 'unhealthy' WHERE service = 'cart'")
        await tx.run(
            "INSERT INTO health_change (fleet, environment, service, before, after, detail, at)"
            " VALUES ('shop', 'local', 'cart', 'healthy', 'unhealthy', 'HTTP 500', :now)",
            now=seed.now,
        )
    await playwright.expect(page.locator("#row-cart")).to_contain_text("unhealthy")
    await playwright.expect(page.locator("#services-find")).to_be_focused()
    await playwright.expect(page.locator("#services-find")).to_have_value("cart")
    await playwright.expect(page.locator("#row-orders")).to_be_hidden()


async def test_a_lost_connection_is_told_and_found_again(signed_in: SignedIn, seed: Seed) -> None:
    await running_shop(seed)
    page = await signed_in()
    banner = page.get_by_text("is lost")
    await playwright.expect(banner).to_be_hidden()
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('pagehide')); document.dispatchEvent(new Event('visibilitychange'))")
    await playwright.expect(banner).to_be_visible(timeout=10_000)
    await page.context.set_offline(False)
    await playwright.expect(banner).to_be_hidden(timeout=10_000)


async def test_the_theme_is_chosen_and_kept(signed_in: SignedIn) -> None:
    page = await signed_in(color_scheme="light")
    button = page.get_by_role("button", name="Theme")
    await button.click()
    await button.click()
    await playwright.expect(button).to_have_text("Theme: dark")
    await page.reload()
    assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(12, 15, 20)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read(signed_in: SignedIn, seed: Seed, scheme: str) -> None:
    """Contrast of text against its background is at least 4.5 : 1 (WCAG 2.2, 1.4.3)."""
    await running_shop(seed)
    await seed.release(2, ReleaseStatus.FAILED, FAILED, error="cart failed")
    page = await signed_in(color_scheme=scheme)
    for path in ("/", "/releases/shop-2"):
        await page.goto(re.sub(r"(:\d+).*", r"\1" + path, page.url))
        assert await page.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (colour) => {
    const [r, g, b] = [...rgb(colour)].slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (rgb(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *:not(script):not(option)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility() || element.closest("svg") || element.matches(":disabled")) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    const what = `${element.className || element.tagName}: ${element.textContent.trim().slice(0, 30)}`;
    if (contrast < 4.5) bad.push(`${what}: ${contrast.toFixed(2)}`);
  }
  return bad;
}"""
