"""docs/guides/migrating.md: every script of the old workspaces has its row, and every command in it exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from chittyops.app.cli import COMMANDS, root
from chittyops.capabilities.adoption.service.functions import FUNCTIONS
from chittyops.capabilities.audit.service import themes
from chittyops.capabilities.fleet.model.fileformat import TASK

PAGE = (Path(__file__).parents[2] / "docs/guides/migrating.md").read_text("utf-8")
SCRIPTS = {
    "chittychat": [
        "setup-cli-alias.sh",
        "setup-cli-chittychat.sh",
        "deploy.sh",
        "ccc-unified.sh",
        "test-deployment.js",
        "test-mcp-task-creation.js",
        "MCP server management",
        "Railway/Vercel deployment",
        "service health monitoring",
    ],
    "chittyfinance": [
        "deploy.config.js",
        "scripts/deploy.js",
        "scripts/cloudflare-auth-setup.ts",
        "scripts/setup-cloudflare-secrets.sh",
        "scripts/with-secrets.js",
        "scripts/registry-status.ts",
        "scripts/db-push-force.js",
        "scripts/optimize-neon-config.ts",
        "scripts/test-db-connection.js",
    ],
    "chittyforce": ["discover-and-sync.js", "sync-executive.js", "validate-config.js"],
    "chittybeacon": ["wrangler deployment"],
    "chittyregistry": ["wrangler deployment"],
    "legal-consultant": ["wrangler deployment"],
    "chittycan": ["deploy_chitty_cc.sh"],
}
THEMES = [*themes.PROBLEMS.values(), *themes.FUNCTIONS.values(), *themes.GAPS.values(), themes.LEAKS, themes.GUARD]
COMMAND = re.compile(r"`chittyops ([^`]+)`")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table whose first title is ``heading``."""
    _, _, rest = PAGE.partition(f"\n| {heading} |")
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def command_of(words: str) -> click.Command:
    """Return the command that ``words`` name; fails where there is none."""
    found: click.Command = root
    context = click.Context(root)
    for word in shlex.split(words):
        assert isinstance(found, click.Group), f"{words}: {found.name} has no commands below it"
        below = found.get_command(context, word)
        assert below is not None, f"there is no command chittyops {words}"
        found = below
    return found


def test_every_script_has_its_row() -> None:
    told = [(row[0], row[1].strip("`")) for row in rows("workspace")]
    assert told == [(workspace, script) for workspace, scripts in SCRIPTS.items() for script in scripts]


def promised() -> list[str]:
    """Return the commands that the rows promise for now, without those that are planned."""
    return [found for row in rows("workspace") for found in COMMAND.findall(row[3].partition("planned:")[0])]


def test_every_row_has_a_command_that_is_there_now() -> None:
    assert all(COMMAND.findall(row[3].partition("planned:")[0]) for row in rows("workspace"))


@pytest.mark.parametrize("words", sorted(set(promised())))
def test_each_command_exists_and_its_help_says_so(words: str) -> None:
    says = {COMMAND.findall(row[0])[0]: row[1] for row in rows("command")}
    assert words in says
    assert says[words].lower() in command_of(words).get_help(click.Context(command_of(words))).lower()


def is_there(words: str) -> bool:
    """Return whether ``words`` name a command."""
    try:
        command_of(words)
    except AssertionError:
        return False
    return True


def test_what_is_planned_is_not_there_yet() -> None:
    planned = {found for row in rows("workspace") for found in COMMAND.findall(row[3].partition("planned:")[2])}
    assert [words for words in sorted(planned) if is_there(words)] == ["deploy"]


FORMS = sorted({form for form in FUNCTIONS.values() if form.split()[0] in COMMANDS})


@pytest.mark.parametrize("form", FORMS)
def test_every_command_in_the_place_of_a_script_exists_with_its_options(form: str) -> None:
    ours, _, _ = form.partition(" -- ")
    words = shlex.split(ours.format(service="SERVICE", env=" --env NAME"))
    verbs = words[: 2 if isinstance(command_of(words[0]), click.Group) else 1]
    options = {option for each in command_of(" ".join(verbs)).params for option in each.opts}
    assert {word for word in words if word.startswith("-")} <= options


def test_what_configuration_and_secrets_do_is_planned_no_more() -> None:
    verbs = {verb for (category, verb), form in FUNCTIONS.items() if category in {"secrets", "config"}}
    assert {"put secret", "read secret", "inject secrets", "pull variables", "copy example settings"} <= verbs
    assert {form for (category, _), form in FUNCTIONS.items() if category in {"secrets", "config"}} <= set(FORMS)


@pytest.mark.parametrize("words", sorted({each.command for each in THEMES if each.command.split()[0] in COMMANDS}))
def test_every_command_that_the_audit_recommends_exists(words: str) -> None:
    assert is_there(" ".join(word for word in words.split() if not word.startswith("--")))


def test_every_command_of_the_examples_exists() -> None:
    groups = {"task", "cli", "fleet", "config", "secrets"}
    lines = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    typed = [line.removeprefix("$ chittyops ").partition("#")[0].split() for line in lines if line.startswith("$ ")]
    for words in typed:
        verbs = words[: 2 if words[0] in groups else 1]
        options = {option for each in command_of(" ".join(verbs)).params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_the_example_of_a_task_holds_every_key_but_those_of_other_kinds() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    (task,) = next(block["tasks"] for block in blocks if "tasks" in block).values()
    assert set(TASK.fields) - set(task) == {"command", "script", "target", "description", "folder"}
