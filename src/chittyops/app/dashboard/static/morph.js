// Makes one element like another with as few changes as possible, so that focus, scroll, text selection and
// open panes stay. Children are matched by id, else by place and kind.
const OWN_STATE = new Set(["open"]); // attributes that belong to the reader, not to the server

function attributes(from, to) {
  for (const { name, value } of to.attributes) {
    if (!OWN_STATE.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    if (!OWN_STATE.has(name) && !to.hasAttribute(name)) from.removeAttribute(name);
  }
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

export function morph(from, to) {
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if (from.nodeType !== Node.ELEMENT_NODE || from.hasAttribute("data-keep")) return;
  if (from.matches("input, select, textarea") && from === document.activeElement) return;
  attributes(from, to);
  const byId = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    let found = wanted.id ? byId.get(wanted.id) : place;
    if (!found || !alike(found, wanted)) found = null;
    if (!found) {
      from.insertBefore(wanted, place);
    } else {
      if (found === place) place = place.nextSibling; else from.insertBefore(found, place);
      morph(found, wanted);
    }
  }
  while (place) {
    const next = place.nextSibling;
    // A pane that somebody reads stays, even when what it tells of has ended.
    if (!(place.nodeType === Node.ELEMENT_NODE && place.hasAttribute("data-keep") && !place.hidden)) place.remove();
    place = next;
  }
}
