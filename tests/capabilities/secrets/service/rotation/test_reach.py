"""Whom a rotation reaches."""

from __future__ import annotations

from dataclasses import replace

from chittyops.capabilities.secrets.model import EVERY, Level, Part, Slot
from chittyops.capabilities.secrets.service.rotation import reach
from chittyops.capabilities.secrets.service.rotation.model import KEY_LEVEL, RotationRequest
from chittyops.capabilities.secrets.wiring import scope_of
from chittyops.kernel.secret import Secret, SecretRef
from chittyops.kernel.service import Environment, Fleet, Service, Sink

TOKEN, OWN = SecretRef("sops", "TOKEN"), SecretRef("sops", "OTHER")
WHOLE = Slot(Part(Level.FLEET, "", EVERY), "TOKEN")
MAIL = Slot(Part(Level.SERVICE, "mail", "local"), "TOKEN")
SINK = Sink("file", "dotenv", {"path": ".env"})
SERVICES = (
    Service("cart", "cart", secrets={"TOKEN": TOKEN, "OTHER": OWN}, sinks=(SINK,)),
    Service("mail", "mail", secrets={"T": TOKEN}),
    Service("web", "web", secrets={"OTHER": OWN}, sinks=(SINK,)),
    Service("api", "api", secrets={"KEY": TOKEN, "URL": SecretRef("template", "https://x/?k=${secret:KEY}")}),
)
FLEET = Fleet("shop", "/shop", Environment("local"), {each.name: each for each in SERVICES})
REQUEST = RotationRequest("shop", "local", "/shop", "TOKEN", EVERY, "fleet", "token", previous="TOKEN_PREVIOUS")


def users(*slots: Slot, stored: tuple[Slot, ...] = (WHOLE,)) -> reach.Users:
    return reach.users(FLEET, slots, dict.fromkeys(stored, "sealed"), scope_of)


def test_users_see_the_value_directly_or_in_a_text() -> None:
    assert users(WHOLE) == {"cart": ("TOKEN",), "mail": ("T",), "api": ("KEY", "URL")}


def test_who_has_a_narrower_value_does_not_use_the_wider_one() -> None:
    assert users(WHOLE, stored=(WHOLE, MAIL)) == {"cart": ("TOKEN",), "api": ("KEY", "URL")}
    assert users(MAIL, stored=(WHOLE, MAIL)) == {"mail": ("T",)}


def test_a_second_variable_counts_before_it_has_a_value() -> None:
    verifier = Service("auth", "auth", secrets={"PREVIOUS": SecretRef("sops", "TOKEN_PREVIOUS")})
    fleet = replace(FLEET, services={"auth": verifier})
    found = reach.users(fleet, REQUEST.slots, {WHOLE: "sealed"}, scope_of)
    assert found == {"auth": ("PREVIOUS",)}
    assert reach.declares(fleet, found, "TOKEN_PREVIOUS")
    assert not reach.declares(FLEET, users(WHOLE), "TOKEN_PREVIOUS")


def test_only_the_rotated_names_are_wanted_at_the_places_of_users() -> None:
    (place,) = reach.reached(FLEET, users(WHOLE))
    assert (place.where, list(place.wanted)) == ("cart/.env", ["TOKEN"])
    assert reach.reached(FLEET, {}) == ()


def test_a_value_of_all_environments_reaches_all() -> None:
    assert reach.environments(REQUEST, ["local", "staging"]) == ("local", "staging")
    assert reach.environments(replace(REQUEST, file="local"), ["local", "staging"]) == ("local",)


def test_a_key_stands_in_no_slot() -> None:
    assert replace(REQUEST, level=KEY_LEVEL).slots == ()


def test_without_a_second_variable_there_is_one_value() -> None:
    plain = replace(REQUEST, previous="")
    assert reach.values(plain, "new", Secret("a"), Secret("b")) == {WHOLE: Secret("b")}
