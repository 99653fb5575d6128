"""``chittyops secrets set, get, list, rm``: real files, real encryption, and no value where it does not belong."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import select
import subprocess
import sys
from pathlib import Path

import pytest
from tests.app.commands.secret_shop import Shop, shop

from chittyops.app.commands import secrets as module
from chittyops.interface.terminal import loaded
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound, Refused

OURS = re.compile(r"secrets(_edit|_look|_check)?:")
PLANTED = "kd93jf-planted-8s2"


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = shop(tmp_path / "shop", tmp_path / "home")
    monkeypatch.chdir(made.folder)
    monkeypatch.setenv("CART_TOKEN", "from the environment")
    return made


def test_what_is_set_is_got_by_whom_it_is_for(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="wide\n")
    ours.run("set", "API_KEY", "cart", "--env", "production", "-", given="narrow")
    for service, environment, value in (
        ("cart", "production", "narrow"),
        ("cart", "staging", "wide"),
        ("api", "production", "wide"),
    ):
        assert ours.run("get", "API_KEY", service, "--env", environment).stdout == f"{value}\n"
    assert ours.run("get", "API_KEY", "--all").stdout == "wide\n"


def test_a_group_is_between_the_fleet_and_the_service(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--fleet", "--env", "staging", "-", given="fleet")
    ours.run("set", "API_KEY", "--group", "core", "--all", "-", given="group")
    assert ours.run("get", "API_KEY", "cart", "--env", "staging").stdout == "group\n"
    assert ours.run("get", "API_KEY", "api", "--env", "staging").stdout == "fleet\n"


def test_setting_says_who_sees_it_and_not_what_it_is(ours: Shop) -> None:
    done = ours.run("set", "API_KEY", "--env", "staging", "--json", "-", given=PLANTED)
    (item,) = json.loads(done.stdout)["items"]
    assert item["state"] == "added"
    assert item["seen_by"] == ["cart", "api"]
    assert PLANTED not in done.output
    assert PLANTED not in (ours.folder / "secrets" / "staging.sops.yaml").read_text()
    assert (
        json.loads(ours.run("set", "API_KEY", "--env", "staging", "--json", "-", given=PLANTED).stdout)["items"][0][
            "state"
        ]
        == "unchanged"
    )


def test_what_nobody_declares_is_said(ours: Shop) -> None:
    assert (
        'services.cart.secrets: {NEW: "sops:NEW"}'
        in ours.run("set", "NEW", "cart", "--env", "staging", "-", given="x").stderr
    )


def test_other_values_keep_their_ciphertext(ours: Shop) -> None:
    ours.run("set", "A", "--all", "-", given="one")
    before = (ours.folder / "secrets" / "all.sops.yaml").read_text()
    line = next(line for line in before.splitlines() if "A: ENC" in line)
    ours.run("set", "B", "--all", "-", given="two")
    assert line in (ours.folder / "secrets" / "all.sops.yaml").read_text().splitlines()


def test_a_file_is_taken_to_the_byte(ours: Shop) -> None:
    (ours.folder / "key.pem").write_text("line\n\nend\n\n")
    ours.run("set", "KEY", "--all", "--file", "key.pem")
    assert (
        ours.run("get", "KEY", "--all", "--json").stdout
        == json.dumps(
            {"name": "KEY", "value": "line\n\nend\n\n", "from": "fleet, all environments (secrets/all.sops.yaml)"},
            indent=2,
        )
        + "\n"
    )


def test_a_value_with_the_name_on_the_command_line_is_refused(ours: Shop) -> None:
    with pytest.raises(Misconfigured, match="on the command line") as caught:
        ours.run("set", "API_KEY=planted")
    assert "planted" not in f"{caught.value} {caught.value.hint}"


def test_a_value_after_the_name_on_the_command_line_is_refused(ours: Shop) -> None:
    done = ours.run("set", "API_KEY", "cart", "planted")
    assert done.exit_code == 2
    assert "planted" not in done.output
    assert not (ours.folder / "secrets").exists()


@pytest.mark.parametrize(("given", "message"), [(b"", "empty"), (b"a\0b", "NUL"), (b"\xff", "UTF-8")])
def test_what_can_be_no_value_is_refused(ours: Shop, given: bytes, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        ours.run("set", "KEY", "--all", "-", given=given)


def test_where_stdin_is_no_terminal_the_value_is_read_from_it(ours: Shop) -> None:
    ours.run("set", "KEY", "--all", given="piped\n")
    assert ours.run("get", "KEY", "--all").stdout == "piped\n"
    with pytest.raises(Misconfigured, match="empty"):
        ours.run("set", "KEY", "--all", given="")


def test_stdin_can_be_taken_to_the_byte(ours: Shop) -> None:
    ours.run("set", "KEY", "--all", "--file", "-", given="two\nlines\n")
    assert ours.run("get", "KEY", "--all", "-n").stdout == "two\nlines\n"


def test_a_file_that_is_not_there_is_a_mistake(ours: Shop) -> None:
    assert ours.run("set", "KEY", "--all", "--file", "nowhere").exit_code == 2


def test_a_word_that_may_be_a_value_is_not_repeated(ours: Shop) -> None:
    with pytest.raises(NotFound) as caught:
        ours.run("set", "KEY", PLANTED, "--env", "staging")
    assert PLANTED not in f"{caught.value} {caught.value.hint}"


def test_who_does_not_declare_it_is_told(ours: Shop) -> None:
    ours.run("set", "OTHER", "--all", "-", given="x")
    assert "api does not declare OTHER" in ours.run("get", "OTHER", "api", "--env", "staging").stderr


def test_no_core_dump_is_made_with_a_value_in_it(ours: Shop) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        ours.run("list")
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.parametrize(
    ("words", "hint"), [(("crt",), "cart"), (("--group", "cor"), "core")], ids=["service", "group"]
)
def test_unknown_names_are_told_with_near_ones(ours: Shop, words: tuple[str, ...], hint: str) -> None:
    with pytest.raises(NotFound) as caught:
        ours.run("get", "KEY", *words, "--env", "staging")
    assert hint in caught.value.hint


@pytest.mark.parametrize("words", [("cart", "--fleet"), ("--env", "staging", "--all")])
def test_options_that_exclude_one_another_are_a_mistake(ours: Shop, words: tuple[str, ...]) -> None:
    assert ours.run("set", "KEY", *words, "-", given="x").exit_code == 2


def test_the_environment_has_to_be_said_where_there_is_a_choice(ours: Shop) -> None:
    with pytest.raises(Misconfigured, match="--env"):
        ours.run("set", "KEY", "-", given="x")


def test_without_a_store_the_way_to_one_is_told(ours: Shop) -> None:
    file = ours.folder / "chittyops.yaml"
    file.write_text(file.read_text().partition("secrets:\n  recipients")[0])
    with pytest.raises(Misconfigured) as caught:
        ours.run("set", "KEY", "--all", "-", given="x")
    assert "chittyops secrets init" in caught.value.hint


def test_somebody_elses_change_is_not_overwritten(ours: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.run("set", "A", "--all", "-", given="one")
    from chittyops.capabilities.secrets.providers.stores.fleet_store import FleetStore

    really = FleetStore.save

    def late(store: FleetStore, opened: object, edits: object) -> None:
        path = ours.folder / "secrets" / "all.sops.yaml"
        path.write_text(path.read_text() + "\n")
        really(store, opened, edits)  # type: ignore[arg-type]

    monkeypatch.setattr(FleetStore, "save", late)
    with pytest.raises(Conflict, match="somebody else"):
        ours.run("set", "B", "--all", "-", given="two")


@pytest.mark.parametrize(
    ("words", "error"),
    [(("list",), Misconfigured), (("get", "A", "--all"), Misconfigured), (("set", "A", "--all"), Misconfigured)],
)
def test_a_file_that_cannot_be_read_is_told_by_its_name(
    ours: Shop, words: tuple[str, ...], error: type[Exception]
) -> None:
    (ours.folder / "secrets" / "all.sops.yaml").mkdir(parents=True)
    with pytest.raises(error, match=r"^secrets/all\.sops\.yaml cannot be read"):
        ours.run(*words, given="x")


def test_a_folder_that_cannot_be_written_to_is_told(ours: Shop) -> None:
    (ours.folder / "secrets").write_text("no folder")
    with pytest.raises((Misconfigured, Refused), match=r"^secrets/all\.sops\.yaml cannot be (read|written)"):
        ours.run("set", "A", "--all", given="x")


def test_any_scheme_can_be_got_as_a_service_sees_it(ours: Shop) -> None:
    assert ours.run("get", "TOKEN", "cart", "--env", "staging").stdout == "from the environment\n"


def test_a_text_with_a_secret_in_it_needs_that_one_alone(ours: Shop) -> None:
    file = ours.folder / "chittyops.yaml"
    file.write_text(
        file.read_text().replace("path: cart\n", 'path: cart\n    config: {URL: "x://${secret:API_KEY}@${env.name}"}\n')
    )
    ours.run("set", "API_KEY", "--all", "-", given="wide")
    assert ours.run("get", "URL", "cart", "--env", "staging").stdout == "x://wide@staging\n"
    assert "URL" not in ours.run("matrix").stdout


def test_what_is_missing_says_how_to_set_it(ours: Shop) -> None:
    with pytest.raises(Misconfigured) as caught:
        ours.run("get", "DATABASE", "cart", "--env", "staging")
    assert "chittyops secrets set DB_URL cart --env staging" in caught.value.hint


def test_what_is_stored_elsewhere_is_told(ours: Shop) -> None:
    ours.run("set", "KEY", "cart", "--env", "staging", "-", given="x")
    with pytest.raises(NotFound) as caught:
        ours.run("get", "KEY", "--all")
    assert "service cart, staging" in caught.value.hint


def test_lists_need_no_key_and_show_no_value(ours: Shop, tmp_path: Path) -> None:
    ours.run("set", "API_KEY", "--all", "-", given=PLANTED)
    ours.run("set", "OLD", "api", "--env", "staging", "-", given=PLANTED)
    (tmp_path / "home" / "keys" / "age.txt").unlink()
    items = json.loads(ours.run("list", "--json").stdout)["items"]
    assert [(item["name"], item["declared_by"]) for item in items] == [("API_KEY", ["cart", "api"]), ("OLD", [])]
    of_cart = json.loads(ours.run("list", "cart", "--env", "staging", "--json").stdout)["items"]
    assert {item["variable"]: item["state"] for item in of_cart} == {
        "API_KEY": "set",
        "DATABASE": "missing",
        "TOKEN": "elsewhere",
    }
    for done in (ours.run("list"), ours.run("list", "cart", "--env", "staging")):
        assert PLANTED not in done.output


def test_removing_says_who_falls_back_to_what_and_how_to_undo(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--all", "-", given="wide")
    ours.run("set", "API_KEY", "cart", "--env", "production", "-", given="narrow")
    ours.commit("secrets")
    dry = json.loads(ours.run("rm", "API_KEY", "--all", "--dry-run", "--json").stdout)
    assert not dry["removed"]
    assert {(loss["service"], loss["environment"], loss["then"]) for loss in dry["losses"]} == {
        ("cart", "staging", "nothing"),
        ("api", "staging", "nothing"),
        ("api", "production", "nothing"),
    }
    with pytest.raises(Refused):
        ours.run("rm", "API_KEY", "cart", "--env", "production")
    done = json.loads(ours.run("rm", "API_KEY", "cart", "--env", "production", "-y", "--json").stdout)
    assert done["losses"] == [
        {"service": "cart", "environment": "production", "then": "that of fleet, all environments"}
    ]
    assert ours.run("get", "API_KEY", "cart", "--env", "production").stdout == "wide\n"
    assert done["undo"] == "undo: git checkout -- secrets/production.sops.yaml"
    ours.git(*done["undo"].removeprefix("undo: git ").split())
    assert ours.run("get", "API_KEY", "cart", "--env", "production").stdout == "narrow\n"


def test_what_is_not_there_cannot_be_removed(ours: Shop) -> None:
    with pytest.raises(NotFound):
        ours.run("rm", "NOPE", "--all", "-y")


def test_without_an_undo_this_is_said(ours: Shop) -> None:
    ours.run("set", "KEY", "--all", "-", given="x")
    assert "there is no undo" in ours.run("rm", "KEY", "--all", "-y").stderr


@pytest.mark.parametrize("verb", [verb for verb, target in module.VERBS.items() if OURS.search(target)])
def test_every_verb_is_where_the_table_says(verb: str) -> None:
    assert loaded(module.VERBS[verb]).name == verb


def on_a_terminal(words: list[str], typed: list[bytes]) -> tuple[int, str]:
    """Run the command on a terminal of its own, answer each prompt, and return exit code and all that showed."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "chittyops", "secrets", *words]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
    os.close(follower)
    shown = b""
    while select.select([leader], [], [], 30)[0]:
        try:
            data = os.read(leader, 4096)
        except OSError:  # Linux: the other side is closed
            break
        if not data:
            break
        shown += data
        if typed and data.endswith(b": "):
            os.write(leader, typed.pop(0) + b"\n")
    os.close(leader)
    return process.wait(), shown.decode()


