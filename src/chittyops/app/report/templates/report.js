"use strict";
/* Filters and sorts tables. Without it, everything is there and readable. */
document.documentElement.classList.add("scripted");
for (const field of document.querySelectorAll("input[data-filters]")) {
  const rows = [...document.querySelectorAll(`#${field.dataset.filters} [data-row]`)];
  const said = document.getElementById(`${field.dataset.filters}-shown`);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    said.textContent = words.length ? `${shown} of ${rows.length}` : "";
  });
}
for (const head of document.querySelectorAll("table[data-sorts] thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const column = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
    const rows = [...body.rows].sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
    body.append(...(up ? rows : rows.reverse()));
  });
}
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details[data-print]")) each.open = true;
});
