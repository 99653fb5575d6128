"""``chittyops secrets list, matrix, check, who, history``: what can be told of secrets without telling them."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]
import pytest
from tests.app.commands.secret_shop import Shop, shop
from tests.app.serving import serving

from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.secret import SecretScope
from chittyops.runtime.home import Home
from chittyops.runtime.postgres import Database

PLANTED = "kd93jf-planted-8s2-Xw"
OTHER = "zz81kq-another-5pR-e7"


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    policies = "  policies: {OLD: {expires: 2020-01-01}, API_KEY: {max_age_days: 30}}\n"
    made = shop(tmp_path / "shop", tmp_path / "home", policies=policies)
    monkeypatch.chdir(made.folder)
    made.run("set", "API_KEY", "--all", "-", given=PLANTED)
    made.run("set", "DB_URL", "cart", "--env", "production", "-", given="pg://u:kd93jf-pass-8s2-Xw-kk@db/x")
    made.run("set", "OLD", "--all", "-", given=OTHER)
    made.commit("first")
    return made


def items(ours: Shop, *words: str) -> list[dict[str, Any]]:
    done = ours.run(*words, "--json")
    assert PLANTED not in done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    return found


def test_the_matrix_needs_no_key(ours: Shop, tmp_path: Path) -> None:
    (tmp_path / "home" / "keys" / "age.txt").unlink()
    states = {(each["variable"], each["environment"]): each for each in items(ours, "matrix", "cart")}
    assert {key: each["state"] for key, each in states.items()} == {
        ("API_KEY", "staging"): "inherited",
        ("API_KEY", "production"): "inherited",
        ("DATABASE", "staging"): "missing",
        ("DATABASE", "production"): "set",
        ("TOKEN", "staging"): "elsewhere",
        ("TOKEN", "production"): "elsewhere",
    }
    assert states["API_KEY", "staging"]["shared_with_production"]
    assert not states["DATABASE", "production"]["shared_with_production"]
    assert states["API_KEY", "staging"]["from"] == "fleet, all environments"


def test_the_matrix_is_a_table_and_tells_what_nobody_uses(ours: Shop) -> None:
    done = ours.run("matrix")
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["SERVICE", "SECRET", "STAGING", "PRODUCTION"]
    assert len(rows) == 4
    assert "never used: OLD (fleet, all environments)" in done.stderr
    assert "*: production" in done.stderr


def test_the_matrix_can_be_of_one_environment(ours: Shop) -> None:
    assert {each["environment"] for each in items(ours, "matrix", "--env", "staging")} == {"staging"}
    with pytest.raises(NotFound):
        ours.run("matrix", "nope")


@pytest.mark.parametrize("words", [("matrix",), ("check",), ("who", "API_KEY"), ("list",)])
def test_an_environment_that_is_not_there_is_told(ours: Shop, words: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured, match='no environment "nope"'):
        ours.run(*words, "--env", "nope")


def test_what_check_says_to_do_can_be_done(ours: Shop) -> None:
    ours.run("set", "WEAK", "--group", "core", "--all", "-", given="hunter2")
    (weak,) = (each for each in items(ours, "check") if each["kind"] == "weak")
    assert ours.run(*shlex.split(weak["hint"])[2:]).exit_code == 0
    assert "weak" not in {each["kind"] for each in items(ours, "check")}
    (unused,) = (each for each in items(ours, "check") if each["kind"] == "unused" and each["name"] == "WEAK")
    assert ours.run(*shlex.split(unused["hint"])[2:], "-y").exit_code == 0
    assert "WEAK" not in {each["name"] for each in items(ours, "check")}


def test_check_cuts_nothing_off(ours: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = items(ours, "check")
    said = ours.run("check").stdout
    assert all(each["message"] in said and each["hint"] in said for each in found)


def test_check_finds_what_is_wrong_and_where(ours: Shop) -> None:
    ours.run("set", "COPY", "cart", "--env", "staging", "-", given=PLANTED)
    ours.run("set", "WEAK", "cart", "--env", "staging", "-", given="hunter2")
    (ours.folder / "notes.txt").write_text(f"the key is {PLANTED}\n")
    (ours.folder / "gone.txt").write_text(f"export KEY={OTHER}\n")
    ours.commit("leak")
    (ours.folder / "gone.txt").unlink()
    ours.commit("gone")
    done = ours.run("check", "--json")
    assert ours.code("check") == 1
    assert PLANTED not in done.output
    assert OTHER not in done.output
    found = {(each["kind"], each["name"]): each for each in json.loads(done.stdout)["items"]}
    assert ("expired", "OLD") in found
    assert ("reused", "API_KEY") in found
    assert ("weak", "WEAK") in found
    assert ("missing", "DB_URL") in found
    assert ("unused", "OLD") in found
    assert "notes.txt" in found["plain", "API_KEY"]["message"]
    assert "gone.txt, commit" in found["plain", "OLD"]["message"]
    assert ("weak", "DB_URL") not in found
    assert ("age", "API_KEY") not in found


def test_check_knows_that_a_shared_token_stands_under_two_names(ours: Shop) -> None:
    file = ours.folder / "chittyops.yaml"
    text = file.read_text()
    ours.run("set", "API_KEY_PREVIOUS", "--all", "-", given=PLANTED)
    assert ("API_KEY", "reused") in {(each["name"], each["kind"]) for each in items(ours, "check")}
    file.write_text(text.replace("API_KEY: {max_age_days: 30}", "API_KEY: {rotate: {kind: token}}"))
    assert "reused" not in {each["kind"] for each in items(ours, "check")}


def test_check_can_leave_the_history_out(ours: Shop) -> None:
    (ours.folder / "gone.txt").write_text(PLANTED)
    ours.commit("leak")
    (ours.folder / "gone.txt").unlink()
    ours.commit("gone")
    assert "plain" not in {each["kind"] for each in items(ours, "check", "--no-history")}


def test_check_says_what_it_cannot_read(ours: Shop, tmp_path: Path) -> None:
    (tmp_path / "home" / "keys" / "age.txt").unlink()
    done = ours.run("check")
    assert ours.code("check") == 1
    assert "not checked: secrets/all.sops.yaml" in done.stderr


def test_check_is_content_with_good_secrets(ours: Shop) -> None:
    ours.run("rm", "OLD", "--all", "-y")
    assert ours.code("check") == 0
    assert ours.code("check", "--strict") == 1


def test_the_history_of_a_secret_has_no_values(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given=f"{PLANTED}-2")
    ours.commit("second")
    ours.run("set", "API_KEY", "cart", "--env", "staging", "-", given=f"{PLANTED}-3")
    ours.commit("third")
    ours.run("rm", "API_KEY", "--all", "-y")
    ours.commit("fourth")
    told = [(each["what"], each["for"]) for each in items(ours, "history", "API_KEY")]
    assert told == [
        ("removed", "fleet, all environments"),
        ("added", "service cart, staging"),
        ("changed", "fleet, all environments"),
        ("added", "fleet, all environments"),
    ]
    assert [each["what"] for each in items(ours, "history", "API_KEY", "cart")] == ["added"]
    assert items(ours, "history", "NOPE") == []


def test_who_can_read_a_secret_and_who_could(ours: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from chittyops.capabilities.secrets.providers import sops

    bob = pyrage.x25519.Identity.generate()
    file = ours.folder / "secrets" / "all.sops.yaml"
    key = pyrage.x25519.Identity.from_str((Path(ours.folder).parent / "home" / "keys" / "age.txt").read_text().strip())
    for recipients in ([ours.recipient, str(bob.to_public())], [ours.recipient]):
        document = sops.load(file.read_bytes(), "secrets/all.sops.yaml", [key])
        file.write_bytes(sops.dump(sops.with_recipients(document, recipients)))
        ours.commit("recipients")
    found = items(ours, "who", "API_KEY")
    assert [(each["name"], each["now"]) for each in found] == [("ann", True), ("", False)]
    assert found[1]["recipient"] == str(bob.to_public())
    assert found[1]["since"] <= found[1]["until"]
    assert "no use is on record" in ours.run("who", "API_KEY").stderr
    assert "re-encrypted" in {each["what"] for each in items(ours, "history", "API_KEY")}
    with pytest.raises(NotFound):
        ours.run("who", "NOPE")


def test_the_last_use_is_on_record(ours: Shop, home: Home) -> None:
    from chittyops.capabilities.secrets.wiring import read_log
    from chittyops.runtime.clock import SystemClock

    record = read_log(home, SystemClock())
    record("agent", SecretScope(str(ours.folder), "shop", "production", "cart"), ["DATABASE"])
    (use,) = json.loads(ours.run("who", "DB_URL", "--json").stdout)["uses"]
    assert (use["service"], use["environment"], use["through"]) == ("cart", "production", "agent")
    assert json.loads(ours.run("who", "API_KEY", "--json").stdout)["uses"] == []


async def test_the_last_use_that_the_centre_knows_of_counts_too(
    ours: Shop, home: Home, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(home, database) as centre:
        place = {"sinks": ["cart/worker"], "kind": "cloudflare", "written": ["DATABASE"], "removed": [], "left": []}
        async with centre.client(centre.admin_token) as client:
            path = "/api/v1/fleets/shop/environments/production/secret-pushes"
            assert (await client.post(path, json={"places": [place]})).status_code == 204
        monkeypatch.setenv("CHITTYOPS_URL", centre.url)
        monkeypatch.setenv("CHITTYOPS_TOKEN", centre.admin_token)
        done = await asyncio.to_thread(ours.run, "who", "DB_URL", "--json")
    (use,) = json.loads(done.stdout)["uses"]
    assert (use["service"], use["environment"], use["through"]) == ("cart", "production", "push")
