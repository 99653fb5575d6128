// A node under the pointer or in focus lights up everything it needs and everything that needs it.
function reach(start, next) {
  const found = new Set([start]);
  const pending = [start];
  while (pending.length) {
    for (const name of next.get(pending.pop()) ?? []) if (!found.has(name)) { found.add(name); pending.push(name); }
  }
  return found;
}

function light(graph, name) {
  const needs = new Map();
  const neededBy = new Map();
  for (const node of graph.querySelectorAll(".node")) {
    const list = node.dataset.needs ? node.dataset.needs.split(" ") : [];
    needs.set(node.dataset.node, list);
    for (const needed of list) neededBy.set(needed, [...(neededBy.get(needed) ?? []), node.dataset.node]);
  }
  const down = reach(name, needs);
  const up = reach(name, neededBy);
  for (const node of graph.querySelectorAll(".node")) {
    node.classList.toggle("lit", down.has(node.dataset.node) || up.has(node.dataset.node));
  }
  for (const edge of graph.querySelectorAll(".edge")) {
    const { from, to } = edge.dataset;
    edge.classList.toggle("lit", (down.has(from) && down.has(to)) || (up.has(from) && up.has(to)));
  }
  graph.classList.add("focused");
}

function dim(graph) {
  graph.classList.remove("focused");
  for (const element of graph.querySelectorAll(".lit")) element.classList.remove("lit");
}

export function startGraph() {
  const enter = (event) => {
    const node = event.target.closest?.(".node");
    if (node) light(node.closest(".graph"), node.dataset.node);
  };
  const leave = (event) => {
    const node = event.target.closest?.(".node");
    if (node && !node.contains(event.relatedTarget)) dim(node.closest(".graph"));
  };
  document.addEventListener("pointerover", enter);
  document.addEventListener("pointerout", leave);
  document.addEventListener("focusin", enter);
  document.addEventListener("focusout", leave);
  // A node may have the focus before this runs, and a live page draws its nodes anew.
  const focused = () => enter({ target: document.activeElement });
  document.addEventListener("refreshed", focused);
  focused();
}
