/** The shop window: a Cloudflare Worker that renders the catalogue and passes orders on. */

import { orderPage, shopPage, sorryPage } from "./page.js";

const html = (body, status = 200) =>
  new Response(body, { status, headers: { "content-type": "text/html; charset=utf-8" } });

async function shop(env) {
  const reply = await env.CATALOG.fetch("http://catalog/products");
  if (!reply.ok) return html(sorryPage(env.SHOP_NAME, "the shelves are being filled"), 503);
  const { products } = await reply.json();
  return html(shopPage(env.SHOP_NAME, products));
}

async function buy(request, env) {
  const form = await request.formData();
  const reply = await env.ORDERS.fetch("http://orders/orders", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sku: form.get("sku"), quantity: Number(form.get("quantity") ?? 1) }),
  });
  const order = await reply.json();
  if (!reply.ok) return html(sorryPage(env.SHOP_NAME, order.error), reply.status);
  const location = `/orders/${order.id}?receipt=${order.receipt}`;
  return new Response(null, { status: 303, headers: { location } });
}

async function order(url, env) {
  const reply = await env.ORDERS.fetch(`http://orders${url.pathname}${url.search}`);
  const found = await reply.json();
  return reply.ok ? html(orderPage(env.SHOP_NAME, found)) : html(sorryPage(env.SHOP_NAME, found.error), reply.status);
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const route = `${request.method} /${url.pathname.split("/")[1]}`;
    if (route === "GET /health") return Response.json({ status: "ok", build: env.CHITTYOPS_BUILD_ID ?? "dev" });
    if (route === "GET /") return shop(env);
    if (route === "POST /buy") return buy(request, env);
    if (route === "GET /orders") return order(url, env);
    return html(sorryPage(env.SHOP_NAME, "there is no such page"), 404);
  },
};
