// Runs before the page is painted, so that a chosen theme never flashes the other one.
"use strict";
{
  const root = document.documentElement;
  root.classList.add("scripted");
  let theme = null;
  try { theme = localStorage.getItem("theme"); } catch { /* storage is switched off: the system's theme holds */ }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
}
