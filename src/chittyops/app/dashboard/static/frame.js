// The frame: theme, menu, shortcuts, finding in lists, confirmation of what cannot be undone, toasts.
const THEMES = ["system", "light", "dark"];

function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

function nextTheme() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try { localStorage.setItem("theme", next); } catch { /* storage is switched off: it holds for this page */ }
  nameTheme();
}

function nameTheme() {
  const name = document.querySelector("[data-theme-name]");
  if (name) name.textContent = { system: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[theme()];
}

function find(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.querySelectorAll(`#${input.dataset.find} [data-filter-text]`)) {
    const text = row.dataset.filterText.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
}

function confirmation(form) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-title]").textContent = form.dataset.confirm;
  dialog.querySelector("[data-explain]").textContent = form.dataset.explain;
  dialog.querySelector("[data-verb]").textContent = form.dataset.verb;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") form.submit(); }, { once: true });
  dialog.showModal();
}

let prefix = false;

function shortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog[open]")) return;
  const afterG = prefix;
  prefix = false;
  if (afterG) {
    const link = document.querySelector(`[data-key="g ${event.key}"]`);
    if (link) link.click();
  } else if (event.key === "g") {
    prefix = true;
    setTimeout(() => { prefix = false; }, 1500);
  } else if (event.key === "/") {
    const input = document.querySelector("[data-find]");
    if (input) { event.preventDefault(); input.focus(); }
  } else if (event.key === "t") {
    nextTheme();
  } else if (event.key === "?") {
    document.getElementById("help")?.showModal();
  }
}

export function startFrame() {
  nameTheme();
  document.querySelector("[data-theme-toggle]")?.addEventListener("click", nextTheme);
  document.querySelector("[data-help]")?.addEventListener("click", () => document.getElementById("help").showModal());
  document.querySelector("[data-menu]")?.addEventListener("click", (event) => {
    const body = document.getElementById("side-body");
    event.currentTarget.setAttribute("aria-expanded", String(body.classList.toggle("open")));
  });
  for (const element of document.querySelectorAll("[data-needless]")) element.hidden = true;
  document.querySelector("form[data-auto]")?.addEventListener("change", (event) => {
    const form = event.currentTarget;
    if (event.target.name === "fleet") form.elements.environment.disabled = true; // each fleet has its own
    form.submit();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.confirm) { event.preventDefault(); confirmation(event.target); }
  });
  document.addEventListener("input", (event) => { if (event.target.dataset.find) find(event.target); });
  document.addEventListener("refreshed", () => document.querySelectorAll("[data-find]").forEach(find));
  document.addEventListener("keydown", shortcut);
  for (const toast of document.querySelectorAll(".toast")) {
    setTimeout(() => { toast.classList.add("gone"); setTimeout(() => toast.remove(), 500); }, 5000);
  }
  const address = new URL(location.href);
  if (address.searchParams.has("notice")) {
    address.searchParams.delete("notice");
    history.replaceState(null, "", address);
  }
}
