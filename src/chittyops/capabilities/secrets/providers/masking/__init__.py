"""Masks secrets in what a command writes."""

from __future__ import annotations

from chittyops.capabilities.secrets.providers.masking.forms import SHORTEST, Masker
from chittyops.capabilities.secrets.providers.masking.relay import relay

__all__ = ["SHORTEST", "Masker", "relay"]
