"""docs/guides/migrating.md: every script of the old workspaces has its row, and every command in it exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from chittyops.app.cli import COMMANDS, root
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


def test_what_is_planned_is_not_there_yet() -> None:
    planned = {
        found.split()[0] for row in rows("workspace") for found in COMMAND.findall(row[3].partition("planned:")[2])
    }
    assert planned - {"deploy"} == planned - set(COMMANDS)


def test_every_command_of_the_examples_exists() -> None:
    lines = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    typed = [line.removeprefix("$ chittyops ").partition("#")[0].split() for line in lines if line.startswith("$ ")]
    for words in typed:
        verbs = words[: 2 if words[0] in {"task", "cli", "fleet"} else 1]
        options = {option for each in command_of(" ".join(verbs)).params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_the_example_of_a_task_holds_every_key_but_those_of_other_kinds() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (task,) = yaml.safe_load(block)["tasks"].values()
    assert set(TASK.fields) - set(task) == {"command", "script", "target", "description", "folder"}
