"""The smallest components, which a page repeats a thousand times: icons, badges, ages. Made in Python for speed."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

from chittyops.app.dashboard.states import State
from chittyops.app.dashboard.times import ago

_ICON = Markup('<svg class="icon icon-{0}" aria-hidden="true"><use href="#i-{0}"></use></svg>')
_BADGE = Markup('<span class="badge tone-{}">{}{}</span>')
_AGE = Markup('<time datetime="{}" title="{}" data-age>{}</time>')


@lru_cache(maxsize=64)
def icon(name: str) -> Markup:
    """Return an icon of the sprite."""
    return _ICON.format(name)


@lru_cache(maxsize=256)
def badge(state: State) -> Markup:
    """Return a state as its icon and word, in its tone."""
    return _BADGE.format(state.tone, icon(state.icon), state.word)


@lru_cache(maxsize=4096)
def age(now: datetime, at: datetime) -> Markup:
    """Return how long ago something was; the page's script keeps it going."""
    return _AGE.format(at.isoformat(), at.strftime("%Y-%m-%d %H:%M:%S UTC"), ago(now, at))
