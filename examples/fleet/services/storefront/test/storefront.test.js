import assert from "node:assert/strict";
import { test } from "node:test";

import storefront from "../src/index.js";

const PRODUCTS = [{ sku: "mug", name: "Mug <blue>", price_cents: 1400, on_hand: 3, stars: null }];
const ORDER = { id: "7", sku: "mug", quantity: 1, total_cents: 1400, status: "placed", receipt: "r" };

/** A service binding that answers every request the same way, and remembers what it was asked. */
function service(body, status = 200) {
  const asked = [];
  return { asked, fetch: async (...request) => (asked.push(new Request(...request)), Response.json(body, { status })) };
}

function visit(path, init, bindings = {}) {
  const env = { SHOP_NAME: "Shop", CATALOG: service({ products: PRODUCTS }), ORDERS: service(ORDER), ...bindings };
  return storefront.fetch(new Request(`http://shop${path}`, init), env);
}

const buying = (sku) => ({ method: "POST", body: new URLSearchParams({ sku }) });

test("the window shows the catalogue, escaped", async () => {
  const page = await (await visit("/")).text();
  assert.match(page, /Mug &lt;blue&gt;/);
  assert.match(page, /3 left/);
  assert.match(page, /€ 14\.00/);
});

test("an unwell catalogue is admitted, with its status", async () => {
  assert.equal((await visit("/", {}, { CATALOG: service({}, 503) })).status, 503);
});

test("buying passes the order on and leads to it", async () => {
  const ORDERS = service(ORDER, 201);
  const reply = await visit("/buy", buying("mug"), { ORDERS });
  assert.deepEqual(await ORDERS.asked[0].json(), { sku: "mug", quantity: 1 });
  assert.equal(reply.status, 303);
  assert.equal(reply.headers.get("location"), "/orders/7?receipt=r");
});

test("a refused order is explained", async () => {
  const reply = await visit("/buy", buying("unicorn"), { ORDERS: service({ error: "the shop sells no unicorn" }, 422) });
  assert.equal(reply.status, 422);
  assert.match(await reply.text(), /sells no unicorn/);
});

test("an order is shown to whoever holds its receipt", async () => {
  const ORDERS = service(ORDER);
  assert.match(await (await visit("/orders/7?receipt=r", {}, { ORDERS })).text(), /placed/);
  assert.equal(ORDERS.asked[0].url, "http://orders/orders/7?receipt=r");
});

test("health names the build", async () => {
  assert.deepEqual(await (await visit("/health")).json(), { status: "ok", build: "dev" });
  assert.equal((await (await visit("/health", {}, { CHITTYOPS_BUILD_ID: "b1" })).json()).build, "b1");
});

test("what is not there is not found", async () => {
  assert.equal((await visit("/nothing")).status, 404);
});
