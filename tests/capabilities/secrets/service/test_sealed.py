"""What is sealed opens with the right key alone, and only at the place that it stood at."""

from __future__ import annotations

import json
from typing import Any

import pyrage  # type: ignore[import-untyped]
import pytest

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.service.sealed import Sealed, filled, opened, seal
from chittyops.kernel.secret import Secret, SecretScope

SCOPE = SecretScope("/root", "shop", "local", "api", groups=("core",))
IDENTITY = pyrage.x25519.Identity.generate()


def text(environment: str, values: dict[tuple[str, ...], str]) -> str:
    document = sops.create(f"secrets/{environment}.sops.yaml", (str(IDENTITY.to_public()),))
    return sops.dump(sops.with_values(document, {keys: Secret(value) for keys, value in values.items()})).decode()


@pytest.fixture
def texts() -> dict[str, str]:
    return {
        "all": text("all", {("fleet", "A"): "of the fleet", ("groups", "core", "B"): "ü\n"}),
        "local": text("local", {("services", "api", "A"): "of api", ("services", "web", "C"): "another's"}),
    }


def sealed(texts: dict[str, str], **names: str) -> Sealed:
    found = seal(SCOPE, names, texts)
    assert found is not None
    return found


def test_the_value_that_the_service_sees_is_opened(texts: dict[str, str]) -> None:
    found = sealed(texts, FIRST="A", SECOND="B")
    again: Any = json.loads(json.dumps(found))
    assert opened(again, [str(IDENTITY)]) == {"FIRST": "of api", "SECOND": "ü\n"}
    assert "of api" not in json.dumps(found)


def test_what_the_service_does_not_see_is_not_sealed(texts: dict[str, str]) -> None:
    assert seal(SCOPE, {"C": "C"}, texts) is None
    assert seal(SCOPE, {"D": "D"}, texts) is None
    assert seal(SCOPE, {}, texts) == {"keys": {}, "values": {}}


def test_only_keys_that_are_needed_are_taken_along(texts: dict[str, str]) -> None:
    assert list(sealed(texts, SECOND="B")["keys"]) == ["all"]


def test_another_key_or_none_opens_nothing(texts: dict[str, str]) -> None:
    found = sealed(texts, A="A")
    assert opened(found, [str(pyrage.x25519.Identity.generate())]) is None
    assert opened(found, []) is None
    assert opened(found, ["AGE-SECRET-KEY-1NONSENSE"]) is None


@pytest.mark.parametrize("changed", range(1, 5), ids=["place", "data", "iv", "tag"])
def test_a_value_that_was_moved_or_changed_opens_nothing(texts: dict[str, str], changed: int) -> None:
    found = sealed(texts, A="A", B="B")
    first, second = found["values"]["A"], found["values"]["B"]
    first[changed] = second[changed]
    assert opened(found, [str(IDENTITY)]) is None


def test_a_text_is_filled_with_values() -> None:
    assert filled("a ${secret:A} $${secret:A} ${B}", {"A": "x"}) == "a x ${secret:A} ${B}"
    with pytest.raises(KeyError):
        filled("${secret:NONE}", {"A": "x"})