def test_a_person_is_asked_twice_and_nothing_echoes(ours: Shop) -> None:
    value = PLANTED.encode()
    code, shown = on_a_terminal(["set", "API_KEY", "--env", "staging"], [value, value])
    assert code == 0
    assert "value of API_KEY" in shown
    assert PLANTED not in shown
    assert ours.run("get", "API_KEY", "--env", "staging").stdout == f"{PLANTED}\n"


def test_two_values_that_differ_are_an_error_in_our_form(ours: Shop) -> None:
    code, shown = on_a_terminal(["set", "API_KEY", "--env", "staging"], [b"one", b"two", b"three", b"three"])
    assert code == 0
    assert "error: the two values are not the same" in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "Error:" not in shown
    assert ours.run("get", "API_KEY", "--env", "staging").stdout == "three\n"


def test_a_terminal_shows_a_value_only_when_asked_to(ours: Shop) -> None:
    ours.run("set", "API_KEY", "--env", "staging", "-", given=PLANTED)
    for words in (["get", "API_KEY", "--env", "staging"], ["get", "API_KEY", "--env", "staging", "--json"]):
        code, shown = on_a_terminal(words, [])
        assert code == 0
        assert PLANTED not in shown
        assert "********" in shown
    assert PLANTED in on_a_terminal(["get", "API_KEY", "--env", "staging", "--reveal"], [])[1]
