"""Many edits of a fleet file at once: what is there stays as it is, to the byte."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.fleet.providers.editing.adding import with_edits
from chittyops.kernel.edit import Edit

FILE = """\
# ours
fleet: shop   # the shop

services:
  # the cart
  cart:
      path: cart # where it is
      deploy: {command: run it}   # started so

  # the catalogue
  catalog:
      path: catalog
# the end
"""


def test_additions_stand_behind_what_is_there() -> None:
    edits = [
        Edit(("services", "cart", "tests"), "pytest", "seen in cart/x:1"),
        Edit(("services", "cart", "secrets", "KEY"), "file:.env#KEY"),
        Edit(("services", "orders", "path"), "orders"),
        Edit(("tasks", "seed", "file"), "seed.sh", above=("seeds it",)),
    ]
    assert with_edits(FILE, edits) == FILE.replace(
        "started so\n",
        "started so\n      tests: pytest  # seen in cart/x:1\n      secrets:\n        KEY: file:.env#KEY\n",
    ).replace(
        "      path: catalog\n",
        "      path: catalog\n\n  orders:\n    path: orders\n\ntasks:\n  seed:\n    # seeds it\n    file: seed.sh\n",
    )


def test_what_has_a_value_is_changed_in_its_place() -> None:
    changed = with_edits(FILE, [Edit(("services", "cart", "deploy", "build"), "make"), Edit(("fleet",), "store")])
    assert "deploy: {command: run it, build: make}   # started so" in changed
    assert "fleet: store   # the shop" in changed


def test_a_new_file_is_written_as_people_would() -> None:
    edits = [
        Edit(("fleet",), "shop"),
        Edit(("environments", "local"), {"provider": "local"}),
        Edit(("services", "a", "path"), "a"),
        Edit(("services", "a", "depends_on"), ("b", "c"), ("a/x.js:3", "")),
        Edit(("services", "b", "path"), "b"),
    ]
    assert with_edits("# head\n", edits) == (
        "# head\nfleet: shop\n\nenvironments:\n  local: {provider: local}\n\nservices:\n"
        "  a:\n    path: a\n    depends_on:\n      - b  # a/x.js:3\n      - c\n\n  b:\n    path: b\n"
    )


def test_an_empty_map_becomes_a_block() -> None:
    edits = [Edit(("services", "a", "path"), "a"), Edit(("services", "a", "tests"), "x")]
    assert with_edits("fleet: x\nservices: {}\n", edits) == "fleet: x\nservices:\n  a:\n    path: a\n    tests: x\n"


values = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029\ufeff")),
    st.integers(-5, 5),
    st.booleans(),
)


@settings(max_examples=200)
@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), values, min_size=1, max_size=5))
def test_every_value_is_read_back(found: dict[str, Any]) -> None:
    edits = [Edit(("tasks", key, "config", key), value) for key, value in found.items()]
    data = yaml.safe_load(with_edits(FILE, edits))
    assert {key: entry["config"][key] for key, entry in data["tasks"].items()} == found
    assert data["services"]["cart"]["deploy"] == {"command": "run it"}
