"""Proposes what adoption does: pure functions over an inventory and a fleet file."""

from chittyops.capabilities.adoption.service.proposal import HEADER, propose, texts_wanted
from chittyops.capabilities.adoption.service.shims import retire

__all__ = ["HEADER", "propose", "retire", "texts_wanted"]
