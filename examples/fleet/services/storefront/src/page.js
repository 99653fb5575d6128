/** The pages customers see, as HTML. Every value is escaped where it enters a page. */

const SPECIAL = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (value) => String(value).replace(/[&<>"']/g, (character) => SPECIAL[character]);
const money = (cents) => `€ ${(cents / 100).toFixed(2)}`;

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  ul { list-style: none; padding: 0; }
  li { display: flex; gap: 1rem; align-items: baseline; padding: .75rem 0; border-top: 1px solid #8884; }
  li strong { flex: 1; }
  small { opacity: .7; }
  button { font: inherit; padding: .25rem .9rem; border-radius: .4rem; border: 1px solid #8888; cursor: pointer; }
`;

const frame = (title, body) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>${STYLE}</style></head>
<body><h1>${escape(title)}</h1>${body}</body>
</html>`;

function item({ sku, name, price_cents, on_hand, stars }) {
  const notes = [stars === null ? "" : `★ ${stars}`, on_hand === null ? "" : `${on_hand} left`];
  return `<li><strong>${escape(name)}</strong> <small>${escape(notes.filter(Boolean).join(" · "))}</small>
<span>${money(price_cents)}</span>
<form method="post" action="/buy"><input type="hidden" name="sku" value="${escape(sku)}"><button>Buy</button></form></li>`;
}

/** The shop window with everything on offer. */
export const shopPage = (shop, products) => frame(shop, `<ul>${products.map(item).join("")}</ul>`);

/** What one order came to. */
export const orderPage = (shop, { id, sku, quantity, total_cents, status }) =>
  frame(shop, `<p>${quantity} × ${escape(sku)}, ${money(total_cents)}: <strong>${escape(status)}</strong></p>
<p><small>Order ${escape(id)}</small></p><p><a href="/">Back to the shop</a></p>`);

/** What went wrong, in one sentence. */
export const sorryPage = (shop, reason) => frame(shop, `<p>Sorry: ${escape(reason)}.</p><p><a href="/">Back to the shop</a></p>`);
