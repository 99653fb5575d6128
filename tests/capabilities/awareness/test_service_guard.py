"""What is about to be run, judged."""

from __future__ import annotations

import shlex

import pytest
from tests.capabilities.awareness.samples import a_context

from chittyops.capabilities.awareness.model.context import Changes, Choice, Where
from chittyops.capabilities.awareness.model.project import FileChange, Head
from chittyops.capabilities.awareness.service.guard import DEPLOY, DESTROY, Intent, Verdict, intent, judge, worst


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("wrangler deploy --env production", DEPLOY),
        ("wrangler deploy --env=production --minify", DEPLOY),
        ("wrangler -e prod deploy", DEPLOY),
        ("wrangler --config other.toml deploy --env production", DEPLOY),
        ("wrangler d1 migrations apply shop --remote --env production", DEPLOY),
        ("/usr/local/bin/wrangler publish --env production", DEPLOY),
        ("vercel --prod", DEPLOY),
        ("vercel deploy --target=production", DEPLOY),
        ("netlify deploy --prod", DEPLOY),
        ("railway up --service cart --environment production", DEPLOY),
        ("chittyops deploy cart --env production", DEPLOY),
        ("wrangler delete --env production", DESTROY),
        ("wrangler d1 execute shop --remote --env production --command 'drop table t'", DESTROY),
        ("wrangler secret delete KEY --env production", DESTROY),
        ("railway down -e production", DESTROY),
        ("vercel env rm KEY production", DESTROY),
    ],
)
def test_what_names_production_is_seen(line: str, verb: str) -> None:
    found = intent(shlex.split(line))
    assert found
    assert found.verb == verb


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ls",
        "wrangler deploy",
        "wrangler deploy --env staging",
        "wrangler deploy --env $ENVIRONMENT",
        "wrangler deploy --env production --dry-run",
        "wrangler tail --env production",
        "wrangler d1 execute shop --env production --command 'select 1'",
        "wrangler secret list --env production",
        "vercel",
        "vercel env ls production",
        "vercel logs --prod",
        "railway logs -e production",
        "chittyops plan --env production",
        "echo wrangler deploy --env production",
        "wrangler deploy --env",
    ],
)
def test_what_is_harmless_or_not_certain_is_let_through(line: str) -> None:
    assert intent(shlex.split(line)) is None


DEPLOYS = Intent(DEPLOY, "wrangler deploy", "production")
DESTROYS = Intent(DESTROY, "wrangler delete", "production")


@pytest.mark.parametrize("what", [DEPLOYS, DESTROYS], ids=["deploy", "destroy"])
def test_a_branch_that_does_not_stand_for_production_blocks(what: Intent) -> None:
    found = judge(what, a_context(head=Head("branch", "feature/x")))
    assert found.action == "block"
    assert "feature/x" in found.message


@pytest.mark.parametrize("branch", ["main", "master", "release/1", "production"])
def test_the_right_branch_deploys(branch: str) -> None:
    assert judge(DEPLOYS, a_context(head=Head("branch", branch))) == Verdict()


def test_destroying_warns_on_the_right_branch() -> None:
    assert judge(DESTROYS, a_context()).action == "warn"


def test_a_branch_that_was_said_to_stand_for_production_deploys() -> None:
    said = Choice("production", "use", 0.95)
    assert judge(DEPLOYS, a_context(head=Head("branch", "blue"), environment=said)).action == "allow"
    guessed = Choice("production", "only", 0.9)
    assert judge(DEPLOYS, a_context(head=Head("branch", "blue"), environment=guessed)).action == "block"


@pytest.mark.parametrize("status", ["copy", "legacy", "quarantined"])
def test_what_is_not_in_use_is_not_deployed(status: str) -> None:
    there = Where("cart", "old/cart", "cloudflare", status, in_fleet=False)
    found = judge(DEPLOYS, a_context(where=there))
    assert found.action == "block"
    assert status in found.message
    elsewhere = Choice("cart", "use", 0.8)
    assert judge(DEPLOYS, a_context(where=there, service=elsewhere)).action == "allow", "only where the folder says so"


def test_files_that_are_not_committed_and_a_detached_head_warn() -> None:
    assert judge(DEPLOYS, a_context(changes=Changes(files=(FileChange("a", "modified"),)))).action == "warn"
    assert judge(DEPLOYS, a_context(head=Head("detached", "", "abc"))).action == "warn"


def test_without_a_repository_nothing_is_known_and_nothing_said() -> None:
    assert judge(DEPLOYS, a_context(head=Head())) == Verdict()


def test_the_gravest_verdict_counts() -> None:
    assert worst([Verdict(), Verdict("block", "b"), Verdict("warn", "w")]) == Verdict("block", "b")
    assert worst([]) == Verdict()
