/** The HTTP side of the reviews: every rating, one rating, health. */

import { createServer } from "node:http";

import { ratings } from "./ratings.js";

/** Status and body of the reply to a path. */
function answer(path) {
  const all = ratings();
  if (path === "/health") return [200, { status: "ok", build: process.env.CHITTYOPS_BUILD_ID ?? "dev" }];
  if (path === "/ratings") return [200, all];
  const [, collection, sku] = path.split("/");
  if (collection === "ratings" && Object.hasOwn(all, sku)) return [200, { sku, ...all[sku] }];
  return [404, { error: `nobody has reviewed ${path}` }];
}

/** An HTTP server that is not listening yet. */
export function createApp() {
  return createServer((request, response) => {
    const [status, body] = answer(new URL(request.url, "http://reviews").pathname);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}
