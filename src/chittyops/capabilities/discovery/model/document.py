"""Configuration read into plain data that still knows where each key and value stands: JSONC, TOML, YAML."""

from __future__ import annotations

from chittyops.capabilities.discovery.model.jsonc import parse as parse_jsonc
from chittyops.capabilities.discovery.model.places import Document, Duplicate, Keys, MalformedError, Position
from chittyops.capabilities.discovery.model.toml import parse as parse_toml
from chittyops.capabilities.discovery.model.yaml import parse as parse_yaml

__all__ = [
    "Document",
    "Duplicate",
    "Keys",
    "MalformedError",
    "Position",
    "parse_jsonc",
    "parse_toml",
    "parse_yaml",
]
