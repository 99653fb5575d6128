"""Scripts that check variables and do nothing else become rules."""

from __future__ import annotations

import pytest
from tests.capabilities.adoption.conftest import action, only_one, proposal, script, service, values

from chittyops.capabilities.adoption.model import Outcome
from chittyops.kernel.inventory import Named

CART = service(secrets=(Named("API_KEY", ()), Named("TOKEN", ())))
HEAD = "#!/usr/bin/env bash\nset -euo pipefail\n# What cart needs; all of it.\n"


@pytest.mark.parametrize(
    "text",
    [
        ': "${API_KEY:?is missing}"\n: "${TOKEN:?}"\n',
        'if [ -z "$API_KEY" ]; then\n  echo "API_KEY is missing" >&2\n  exit 1\nfi\n[ -n "$TOKEN" ] || exit 1\n',
        'if [[ -z "${API_KEY:-}" ]]; then echo no; exit 2; fi\n[ -n "$TOKEN" ] || { echo no >&2; exit 1; }\n',
        '[ -z "$API_KEY" ] && exit 1\ntest -n "$TOKEN" || exit 1\necho fine\nexit 0\n',
    ],
)
def test_checks_are_rules(text: str) -> None:
    found = proposal(CART, script("cart/check.sh"), texts={"cart/check.sh": HEAD + text})
    one = only_one(found)
    assert (one.outcome, one.command, one.does) == (Outcome.REPLACED, "chittyops config validate", "check variables")
    assert values(found)["rules.cart.services"] == ("cart",)
    assert values(found)["rules.cart.require"] == ("API_KEY", "TOKEN")


@pytest.mark.parametrize(
    "text",
    [
        ': "${API_KEY:?is missing}"\ncurl https://example.com\n',
        ': "${API_KEY:?is missing}"\nexport API_KEY\n',
        ': "${UNKNOWN:?is missing}"\n',
        'if [ -z "$API_KEY" ]; then\n  echo "API_KEY is missing"\nfi\n',
        'if [ -n "$API_KEY" ]; then exit 1; fi\n',
        '[ -z "$API_KEY" ] || exit 1\n',
        'echo "$API_KEY" > key; [ -n "$API_KEY" ] || exit 1\n',
        "exit 1\n",
        "",
    ],
)
def test_what_does_anything_else_is_left(text: str) -> None:
    found = proposal(CART, script("cart/check.sh"), texts={"cart/check.sh": text})
    assert only_one(found).outcome is Outcome.LEFT
    assert not [key for key in values(found) if key.startswith("rules")]


def test_a_script_that_acts_is_not_only_a_check() -> None:
    seed = script("cart/check.sh", action("databases", "write keys"))
    assert only_one(proposal(CART, seed, texts={"cart/check.sh": ': "${API_KEY:?}"\n'})).outcome is Outcome.WRAPPED


def test_several_scripts_of_a_service_are_one_rule_and_only_that_of_a_service_asked_for() -> None:
    other = service("web", "web", secrets=(Named("TOKEN", ()),))
    texts = {"cart/a.sh": ': "${TOKEN:?}"\n', "cart/b.sh": ': "${API_KEY:?}"\n', "web/a.sh": ': "${TOKEN:?}"\n'}
    scripts = [script(path) for path in texts]
    found = values(proposal(CART, other, *scripts, texts=texts))
    assert (found["rules.cart.require"], found["rules.web.require"]) == (("TOKEN", "API_KEY"), ("TOKEN",))
    assert {key for key in values(proposal(CART, other, *scripts, texts=texts, only=("web",))) if "rules" in key} == {
        "rules.web.services",
        "rules.web.require",
    }
