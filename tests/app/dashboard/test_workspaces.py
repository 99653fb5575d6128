"""The pages of workspaces as they are sent: complete without scripts, escaped, by role, fast for large ones."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
from tests.app.serving import Centre
from tests.app.workspaces import HOSTILE, PROBLEMS, SHOP, generated, service

from chittyops.capabilities.catalog.wiring import catalog
from chittyops.interface.codec import dump
from chittyops.interface.web.access import Role
from chittyops.kernel.inventory import Inventory
from chittyops.runtime.clock import SystemClock

ORDERS = "/workspaces/acme/services/shop/workers/orders?name=orders"
PAGES = (
    "/workspaces/acme", "/workspaces/acme/map", "/workspaces/acme/map?outside=yes&show=all&colour=owner", ORDERS,
    "/workspaces/acme/services/attic/orders-old", "/workspaces/acme/problems", "/workspaces/acme/audit",
)  # fmt: skip
PRINT = PROBLEMS[0].fingerprint
ACCEPT = f"/workspaces/acme/problems/{PRINT}/accept"
WITHDRAW = f"/workspaces/acme/problems/{PRINT}/withdraw"


async def publish(centre: Centre, inventory: Inventory = SHOP, name: str = "") -> None:
    """Publish as ``chittyops publish`` does, but past the size of a request."""
    await catalog(centre.database, SystemClock()).publish(name or inventory.workspace, inventory, "ada")


async def get(centre: Centre, path: str, role: Role = Role.VIEWER) -> httpx.Response:
    async with centre.client(await centre.token(role), Accept="text/html") as client:
        return await client.get(path)


def day(days: int) -> str:
    return str((datetime.now(UTC) + timedelta(days=days)).date())


async def test_a_page_is_whole_without_scripts_and_every_link_leads_somewhere(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.VIEWER), Accept="text/html") as client:
        addresses: set[str] = set()
        for path in PAGES:
            response = await client.get(path)
            assert response.status_code == 200, path
            html = response.text
            assert not re.search(r"<script(?![^>]*src=)[^>]*>", html), path
            assert not re.search(r"\sstyle=|\son[a-z]+=|<style", html), path
            assert not re.search(r'(?:src|href)="(?:https?:)?//', html), path
            ids = re.findall(r'\sid="([^"]+)"', html)
            assert len(ids) == len(set(ids)), path
            assert html.count("<h1") == 1, path
            addresses |= {unescape(each) for each in re.findall(r'(?:href|src)="(/[^"#]*)', html)}
        assert len(addresses) > 30
        for address in addresses:
            assert (await client.get(address)).status_code in {200, 303}, address


class Tags(HTMLParser):
    """Collects what a browser would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.suspect: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        foreign = tag in {"img", "script"} and not (values.get("src") or "").startswith("/assets/")
        if foreign or any(name.startswith("on") for name in values) or "javascript:" in str(values.get("href")):
            self.suspect.append(f"{tag} {values}")


async def test_hostile_names_are_only_text(centre: Centre) -> None:
    await publish(centre, HOSTILE)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        html = (await client.get("/workspaces/hostile")).text
        (address,) = re.findall(r'href="(/workspaces/hostile/services/repo[^"]+)"', html)
        for path in (
            "/workspaces/hostile", "/workspaces/hostile/map?show=all&outside=yes", "/workspaces/hostile/problems",
            "/workspaces/hostile/audit", "/workspaces/hostile/services/b", unescape(address),
        ):  # fmt: skip
            response = await client.get(path)
            assert response.status_code == 200, path
            tags = Tags()
            tags.feed(response.text)
            assert tags.suspect == [], path
            assert "&lt;script&gt;alert(1)" in response.text, path
            assert "{{ 7*7 }}" in response.text, path
        assert "<script>alert" not in (await client.get("/workspaces/hostile/audit/html")).text


