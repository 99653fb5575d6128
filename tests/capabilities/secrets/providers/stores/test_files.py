"""Files, the environment, and what only a deployed service has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.model import Missing
from chittyops.capabilities.secrets.providers.stores import dotenv_file
from chittyops.capabilities.secrets.providers.stores.fleet_files import FleetFiles, path_of
from chittyops.capabilities.secrets.providers.stores.surroundings import Environ, Given
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretRef, SecretScope


def scope(root: Path, folder: str = "cart") -> SecretScope:
    return SecretScope(str(root), "shop", "staging", "cart", folder)


def refs(*texts: str) -> dict[str, SecretRef]:
    return {text: SecretRef.parse(text) for text in texts}


def test_a_dotenv_file_is_relative_to_the_service(tmp_path: Path) -> None:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / ".env").write_text("A=1\nB='two words'\n")
    (tmp_path / "shared.env").write_text("C=3\n")
    wanted = refs("file:.env#A", "file:.env#B", "file:../shared.env#C")
    found = dotenv_file.read(scope(tmp_path), wanted)
    assert found == dict(zip(wanted, map(Secret, ("1", "two words", "3")), strict=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file:.env#NOPE", "cart/.env has no key NOPE"),
        ("file:nope.env#A", "cannot be read: No such file"),
        ("file:../../else.env#A", "outside the workspace"),
        ("file:/etc/passwd#A", "outside the workspace"),
        ("file:binary#A", "not UTF-8"),
    ],
)
def test_a_file_that_does_not_do_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / ".env").write_text("A=1\n")
    (tmp_path / "cart" / "binary").write_bytes(b"\xff\xfe")
    missing = dotenv_file.read(scope(tmp_path), refs(text))[text]
    assert isinstance(missing, Missing)
    assert message in missing.message


def test_a_link_does_not_lead_out_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "root" / "cart").mkdir(parents=True)
    (tmp_path / "else.env").write_text("A=1\n")
    (tmp_path / "root" / "cart" / ".env").symlink_to(tmp_path / "else.env")
    missing = dotenv_file.read(scope(tmp_path / "root"), refs("file:.env#A"))["file:.env#A"]
    assert isinstance(missing, Missing)


def test_the_environment_is_read_by_name(tmp_path: Path) -> None:
    found = Environ({"TOKEN": "x"})(scope(tmp_path), refs("env:TOKEN", "env:NOPE"))
    assert found["env:TOKEN"] == Secret("x")
    assert isinstance(missing := found["env:NOPE"], Missing)
    assert "NOPE is not set" in missing.message


def test_only_a_deployed_service_has_databases_and_the_broker(tmp_path: Path) -> None:
    wanted = refs("database:main", "broker:events")
    found = Given({"database:main": Secret("pg://x")})(scope(tmp_path), wanted)
    assert found["database:main"] == Secret("pg://x")
    assert isinstance(missing := found["broker:events"], Missing)
    assert "only a deployed service has it" in missing.message


class Plain:
    """Decrypts nothing: the values of each file by its path."""

    def __init__(self, values: Mapping[str, Mapping[str, object]]) -> None:
        self.values = values
        self.opened: list[str] = []

    def __call__(self, data: bytes, path: str) -> Mapping[str, object]:
        self.opened.append(path)
        if data == b"damaged":
            raise Misconfigured(f"{path} is damaged", hint="look at it")
        return self.values[path]


def test_the_files_of_all_and_of_one_environment_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    for name in ("all.sops.yaml", "staging.sops.json", "production.sops.yaml"):
        (tmp_path / "secrets" / name).write_bytes(b"x")
    plain = Plain(
        {
            "secrets/all.sops.yaml": {"fleet": {"A": Secret("all"), "B": Secret("all")}},
            "secrets/staging.sops.json": {"services": {"cart": {"B": Secret("own")}, "api": {"C": Secret("other")}}},
        }
    )
    found = FleetFiles(plain)(scope(tmp_path), refs("sops:A", "sops:B", "sops:C"))
    assert (found["sops:A"], found["sops:B"]) == (Secret("all"), Secret("own"))
    assert isinstance(found["sops:C"], Missing)
    assert plain.opened == ["secrets/all.sops.yaml", "secrets/staging.sops.json"]


def test_a_damaged_file_is_one_problem_for_all(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "all.sops.yaml").write_bytes(b"damaged")
    found = FleetFiles(Plain({}))(scope(tmp_path), refs("sops:A", "sops:B"))
    assert len(set(found.values())) == 1
    assert isinstance(missing := found["sops:A"], Missing)
    assert missing.message == "secrets/all.sops.yaml is damaged"


def test_a_new_file_is_yaml(tmp_path: Path) -> None:
    assert path_of(tmp_path, "secrets", "staging") == tmp_path / "secrets" / "staging.sops.yaml"
