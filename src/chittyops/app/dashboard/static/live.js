// Keeps a page as it is now: listens for topics, fetches the parts that show them, and morphs them in place.
import { morph } from "./morph.js";

const PAUSE = 300; // milliseconds between two fetches
const RETRY = 2000;
const banner = document.getElementById("connection");
const pending = new Set();
let source = null;
let fetching = false;
let lost = false;

function regions() {
  return [...document.querySelectorAll("[data-live]")];
}

function changed(topic) {
  for (const region of regions()) {
    if (!topic || region.dataset.live.split(" ").includes(topic)) pending.add(region.id);
  }
  if (pending.size && !fetching) refresh();
}

async function refresh() {
  fetching = true;
  const wanted = [...pending];
  pending.clear();
  const address = new URL(location.href);
  address.hash = "";
  address.searchParams.delete("notice");
  address.searchParams.set("fragment", wanted.join(","));
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (response.status === 401) return location.reload();
    if (response.ok) show(await response.text());
  } catch {
    for (const id of wanted) pending.add(id); // the stream notices that the centre is away, and asks again
  }
  setTimeout(() => {
    fetching = false;
    if (pending.size && !lost) refresh();
  }, PAUSE);
}

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.children]) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (old) morph(old, fresh);
    else if (fresh.id === "welcome") location.reload();
  }
  if (!template.content.children.length && document.getElementById("welcome")) location.reload();
  document.dispatchEvent(new CustomEvent("refreshed"));
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource("/api/v1/changes");
  source.onopen = () => {
    lost = false;
    banner.hidden = true;
    changed(null); // whatever happened while nobody listened
  };
  source.onmessage = (event) => changed(JSON.parse(event.data).topic);
  source.onerror = () => {
    disconnect();
    lost = true;
    setTimeout(() => { banner.hidden = !lost; }, 1000); // a restart takes less: no alarm for that
    setTimeout(connect, RETRY);
  };
}

function disconnect() {
  source?.close();
  source = null;
}

export function startLive() {
  if (!banner || !regions().length) return;
  // A hidden tab lets go of its connection: a browser opens only six to one address.
  document.addEventListener("visibilitychange", () => { if (document.hidden) disconnect(); else connect(); });
  addEventListener("pagehide", disconnect);
  connect();
}
