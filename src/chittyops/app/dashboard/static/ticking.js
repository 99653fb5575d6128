// Ages and durations that go on by themselves. The words are those of times.py.
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];

export function ago(seconds) {
  for (const [size, unit] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  return seconds >= 2 ? `${Math.floor(seconds)} s ago` : "just now";
}

export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now();
  for (const element of document.querySelectorAll("[data-age]")) {
    set(element, ago((now - Date.parse(element.dateTime)) / 1000));
  }
  for (const element of document.querySelectorAll("[data-elapsed]")) {
    set(element, duration((now - Date.parse(element.dateTime || element.dataset.elapsed)) / 1000));
  }
}

export function startTicking() {
  tick();
  setInterval(() => { if (!document.hidden) tick(); }, 1000);
}
