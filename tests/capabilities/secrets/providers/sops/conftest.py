"""Keys of two people, and files as we and as sops write them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pyrage import x25519  # type: ignore[import-untyped]

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.values import Leaf
from chittyops.kernel.secret import Secret

FORMATS = ("yaml", "json", "env")


@pytest.fixture(scope="session")
def alice() -> Any:
    """Return a key."""
    return x25519.Identity.generate()


@pytest.fixture(scope="session")
def bob() -> Any:
    """Return another key."""
    return x25519.Identity.generate()


def file_of(readers: list[Any], form: str, values: dict[tuple[str, ...], Any]) -> bytes:
    """Return a file with ``values`` (text, or leaves of other types) for ``readers``."""
    document = sops.create(f"x.sops.{form}", [str(each.to_public()) for each in readers])
    secrets = {keys: value if isinstance(value, Leaf | list) else Secret(value) for keys, value in values.items()}
    return sops.dump(sops.with_values(document, secrets))


def unsealed(data: bytes) -> bytes:
    """Return a file of ours as sops itself would have written it: without the entry that is our own."""
    text = re.sub(r'\n[ \t]*"?(sops_)?seal_of_chittyops[^\n]*', "", data.decode())
    assert "seal" not in text
    return text.encode()


def typed(kind: str, text: str) -> Leaf:
    """Return a value of another type than text, as another document would have it."""
    return Leaf(kind, text, None, encrypted=False)


RICH: dict[tuple[str, ...], Any] = {
    ("fleet", "TOKEN"): "t0ken",
    ("fleet", "EMPTY"): "",
    ("services", "api", "URL"): "postgres://user:pass@host/db?a=1#ä\nsecond line",
    ("services", "api", "PORT"): typed("int", "8080"),
    ("services", "api", "RATIO"): typed("float", "0.25"),
    ("services", "api", "DEBUG"): typed("bool", "True"),
    ("services", "api", "NOTHING"): typed("null", ""),
    ("services", "api", "HOSTS"): [Secret("one"), Secret("two"), {"deep": Secret("three")}, [Secret("four")]],
}
FLAT: dict[tuple[str, ...], Any] = {("TOKEN",): "t0ken", ("URL",): "a=b\nsecond # ä", ("EMPTY",): ""}


def revealed(values: Any) -> Any:
    """Return decrypted values as plain data."""
    if isinstance(values, dict):
        return {key: revealed(each) for key, each in values.items()}
    if isinstance(values, list):
        return [revealed(each) for each in values]
    return values.reveal() if isinstance(values, Secret) else values
