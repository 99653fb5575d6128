"""Credentials in text: found, masked before anything else reads the text, and reported without their value.

``rules`` is data; ``names`` and ``values`` judge names and values; ``tokens``, ``places`` and ``assignments`` look for
credentials by their prefix, by what is around them and by the name they are given; ``scanning`` puts it together.
"""

from __future__ import annotations

from chittyops.capabilities.discovery.service.credentials.scanning import scan

__all__ = ["scan"]
