"""A vendor's own schema is found where the vendor's tool is, and what it complains of has its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.capabilities.config.conftest import Fleet

from chittyops.capabilities.config.providers.vendor_schemas import SCHEMAS, problems, schema_of

SCHEMA = {
    "$ref": "#/definitions/RawConfig",
    "definitions": {
        "RawConfig": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "kv_namespaces": {
                    "type": "array",
                    "items": {"type": "object", "required": ["binding"], "properties": {"id": {"type": "string"}}},
                },
            },
        }
    },
}
TEXT = """\
fleet: shop
services:
  a:
    path: a
    wrangler:
      nmae: x
      kv_namespaces:
        - {binding: CACHE, id: 5}
  b: {path: b, wrangler: {name: b}}
"""


def install(folder: Path, text: str = json.dumps(SCHEMA)) -> Path:
    path = folder / SCHEMAS["wrangler"]
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_what_is_wrong_is_told_at_its_place_without_the_value(fleet: Fleet) -> None:
    config = fleet(TEXT)
    install(Path(config.root))
    found = [each for view in config.views.values() for each in problems(Path(config.root), view.service, view)]
    assert [(str(each.place), each.message) for each in found] == [
        ("chittyops.yaml:8:32", 'a: wrangler.kv_namespaces.0.id: the value is not of type "string"'),
        ("chittyops.yaml:6:7", "a: wrangler: Additional properties are not allowed ('nmae' was unexpected)"),
    ]


def test_the_nearest_one_is_taken_and_none_outside(fleet: Fleet, tmp_path: Path) -> None:
    root = Path(fleet(TEXT).root)
    install(tmp_path)
    assert schema_of(root, "a", "wrangler") is None
    above = install(root)
    assert schema_of(root, "a", "wrangler") == above
    own = install(root / "a")
    assert schema_of(root, "a", "wrangler") == own


@pytest.mark.parametrize("text", ["", "{", '{"type": 5}'])
def test_a_schema_that_is_none_is_the_vendors_affair(fleet: Fleet, text: str) -> None:
    config = fleet(TEXT)
    install(Path(config.root), text)
    assert list(problems(Path(config.root), "a", config.views["a", "local"])) == []