async def test_without_a_workspace_it_says_what_to_type(centre: Centre) -> None:
    response = await get(centre, "/workspaces")
    assert "chittyops publish" in response.text


async def test_one_workspace_is_opened_and_several_are_listed(centre: Centre) -> None:
    await publish(centre)
    alone = await get(centre, "/workspaces", Role.OPERATOR)
    assert (alone.status_code, alone.headers["location"]) == (303, "/workspaces/acme")
    await publish(centre, replace(SHOP, workspace="b"), "b")
    both = await get(centre, "/workspaces", Role.VIEWER)
    assert re.findall(r'class="cover" href="([^"]+)"', both.text) == ["/workspaces/acme", "/workspaces/b"]


async def test_an_unknown_workspace_service_or_form_is_not_found(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        for path in ("/workspaces/none", "/workspaces/acme/services/none", f"{ORDERS}x"):
            response = await client.get(path)
            assert response.status_code == 404, path
            assert "Back to the overview" in response.text
        assert (await client.get("/workspaces/acme/audit/exe")).status_code == 422
        assert (await client.get("/workspaces/acme?page=0")).status_code == 422


def listed(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a class="cover"[^>]*>([^<]+)</a>', html)


SEARCHES: tuple[tuple[str, list[str]], ...] = (
    ("", ["accounts", "admin", "cart", "catalog", "fraud", "orders", "orders", "payments", "storefront"]),
    ("q=CART", ["cart", "orders", "storefront"]),
    ("q=checkout+orders", ["orders"]),
    ("platform=vercel", ["admin", "storefront"]),
    ("status=copy", ["orders"]),
    ("repository=shop&sort=-name", ["orders", "catalog", "cart"]),
    ("owner=%40acme%2Fmoney", ["fraud", "payments"]),
    ("problems=any", ["accounts", "orders"]),
    ("problems=warning", ["orders"]),
    ("problems=none&repository=payments", ["payments"]),
    ("sort=-problems&problems=any", ["orders", "accounts"]),
    ("sort=-needs&repository=shop", ["orders", "cart", "catalog"]),
    ("sort=nonsense&platform=vercel", ["admin", "storefront"]),
    ("page=7&platform=vercel", ["admin", "storefront"]),
    ("q=nothing+is+called+so", []),
)


async def test_the_catalogue_is_searched_filtered_and_sorted(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        for query, names in SEARCHES:
            assert listed((await client.get(f"/workspaces/acme?{query}")).text) == names, query


async def test_as_one_types_only_the_rows_are_sent(centre: Centre) -> None:
    await publish(centre)
    html = (await get(centre, "/workspaces/acme?q=cart&fragment=rows")).text
    assert html.lstrip().startswith('<section id="rows"')
    assert "<html" not in html


async def test_a_page_of_the_catalogue_leads_to_the_next_with_the_same_filter(centre: Centre) -> None:
    await publish(centre, generated(250))
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        seen: list[str] = []
        address: str | None = "/workspaces/large?sort=-name"
        while address:
            html = (await client.get(address)).text
            seen += listed(html)
            found = re.search(r'rel="next" href="([^"]+)"', html)
            address = unescape(found[1]) if found else None
    assert len(seen) == 250
    assert seen == sorted(seen, reverse=True)


async def test_the_page_of_a_service_shows_everything_with_its_evidence(centre: Centre) -> None:
    await publish(centre)
    html = (await get(centre, ORDERS)).text
    for told in (
        "shop/workers/orders/wrangler.toml:14", "STRIPE_KEY", "shop/workers/orders/src/pay.ts:4", "not in the journal",
        "order-events", "acme.example/orders/*", "deploys orders to production", "wrangler deploy --env production",
        "CLOUDFLARE_API_TOKEN", "stripe-key", "7dcf23dfc430beb6", "vitest, 23 files", "@acme/checkout",
        "attic/orders-old",
        "env.staging lacks queues", "/health", "shop/workers/orders/src/index.ts:12", "no service of this workspace",
    ):  # fmt: skip
        assert told in html, told
    (row,) = re.findall(r'<th scope="row"><code>CACHE</code></th>(.*?)</tr>', html, re.DOTALL)
    assert re.findall(r"<code>([^<]+)</code>", row) == ["9ad1ec97", "1ab2c111", "9ad1ec97"]
    assert "payments/Makefile" not in html


async def test_services_that_share_a_folder_are_told_apart_by_name(centre: Centre) -> None:
    both = (service("one", "."), service("two", "."))
    await publish(centre, Inventory("acme", both, ()))
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        html = (await client.get("/workspaces/acme")).text
        links = [unescape(each) for each in re.findall(r'class="cover" href="([^"]+)"', html)]
        titles = [re.findall(r"<h1>([^<]+)</h1>", (await client.get(each)).text) for each in links]
    assert titles == [["one"], ["two"]]


async def test_the_map_tells_in_words_what_it_draws(centre: Centre) -> None:
    await publish(centre)
    html = (await get(centre, "/workspaces/acme/map")).text
    assert len(re.findall(r'class="spot service', html)) == 8
    assert len(re.findall(r'class="spot undefined', html)) == 1
    assert 'class="link unreachable circular"' in html
    assert "Part of a circle" in html
    assert "ledger: not found. 3 services break with it." in html
    assert "api.stripe.com" not in html
    assert len(re.findall(r"<tr><th scope=\"row\"><a", html)) == html.count("data-link=")
    assert "api.stripe.com" in (await get(centre, "/workspaces/acme/map?outside=yes", Role.OPERATOR)).text


async def test_without_scripts_the_map_is_narrowed_by_its_form(centre: Centre) -> None:
    await publish(centre)
    html = (await get(centre, "/workspaces/acme/map?q=fraud")).text
    assert sorted(re.findall(r'data-name="([^"]+)"', html)) == ["fraud", "payments"]


async def test_a_viewer_cannot_accept(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.VIEWER), Accept="text/html") as viewer:
        html = (await viewer.get(f"/workspaces/acme/problems?accept={PRINT}")).text
        assert "/accept" not in html
        assert "<textarea" not in html
        for address in (ACCEPT, WITHDRAW):
            assert (await viewer.post(address, data={"reason": "x", "until": day(3)})).status_code == 403


async def test_another_site_cannot_accept(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.OPERATOR), Origin="https://elsewhere.example") as client:
        assert (await client.post(ACCEPT, data={"reason": "x", "until": day(3)})).status_code == 403


async def test_a_problem_is_accepted_and_withdrawn_by_forms(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.OPERATOR), Accept="text/html") as client:
        before = (await client.get("/workspaces/acme/problems?severity=error&accept=" + PRINT)).text
        assert f'action="{ACCEPT}"' in before
        body = {"reason": "ledger comes in May", "until": day(30), "back": "severity=error&accept=x&evil=//x&page=1"}
        answer = await client.post(ACCEPT, data=body)
        wanted = f"/workspaces/acme/problems?severity=error&page=1&notice=accepted#problem-{PRINT}"
        assert (answer.status_code, answer.headers["location"]) == (303, wanted)
        after = (await client.get(wanted)).text
        assert "ledger comes in May" in after
        assert "by test-operator" in after
        assert f'action="{WITHDRAW}"' in after
        assert "Accepted: it counts no more" in after
        assert '<span class="pill">4</span>' in after
        only = (await client.get("/workspaces/acme/problems?state=accepted")).text
        assert re.findall(r'id="problem-([0-9a-f]+)"', only) == [PRINT]
        assert (await client.post(WITHDRAW, data={})).status_code == 303
        assert "ledger comes in May" not in (await client.get("/workspaces/acme/problems")).text
        assert (await client.post(WITHDRAW, data={})).status_code == 404


