"""The pages of workspaces as people use them: typing, zooming, pointing, accepting; by keyboard, on a phone, dark."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.app.serving import Centre
from tests.app.workspaces import PROBLEMS, SHOP, generated
from tests.e2e.test_pages import CONTRAST, PHONE

from chittyops.capabilities.catalog.wiring import catalog
from chittyops.interface.web.access import Role
from chittyops.kernel.inventory import Inventory
from chittyops.runtime.clock import SystemClock

playwright = pytest.importorskip("playwright.async_api", reason="needs playwright, which is not installed")
pytestmark = pytest.mark.browser

SignedIn = Callable[..., Awaitable[Any]]
Shoot = Callable[[Any, str], Awaitable[None]]
PRINT = PROBLEMS[0].fingerprint
ORDERS = "/workspaces/acme/services/shop/workers/orders?name=orders"
PAGES = (
    "/workspaces/acme", "/workspaces/acme/map", ORDERS, "/workspaces/acme/problems",
    f"/workspaces/acme/problems?accept={PRINT}", "/workspaces/acme/audit",
)  # fmt: skip


async def publish(centre: Centre, inventory: Inventory = SHOP) -> None:
    await catalog(centre.database, SystemClock()).publish(inventory.workspace, inventory, "ada")


async def go(page: Any, path: str) -> None:
    await page.goto(re.sub(r"(:\d+).*", r"\1" + path, page.url))


def visible_names(page: Any) -> Any:
    return page.locator("#rows tbody th .cover")


async def test_without_a_workspace_the_page_says_what_to_type(signed_in: SignedIn) -> None:
    page = await signed_in()
    await page.keyboard.press("g")
    await page.keyboard.press("w")
    await playwright.expect(page.get_by_text("chittyops publish")).to_be_visible()


async def test_the_catalogue_answers_as_one_types(centre: Centre, signed_in: SignedIn, shoot: Shoot) -> None:
    await publish(centre)
    page = await signed_in()
    await page.get_by_role("link", name="Workspaces").click()
    await playwright.expect(visible_names(page)).to_have_count(9)
    await shoot(page, "catalogue")
    loaded_at = await page.evaluate("performance.timeOrigin")
    await page.keyboard.press("/")
    await page.keyboard.type("cart")
    await playwright.expect(visible_names(page)).to_have_text(["cart", "orders", "storefront"])
    await playwright.expect(page).to_have_url(re.compile("q=cart"))
    await page.locator("select[name=platform]").select_option("vercel")
    await playwright.expect(visible_names(page)).to_have_text(["storefront"])
    assert await page.evaluate("performance.timeOrigin") == loaded_at
    await page.reload()
    await playwright.expect(visible_names(page)).to_have_text(["storefront"])
    await go(page, "/workspaces/acme")
    await page.get_by_role("link", name="Problems", exact=True).last.click()
    await playwright.expect(visible_names(page).first).to_have_text("orders")
    await playwright.expect(page.locator("th[aria-sort=descending]")).to_contain_text("Problems")
    assert page.problems == []


async def test_a_service_is_opened_from_the_catalogue(centre: Centre, signed_in: SignedIn, shoot: Shoot) -> None:
    await publish(centre)
    page = await signed_in()
    await go(page, "/workspaces/acme?q=checkout+orders")
    await page.get_by_role("link", name="orders").click()
    await playwright.expect(page.get_by_role("heading", name="orders", level=1)).to_be_visible()
    await playwright.expect(page.locator("#environments")).to_contain_text("1ab2c111")
    await shoot(page, "workspace-service")
    await page.locator(".spot", has_text="cart").click()
    await playwright.expect(page.get_by_role("heading", name="cart", level=1)).to_be_visible()
    assert page.problems == []


async def lit(page: Any) -> list[str]:
    found: list[str] = await page.locator(".spot.lit").evaluate_all("all => all.map((s) => s.dataset.name).sort()")
    return found


async def test_what_breaks_with_a_service_lights_up(centre: Centre, signed_in: SignedIn, shoot: Shoot) -> None:
    await publish(centre)
    page = await signed_in()
    await go(page, "/workspaces/acme/map")
    await shoot(page, "map")
    await page.locator('.spot[data-name="cart"]').hover()
    assert await lit(page) == ["admin", "cart", "orders", "storefront"]
    await playwright.expect(page.locator("[data-blast]")).to_contain_text("3 services break with it")
    await page.mouse.move(0, 0)
    await playwright.expect(page.locator(".dmap.focused")).to_have_count(0)
    await page.locator('.spot[data-name="ledger"]').focus()
    assert await lit(page) == ["admin", "ledger", "orders", "storefront"]
    await page.locator('.spot[data-name="storefront"]').focus()
    await playwright.expect(page.locator("[data-blast]")).to_contain_text("nothing else breaks")
    assert page.problems == []


async def view_box(page: Any) -> list[float]:
    text: str = await page.locator("svg#map").get_attribute("viewBox")
    return [float(each) for each in text.split()]


async def test_the_map_is_zoomed_and_moved(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre, generated(120, 8))
    page = await signed_in()
    await go(page, "/workspaces/large/map")
    whole = await view_box(page)
    await page.keyboard.press("+")
    near = await view_box(page)
    assert near[2] < whole[2]
    await page.keyboard.press("-")
    await page.keyboard.press("0")
    assert await view_box(page) == pytest.approx(whole)
    await page.get_by_role("button", name="Closer").click()
    assert await view_box(page) == pytest.approx(near)
    box = await page.locator("[data-map]").bounding_box()
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
    await page.mouse.move(x, y)
    await page.mouse.wheel(0, -120)
    close = await view_box(page)
    assert close[2] < near[2]
    await page.mouse.down()
    await page.mouse.move(x + 60, y + 30, steps=5)
    await page.mouse.up()
    moved = await view_box(page)
    assert moved[2:] == pytest.approx(close[2:])
    scale = box["width"] / close[2]
    assert moved[0] == pytest.approx(close[0] - 60 / scale, abs=2)
    await playwright.expect(page).to_have_url(re.compile("/workspaces/large/map$"))
    await page.locator("[data-map]").focus()
    await page.keyboard.press("ArrowRight")
    assert (await view_box(page))[0] > moved[0]
    assert page.problems == []


async def test_two_fingers_zoom_the_map(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre)
    page = await signed_in(**PHONE)
    await go(page, "/workspaces/acme/map")
    view = page.locator("[data-map]")
    await view.scroll_into_view_if_needed()
    whole = await view_box(page)
    box = await view.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    session = await page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 30), ("touchMove", 60), ("touchMove", 90), ("touchEnd", 0)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert (await view_box(page))[2] < whole[2] / 2


async def test_colours_are_switched_and_kept_in_the_address(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre)
    page = await signed_in()
    await go(page, "/workspaces/acme/map")
    loaded_at = await page.evaluate("performance.timeOrigin")
    legend = page.get_by_role("list", name="Colours by owner")
    await playwright.expect(legend).to_be_hidden()
    await page.get_by_role("link", name="owner").click()
    await playwright.expect(legend).to_contain_text("@acme/checkout")
    await playwright.expect(page).to_have_url(re.compile("colour=owner"))
    assert await page.evaluate("performance.timeOrigin") == loaded_at
    await page.reload()
    await playwright.expect(legend).to_be_visible()


async def test_a_search_on_the_map_dims_the_rest(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre)
    page = await signed_in()
    await go(page, "/workspaces/acme/map")
    await page.keyboard.press("/")
    await page.keyboard.type("money")
    await playwright.expect(page.locator(".spot.match")).to_have_count(2)
    await playwright.expect(page.locator('.spot[data-name="cart"]')).to_have_css("opacity", "0.15")


async def test_a_problem_is_accepted_in_a_dialog_and_withdrawn(
    centre: Centre, signed_in: SignedIn, shoot: Shoot
) -> None:
    await publish(centre)
    page = await signed_in()
    await go(page, "/workspaces/acme/problems?severity=error")
    row = page.locator(f"#problem-{PRINT}")
    await row.get_by_role("link", name="Accept…").click()
    dialog = page.get_by_role("dialog")
    await playwright.expect(dialog).to_contain_text("LEDGER")
    await dialog.get_by_role("button", name="Back").click()
    await playwright.expect(dialog).to_be_hidden()
    await row.get_by_role("link", name="Accept…").click()
    await dialog.get_by_label("Why may it stay").fill("ledger comes in May")
    await dialog.get_by_label("1 week").check()
    await dialog.get_by_role("button", name="Accept it").click()
    await playwright.expect(page.locator("#toasts")).to_contain_text("Accepted")
    await playwright.expect(row).to_contain_text("ledger comes in May")
    await playwright.expect(page).to_have_url(re.compile("severity=error"))
    await shoot(page, "problems")
    await row.get_by_role("button", name="Withdraw").click()
    await dialog.get_by_role("button", name="Withdraw it").click()
    await playwright.expect(row).not_to_contain_text("ledger comes in May")
    await playwright.expect(row.get_by_role("link", name="Accept…")).to_be_visible()
    assert page.problems == []


async def test_everything_works_without_scripts(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre)
    page = await signed_in(java_script_enabled=False)
    await go(page, "/workspaces/acme")
    await page.get_by_label("Find").fill("cart")
    await page.get_by_role("button", name="Show").click()
    await playwright.expect(visible_names(page)).to_have_text(["cart", "orders", "storefront"])
    await go(page, "/workspaces/acme/map")
    await playwright.expect(page.locator('.spot[data-name="cart"] .name')).to_be_visible()
    await playwright.expect(page.get_by_role("button", name="Closer")).to_be_hidden()
    await go(page, "/workspaces/acme/problems")
    await page.locator(f"#problem-{PRINT}").get_by_role("link", name="Accept…").click()
    await page.get_by_label("Why may it stay").first.fill("no hurry")
    await page.get_by_role("button", name="Accept it").first.click()
    await playwright.expect(page.locator(f"#problem-{PRINT}")).to_contain_text("no hurry")
    await page.locator(f"#problem-{PRINT}").get_by_role("button", name="Withdraw").click()
    await playwright.expect(page.locator(f"#problem-{PRINT}")).not_to_contain_text("no hurry")


async def test_a_viewer_sees_no_way_to_accept(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre)
    page = await signed_in(role=Role.VIEWER)
    await go(page, "/workspaces/acme/problems")
    await playwright.expect(page.locator(f"#problem-{PRINT}")).to_be_visible()
    await playwright.expect(page.get_by_text("Accept…")).to_have_count(0)


async def test_the_audit_is_shown_and_taken_away(centre: Centre, signed_in: SignedIn, shoot: Shoot) -> None:
    await publish(centre)
    page = await signed_in()
    await go(page, "/workspaces/acme/audit")
    await playwright.expect(page.get_by_role("heading", name="What to do first")).to_be_visible()
    await shoot(page, "audit")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Report to show").click()
    assert (await waiting.value).suggested_filename == "audit-acme.html"
    assert page.problems == []


async def test_on_a_phone_nothing_is_cut_off(centre: Centre, signed_in: SignedIn, shoot: Shoot) -> None:
    await publish(centre)
    await publish(centre, replace(SHOP, workspace="second"))
    page = await signed_in(**PHONE)
    for path in ("/workspaces", *PAGES):
        await go(page, path)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    await go(page, "/workspaces/acme/map")
    await shoot(page, "map-phone")
    assert page.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read(centre: Centre, signed_in: SignedIn, scheme: str) -> None:
    await publish(centre)
    page = await signed_in(color_scheme=scheme)
    for path in PAGES:
        await go(page, path)
        assert await page.evaluate(CONTRAST) == [], path


async def test_pages_stand_still_while_they_load(centre: Centre, signed_in: SignedIn) -> None:
    await publish(centre)
    page = await signed_in()
    for path in PAGES:
        await go(page, path)
        await page.wait_for_timeout(300)
        shift = await page.evaluate(SHIFT)
        assert shift < 0.02, (path, shift)


SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 100);
})"""
