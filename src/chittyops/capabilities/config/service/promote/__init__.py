"""One environment's values taken over into another: what would change, value by value, and the edits. Pure."""

from __future__ import annotations

from chittyops.capabilities.config.service.promote.edits import edits
from chittyops.capabilities.config.service.promote.review import Row, review

__all__ = ["Row", "edits", "review"]
