"""What promoting changes, what it leaves out, and that the target then says what the source says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.capabilities.config.service.conftest import subject

from chittyops.capabilities.config.service.promote import edits, review
from chittyops.capabilities.fleet.wiring import edited, written

TEXT = """\
fleet: shop
environments: {staging: {}, production: {}}
services:
  cart:
    path: cart
    config: {LIMIT: 3, VERSION: 1.0, OLD: here, SAME: "${service.LIMIT}"}
    wrangler:
      compatibility_date: "2025-01-01"
      observability: {enabled: true}
      kv_namespaces: [{binding: STORE, id: one, remote: false}, {binding: GONE, id: two}]
    environments:
      staging:
        config: {LIMIT: 5, VERSION: 1.10, OLD: null, NEW: "${env.name}", API_URL: "https://a.test", MODE: staging}
        secrets: {TOKEN: sops:TOKEN}
        wrangler:
          compatibility_date: "2026-01-01"
          observability: null
          kv_namespaces:
            - {binding: STORE, id: three, remote: true}
            - {binding: GONE, $patch: delete}
            - {binding: FRESH, id: four}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "cart").mkdir()
    (tmp_path / "chittyops.yaml").write_text(TEXT)
    return tmp_path


def test_the_review_says_what_would_change_and_what_is_left_out(root: Path) -> None:
    views = subject(root).views
    rows = {row.title: row for row in review(views["staging"], views["production"])}
    taken = {title: (row.before, row.after) for title, row in rows.items() if not row.why}
    assert taken == {
        "config.LIMIT": ("3", "5"),
        "config.VERSION": ("1.0", "1.10"),
        "config.OLD": ("here", None),
        "config.NEW": (None, "${env.name}"),
        "secrets.TOKEN": (None, "sops:TOKEN"),
        "wrangler.compatibility_date": ("2025-01-01", "2026-01-01"),
        "wrangler.observability": ('{"enabled": true}', None),
        "wrangler.kv_namespaces.STORE.remote": ("false", "true"),
        "wrangler.kv_namespaces.GONE": ('{"binding": "GONE", "id": "two"}', None),
    }
    assert {title for title, row in rows.items() if row.why} == {
        "config.API_URL",
        "config.MODE",
        "wrangler.kv_namespaces.STORE.id",
        "wrangler.kv_namespaces.FRESH",
    }


def test_an_item_that_goes_is_taken_away_by_its_name_alone(root: Path) -> None:
    (root / "chittyops.yaml").write_text(
        f"{TEXT}      production: {{wrangler: {{kv_namespaces: [{{binding: GONE, id: of-production}}]}}}}\n"
    )
    views = subject(root).views
    rows = review(views["staging"], views["production"])
    text = edited(written(root), edits(rows, views["staging"], views["production"]))
    items = yaml.safe_load(text)["services"]["cart"]["environments"]["production"]["wrangler"]["kv_namespaces"]
    assert {"binding": "GONE", "$patch": "delete"} in items
    assert "of-production" not in text


@pytest.mark.parametrize("include", [(), ("*",), ("API_URL", "wrangler.kv_namespaces.*")], ids=["none", "all", "some"])
def test_the_target_then_says_what_the_source_says(root: Path, include: tuple[str, ...]) -> None:
    views = subject(root).views
    rows = review(views["staging"], views["production"], include)
    file = written(root)
    file.path.write_text(edited(file, edits(rows, views["staging"], views["production"])))
    views = subject(root).views
    left = [row for row in review(views["staging"], views["production"], include) if not row.why]
    assert left == []
    assert {row.title for row in rows if row.why} == {
        row.title for row in review(views["staging"], views["production"], include)
    }
    assert "VERSION: 1.10" in file.path.read_text().split("production:")[-1]
