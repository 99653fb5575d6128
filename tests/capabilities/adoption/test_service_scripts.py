"""What becomes of scripts: replaced, wrapped, left; with which command, and what goes into the fleet file."""

from __future__ import annotations

import pytest
from tests.capabilities.adoption.conftest import LATER, NOW, action, only_one, proposal, script, service, values

from chittyops.capabilities.adoption.model import Outcome, Present
from chittyops.kernel.inventory import Evidence, Named, Script, Suite, Workflow

DEPLOY = action("deploy", "deploy worker", environment="production")
CART = "services.cart"


def test_a_deploy_script_becomes_settings_and_a_command() -> None:
    found = proposal(service(), script("cart/scripts/deploy.sh", DEPLOY), abilities=LATER)
    one = only_one(found)
    assert (one.outcome, one.command) == (Outcome.REPLACED, "chittyops deploy cart --env production")
    assert values(found)["environments.production"] == {}
    assert values(found)[f"{CART}.environments.production.deploy.environment"] == "production"
    assert not [key for key in values(found) if ".tasks." in key]


def test_what_cannot_be_done_yet_is_wrapped_and_said_to_be_planned() -> None:
    found = proposal(service(), script("cart/scripts/deploy.sh", DEPLOY), abilities=NOW)
    one = only_one(found)
    assert (one.outcome, one.command) == (Outcome.WRAPPED, "chittyops task run cart/deploy")
    assert one.planned == "chittyops deploy cart --env production"
    assert values(found)[f"{CART}.environments.production.deploy.environment"] == "production"
    assert values(found)[f"{CART}.tasks.deploy.file"] == "scripts/deploy.sh"


def test_a_configuration_file_of_its_own_is_a_setting() -> None:
    both = ("cart/wrangler.toml", "cart/wrangler.production.toml")
    deploy = action("deploy", "deploy worker", environment="production", config="wrangler.production.toml")
    found = proposal(service(config_files=both), script("cart/deploy.sh", deploy))
    assert values(found)[f"{CART}.environments.production.deploy.worker"] == "wrangler.production.toml"


def test_of_several_services_in_a_folder_a_plain_deploy_is_of_the_standard_configuration() -> None:
    other = service("cart-sync", config_files=("cart/wrangler.sync.toml",))
    plain, own = (
        script("cart/a.sh", DEPLOY),
        script("cart/b.sh", action("deploy", "deploy worker", config="wrangler.sync.toml")),
    )
    found = proposal(service(), other, plain, own, abilities=LATER)
    commands = [each.command for each in found.dispositions]
    assert commands == ["chittyops deploy cart --env production", "chittyops deploy cart-sync"]


def test_railway_is_told_by_its_deploy_command() -> None:
    deploy = action("deploy", "deploy service", "railway", environment="staging")
    found = proposal(service(platform="node"), script("cart/deploy.sh", deploy), abilities=LATER)
    assert values(found)[f"{CART}.platform"] == "railway"
    assert only_one(found).command == "chittyops deploy cart --env staging"


def test_another_platforms_command_is_not_taken_for_the_services_own() -> None:
    tail = action("health", "follow logs", "wrangler")
    assert only_one(proposal(service(platform="local"), script("cart/tail.sh", tail))).outcome is Outcome.WRAPPED


def test_partly_covered_is_wrapped() -> None:
    found = proposal(
        service(), script("cart/x.sh", DEPLOY, action("registry", "register service", "curl")), abilities=LATER
    )
    one = only_one(found)
    assert (one.outcome, one.reason) == (Outcome.WRAPPED, "a part of it has a command, the rest does not")


def test_a_build_before_a_deploy_is_covered_by_the_build_that_is_known() -> None:
    build = action("build", "build project", "npm")
    deploy = script("cart/x.sh", build, DEPLOY)
    assert only_one(proposal(service(), deploy, abilities=LATER)).outcome is Outcome.WRAPPED
    assert only_one(proposal(service(build="npm run build"), deploy, abilities=LATER)).outcome is Outcome.REPLACED


@pytest.mark.parametrize(
    "line", ["echo 1 > wrangler.toml", "sed -i s/a/b/ x", "mv a b", "echo x >>log", "cat x | tee y"]
)
def test_a_script_that_writes_files_does_more_than_its_commands_tell(line: str) -> None:
    found = proposal(
        service(), script("cart/x.sh", DEPLOY), abilities=LATER, texts={"cart/x.sh": f"{line}\nwrangler deploy\n"}
    )
    assert only_one(found).outcome is Outcome.WRAPPED