async def test_an_acceptance_that_expired_is_told(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.OPERATOR), Accept="text/html") as client:
        await client.post(ACCEPT, data={"reason": "soon", "until": day(1)})
        async with centre.database.transaction() as tx:
            await tx.run("UPDATE acceptance SET until = current_date - 10")
        html = (await client.get("/workspaces/acme/problems?state=expired")).text
    assert re.findall(r'id="problem-([0-9a-f]+)"', html) == [PRINT]
    assert "acceptance expired" in html
    assert f'data-accept="{ACCEPT}"' in html


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"reason": "", "until": "2030-01-01"}, "needs a reason"),
        ({"reason": "x" * 501, "until": "2030-01-01"}, "needs a reason"),
        ({"reason": "a\0b", "until": "2030-01-01"}, "needs a reason"),
        ({"reason": "x"}, "needs a last day"),
        ({"reason": "x", "until": "", "day": "tomorrow"}, "is no day"),
        ({"reason": "x", "until": "1999-01-01"}, "no day within"),
        ({f"field{n}": "x" for n in range(30)}, "too many fields"),
    ],
    ids=["no reason", "long", "NUL", "no day", "words", "past", "many"],
)
async def test_a_form_that_makes_no_sense_is_refused(centre: Centre, body: dict[str, str], says: str) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.OPERATOR), Accept="text/html") as client:
        response = await client.post(ACCEPT, data=body)
    assert response.status_code == 422
    assert says in unescape(response.text)


