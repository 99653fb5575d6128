"""``chittyops config``: values explained, listed, edited in the right file, and checked."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from chittyops.app.commands.config import config
from chittyops.kernel.errors import ChittyOpsError
from chittyops.runtime import atomic

TEXT = """\
# the shop
fleet: shop
environments:
  staging: {}
  production: {protected: true}
defaults:
  config:
    LEVEL: info # how much is said
groups:
  all: [cart, web]
rules:
  levels: {values: {LEVEL: {one_of: [info, warn, debug]}}}
services:
  cart:
    path: cart
    platform: cloudflare
    secrets: {KEY: "sops:KEY"}
    config: {URL: "https://${web.NAME}"}
    wrangler:
      main: a.ts
      compatibility_date: 2026-01-01
      kv_namespaces:
        - {binding: CACHE, id: one}
  # the pages
  web:
    path: web
    config:
      NAME: web.example
"""
PART = "# of the web\nconfig:\n  OWN: 1\nenvironments:\n  staging:\n    config:\n      OWN: 2\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("cart", "web"):
        (tmp_path / folder).mkdir()
    (tmp_path / "chittyops.yaml").write_text(TEXT)
    (tmp_path / "web" / "chittyops.yaml").write_text(PART)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    # Without Click's own handling of errors, as the real command line has it: what a command returns is its exit code.
    return CliRunner().invoke(config, arguments, standalone_mode=False)


def data(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exception is None, result.output
    return json.loads(result.stdout)


def refused(*arguments: str) -> ChittyOpsError:
    error = run(*arguments).exception
    assert isinstance(error, ChittyOpsError)
    return error


def test_explain_shows_the_chain_with_the_winner_first(shop: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        **{f"GIT_{who}_{what}": "Alice" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "it begins"]):
        subprocess.run(["git", *words], cwd=shop, env=environ, check=True)
    (shop / "chittyops.yaml").write_text(TEXT.replace("config: {URL", "config: {LEVEL: warn, URL"))
    told = data("explain", "cart", "LEVEL", "--env", "production", "--set", "LEVEL=debug")
    assert (told["value"], told["secret"], told["environment"]) == ("debug", False, "production")
    chain = [(each["layer"], each["state"], each["path"], each["line"], each["value"]) for each in told["chain"]]
    assert chain == [
        ("--set", "wins", "", 0, "debug"),
        ("service cart", "shadowed", "chittyops.yaml", 18, "warn"),
        ("fleet defaults", "shadowed", "chittyops.yaml", 8, "info"),
    ]
    assert [each["changed"] and each["changed"]["author"] for each in told["chain"]] == [None, "", "Alice"]
    text = run("explain", "cart", "LEVEL").stdout.splitlines()
    assert text[0] == "LEVEL of cart in staging is warn"
    assert text[3].split() == ["wins", "service", "cart", "chittyops.yaml:18", "warn", "not", "committed"]
    assert text[4].split()[-2][:4].isdigit()


@pytest.mark.usefixtures("shop")
def test_explain_follows_references_and_never_a_secret() -> None:
    told = data("explain", "cart", "URL")
    assert told["references"] == [
        {"text": "${web.NAME}", "value": "web.example", "path": "chittyops.yaml", "line": 28, "depth": 0}
    ]
    assert run("explain", "cart", "KEY").stdout.startswith("KEY of cart in staging is sops:KEY, a secret\n")


def test_explain_looks_into_a_broken_fleet_and_says_what_is_broken(shop: Path) -> None:
    (shop / "chittyops.yaml").write_text(TEXT.replace("${web.NAME}", "${web.NAEM}"))
    result = run("explain", "cart", "URL")
    assert result.exit_code == 0
    assert "config.URL refers to a variable that web does not have (chittyops.yaml:18:19)" in result.stderr


@pytest.mark.usefixtures("shop")
def test_get_prints_the_value_alone() -> None:
    assert run("get", "cart", "URL").stdout == "https://web.example\n"
    assert data("get", "cart", "wrangler.kv_namespaces")["value"] == [{"binding": "CACHE", "id": "one"}]
    assert run("get", "cart", "KEY").stdout == "sops:KEY\n"
    assert "no service" in refused("get", "crat", "URL").message


@pytest.mark.usefixtures("shop")
def test_list_shows_origins() -> None:
    assert run("list", "web", "--origin").stdout.splitlines() == [
        "VARIABLE  VALUE        LAYER           WHERE",
        "LEVEL     info         fleet defaults  chittyops.yaml:8",
        "NAME      web.example  service web     chittyops.yaml:28",
        "OWN       2            web in staging  web/chittyops.yaml:7",
    ]
    items = data("list", "cart", "--env", "production")["items"]
    assert [(each["key"], each["secret"]) for each in items] == [("LEVEL", False), ("URL", False), ("KEY", True)]


@pytest.mark.parametrize(
    ("arguments", "path", "before", "after"),
    [
        (["cart", "NEW", "8080"], "chittyops.yaml", 'config: {URL: "https://${web.NAME}"}',
         'config: {URL: "https://${web.NAME}", NEW: 8080}'),
        (["web", "NAME", "a: b"], "chittyops.yaml", "NAME: web.example", "NAME: 'a: b'"),
        (["web", "NAME", "null"], "chittyops.yaml", "NAME: web.example", "NAME: 'null'"),
        (["web", "NAME", "1.10"], "chittyops.yaml", "NAME: web.example", "NAME: '1.10'"),
        (["web", "OWN", "3"], "web/chittyops.yaml", "config:\n  OWN: 1", "config:\n  OWN: 3"),
        (["web", "OWN", "3", "--env", "staging"], "web/chittyops.yaml", "OWN: 2", "OWN: 3"),
        (["cart", "LEVEL", "warn", "--defaults"], "chittyops.yaml", "LEVEL: info # how", "LEVEL: warn # how"),
        (["cart", "LEVEL", "warn", "--defaults", "--env", "staging"], "chittyops.yaml", "staging: {}",
         "staging:\n    config:\n      LEVEL: warn"),
        (["cart", "TEAM", "x", "--group", "all"], "chittyops.yaml", "all: [cart, web]",
         "all:\n    services:\n      - cart\n      - web\n    config:\n      TEAM: x"),
        (["cart", "wrangler.kv_namespaces[CACHE].id", "two"], "chittyops.yaml",
         "- {binding: CACHE, id: one}", "- binding: CACHE\n          id: two"),
        (["cart", "tags", "[a, b]"], "chittyops.yaml", "      kv_namespaces:\n        - {binding: CACHE, id: one}\n",
         "      kv_namespaces:\n        - {binding: CACHE, id: one}\n    tags:\n      - a\n      - b\n"),
    ],
)  # fmt: skip
def test_set_edits_the_file_that_says_it_and_nothing_else(
    shop: Path, arguments: list[str], path: str, before: str, after: str
) -> None:
    was = (shop / path).read_text()
    assert before in was
    told = data("set", *arguments)
    assert told["written"]
    assert told["path"] == path
    assert (shop / path).read_text() == was.replace(before, after)
    value = arguments[2] if arguments[1] != "tags" else '["a", "b"]'
    assert {each["after"] for each in told["changes"] if each["key"].endswith(arguments[1][-4:])} <= {value}
    assert told["changes"]


def test_set_for_this_machine_alone_makes_the_local_file(shop: Path) -> None:
    data("set", "cart", "LEVEL", "debug", "--local", "--env", "staging")
    assert (shop / "chittyops.local.yaml").stat().st_mode & 0o777 == 0o600
    assert run("get", "cart", "LEVEL").stdout == "debug\n"
    assert run("get", "cart", "LEVEL", "--env", "production").stdout == "info\n"
    assert (shop / "chittyops.yaml").read_text() == TEXT


def test_a_dry_run_tells_the_impact_and_writes_nothing(shop: Path) -> None:
    told = data("set", "cart", "LEVEL", "debug", "--defaults", "--dry-run")
    assert not told["written"]
    assert [(each["service"], each["environment"], each["before"], each["after"]) for each in told["changes"]] == [
        (service, environment, "info", "debug")
        for service in ("cart", "web")
        for environment in ("staging", "production")
    ]
    assert len(told["deploy"]) == 4
    assert (shop / "chittyops.yaml").read_text() == TEXT
    result = run("set", "web", "NAME", "other", "--env", "staging", "--dry-run")
    assert (
        "chittyops.yaml: services.web.environments.staging.config.NAME: 2 of 4 service-environments would change"
        in result.stderr
    )
    assert result.stdout.splitlines()[1].split() == [
        "cart", "staging", "URL", "https://web.example", "https://other", "yes",
    ]  # fmt: skip


@pytest.mark.usefixtures("shop")
def test_what_is_no_reason_to_deploy_is_told_apart() -> None:
    told = data("set", "cart", "owners", "[me]", "--dry-run")
    assert told["changes"]
    assert told["deploy"] == []
    told = data("set", "cart", "wrangler.kv_namespaces[CACHE].id", "two", "--env", "staging", "--dry-run")
    assert [each["key"] for each in told["changes"]] == ["wrangler.kv_namespaces.CACHE.id"]
    assert told["deploy"] == [{"service": "cart", "environment": "staging"}]


def test_unset_takes_the_entry_away_or_says_null(shop: Path) -> None:
    data("unset", "web", "OWN", "--env", "staging")
    assert run("get", "web", "OWN").stdout == "1\n"
    error = refused("unset", "cart", "LEVEL")
    assert error.hint == "it is said by fleet defaults (chittyops.yaml:8:12); `--null` takes it away here"
    data("unset", "cart", "LEVEL", "--null")
    assert "LEVEL" in refused("get", "cart", "LEVEL").message
    assert "LEVEL: null" in (shop / "chittyops.yaml").read_text()
    data("unset", "cart", "wrangler.kv_namespaces[CACHE]")
    assert "kv_namespaces" not in (shop / "chittyops.yaml").read_text()


def test_unset_leaves_no_empty_maps_behind(shop: Path) -> None:
    told = data("set", "web", "LAST", "1", "--local", "--env", "staging")
    assert [each["key"] for each in told["changes"]] == ["config.LAST"]
    told = data("unset", "web", "LAST", "--local", "--env", "staging")
    assert [each["key"] for each in told["changes"]] == ["config.LAST"]
    assert (shop / "chittyops.local.yaml").read_text().splitlines()[1:] == ["services: {}"]
    assert "nothing says it" in refused("unset", "web", "LAST", "--local", "--env", "staging").hint
    data("unset", "cart", "URL")
    data("unset", "web", "OWN", "--env", "staging")
    assert (shop / "chittyops.yaml").read_text() == TEXT.replace('    config: {URL: "https://${web.NAME}"}\n', "")
    assert (shop / "web" / "chittyops.yaml").read_text() == PART.partition("environments")[0]
    assert data("unset", "web", "NAME")["changes"][0]["after"] is None
    assert (shop / "chittyops.yaml").read_text().endswith("  web:\n    path: web\n")


def test_a_null_is_written_as_one_where_it_replaces_a_value(shop: Path) -> None:
    data("unset", "cart", "URL", "--null")
    assert "URL: null" in (shop / "chittyops.yaml").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["PW", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"],
        ["ADMIN_PASSWORD", "hunter-nine"],
        ["wrangler.vars.API_TOKEN", "hunter-nine"],
        ["wrangler.vars", "{API_TOKEN: hunter-nine}"],
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(shop: Path, arguments: list[str]) -> None:
    error = refused("set", "cart", *arguments)
    assert "looks like a secret" in error.message
    assert "chittyops secrets set" in error.hint
    assert arguments[1] not in error.message + error.hint
    assert (shop / "chittyops.yaml").read_text() == TEXT
    assert data("set", "cart", *arguments, "--plain")["written"]


@pytest.mark.usefixtures("shop")
def test_what_refers_to_a_secret_is_none() -> None:
    assert data("set", "cart", "APP_TOKEN", "${secret:KEY}")["written"]
    assert data("set", "cart", "TOKEN_URL", "https://a.example/token")["written"]


def test_a_new_item_of_a_list_is_told(shop: Path) -> None:
    result = run("set", "cart", "wrangler.kv_namespaces[NOPE].id", "x", "--dry-run")
    assert "adds the binding NOPE to wrangler.kv_namespaces\n" in result.stderr
    result = run("set", "cart", "wrangler.kv_namespaces[CACHES].id", "x", "--dry-run")
    assert 'warning: adds the binding CACHES to wrangler.kv_namespaces; did you mean "CACHE"?' in result.stderr
    assert "adds" not in run("set", "cart", "wrangler.kv_namespaces[CACHE].id", "x").stderr
    assert "id: x" in (shop / "chittyops.yaml").read_text()


def test_a_folder_that_cannot_be_written_is_told_with_the_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", ".chittyops.yaml.2a86ed4o")

    monkeypatch.setattr(atomic, "write", full)
    error = refused("set", "cart", "LEVEL", "debug")
    assert error.message == f"{shop / 'chittyops.yaml'} cannot be written: No space left on device"
    assert error.hint
    refused("set", "cart", "LEVEL", "debug", "--local")
    assert not (shop / "chittyops.local.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "cart", "KEY", "v"], "KEY is a secret of cart: its value is no configuration"),
        (["set", "cart", "X", "v", "--group", "al"], 'there is no group "al"'),
        (["set", "cart", "X", "v", "--env", "stage"], 'there is no environment "stage"'),
        (["set", "cart", "PORT", "v"], 'services.cart.config: "PORT" is no name of a variable'),
        (["set", "cart", "URL", "${web.NO}"], "config.URL refers to a variable that web does not have"),
        (["set", "cart", "deploy.protocol", "smoke"], "services.cart.deploy.protocol must be one of"),
        (["unset", "cart", "wrangler.kv_namespaces[NO].id"], "there is no services.cart.wrangler.kv_namespaces.NO.id"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(shop: Path, arguments: list[str], message: str) -> None:
    assert refused(*arguments).message.startswith(message)
    assert (shop / "chittyops.yaml").read_text() == TEXT
    assert not (shop / "chittyops.local.yaml").exists()


@pytest.mark.usefixtures("shop")
def test_a_value_against_a_rule_is_written_and_told() -> None:
    result = run("set", "cart", "LEVEL", "loud")
    assert result.exit_code == 0
    assert "cart: LEVEL must be one of info, warn, debug (rule levels) in staging, production" in result.stderr
    result = run("validate")
    assert result.return_value == 1
    assert result.stdout == "shop: 4 service-environments, 1 error, 0 warnings\n"
    finding = data_of(run("validate", "--env", "staging", "--json"))["findings"][0]
    assert (finding["service"], finding["environments"], finding["rule"]) == ("cart", ["staging"], "levels")


def data_of(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.mark.usefixtures("shop")
def test_a_right_fleet_is_said_to_be_right() -> None:
    result = run("validate")
    assert (result.return_value, result.stdout) == (0, "shop: 4 service-environments, no problem\n")


def test_problems_of_the_format_are_findings_too(shop: Path) -> None:
    (shop / "chittyops.yaml").write_text(TEXT.replace("fleet: shop", "fleet: Shop"))
    result = run("validate", "--json")
    assert result.return_value == 1
    assert data_of(result)["findings"][0]["line"] == 2


def test_schemas_for_editors() -> None:
    assert "rules" in data_of(run("schema"))["properties"]
    assert "environments" in data_of(run("schema", "--part"))["properties"]
    assert set(data_of(run("schema", "--local"))["properties"]) == {"defaults", "environments", "services"}
    assert isinstance(run("schema", "--part", "--local").exception, click.UsageError)
    assert isinstance(run("set", "a", "B", "c", "--local", "--defaults").exception, click.UsageError)
