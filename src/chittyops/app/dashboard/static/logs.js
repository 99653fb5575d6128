// The log pane: follows one stream, shows the lines of the chosen service, keeps to the end while "follow" is on.
const KEPT = 5000;
const SHOWN = 2000;

class Pane {
  constructor(element) {
    this.element = element;
    this.lines = element.querySelector("[data-lines]");
    this.follow = element.querySelector("[data-follow]");
    this.chosen = element.querySelector("[data-log][aria-current]")?.dataset.log ?? "";
    this.kept = [];
    this.drawing = 0;
    this.cursor = "";
    this.ended = false;
    this.follow.addEventListener("change", () => this.toEnd());
    this.lines.addEventListener("scroll", () => {
      const rest = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight;
      if (rest > 60 && !this.scrolling) this.follow.checked = false;
    });
    element.querySelector("[data-log-close]")?.addEventListener("click", () => { element.hidden = true; this.disconnect(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.disconnect(); else this.connect(); });
    addEventListener("pagehide", () => this.disconnect());
    if (!element.hidden) this.connect();
  }

  connect() {
    if (this.source || this.ended || this.element.hidden || document.hidden) return;
    if (!this.cursor) this.kept = []; // the stream begins again from its beginning
    this.source = new EventSource(this.element.dataset.logStream);
    this.source.addEventListener("log", (event) => this.add(event));
    this.source.addEventListener("end", () => { this.ended = true; this.disconnect(); });
    this.source.addEventListener("problem", (event) => {
      this.kept.push({ text: JSON.parse(event.data).detail, service: "", stream: "stderr" });
      this.ended = true;
      this.disconnect();
      this.draw();
    });
  }

  disconnect() {
    this.source?.close();
    this.source = null;
  }

  add(event) {
    this.kept.push(JSON.parse(event.data));
    if (this.kept.length > KEPT) this.kept.splice(0, this.kept.length - KEPT);
    if (!this.drawing) this.drawing = requestAnimationFrame(() => { this.drawing = 0; this.draw(); });
  }

  choose(service) {
    this.chosen = service;
    this.element.hidden = false;
    for (const tab of this.element.querySelectorAll(".tabs [data-log]")) {
      if (tab.dataset.log === service) tab.setAttribute("aria-current", "true"); else tab.removeAttribute("aria-current");
    }
    this.follow.checked = true;
    this.connect();
    this.draw();
  }

  draw() {
    const wanted = this.kept.filter((line) => !this.chosen || line.service === this.chosen).slice(-SHOWN);
    const drawn = wanted.map((line) => this.row(line));
    if (!drawn.length) {
      const empty = document.createElement("p");
      empty.className = "placeholder";
      empty.textContent = this.chosen ? `${this.chosen} has said nothing yet.` : "Nothing was said yet.";
      drawn.push(empty);
    }
    this.lines.replaceChildren(...drawn);
    this.toEnd();
  }

  row(line) {
    const row = document.createElement("div");
    row.className = line.stream === "stderr" ? "line err" : "line";
    const text = document.createElement("span");
    text.textContent = line.text;
    if (line.at) {
      const at = document.createElement("time");
      at.dateTime = line.at;
      at.textContent = new Date(line.at).toLocaleTimeString([], { hour12: false });
      const who = document.createElement("b");
      who.textContent = line.service;
      row.append(at, who);
    } else {
      row.classList.add("plain-line");
    }
    row.append(text);
    return row;
  }

  toEnd() {
    if (!this.follow.checked) return;
    this.scrolling = true;
    this.lines.scrollTop = this.lines.scrollHeight;
    requestAnimationFrame(() => { this.scrolling = false; });
  }
}

const panes = new WeakMap();

function paneOf(element) {
  if (!panes.has(element)) panes.set(element, new Pane(element));
  return panes.get(element);
}

export function startLogs() {
  for (const element of document.querySelectorAll("[data-log-stream]:not([hidden])")) paneOf(element);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-log]");
    const element = link?.closest(".card")?.querySelector("[data-log-stream]") ?? document.querySelector("[data-log-stream]");
    if (!link || !element || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    paneOf(element).choose(link.dataset.log);
    if (!element.contains(link)) element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
}
