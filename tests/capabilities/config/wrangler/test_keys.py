"""What we say of wrangler's keys is what its own source says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chittyops.capabilities.config.service.render.wrangler_keys import INHERITED, KINDS, NOT_INHERITED, TOP_ONLY

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def source(wrangler_folder: Path) -> str:
    """Return wrangler's own reader of environments."""
    text = (wrangler_folder / "node_modules" / "wrangler" / "wrangler-dist" / "cli.js").read_text("utf-8")
    begin = text.index("function normalizeAndValidateEnvironment(")
    return text[begin : text.index("\nfunction ", begin + 1)]


def test_the_keys_that_are_not_inherited(source: str) -> None:
    found = re.findall(r"notInheritable\(\s*(?:\w+,\s*)*\"(\w+)\"", source)
    assert frozenset(found) == NOT_INHERITED
    assert len(NOT_INHERITED) == 38


def test_the_keys_that_are_inherited(source: str) -> None:
    found = re.findall(r"\binheritable(?:InWranglerEnvironments)?\(\s*(?:\w+,\s*)*\"(\w+)\"", source)
    assert found
    assert set(found) <= INHERITED


def test_the_keys_of_the_schema(wrangler_folder: Path) -> None:
    schema = json.loads((wrangler_folder / "node_modules" / "wrangler" / "config-schema.json").read_text("utf-8"))
    top, environment = (set(schema["definitions"][name]["properties"]) for name in ("RawConfig", "RawEnvironment"))
    assert top - environment == TOP_ONLY
    assert (INHERITED | NOT_INHERITED) - environment == {"cache"}, "which wrangler reads all the same"
    assert environment <= INHERITED | NOT_INHERITED


def test_every_kind_of_bindings_is_of_keys_that_are_not_inherited() -> None:
    assert {kind.keys[0] for kind in KINDS} <= NOT_INHERITED
    # Those that are no bindings, and the one whose bindings cannot be had from a configuration.
    assert {*NOT_INHERITED} - {kind.keys[0] for kind in KINDS} == {"vars", "secrets", "define", "cloudchamber"}
