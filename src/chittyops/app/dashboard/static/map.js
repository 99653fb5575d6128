// The dependency map: zoom, drag, what breaks with a service. Without this it is a picture that scrolls.
const STEP = 1.3;
const LARGEST_FIT = 1.3; // a small picture is not blown up
const SMALLEST_READABLE = 0.3;
const CLOSEST = 3; // screen pixels for one of the picture's

class DependencyMap {
  constructor(view) {
    this.view = view;
    this.svg = view.querySelector(".dmap");
    this.spots = new Map([...this.svg.querySelectorAll(".spot")].map((spot) => [spot.dataset.spot, spot]));
    this.links = [...this.svg.querySelectorAll("[data-link]")].map((path) => [path, ...path.dataset.link.split(" ")]);
    this.neededBy = new Map();
    for (const [, dependent, needed] of this.links) {
      if (!this.neededBy.has(needed)) this.neededBy.set(needed, []);
      this.neededBy.get(needed).push(dependent);
    }
    this.said = document.querySelector("[data-blast]");
    this.hint = this.said?.textContent;
    this.watch("pointerover", "pointerout");
    this.watch("focusin", "focusout");
  }

  watch(enter, leave) {
    this.svg.addEventListener(enter, (event) => {
      const spot = event.target.closest(".spot");
      if (spot) this.light(spot);
    });
    this.svg.addEventListener(leave, (event) => {
      const spot = event.target.closest(".spot");
      if (!spot || spot.contains(event.relatedTarget)) return;
      const focused = document.activeElement?.closest?.(".spot");
      if (focused && focused !== spot && this.svg.contains(focused)) this.light(focused); else this.dim();
    });
  }

  broken(name) {
    const found = new Set([name]);
    const pending = [name];
    while (pending.length) {
      for (const other of this.neededBy.get(pending.pop()) ?? []) if (!found.has(other)) { found.add(other); pending.push(other); }
    }
    return found;
  }

  light(origin) {
    const lit = this.broken(origin.dataset.spot);
    for (const [number, spot] of this.spots) spot.classList.toggle("lit", lit.has(number));
    for (const [path, dependent, needed] of this.links) path.classList.toggle("lit", lit.has(dependent) && lit.has(needed));
    this.svg.querySelector(".origin")?.classList.remove("origin");
    origin.classList.add("origin");
    this.svg.classList.add("focused");
    this.say(origin, [...lit].filter((number) => number !== origin.dataset.spot));
  }

  say(origin, shown) {
    if (!this.said) return;
    const broken = Number(origin.dataset.breaks); // in the whole workspace, even where not all of it is drawn
    const strong = document.createElement("b");
    strong.textContent = origin.dataset.name;
    const names = shown.slice(0, 8).map((number) => this.spots.get(number).dataset.name).join(", ");
    const count = `${broken} ${broken === 1 ? "service breaks" : "services break"} with it: ${names}`;
    this.said.replaceChildren(strong, broken ? ` – ${count}${broken > Math.min(shown.length, 8) ? " …" : "."}` : " – nothing else breaks with it.");
  }

  dim() {
    this.svg.classList.remove("focused");
    this.svg.querySelector(".origin")?.classList.remove("origin");
    if (this.said) this.said.textContent = this.hint;
  }

  search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.svg.classList.toggle("searched", words.length > 0);
    for (const spot of this.spots.values()) spot.classList.toggle("match", words.every((word) => spot.dataset.text.includes(word)));
  }
}

