"""``chittyops config render``, ``import`` and ``promote`` over a small workspace: files as they are on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chittyops.app.commands.config import config
from chittyops.kernel.errors import ChittyOpsError, NotFound, Refused

TOKEN = "ghp_" + "0a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXy"
FLEET = """\
# the shop
fleet: shop
environments:
  local: {provider: local}
  staging: {}
  production: {}
services:
  cart:
    path: cart
    platform: cloudflare
"""
WRANGLER = f"""\
# The cart
name = "cart"
main = "index.js" # the entry
compatibility_date = "2026-01-01"

[vars]
LIMIT = 3
API_TOKEN = "{TOKEN}"

[[kv_namespaces]]
binding = "STORE"
id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

[env.production]
vars = {{ LIMIT = 5 }}
"""


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with one service, which is the current folder."""
    (tmp_path / "cart").mkdir()
    (tmp_path / "chittyops.yaml").write_text(FLEET)
    (tmp_path / "cart" / "wrangler.toml").write_text(WRANGLER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run ``chittyops config`` and return what it wrote; errors that people are told of are raised."""
    result = CliRunner().invoke(config, [*arguments], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result


def test_import_then_render_takes_out_the_secret_and_nothing_else(workspace: Path) -> None:
    shown = run("import", "cart", "--yes")
    assert "+      # The cart\n+      name: cart\n" in shown.output
    assert "API_TOKEN: sops:API_TOKEN" in (workspace / "chittyops.yaml").read_text()
    written = run("render", "cart", "--to", "wrangler", "--write")
    assert "-API_TOKEN" in written.output
    assert TOKEN not in shown.output + written.output + (workspace / "chittyops.yaml").read_text()
    assert (workspace / "cart" / "wrangler.toml").read_text() == WRANGLER.replace(f'API_TOKEN = "{TOKEN}"\n', "")
    assert run("render", "cart", "--to", "wrangler", "--check").return_value == 0


def test_a_dry_run_writes_nothing_and_neither_does_a_no(workspace: Path) -> None:
    run("import", "cart", "--dry-run")
    with pytest.raises(Refused, match="needs a yes"):
        run("import", "cart")
    assert (workspace / "chittyops.yaml").read_text() == FLEET


def test_a_check_ends_with_one_and_a_difference(workspace: Path) -> None:
    run("import", "cart", "--yes")
    result = run("render", "cart", "--to", "wrangler", "--check")
    assert result.return_value == 1
    assert "--- a/cart/wrangler.toml" in result.output
    found = json.loads(run("render", "cart", "--to", "wrangler", "--check", "--json").stdout)
    assert (found["path"], found["same"], found["written"]) == ("cart/wrangler.toml", False, False)
    assert TOKEN in (workspace / "cart" / "wrangler.toml").read_text()


def test_what_is_rendered_goes_to_a_file_of_ones_choice_with_the_mode_it_had(workspace: Path) -> None:
    run("import", "cart", "--yes")
    run("render", "cart", "--to", "dotenv", "--env", "production", "--write", "made.env")
    made = workspace / "made.env"
    assert made.read_text() == "LIMIT=5\n"
    made.write_text("# mine\nLIMIT=1\n")
    made.chmod(0o640)
    run("render", "cart", "--to", "dotenv", "--env", "production", "--write", "made.env")
    assert made.read_text() == "# mine\nLIMIT=5\n"
    assert made.stat().st_mode & 0o777 == 0o640
    run("render", "cart", "--to", "dotenv", "--env", "production", "--write")
    assert (workspace / "cart" / ".env.production").stat().st_mode & 0o777 == 0o600


def test_the_local_file_is_not_rendered_into_what_goes_into_git(workspace: Path) -> None:
    run("import", "cart", "--yes")
    (workspace / "chittyops.local.yaml").write_text("services: {cart: {config: {LIMIT: 99}}}\n")
    assert "99" not in run("render", "cart", "--to", "wrangler").stdout
    assert "99" in run("render", "cart", "--to", "dotenv").stdout


def test_promote_shows_what_changes_and_says_how_to_undo(workspace: Path) -> None:
    (workspace / "chittyops.yaml").write_text(
        f"{FLEET}    environments:\n"
        f"      staging: {{config: {{LIMIT: 7, URL: 'https://a.test'}}, secrets: {{T: sops:VERY}}}}\n"
    )
    result = run("promote", "--from", "staging", "--to", "production", "--yes")
    table = result.stdout.split("---")[0]
    assert "config.LIMIT" in table
    assert "sops:VERY" not in table
    assert "left out: cart config.URL: each environment has its own, by its name" in table
    assert "git checkout -- chittyops.yaml" in result.stderr
    assert "      production:\n        config:\n          LIMIT: 7\n" in (workspace / "chittyops.yaml").read_text()
    again = run("promote", "--from", "staging", "--to", "production", "--json")
    assert [each["key"] for each in json.loads(again.stdout)["values"]] == ["config.URL"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "basket", "--to", "wrangler"),
        ("render", "cart", "--to", "wrangler", "--env", "stagin"),
        ("render", "cart", "--to", "vercel"),
        ("import", "cart", "cart/nothing.toml"),
        ("promote", "--from", "staging", "--to", "nowhere"),
    ],
    ids=["service", "environment", "platform", "file", "target"],
)
def test_what_is_not_there_is_said(arguments: tuple[str, ...]) -> None:
    with pytest.raises(NotFound):
        run(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "cart", "--to", "wrangler", "--write", "--check"),
        ("render", "cart", "--to", "wrangler", "--origins"),
        ("render", "cart", "--to", "json", "--write"),
        ("render", "cart", "--to", "dotenv", "--format", "toml"),
        ("render", "cart", "--to", "wrangler", "--format", "jsonc", "--write"),
        ("promote", "--from", "staging", "--to", "staging"),
    ],
    ids=["both", "origins", "no usual file", "one format", "another format", "same"],
)
def test_options_that_do_not_fit_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Click's own, which are no ChittyOpsError
        run(*arguments)
    assert not isinstance(caught.value, ChittyOpsError)


def test_a_part_that_speaks_louder_is_told(workspace: Path) -> None:
    (workspace / "cart" / "chittyops.yaml").write_text("wrangler: {main: other.js}\n")
    result = run("import", "cart", "--dry-run")
    assert "services.cart.wrangler.main is said in cart/chittyops.yaml too" in result.stderr


def test_what_is_rendered_is_data_where_data_was_asked_for(workspace: Path) -> None:
    run("import", "cart", "--yes")
    said = json.loads(run("render", "cart", "--to", "wrangler", "--json").stdout)
    assert said["path"] == "cart/wrangler.toml"
    assert 'name = "cart"' in said["text"]
    assert json.loads(run("render", "cart", "--to", "json", "--json").stdout)["service"] == "cart"


def test_a_variable_that_only_the_fleet_gives_is_remarked_on(workspace: Path) -> None:
    (workspace / "chittyops.yaml").write_text(FLEET + "defaults: {config: {LOG_LEVEL: info, LIMIT: 1}}\n")
    said = run("import", "cart", "--dry-run").stderr
    assert "cart gets LOG_LEVEL from fleet defaults, too" in said
    assert "cart gets LIMIT" not in said


def test_a_declared_secret_shows_in_no_difference(workspace: Path) -> None:
    run("import", "cart", "--yes")
    run("render", "cart", "--to", "wrangler", "--write")
    file = workspace / "cart" / "wrangler.toml"
    file.write_text(file.read_text().replace("LIMIT = 3\n", 'LIMIT = 3\nPIN = "4711"\n'))
    (workspace / "cart" / "chittyops.yaml").write_text('secrets: {PIN: "sops:PIN"}\n')
    result = CliRunner().invoke(config, ["render", "cart", "--to", "wrangler", "--check"])
    assert "-PIN = xxxxxxxx" in result.stdout
    assert "4711" not in result.output


def test_a_file_that_is_not_there_is_told_with_those_that_are(workspace: Path) -> None:
    with pytest.raises(NotFound) as caught:
        run("import", "cart", "cart/wranglr.toml")
    assert "cart/wrangler.toml" in caught.value.hint
