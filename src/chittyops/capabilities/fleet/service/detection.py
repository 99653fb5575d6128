"""How a service is started when its deploy section does not say: found from its files, purely."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from chittyops.kernel.service import Launch

WRANGLER: Final = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
"""In the order in which wrangler itself looks for them."""
TELLING: Final = ("Procfile", "package.json")
"""The files whose text matters, not only their presence."""
_ENTRIES: Final = ("app.py", "main.py", "server.py")
_MAIN: Final = "/__main__.py"


def detect(names: Collection[str], texts: Mapping[str, str], *, folder: str = "") -> Launch:
    """Return how a folder with files of these ``names`` is started; an empty Launch when nothing tells.

    ``texts`` holds the contents of those of ``TELLING`` that exist. ``folder`` is the folder's own name, which
    decides between several Python modules.
    """
    for name in WRANGLER:
        if name in names:
            return Launch("worker", name)
    if re.search(r"^web\s*:\s*\S", texts.get("Procfile", ""), re.MULTILINE):
        return Launch("procfile", "web")
    if _has_start_script(texts.get("package.json", "")):
        return Launch("script", "start")
    return _python(names, folder)


def _has_start_script(text: str) -> bool:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    scripts = document.get("scripts") if isinstance(document, dict) else None
    start = scripts.get("start") if isinstance(scripts, dict) else None
    return isinstance(start, str) and bool(start.strip())


def _python(names: Collection[str], folder: str) -> Launch:
    modules = sorted(n.removesuffix(_MAIN) for n in names if n.endswith(_MAIN) and n.removesuffix(_MAIN).isidentifier())
    own = folder.replace("-", "_")
    if own in modules:
        return Launch("module", own)
    if len(modules) == 1:
        return Launch("module", modules[0])
    entry = next((name for name in _ENTRIES if name in names), "")
    return Launch("command", f"python {entry}") if entry else Launch()