@pytest.mark.parametrize("line", ["echo a >/dev/null", "echo a >&2", "x 2> /dev/null", "x >= 3"])
def test_output_thrown_away_is_no_file(line: str) -> None:
    found = proposal(
        service(), script("cart/x.sh", DEPLOY), abilities=LATER, texts={"cart/x.sh": f"{line}\nwrangler deploy\n"}
    )
    assert only_one(found).outcome is Outcome.REPLACED


def test_a_program_is_wrapped_whatever_its_commands() -> None:
    found = proposal(service(), script("cart/deploy.js", DEPLOY, kind="javascript"), abilities=LATER)
    assert only_one(found).outcome is Outcome.WRAPPED


def test_an_environment_that_is_an_argument_cannot_be_passed_on() -> None:
    found = proposal(
        service(), script("cart/x.sh", action("deploy", "deploy worker", environment="$ENV")), abilities=LATER
    )
    one = only_one(found)
    assert (one.outcome, one.planned) == (Outcome.WRAPPED, "chittyops deploy cart --env ENV")
    assert not [key for key in values(found) if "environments.env" in key]


@pytest.mark.parametrize(
    ("done", "command"),
    [
        (action("deploy", "roll back"), "chittyops rollback cart"),
        (action("health", "follow logs"), "chittyops logs cart -f"),
        (action("health", "poll health", "curl", target="https://cart.example.com/health"), "chittyops status --watch"),
        (action("databases", "apply migrations", "drizzle-kit"), "chittyops db migrate cart"),
        (action("backup", "back up database", "pg_dump"), "chittyops backup create cart"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.verb,
)
def test_each_function_has_its_command(done: object, command: str) -> None:
    found = proposal(service(), script("cart/x.sh", done), abilities=LATER)  # type: ignore[arg-type]
    assert (only_one(found).outcome, only_one(found).command) == (Outcome.REPLACED, command)


@pytest.mark.parametrize(
    "found",
    [
        script("cart/fmt.sh", action("other", "run program", "prettier")),
        script("cart/tests/deploy.sh", DEPLOY),
        script("docs/deploy.sh", DEPLOY),
        script("cart/vendor/x/deploy.sh", DEPLOY),
        script(".husky/pre-push", action("testing", "run tests", "npm")),
        script("old/deploy.sh", DEPLOY),
        script("cart/package.json", action("testing", "run tests", "vitest"), kind="npm-script", name="test:watch"),
        script("cart/package.json", kind="npm-script", name="go", uses=("cart/deploy.sh",), categories=("deploy",)),
        script("cart/deploy\n.sh", DEPLOY),
    ],
    ids=["no ops", "tests", "docs", "vendored", "hook", "copy", "test script", "runs another", "odd name"],
)
def test_what_is_none_of_our_business_is_left(found: Script) -> None:
    old = service("cart", "old", status="copy", copy_of="cart")
    one = only_one(proposal(service(), old, found))
    assert one.outcome is Outcome.LEFT
    assert one.reason
    assert not one.command


def test_a_test_script_becomes_the_tests_where_there_are_none() -> None:
    uat = script("cart/uat.sh", action("testing", "run tests", "curl"))
    found = proposal(service(), uat)
    assert values(found)[f"{CART}.tests"] == "bash uat.sh"
    assert only_one(found).outcome is Outcome.LEFT
    other = proposal(service(tests=Suite("vitest", "npm test")), uat)
    assert (values(other)[f"{CART}.tests"], only_one(other).outcome) == ("npm test", Outcome.WRAPPED)


def test_a_task_declares_what_its_script_reads() -> None:
    text = (
        'set -euo pipefail\nwrangler kv put $1 "$TOKEN" ${DAYS:-7} $LOCAL\n'
        "for ITEM in a b; do echo $ITEM $HOME; done\nLOCAL=3\n"
    )
    inputs = ("TOKEN", "DAYS", "LOCAL", "ITEM", "HOME", "$1", "$2")
    seed = script("cart/seed.sh", action("databases", "write keys"), inputs=inputs, summary="Seed the  keys.")
    found = values(proposal(service(), seed, texts={"cart/seed.sh": text}))
    assert found[f"{CART}.tasks.seed.inputs"] == {
        "TOKEN": "required",
        "DAYS": "optional",
        "LOCAL": "optional",
        "CLOUDFLARE_API_TOKEN": "optional",
        "CLOUDFLARE_ACCOUNT_ID": "optional",
    }
    assert found[f"{CART}.tasks.seed.arguments"] == 1
    assert found[f"{CART}.tasks.seed.description"] == "Seed the keys."


def test_tasks_have_names_of_their_own() -> None:
    register = action("registry", "register service", "curl")
    found = proposal(
        service(),
        script("cart/a/go.sh", register),
        script("cart/b/go.sh", register),
        script("cart/package.json", register, kind="npm-script", name="go:now"),
        script("cart/Makefile", register, kind="make-target", name="go"),
        script("scripts/go.sh", register),
    )
    assert [each.task for each in found.dispositions] == ["cart/go", "cart/a-go", "cart/b-go", "cart/go-now", "go"]
    assert values(found)["services.cart.tasks.go.target"] == "go"
    assert values(found)["tasks.go.file"] == "scripts/go.sh"


def test_a_task_people_renamed_keeps_its_name() -> None:
    seed = script("cart/seed.sh", action("databases", "write keys"))
    data = {"fleet": "x", "services": {"cart": {"path": "cart", "tasks": {"sow": {"file": "seed.sh"}}}}}
    found = proposal(service(), seed, present=Present(data))
    assert only_one(found).task == "cart/sow"
    assert not [key for key in values(found) if key.endswith(".file")]


def test_a_cron_entry_gives_its_script_the_schedule() -> None:
    entry = script("cart/crontab", kind="cron", name="30 3 * * *", uses=("cart/report.sh",))
    found = proposal(service(), entry, script("cart/report.sh"))
    assert [each.outcome for each in found.dispositions] == [Outcome.REPLACED, Outcome.WRAPPED]
    assert found.dispositions[0].command == "chittyops task due --run"
    assert values(found)[f"{CART}.tasks.report.schedule"] == "30 3 * * *"


def test_a_cron_line_becomes_a_task_unless_it_needs_a_shell() -> None:
    run = action("backup", "back up database", "pg_dump", "pg_dump --file out orders")
    entry = script("cart/crontab", run, kind="cron", name="@daily")
    plain = values(proposal(service(), entry, texts={"cart/crontab": "@daily pg_dump --file out orders\n"}))
    assert plain[f"{CART}.tasks.pg-dump.command"] == "pg_dump --file out orders"
    assert plain[f"{CART}.tasks.pg-dump.schedule"] == "@daily"
    shell = proposal(service(), entry, texts={"cart/crontab": "@daily pg_dump --file out orders | gzip\n"})
    assert only_one(shell).outcome is Outcome.LEFT


def test_a_secret_in_a_vault_is_taken_from_there_unless_it_lies_in_a_file_too() -> None:
    text = 'export STRIPE_KEY="$(op read "op://Prod/stripe live/key")"\nNEW=$(op read op://Prod/new/key)\n'
    known = service(secrets=(Named("STRIPE_KEY", (Evidence("cart/.dev.vars.example", 2),)),))
    found = proposal(known, script("cart/x.sh", action("secrets", "read secret", "op")), texts={"cart/x.sh": text})
    remarks = {edit.keys[-1]: (edit.value, edit.remark) for edit in found.edits if edit.keys[2:3] == ("secrets",)}
    assert remarks["STRIPE_KEY"] == ("file:.dev.vars#STRIPE_KEY", "op://Prod/stripe live/key; cart/.dev.vars.example:2")
    assert remarks["NEW"] == ("op://Prod/new/key", "")


def test_a_workflow_is_left_to_its_vendor_with_what_could_do_its_work() -> None:
    flow = Workflow("cart/.github/workflows/x.yml", "Deploy", ("push",), ("deploy",), (DEPLOY,), ("deploy",))
    one = only_one(proposal(service(), flow))
    assert (one.outcome, one.planned) == (Outcome.LEFT, "chittyops deploy cart --env production")


def test_what_adoption_made_itself_is_no_script() -> None:
    kept = script("cart/.adopted.deploy.sh", DEPLOY)
    original = script("cart/package.json", DEPLOY, kind="npm-script", name="adopted:deploy")
    assert proposal(service(), kept, original).dispositions == ()