async def test_the_audit_is_taken_away_in_each_form(centre: Centre) -> None:
    await publish(centre)
    async with centre.client(await centre.token(Role.VIEWER)) as client:
        for form, kind in (("html", "text/html"), ("md", "text/markdown"), ("json", "application/json")):
            response = await client.get(f"/workspaces/acme/audit/{form}")
            assert response.status_code == 200
            assert response.headers["content-type"].startswith(kind)
            assert response.headers["content-disposition"] == f'attachment; filename="audit-acme.{form}"'
        assert json.loads(response.text)["workspace"] == "acme"


async def test_the_audit_follows_what_is_published(centre: Centre) -> None:
    await publish(centre)
    assert "stripe-key" in (await get(centre, "/workspaces/acme/audit", Role.VIEWER)).text
    await publish(centre, replace(SHOP, credentials=()))
    assert "stripe-key" not in (await get(centre, "/workspaces/acme/audit", Role.OPERATOR)).text


async def test_the_chosen_fleet_is_kept_in_the_links(centre: Centre) -> None:
    async with centre.database.transaction() as tx:
        await tx.run(
            "INSERT INTO fleet (name, root, document, updated_at) VALUES ('shop', '/srv', :document, now())",
            document={"name": "shop", "services": {}},
        )
    await publish(centre)
    html = (await get(centre, "/workspaces/acme?fleet=shop&environment=local")).text
    assert 'href="/workspaces/acme/map?fleet=shop&amp;environment=local"' in html
    assert '<input type="hidden" name="fleet" value="shop">' in html


async def test_thousands_of_services_are_listed_in_time(centre: Centre) -> None:
    await publish(centre, generated(5000, 200))
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        for path in ("", "?q=auth&sort=-problems", "/problems", "/map"):
            times = []
            for _ in range(3):
                begun = time.process_time()  # other programs of a busy machine do not count
                response = await client.get(f"/workspaces/large{path}")
                times.append(time.process_time() - begun)
            assert response.status_code == 200
            assert min(times) < (1.0 if path == "/map" else 0.3), (path, times)
    assert "are left out" in response.text
    assert len(response.content) < 3_000_000


async def test_what_is_published_over_http_is_shown(centre: Centre) -> None:
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        answer = await client.put("/api/v1/workspaces/acme/inventory", json=dump(SHOP))
        assert answer.status_code == 200
        assert "storefront" in (await client.get("/workspaces/acme")).text
