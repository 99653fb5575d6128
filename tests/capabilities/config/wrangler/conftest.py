"""The real wrangler, as the tests of discovery install it."""

from __future__ import annotations

from tests.capabilities.discovery.wrangler.conftest import Run, node, wrangler_folder

__all__ = ["Run", "node", "wrangler_folder"]
