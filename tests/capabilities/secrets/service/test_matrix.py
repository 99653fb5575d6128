"""The matrix says who has what from names alone."""

from __future__ import annotations

from chittyops.capabilities.secrets.model import EVERY, Level, Part, Slot
from chittyops.capabilities.secrets.service.matrix import Use, matrix
from chittyops.kernel.secret import SecretRef, SecretScope

EVERYWHERE = Slot(Part(Level.FLEET, "", EVERY), "KEY")
OWN = Slot(Part(Level.SERVICE, "cart", "production"), "KEY")
UNUSED = Slot(Part(Level.SERVICE, "gone", "staging"), "OLD")


def use(environment: str, **secrets: str) -> Use:
    scope = SecretScope("/w", "shop", environment, "cart")
    references = {name: SecretRef(*text.split(":", 1)) for name, text in secrets.items()}
    return Use(scope, references, production=environment == "production")


def states(uses: tuple[Use, ...], stored: dict[Slot, str | None]) -> dict[tuple[str, str], tuple[str, bool]]:
    made = matrix(uses, stored, frozenset())
    return {(field.variable, field.environment): (field.state, field.shared) for field in made.fields}


def test_a_value_of_its_own_is_set_and_a_wider_one_inherited() -> None:
    uses = (use("staging", KEY="sops:KEY"), use("production", KEY="sops:KEY"))
    assert states(uses, {EVERYWHERE: "x", OWN: "y"}) == {
        ("KEY", "staging"): ("inherited", False),
        ("KEY", "production"): ("set", False),
    }


def test_what_production_and_others_see_is_shared() -> None:
    uses = (use("staging", KEY="sops:KEY"), use("production", KEY="sops:KEY"))
    assert set(states(uses, {EVERYWHERE: "x"}).values()) == {("inherited", True)}
    others = (use("staging", KEY="sops:KEY"), use("local", KEY="sops:KEY"))
    assert set(states(others, {EVERYWHERE: "x"}).values()) == {("inherited", False)}


def test_what_is_not_there_is_missing_what_is_not_ours_elsewhere_and_a_text_no_row() -> None:
    found = states((use("staging", KEY="sops:KEY", TOKEN="vault:a", TEXT="template:${secret:KEY}"),), {})
    assert {key[0]: state for key, (state, _) in found.items()} == {
        "KEY": "missing",
        "TOKEN": "elsewhere",
    }


def test_what_nobody_declares_is_unused() -> None:
    made = matrix((use("staging", KEY="sops:KEY"),), {EVERYWHERE: "x", OWN: "y", UNUSED: "z"}, frozenset())
    assert made.unused == (OWN, UNUSED)


def test_a_null_is_missing_where_it_takes_away_and_never_unused() -> None:
    nothing: dict[Slot, str | None] = {EVERYWHERE: "x", OWN: None}
    made = matrix((use("production", KEY="sops:KEY"),), nothing, frozenset())
    assert [field.state for field in made.fields] == ["missing"]
    assert made.unused == (EVERYWHERE,)


def test_what_its_policy_says_has_expired_is_marked() -> None:
    made = matrix((use("staging", KEY="sops:KEY"),), {EVERYWHERE: "x"}, frozenset({"KEY"}))
    assert made.fields[0].expired
