"""The pages of configuration, secrets and rotations as they are sent: whole without scripts, escaped, by role."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html import unescape
from pathlib import Path

import httpx
import pytest
from tests.app.configurations import MISPLACED, PLANTED, publish, published_shop, rotating
from tests.app.dashboard.test_workspaces import Tags
from tests.app.serving import Centre
from tests.app.workspaces import EVIL

from chittyops.capabilities.config.model import SecretMark, Snapshot, State, UnusedSecret, Value, Word
from chittyops.capabilities.secrets.service.rotation.model import RotationRequest
from chittyops.interface.web.access import Role
from chittyops.kernel.service import Environment, Fleet, Service
from chittyops.workflows.publish_configuration import Described

CART = "/configuration/cart?fleet=shop&environment=production"
COMPARE = "/configuration/cart/compare?fleet=shop&environment=production"
PAGES = (
    "/configuration", CART, "/configuration/storefront", COMPARE, f"{COMPARE}&only=differences",
    "/configuration/inventory/compare?only=differences", "/secrets", "/secrets?state=missing", "/rotations",
)  # fmt: skip
STEPS = ("check", "create", "admit", "try", "store", "push")
CARTS = ("API_KEY", "LEDGER_TOKEN", "QUEUE_PASSWORD", "STRIPE_KEY")
NOT_SET = "\N{EN DASH} not set"
FAILURE = "storefront: the account refuses the token"


async def get(centre: Centre, path: str, token: str = "") -> str:
    async with centre.client(token or centre.admin_token, Accept="text/html") as client:
        response = await client.get(path)
    assert response.status_code == 200, path
    return response.text


def keys(html: str) -> list[str]:
    return re.findall(r'<tr[^>]*><th scope="row"><code>([^<]+)</code>', html)


def cells(html: str, key: str) -> list[str]:
    """Return the cells of a row, as plain text."""
    (row,) = re.findall(rf'<th scope="row"><code>{re.escape(key)}</code>.*?</th>(.*?)</tr>', html, re.DOTALL)
    found = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in found]


async def test_a_page_is_whole_without_scripts_and_every_link_leads_somewhere(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS, failed=FAILURE)
    async with centre.client(await centre.token(Role.VIEWER), Accept="text/html") as client:
        addresses: set[str] = set()
        for path in (*PAGES, f"/rotations/{rotation}"):
            response = await client.get(path)
            assert response.status_code == 200, path
            html = response.text
            assert not re.search(r"<script(?![^>]*src=)[^>]*>", html), path
            assert not re.search(r"\sstyle=|\son[a-z]+=|<style", html), path
            assert not re.search(r'(?:src|href)="(?:https?:)?//', html), path
            ids = re.findall(r'\sid="([^"]+)"', html)
            assert len(ids) == len(set(ids)), path
            assert html.count("<h1") == 1, path
            assert html.count("<table") == html.count("<caption"), path
            assert PLANTED not in html, path
            assert MISPLACED not in html, path
            addresses |= {unescape(each) for each in re.findall(r'(?:href|src)="(/[^"#]*)', html)}
        assert len(addresses) > 30
        for address in addresses:
            assert (await client.get(address)).status_code in {200, 303}, address


async def test_a_value_shows_its_layer_its_line_and_what_it_hides(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    html = await get(centre, CART)
    value, layer, place = cells(html, "LOG_LEVEL")
    assert value.startswith("warning hides 1 more")
    assert (layer, place) == ("environment production", "chittyops.yaml:7")
    assert "shadowed fleet defaults info chittyops.yaml:10" in value
    assert "config explain cart LOG_LEVEL --env production" in value
    assert cells(html, "CURRENCY")[1] == "group selling in production"
    assert cells(html, "SELF_URL")[0] == "https://cart.production.shop.example ${env.name} production"
    assert cells(html, "STRIPE_KEY")[0] == "sops:STRIPE_KEY inherited shared expired"
    assert cells(html, "QUEUE_DSN")[0].startswith("amqp://cart:${secret:QUEUE_PASSWORD}@queue.example")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=currency", ["CURRENCY"]),
        ("q=US-EAST", ["REGION", "CATALOG_URL"]),
        ("layer=cart+in+production", ["REPLICAS"]),
        ("part=Health", ["health.path"]),
        ("only=shadowing", ["LOG_LEVEL", "REGION", "CURRENCY"]),
        ("only=secrets", ["QUEUE_DSN", "API_KEY", "STRIPE_KEY", "QUEUE_PASSWORD", "LEDGER_TOKEN"]),
        ("only=references", ["SELF_URL", "CATALOG_URL", "QUEUE_DSN"]),
        ("q=nothing+is+called+so", []),
    ],
)
async def test_values_are_searched_and_filtered(centre: Centre, tmp_path: Path, query: str, found: list[str]) -> None:
    await published_shop(centre, tmp_path)
    html = await get(centre, f"{CART}&{query}&fragment=rows")
    assert "<html" not in html
    assert keys(html) == found


async def test_environments_are_compared_in_the_order_of_the_file(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    html = await get(centre, COMPARE)
    heads = re.findall(r'<th scope="col">(?:<a[^>]*>)?([^<]+)<', html)
    assert heads == ["Key", "staging", "production", "preview"]
    assert cells(html, "REPLICAS") == [NOT_SET, "differs: 6", NOT_SET]
    assert cells(html, "LOG_LEVEL") == ["differs: debug", "differs: warning", "differs: info"]
    here, missing = "inherited sops:API_KEY", "differs: missing sops:API_KEY"
    assert cells(html, "API_KEY") == [here, here, missing]
    assert cells(html, "TRACE_SAMPLE") == ["0.1"] * 3
    only = await get(centre, f"{COMPARE}&only=differences")
    assert "TRACE_SAMPLE" not in keys(only)
    assert "LOG_LEVEL" in keys(only)
    two = await get(centre, f"{COMPARE}&with=staging&with=preview&only=differences")
    assert cells(two, "LOG_LEVEL") == ["differs: debug", "differs: info"]
    assert "REPLICAS" not in keys(two)
    same = await get(centre, "/configuration/inventory/compare?with=preview&only=differences")
    assert "Everything is the same in preview" in same


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["DATABASE_URL", "SESSION_KEY", *CARTS, "API_KEY", "API_KEY"]),
        ("service=accounts", ["DATABASE_URL", "SESSION_KEY"]),
        ("state=expired", ["STRIPE_KEY"]),
        ("state=shared", ["STRIPE_KEY"]),
        ("state=missing&service=cart", ["API_KEY", "QUEUE_PASSWORD"]),
        ("state=missing&service=cart&with=staging", []),
        ("scheme=vault", ["LEDGER_TOKEN"]),
        ("q=accounts_db", ["DATABASE_URL"]),
    ],
)  # fmt: skip
async def test_the_matrix_is_filtered(centre: Centre, tmp_path: Path, query: str, found: list[str]) -> None:
    await published_shop(centre, tmp_path)
    html = await get(centre, f"/secrets?fleet=shop&{query}")
    assert keys(html.partition('id="unused"')[0]) == found
    assert "LEFT_OVER" in html


async def test_before_anything_is_published_pages_say_what_to_type(centre: Centre) -> None:
    for path in ("/configuration", "/configuration/cart", "/configuration/cart/compare", "/secrets"):
        assert "<code>chittyops publish</code>" in await get(centre, path), path
    assert "chittyops secrets rotate" in await get(centre, "/rotations")


async def test_what_is_unknown_is_not_found(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    async with centre.client(centre.admin_token, Accept="text/html") as client:
        for path in ("/configuration/none", "/configuration/none/compare", "/rotations/none", "/secrets?fleet=none"):
            response = await client.get(path)
            assert response.status_code == 404, path
            assert "Back to the overview" in response.text
        assert (await client.get("/secrets?page=0")).status_code == 422


async def test_an_environment_that_files_do_not_know_shows_the_first(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    html = await get(centre, "/configuration/cart?fleet=shop&environment=local")
    assert '<span class="env">staging</span>' in html


def hostile() -> Described:
    """Return a fleet whose every text is an attack; names of services and environments cannot be."""
    word = Word(EVIL, State.WINS, EVIL, EVIL, 1)
    hidden = replace(word, state=State.SHADOWED)
    values = (
        Value("config", EVIL, EVIL, secret=False, words=(word, hidden), references=((EVIL, EVIL),)),
        Value("secrets", "KEY", EVIL, secret=True, words=(word,)),
    )
    mark = SecretMark("web", "KEY", "local", EVIL, EVIL, EVIL, shared=True)
    snapshot = Snapshot(("local",), {"web": {"local": values}}, (mark,), (UnusedSecret(EVIL, EVIL),))
    return Described(Fleet("evil", EVIL, Environment("local"), {"web": Service("web", ".")}), snapshot)


async def test_hostile_texts_are_only_text(centre: Centre) -> None:
    await publish(centre, hostile())
    request = RotationRequest("evil", "local", EVIL, EVIL, EVIL, "service", EVIL, EVIL, EVIL)
    rotation = await rotating(centre, STEPS, request, failed=EVIL)
    places = ("/configuration/web", "/configuration/web/compare", "/secrets", "/rotations", f"/rotations/{rotation}")
    for path in places:
        html = await get(centre, f"{path}?fleet=evil")
        tags = Tags()
        tags.feed(html)
        assert tags.suspect == [], path
        assert "&lt;script&gt;alert(1)" in html, path
        assert "{{ 7*7 }}" in html, path


async def post(centre: Centre, path: str, role: Role) -> httpx.Response:
    token = await centre.token(role)
    async with centre.client(token, Accept="text/html", Origin=centre.url) as client:
        return await client.post(path)


async def test_only_operators_cancel_and_resume(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, STEPS, failed=FAILURE)
    viewer = await centre.token(Role.VIEWER)
    html = await get(centre, f"/rotations/{rotation}", viewer)
    assert FAILURE in html
    assert "<button" not in html.partition("<main")[2].partition("</main>")[0]
    assert f'action="/rotations/{rotation}/resume"' in await get(centre, f"/rotations/{rotation}")
    async with centre.client(viewer, Accept="text/html") as client:
        for act in ("cancel", "resume"):
            assert (await client.post(f"/rotations/{rotation}/{act}")).status_code == 403
    resumed = await post(centre, f"/rotations/{rotation}/resume", Role.OPERATOR)
    assert (resumed.status_code, resumed.headers["location"]) == (303, f"/rotations/{rotation}?notice=rotation-resumed")
    assert "queued" in await get(centre, f"/rotations/{rotation}")


async def test_what_cannot_be_taken_back_offers_no_way_to_try(centre: Centre, tmp_path: Path) -> None:
    await published_shop(centre, tmp_path)
    rotation = await rotating(centre, (*STEPS, "reload", "verify", "overlap", "revoke"))
    html = await get(centre, f"/rotations/{rotation}")
    assert "/cancel" not in html
    assert (await post(centre, f"/rotations/{rotation}/cancel", Role.OPERATOR)).status_code == 409


async def test_a_large_fleet_is_shown_in_time(centre: Centre) -> None:
    names = [f"service-{number:03}" for number in range(300)]
    word = Word("fleet defaults", State.WINS, "value", "chittyops.yaml", 3)
    values = tuple(Value("config", f"KEY_{number}", "value", secret=False, words=(word,)) for number in range(50))
    environments = ("local", "preview", "staging", "production")
    marks = tuple(
        SecretMark(name, f"SECRET_{number}", each, f"sops:SECRET_{number}", "inherited", "fleet, all environments")
        for name in names
        for number in range(5)
        for each in environments
    )
    services = {name: dict.fromkeys(environments, values) for name in names}
    fleet = Fleet("large", "/srv/large", Environment("local"), {name: Service(name, name) for name in names})
    await publish(centre, Described(fleet, Snapshot(environments, services, marks)))
    for path in ("/configuration", "/configuration/service-007/compare", "/secrets", "/secrets?page=10&q=service"):
        await get(centre, path)
        begun = time.perf_counter()
        html = await get(centre, path)
        assert time.perf_counter() - begun < 2, path
        assert len(html) < 1_500_000, path
