"""The shop is used: an order goes from the shop window through the database and the events to the parcel."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from chittyops.app.demo import shop
from chittyops.app.demo.play import Play
from chittyops.app.demo.shop import Reply, Visitor
from chittyops.kernel.errors import Unavailable

SKU, QUANTITY = "teapot", 2
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.02
WINDOW = "storefront"
ORDER = re.compile(r"/orders/([0-9a-f-]{36})\?receipt=")


def trade(play: Play) -> None:
    """Buy something and follow the order."""
    order = _buy(play)
    placed = _orders(play).get(order, {})
    play.stage.claim(
        f"{QUANTITY} teapots bought: orders has order {order[:8]} in its PostgreSQL database",
        holds=placed.get("quantity") == QUANTITY,
        instead="no such order",
    )
    began = time.monotonic()
    shipped = _eventually(lambda: _orders(play).get(order, {}).get("status") == "shipped")
    took = time.monotonic() - began
    play.stage.claim("fulfilment heard of it through NATS, and it is shipped", holds=shipped, seconds=took)
    handled = shop.get(play.addresses["fulfilment"], "/health").json.get("handled")
    play.stage.claim("one order, one event handled", holds=handled == 1, instead=f"{handled} events")
    sales = shop.get(play.addresses["reports"], "/sales").json
    revenue = sales.get("revenue_cents", 0)
    play.stage.claim(
        f"reports knows: € {revenue / 100:.2f} of revenue, best seller {sales.get('best_seller')}",
        holds=revenue == placed.get("total_cents"),
        instead=f"orders says {placed.get('total_cents')} cents",
    )


def _buy(play: Play) -> str:
    """Buy as a customer does, at the shop window where it is open, and return the order's id."""
    if WINDOW not in play.addresses:
        order = _visit(play, "orders", lambda to: to.post_json("/orders", {"sku": SKU, "quantity": QUANTITY}))
        return str(order.json.get("id", ""))
    page = _visit(play, WINDOW, lambda to: to.get("/"))
    play.stage.claim("storefront shows the catalogue", holds=page.ok and b"teapot" in page.body, instead=_told(page))
    bought = _visit(play, WINDOW, lambda to: to.post_form("/buy", {"sku": SKU, "quantity": str(QUANTITY)}))
    found = ORDER.search(bought.header("location"))
    return found[1] if found else ""


def _visit(play: Play, name: str, ask: Callable[[Visitor], Reply]) -> Reply:
    play.requests_made += 1
    visitor = Visitor(play.addresses[name])
    try:
        reply = ask(visitor)
    finally:
        visitor.leave()
    play.requests_failed += not reply.ok
    return reply


def _orders(play: Play) -> dict[str, dict[str, Any]]:
    reply = shop.get(play.addresses["orders"], "/orders")
    return {order["id"]: order for order in reply.json.get("orders", ())}


def _told(reply: Reply) -> str:
    return f"it answered {reply.status}"


def _eventually(holds: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        try:
            if holds():
                return True
        except Unavailable:
            continue
        time.sleep(POLL_SECONDS)
    return False