class Zoom {
  constructor(view) {
    this.view = view;
    this.svg = view.querySelector(".dmap");
    this.whole = this.svg.viewBox.baseVal;
    this.whole = { x: 0, y: 0, width: this.whole.width, height: this.whole.height };
    this.pointers = new Map();
    this.moved = 0;
    this.touched = false;
    this.begin();
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.by(STEP ** (-Math.sign(event.deltaY) * Math.min(1, Math.abs(event.deltaY) / 60)), event.clientX, event.clientY);
    }, { passive: false });
    view.addEventListener("pointerdown", (event) => this.down(event));
    view.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) view.addEventListener(end, (event) => this.up(event));
    // Who dragged did not mean to follow a link.
    view.addEventListener("click", (event) => { if (this.moved > 6) { event.preventDefault(); event.stopPropagation(); } }, true);
    view.addEventListener("dragstart", (event) => event.preventDefault());
    view.addEventListener("focusin", (event) => this.show(event.target.closest(".spot")));
    new ResizeObserver(() => { if (this.touched) this.apply(); else this.begin(); }).observe(view);
    document.addEventListener("keydown", (event) => this.key(event));
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        if (button.dataset.zoom === "fit") this.all(); else this.by(button.dataset.zoom === "in" ? STEP : 1 / STEP);
      });
    }
  }

  begin() {
    this.fit();
    if (this.scale < SMALLEST_READABLE) { // a narrow view: begin at the upper left, large enough to be read
      this.scale = Math.max(this.scale, Math.min(this.view.clientHeight / this.whole.height, 0.7));
      this.x = this.y = 0;
      this.apply();
    }
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.view;
    this.scale = Math.min(width / this.whole.width, height / this.whole.height, LARGEST_FIT);
    this.smallest = this.scale / 2;
    this.x = (this.whole.width - width / this.scale) / 2;
    this.y = (this.whole.height - height / this.scale) / 2;
    this.apply();
  }

  all() {
    this.touched = true;
    this.fit();
  }

  apply() {
    const { clientWidth: width, clientHeight: height } = this.view;
    this.svg.setAttribute("viewBox", `${this.x} ${this.y} ${width / this.scale} ${height / this.scale}`);
  }

  by(factor, clientX, clientY) {
    this.touched = true;
    const box = this.view.getBoundingClientRect();
    const left = clientX === undefined ? box.width / 2 : clientX - box.left;
    const top = clientY === undefined ? box.height / 2 : clientY - box.top;
    const scale = Math.min(CLOSEST, Math.max(this.smallest, this.scale * factor));
    this.x += left / this.scale - left / scale;
    this.y += top / this.scale - top / scale;
    this.scale = scale;
    this.apply();
  }

  pan(right, down) {
    this.touched = true;
    this.x += right / this.scale;
    this.y += down / this.scale;
    this.apply();
  }

  show(spot) {
    if (!spot || !spot.matches(":focus-visible")) return;
    const at = spot.transform.baseVal.getItem(0).matrix;
    const { clientWidth: width, clientHeight: height } = this.view;
    const [left, top] = [(at.e - this.x) * this.scale, (at.f - this.y) * this.scale];
    if (left < 0 || top < 0 || left > width - 180 * this.scale || top > height - 44 * this.scale) {
      this.pan(left - width / 2 + 90 * this.scale, top - height / 2);
    }
  }

  down(event) {
    if (event.button) return;
    if (!this.pointers.size) this.moved = 0;
    this.pointers.set(event.pointerId, event);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((pointer) => pointer.pointerId !== event.pointerId);
    if (others.length) {
      const distance = (pointer) => Math.hypot(pointer.clientX - others[0].clientX, pointer.clientY - others[0].clientY);
      this.by(distance(event) / Math.max(1, distance(before)), (event.clientX + others[0].clientX) / 2, (event.clientY + others[0].clientY) / 2);
      this.moved += 10;
    } else {
      this.moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
      if (this.moved > 6 && !this.view.hasPointerCapture(event.pointerId)) this.view.setPointerCapture(event.pointerId);
    }
    this.pan((before.clientX - event.clientX) / (others.length ? 2 : 1), (before.clientY - event.clientY) / (others.length ? 2 : 1));
    this.view.classList.toggle("held", this.moved > 6);
    this.pointers.set(event.pointerId, event);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.view.classList.remove("held");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog[open]")) return;
    const moves = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
    if (event.key === "+" || event.key === "=") this.by(STEP);
    else if (event.key === "-") this.by(1 / STEP);
    else if (event.key === "0") this.all();
    else if (moves[event.key] && this.view.contains(event.target)) { event.preventDefault(); this.pan(...moves[event.key]); }
  }
}

function colour(link, svg) {
  const legends = document.querySelector("[data-legends]");
  for (const element of [svg, legends]) {
    for (const name of [...element.classList]) if (name.startsWith("by-")) element.classList.replace(name, `by-${link.dataset.colour}`);
  }
  for (const other of document.querySelectorAll("[data-colour]")) {
    if (other === link) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current");
  }
  document.querySelector("[data-map-form]").elements.colour.value = link.dataset.colour;
  history.replaceState(null, "", link.href);
}

const view = document.querySelector("[data-map]");
if (view) {
  const map = new DependencyMap(view);
  if (!view.classList.contains("small")) new Zoom(view);
  for (const link of document.querySelectorAll("[data-colour]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); colour(link, map.svg); });
  }
  const form = document.querySelector("[data-map-form]");
  form?.addEventListener("input", (event) => {
    if (event.target.type === "checkbox") form.submit(); else map.search(event.target.value);
  });
}
