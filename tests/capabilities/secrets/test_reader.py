"""One reader for every scheme: asked for what a service declares, it gives all of it or says all that is missing."""

from __future__ import annotations

from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.wiring import reader, scope_of
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef, SecretScope
from chittyops.kernel.service import Environment, Fleet, SecretStore, Service
from chittyops.runtime.home import Home

REFERENCES = {
    "STORED": SecretRef.parse("sops:KEY"),
    "FILE": SecretRef.parse("file:.env#KEY"),
    "ENV": SecretRef.parse("env:CI_TOKEN"),
    "DATABASE": SecretRef.parse("database:main"),
    "TEXT": SecretRef("template", "${secret:STORED}@${secret:FILE}"),
}


@pytest.fixture
def scope(tmp_path: Path) -> SecretScope:
    """Return a service with values in its store and in a file of its own."""
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / ".env").write_text("KEY=filed\n")
    service = Service("cart", "cart", groups=("core",))
    environment = Environment("staging")
    return scope_of(Fleet("shop", str(tmp_path), environment, {"cart": service}, store=SecretStore("vault")), service)


def store(scope: SecretScope, environment: str, edits: dict[tuple[str, ...], str]) -> str:
    """Write a file of the store; return the private key to it."""
    identity = pyrage.x25519.Identity.generate()
    document = sops.create(f"vault/{environment}.sops.yaml", [str(identity.to_public())])
    path = Path(scope.root, "vault", f"{environment}.sops.yaml")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(sops.dump(sops.with_values(document, {keys: Secret(text) for keys, text in edits.items()})))
    return str(identity)


def test_values_of_every_scheme_come_together(scope: SecretScope, home: Home) -> None:
    keys = [
        store(scope, "all", {("fleet", "KEY"): "wide", ("services", "api", "KEY"): "other"}),
        store(scope, "staging", {("groups", "core", "KEY"): "narrow"}),
    ]
    environ = {"SOPS_AGE_KEY": "\n".join(keys), "CI_TOKEN": "given"}
    read = reader(home, environ, given={"database:main": Secret("pg://x")})
    found = read(scope, REFERENCES)
    assert {name: value.reveal() for name, value in found.items()} == {
        "STORED": "narrow",
        "FILE": "filed",
        "ENV": "given",
        "DATABASE": "pg://x",
        "TEXT": "narrow@filed",
    }


def test_all_that_is_missing_is_told_with_the_way_to_it(scope: SecretScope, home: Home) -> None:
    with pytest.raises(Misconfigured) as caught:
        reader(home, {})(
            scope, REFERENCES | {"VAULT": SecretRef.parse("vault:a#b"), "OP": SecretRef.parse("op://a/b/c")}
        )
    told = " | ".join(f"{problem.message}: {problem.hint}" for problem in caught.value.problems)
    for words in (
        "sops:KEY is not set for cart in staging in vault/",
        "CI_TOKEN is not set",
        "only a deployed service has it",
        "vault login",
        "1Password",
    ):
        assert words in told
    assert "filed" not in told


def test_a_file_that_is_for_others_names_it(scope: SecretScope, home: Home) -> None:
    store(scope, "staging", {("fleet", "KEY"): "planted"})
    other = pyrage.x25519.Identity.generate()
    with pytest.raises(Misconfigured, match=r"vault/staging\.sops\.yaml"):
        reader(home, {"SOPS_AGE_KEY": str(other)})(scope, {"STORED": REFERENCES["STORED"]})


def test_keys_are_not_looked_for_when_none_is_needed(scope: SecretScope, home: Home) -> None:
    environ = {"SOPS_AGE_KEY_FILE": "/nowhere/keys.txt"}
    assert reader(home, environ)(scope, {"FILE": REFERENCES["FILE"]}) == {"FILE": Secret("filed")}
