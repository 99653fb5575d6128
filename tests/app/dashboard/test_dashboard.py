"""The pages as they are sent: complete without scripts, in parts for live pages, fast for large fleets."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.app.seeding import SHOP, Seed, Step
from tests.app.serving import Centre

from chittyops.app.dashboard.times import ago, duration
from chittyops.capabilities.deploy.model import ReleaseStatus, ServiceStatus
from chittyops.interface.web.access import Role

PAGES = ("/", "/services", "/services/cart", "/releases", "/releases/shop-2", "/audit")


async def shop(seed: Seed, status: ReleaseStatus = ReleaseStatus.RUNNING) -> None:
    await seed.fleet()
    await seed.release(1, ReleaseStatus.SUCCEEDED, {n: Step() for n in SHOP}, age=timedelta(minutes=5))
    await seed.deployed(1, list(SHOP))
    await seed.healthy(list(SHOP), {"orders": ("unhealthy", "HTTP 500 from /health")})
    steps = {n: Step() for n in SHOP} | {"orders": Step(ServiceStatus.FAILED, error="<script>alert(1)</script>")}
    release = await seed.release(2, status, steps)
    await seed.say(release, [("cart", "cart says <b>hello</b>"), ("orders", "orders says good-bye")])


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_no_inline_script_or_style_and_nothing_from_elsewhere(
    centre: Centre, seed: Seed, path: str
) -> None:
    await shop(seed)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        response = await client.get(path)
    assert response.status_code == 200
    html = response.text
    assert not re.search(r"<script(?![^>]*src=)[^>]*>", html)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", html)
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', html)
    assert "<script>alert" not in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


async def test_every_asset_a_page_names_is_there_and_may_be_kept(centre: Centre) -> None:
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        html = (await client.get("/")).text
        found = set(re.findall(r'"(/assets/[^"]+)"', html))
        assert len(found) > 4
        for address in found:
            response = await client.get(address)
            assert response.status_code == 200, address
            assert "immutable" in response.headers["cache-control"]
            for module in re.findall(r'from "\./([a-z]+\.js)"', response.text):
                assert (await client.get(f"{address.rpartition('/')[0]}/{module}")).status_code == 200


async def test_assets_do_not_lead_out_of_their_folder(centre: Centre) -> None:
    async with centre.client() as client:
        html = (await client.get("/login", headers={"Accept": "text/html"})).text
        folder = re.findall(r'"(/assets/[0-9a-f]+)/', html)[0]
        assert (await client.get(f"{folder}/..%2fsite.py")).status_code == 404
        assert (await client.get("/assets/elsewhere/app.js")).status_code == 401


async def test_a_part_of_a_page_is_sent_alone(centre: Centre, seed: Seed) -> None:
    await shop(seed)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        html = (await client.get("/?fragment=summary,history,nonsense")).text
    assert re.findall(r'<section id="([a-z]+)"', html) == ["summary", "history"]
    assert "<html" not in html


async def test_without_scripts_the_log_of_a_service_is_on_the_page(centre: Centre, seed: Seed) -> None:
    await shop(seed)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        html = (await client.get("/releases/shop-2?log=cart")).text
    assert "cart says &lt;b&gt;hello&lt;/b&gt;" in html
    assert "orders says good-bye" not in html


async def test_a_release_is_cancelled_by_a_form(centre: Centre, seed: Seed) -> None:
    await shop(seed)
    async with centre.client(await centre.token(Role.VIEWER), Accept="text/html") as viewer:
        assert 'action="/releases/shop-2/cancel"' not in (await viewer.get("/releases/shop-2")).text
        assert (await viewer.post("/releases/shop-2/cancel")).status_code == 403
    async with centre.client(await centre.token(Role.OPERATOR), Accept="text/html") as operator:
        assert 'action="/releases/shop-2/cancel"' in (await operator.get("/releases/shop-2")).text
        response = await operator.post("/releases/shop-2/cancel")
        assert (response.status_code, response.headers["location"]) == (303, "/releases/shop-2?notice=cancelling")
        assert "Cancelling…" in (await operator.get("/releases/shop-2")).text


async def test_a_release_is_resumed_by_a_form(centre: Centre, seed: Seed) -> None:
    await shop(seed, ReleaseStatus.FAILED)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        assert 'action="/releases/shop-2/resume"' in (await client.get("/releases/shop-2")).text
        assert (await client.post("/releases/shop-2/resume")).status_code == 303
        again = await client.post("/releases/shop-2/resume")
    assert again.status_code == 409
    assert "<h1>Conflict</h1>" in again.text


async def test_people_get_pages_and_programs_get_problems(centre: Centre) -> None:
    async with centre.client(centre.admin_token) as client:
        page = await client.get("/services/nobody", headers={"Accept": "text/html"})
        problem = await client.get("/services/nobody", headers={"Accept": "*/*"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Back to the overview" in page.text
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    async with centre.client(Accept="text/html") as nobody:
        login = await nobody.get("/")
    assert login.status_code == 401
    assert "chittyops open" in login.text


async def test_a_notice_is_never_text_from_the_address(centre: Centre) -> None:
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        assert "You+are+hacked" not in (await client.get("/?notice=You+are+hacked")).text
        assert "Cancelling:" in (await client.get("/?notice=cancelling")).text


async def test_an_unknown_fleet_is_not_found(centre: Centre, seed: Seed) -> None:
    await seed.fleet()
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        assert (await client.get("/?fleet=nobody")).status_code == 404
        assert (await client.get("/?fleet=shop")).status_code == 200
        assert (await client.get("/?fleet=No%20name")).status_code == 422


async def test_a_thousand_services_are_rendered_in_time(centre: Centre, seed: Seed) -> None:
    graph = {f"service-{i}": tuple(f"service-{j}" for j in range(max(0, i - 50), i - 48)) for i in range(1000)}
    await seed.fleet(graph)
    await seed.release(1, ReleaseStatus.RUNNING, {n: Step(ServiceStatus.WAITING) for n in graph}, graph=graph)
    await seed.deployed(1, list(graph), graph=graph)
    await seed.healthy(list(graph))
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        for path, rows in (("/", 100), ("/services", 1000)):
            times = []
            for _ in range(3):
                begun = time.process_time()  # other programs of a busy machine do not count
                response = await client.get(path)
                times.append(time.process_time() - begun)
            assert response.text.count('id="row-service-') == rows
            assert min(times) < 0.3, (path, times)


async def test_a_large_fleet_shows_first_what_needs_attention(centre: Centre, seed: Seed) -> None:
    graph: dict[str, tuple[str, ...]] = {f"service-{i:03}": () for i in range(150)}
    await seed.fleet(graph)
    await seed.release(1, ReleaseStatus.SUCCEEDED, {n: Step() for n in graph}, graph=graph)
    await seed.deployed(1, list(graph), graph=graph)
    await seed.healthy(list(graph), {"service-149": ("unhealthy", "HTTP 500")})
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        html = (await client.get("/")).text
    assert re.findall(r'id="row-(service-\d+)"', html)[:2] == ["service-149", "service-000"]
    assert "All 150 services" in html


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (5, "5 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7200, "2 h ago"), (200_000, "2 d ago")],
)
def test_ages(seconds: int, words: str) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert ago(now, now - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0.0 s"), (0.44, "0.4 s"), (12.9, "12 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


async def test_the_timeline_shows_who_ran_when(centre: Centre, seed: Seed) -> None:
    await seed.fleet()
    steps = {
        "inventory": Step(begun_seconds=0, took_seconds=2),
        "accounts": Step(begun_seconds=2, took_seconds=2),
        "catalog": Step(ServiceStatus.WAITING),
    }
    await seed.release(1, ReleaseStatus.FAILED, steps)
    async with centre.client(centre.admin_token) as client:
        html = (await client.get("/releases/shop-1", headers={"Accept": "text/html"})).text
    assert re.search(r'id="bar-inventory".*?x="0.0%" width="50.0%"', html, re.DOTALL)
    assert re.search(r'id="bar-accounts".*?x="50.0%" width="50.0%"', html, re.DOTALL)
    assert 'id="bar-catalog"' not in html
