"""Values keep the fleet's rules; what looks like a slip is told."""

from __future__ import annotations

import pytest
from tests.capabilities.config.conftest import Fleet

from chittyops.capabilities.config.model import Finding
from chittyops.capabilities.config.service.rules import check, close, near_misses, violations
from chittyops.kernel.configuration import Constraint
from chittyops.kernel.tree import NOWHERE, Mapping, Node, Scalar, Sequence

TEXT = """\
fleet: shop
environments: {{staging: {{}}, production: {{}}}}
groups: {{core: [a]}}
rules:
  it: {rule}
services:
  a: {{path: a, platform: railway, tags: [web], config: {{LEVEL: loud, LIMIT: "7"}}, secrets: {{KEY: "sops:K"}}}}
  b: {{path: b, config: {{LEVEL: info, LIMIT: "70"}}, environments: {{production: {{config: {{LIMIT: "x"}}}}}}}}
"""


def found(fleet: Fleet, rule: str) -> list[tuple[str, str, tuple[str, ...]]]:
    config = fleet(TEXT.format(rule=rule))
    findings = check(config.rules, config.views, config.groups)
    return [(each.message, str(each.place), each.environments) for each in findings]


BOTH = ("staging", "production")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{require: [LEVEL, KEY]}", ["b lacks KEY, which the rule it asks for"]),
        ("{require: [deploy.build], services: [a]}", ["a lacks deploy.build, which the rule it asks for"]),
        ("{values: {LEVEL: {one_of: [info, warn]}}}", ["a: LEVEL must be one of info, warn (rule it)"]),
        ("{values: {LEVEL: {pattern: 'in.*'}}}", ["a: LEVEL must be a match of in.* (rule it)"]),
        ("{groups: [core], values: {LIMIT: {maximum: 5}}}", ["a: LIMIT must be at most 5 (rule it)"]),
        ("{tags: [web], values: {LIMIT: {minimum: 8}}}", ["a: LIMIT must be at least 8 (rule it)"]),
        ("{platforms: [local], values: {LIMIT: {maximum: 69}}}",
         ["b: LIMIT must be at most 69 (rule it)", "b: LIMIT must be a number (rule it)"]),
        ("{environments: [production], values: {LIMIT: {type: integer}}}",
         ["b: LIMIT must be a whole number (rule it)"]),
        ("{values: {KEY: {one_of: [never]}, NOBODY: {type: url}}}", []),
        ("{values: {tags: {type: map}}}", ["a: tags must be a map (rule it)"]),
    ],
)  # fmt: skip
def test_a_rule_holds_where_it_is_meant_to(fleet: Fleet, rule: str, told: list[str]) -> None:
    assert [message for message, _, _ in found(fleet, rule)] == told


def test_a_finding_has_its_place_and_all_its_environments(fleet: Fleet) -> None:
    assert found(fleet, "{values: {LEVEL: {one_of: [info]}, LIMIT: {type: port}}}") == [
        ("a: LEVEL must be one of info (rule it)", "chittyops.yaml:7:64", BOTH),
        ("b: LIMIT must be a port (rule it)", "chittyops.yaml:8:96", ("production",)),
    ]


def scalar(text: str) -> Scalar:
    return Scalar(text, quoted=True, place=NOWHERE)


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("integer", ["0", "-5", "+7"], ["1.0", "", "x", "1e3"]),
        ("number", ["1", "-1.5", ".5", "1e3"], ["", "one", "0x1", "nan"]),
        ("boolean", ["true", "FALSE"], ["yes", "1", ""]),
        ("url", ["https://a.b/c", "postgres://h:1/d", "mailto:a@b"], ["a.b", "", "https://h:port", "//h"]),
        ("duration", ["30s", "1h30m", "250ms", "15"], ["", "s", "-1s", "1 s"]),
        ("port", ["1", "65535"], ["0", "65536", "-1", "http"]),
        ("json", ["{}", "[1]", '"x"', "null"], ["", "{", "x"]),
        ("semver", ["1.2.3", "1.0.0-rc.1+build"], ["1.2", "v1.2.3", "01.2.3"]),
        ("string", ["", "x"], []),
    ],
)
def test_types(kind: str, right: list[str], wrong: list[str]) -> None:
    constraint = Constraint(type=kind)
    assert [text for text in right if list(violations(scalar(text), constraint))] == []
    assert [text for text in wrong if not list(violations(scalar(text), constraint))] == []


@pytest.mark.parametrize(
    ("node", "kind", "fits"),
    [
        (Sequence((), NOWHERE), "list", True),
        (Mapping({}, {}, NOWHERE), "map", True),
        (scalar("x"), "list", False),
        (Sequence((), NOWHERE), "integer", False),
    ],
)
def test_types_of_collections(node: Node, kind: str, *, fits: bool) -> None:
    assert (list(violations(node, Constraint(type=kind))) == []) is fits


def test_no_message_repeats_a_value(fleet: Fleet) -> None:
    everything = "{type: integer, pattern: '[0-9]+', one_of: [info], minimum: 100, maximum: 1}"
    told = found(fleet, f"{{values: {{LEVEL: {everything}, LIMIT: {everything}}}}}")
    assert len(told) > 5
    assert not any("loud" in message or "70" in message for message, _, _ in told)


def worker(fleet: Fleet, wrangler: str, platform: str = "cloudflare") -> list[Finding]:
    config = fleet(f"fleet: shop\nservices: {{a: {{path: a, platform: {platform}, wrangler: {wrangler}}}}}\n")
    return list(check(config.rules, config.views, config.groups))


def test_what_wrangler_does_not_deploy_without(fleet: Fleet) -> None:
    assert [each.key for each in worker(fleet, "{name: a}")] == ["wrangler.compatibility_date", "wrangler.main"]
    assert worker(fleet, "{main: a.ts, compatibility_date: 2026-01-01}") == []
    assert worker(fleet, "{assets: {directory: x}, compatibility_date: 2026-01-01}") == []
    assert worker(fleet, "{name: a}", "railway") == []


def test_slips_are_told_as_warnings(fleet: Fleet) -> None:
    config = fleet(
        """\
fleet: shop
rules: {one: {values: {TIMEOUT_MS: {type: integer}}}}
services:
  a: {path: a, config: {LOG_LEVEL: x, API_URL: "${LOG_LEVEL} ${HOME} $${LOG_LEVEL}", Api_Url: z, TIMEOUT_M: "3"}}
  b: {path: b, config: {LOG_LEVEL: y, API_ULR: z, UNLIKE: "1"}}
"""
    )
    told = [*check(config.rules, config.views, config.groups), *near_misses(config.views, config.rules)]
    assert not any(each.error for each in told)
    assert [(each.service, each.key, each.hint) for each in told] == [
        ("a", "API_URL", "write ${service.LOG_LEVEL}, or $${LOG_LEVEL} for the plain text"),
        ("a", "Api_Url", "keep one"),
        ("a", "TIMEOUT_M", 'did you mean "TIMEOUT_MS"?'),
    ]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("LOG_LEVLE", "LOG_LEVEL"), ("LOGLEVEL", "LOG_LEVEL"), ("LOG_LEVELS", "LOG_LEVEL"), ("LOG_LEVAL", "LOG_LEVEL"),
        ("LOG_LEVEL", ""), ("LOG", ""), ("KEYS", ""), ("", ""), ("LOG_LEV", ""),
    ],
)  # fmt: skip
def test_one_slip_away(word: str, near: str) -> None:
    assert close(word, ["KEY", "LOG_LEVEL"]) == near
