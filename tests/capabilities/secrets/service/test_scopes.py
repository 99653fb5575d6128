"""Which value a service sees: the narrowest that says something, whatever else is stored."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.model import EVERY, Level, Part, Slot
from chittyops.capabilities.secrets.service import scopes
from chittyops.kernel.secret import SecretScope

GROUPS = ("core", "edge")
CART = SecretScope("/w", "shop", "staging", "cart", groups=GROUPS)
ORDER = [
    Part(Level.FLEET, "", EVERY),
    Part(Level.FLEET, "", "staging"),
    Part(Level.GROUP, "core", EVERY),
    Part(Level.GROUP, "core", "staging"),
    Part(Level.GROUP, "edge", EVERY),
    Part(Level.GROUP, "edge", "staging"),
    Part(Level.SERVICE, "cart", EVERY),
    Part(Level.SERVICE, "cart", "staging"),
]
PARTS = [
    Part(level, owner, environment)
    for (level, owner), environment in itertools.product(
        [
            (Level.FLEET, ""),
            (Level.GROUP, "core"),
            (Level.GROUP, "edge"),
            (Level.GROUP, "other"),
            (Level.SERVICE, "cart"),
            (Level.SERVICE, "api"),
        ],
        [EVERY, "staging", "production"],
    )
]
SLOTS = st.builds(Slot, st.sampled_from(PARTS), st.sampled_from(["KEY", "OTHER"]))
STORED = st.dictionaries(SLOTS, st.one_of(st.none(), st.text("abc", min_size=1, max_size=3)))


def test_the_order_is_fleet_groups_service_and_all_environments_before_one() -> None:
    assert list(scopes.parts(CART)) == ORDER


@given(STORED)
def test_the_last_part_of_the_order_that_says_something_wins(stored: dict[Slot, str | None]) -> None:
    said = [Slot(part, "KEY") for part in ORDER if Slot(part, "KEY") in stored]
    expected = said[-1] if said and stored[said[-1]] is not None else None
    assert scopes.find(CART, "KEY", stored) == expected


@given(STORED, SLOTS, st.text("xyz", min_size=1))
def test_what_others_have_changes_nothing(stored: dict[Slot, str | None], slot: Slot, value: str) -> None:
    before = scopes.find(CART, "KEY", stored)
    after = scopes.find(CART, "KEY", {**stored, slot: value})
    if slot.part not in ORDER or slot.name != "KEY":
        assert after == before
    elif after != before:
        assert after == slot


@given(STORED)
def test_no_service_sees_what_is_anothers(stored: dict[Slot, str | None]) -> None:
    found = scopes.find(CART, "KEY", stored)
    assert found is None or (found.name == "KEY" and found.part in ORDER)


@given(st.dictionaries(SLOTS, st.text(max_size=3)))
def test_a_file_is_read_as_it_is_nested(stored: dict[Slot, str]) -> None:
    of_staging = {slot: value for slot, value in stored.items() if slot.part.environment == "staging"}
    tree: dict[str, Any] = {"notes": {"deep": {"er": {"est": "nobody's"}}}, "fleet": {"LIST": ["a"]}}
    for slot, value in of_staging.items():
        node = tree
        for key in slot.keys[:-1]:
            node = node.setdefault(key, {})
        node[slot.name] = value
    assert scopes.flat("staging", tree) == of_staging


def test_what_is_missing_says_where_else_it_is_and_how_to_set_it() -> None:
    elsewhere = {Slot(Part(Level.SERVICE, "cart", "production"), "KEY"): "x"}
    missing = scopes.absent(CART, "KEY", elsewhere)
    assert "sops:KEY is not set for cart in staging, only for: service cart, production" in missing.message
    assert "chittyops secrets set KEY cart --env staging" in missing.hint
    assert "secrets/" in scopes.absent(CART, "KEY", {}).message


def test_what_a_null_takes_away_says_so() -> None:
    taken = {Slot(Part(Level.FLEET, "", EVERY), "KEY"): "x", Slot(Part(Level.GROUP, "core", "staging"), "KEY"): None}
    assert "null (group core, staging)" in scopes.absent(CART, "KEY", taken).message
