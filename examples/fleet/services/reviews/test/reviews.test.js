import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createApp } from "../app.js";
import { ratings } from "../ratings.js";

const server = createApp();
let address;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.close();
  server.closeAllConnections();
});

test("stars are a mean to one decimal", () => {
  assert.deepEqual(ratings({ pen: [5, 4, 4] }), { pen: { stars: 4.3, count: 3 } });
});

test("every rating comes in one reply", async () => {
  const all = await (await fetch(`${address}/ratings`)).json();
  assert.equal(all.mug.count, 6);
});

test("one rating is asked for by its SKU", async () => {
  assert.deepEqual(await (await fetch(`${address}/ratings/notebook`)).json(), { sku: "notebook", stars: 4, count: 2 });
});

test("what nobody has reviewed is not found", async () => {
  assert.equal((await fetch(`${address}/ratings/unicorn`)).status, 404);
  assert.equal((await fetch(`${address}/ratings/constructor`)).status, 404);
});

test("health names the build", async () => {
  assert.deepEqual(await (await fetch(`${address}/health`)).json(), { status: "ok", build: "dev" });
});
