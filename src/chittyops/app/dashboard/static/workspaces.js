// Lists that answer as one types, and the dialog that accepts a problem. Both are plain forms without this.
import { morph } from "./morph.js";

const PAUSE = 120; // milliseconds after the last letter
let waiting = 0;
let asking = null;

async function ask(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  if (form.elements.sort && !form.elements.sort.checkVisibility()) { // the order is chosen in the head of the table
    const sort = new URLSearchParams(location.search).get("sort");
    if (sort) query.set("sort", sort); else query.delete("sort");
  }
  const part = form.dataset.instant;
  const address = `${form.getAttribute("action")}?${query}`;
  history.replaceState(null, "", address);
  asking?.abort();
  asking = new AbortController();
  const region = document.getElementById(part);
  region.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`${address}&fragment=${part}`, { headers: { Accept: "text/html" }, signal: asking.signal });
    if (!response.ok) return location.reload();
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    morph(region, template.content.firstElementChild);
  } catch (error) {
    if (error.name !== "AbortError") form.submit(); // the page itself says what is wrong
  }
}

function later(form, pause) {
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(form), pause);
}

for (const form of document.querySelectorAll("form[data-instant]")) {
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-reload]")) form.submit(); // more than the list is about it
    else later(form, event.target.matches("input[type=search]") ? PAUSE : 0);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); later(form, 0); });
}

const dialog = document.getElementById("accept-dialog");
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-accept]");
  if (!link || !dialog || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const form = dialog.querySelector("form");
  form.action = link.dataset.accept;
  form.elements.back.value = location.search.slice(1);
  dialog.querySelector("[data-message]").textContent = link.dataset.message;
  dialog.showModal();
});
dialog?.querySelector("[data-close]").addEventListener("click", () => dialog.close());
for (const day of document.querySelectorAll('input[name="day"]')) {
  day.addEventListener("input", () => { day.closest("label").querySelector('input[type="radio"]').checked = true; });
}
