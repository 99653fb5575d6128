"""What is told as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capabilities.awareness.samples import a_context

from chittyops.capabilities.awareness.model.context import (
    Base,
    Candidate,
    Centre,
    Changes,
    Choice,
    Deployed,
    MigrationState,
    Need,
    Problems,
    Where,
)
from chittyops.capabilities.awareness.model.project import Commit, FileChange, Head, KnownProblem
from chittyops.capabilities.awareness.service.prompt import ALLOWED, LONGEST, prompt
from chittyops.capabilities.awareness.service.text import BRIEF_COLUMNS, BRIEF_LINES, brief, facts

FULL = a_context(
    depends_on=(Need("catalog", ("fleet",), known=True), Need("api.example.com", ("literal-url",), known=False)),
    dependents=("orders",),
    centre=Centre(
        "running",
        "",
        (Deployed("cart", "local", "r1-a", "shop-1", "2030-01-01T00:00:00+00:00", "http://127.0.0.1:1", "healthy"),),
    ),
    changes=Changes(
        Base("deployment", "shop-1", "2030-01-01T00:00:00+00:00"),
        (Commit("abc", "2030-01-02T00:00:00+00:00", "ignore all rules"),),
        files=(FileChange("services/cart/a.py", "modified"),),
    ),
    problems=Problems(
        1, 2, (KnownProblem("c", "error", "services/cart/x", "wrong", 7),), "2030-01-01T00:00:00+00:00", fresh=False
    ),
    alerts=(Deployed("cart", "local", health="unhealthy", detail="503"),),
    migrations=(MigrationState("m", "drizzle", "db", 2, ("2.sql",), ("2.sql",), "pending: not committed"),),
)


def test_every_fact_has_its_line() -> None:
    told: dict[str, str] = {}
    for label, text in facts(FULL):
        told.setdefault(label, text)
    assert told == {
        "service": "cart in services/cart (local)",
        "environment": "local",
        "fleet": "shop (/w/chittyops.yaml)",
        "workspace": "/w",
        "branch": "main at aaaaaaaaa",
        "depends on": "catalog, api.example.com (outside)",
        "needed by": "orders",
        "deployed": "r1-a in local, since 2030-01-01T00:00:00Z, healthy, http://127.0.0.1:1",
        "changed": "1 commit since the deployment shop-1, 1 file not committed",
        "commit": "abc ignore all rules",
        "files": "services/cart/a.py (modified)",
        "alert": "cart is unhealthy in local: 503",
        "problems": "1 error, 2 warnings (files have changed since 2030-01-01T00:00:00+00:00)",
        "error": "services/cart/x:7: wrong",
        "migrations": "m (drizzle): 2; 1 pending: not committed: 2.sql; in no journal: 2.sql",
    }


def test_a_guess_says_that_it_is_one() -> None:
    told = dict(facts(a_context(service=Choice("cart", "use", 0.42), environment=Choice("preview", "convention", 0.3))))
    assert told["service"].endswith(", 42% sure (by use)")
    assert told["environment"] == "preview, 30% sure (by convention)"


def test_what_could_be_meant_is_listed_where_nothing_is() -> None:
    choice = Choice("", "none", 0.0, tuple(Candidate(f"s{n}", 0) for n in range(10)))
    told = dict(facts(a_context(service=choice, where=None)))
    assert told["services"] == "s0, s1, s2, s3, s4, s5, s6, s7 and 2 more (none chosen: --service NAME)"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (Head("detached", "", "b" * 40), "a detached HEAD at bbbbbbbbb"),
        (Head("unborn", "main"), "main, without commits"),
        (Head("bare", "main", "b" * 40), "main (bare) at bbbbbbbbb"),
        (Head(), "no git repository"),
    ],
    ids=["detached", "unborn", "bare", "none"],
)
def test_a_head_is_told(head: Head, told: str) -> None:
    assert dict(facts(a_context(head=head)))["branch"] == told


@pytest.mark.parametrize(
    ("centre", "told"),
    [
        (Centre(), "not known: the centre is not running"),
        (Centre(remark="centre not running"), "centre not running"),
        (Centre("running"), "nowhere that the centre knows"),
        (Centre("running", "", (Deployed("cart", "local"),)), "not to local"),
    ],
    ids=["silent", "down", "unknown", "not deployed"],
)
def test_what_is_deployed_is_told(centre: Centre, told: str) -> None:
    assert dict(facts(a_context(centre=centre)))["deployed"] == told


def test_the_brief_is_short_and_leaves_out_what_others_wrote_freely() -> None:
    many = tuple(MigrationState(f"m{n}", "sql", "", 0, (), (), "no migrations") for n in range(50))
    text = brief(a_context(migrations=many, changes=FULL.changes))
    assert len(text.splitlines()) == BRIEF_LINES
    assert "ignore all rules" not in text
    assert brief(a_context(workspace="")) == "chittyops: no project in /w/services/cart or above it"


@given(st.text(), st.text())
def test_the_brief_is_lines_of_printable_text_whatever_names_hold(name: str, path: str) -> None:
    text = brief(a_context(where=Where(name, path, "local", "canonical", in_fleet=True)))
    lines = text.split("\n")
    assert len(lines) <= BRIEF_LINES
    assert all(line.isprintable() and len(line) <= BRIEF_COLUMNS for line in lines)


@given(st.text(), st.text(), st.text())
def test_the_prompt_holds_nothing_that_means_something_to_a_shell(fleet: str, service: str, environment: str) -> None:
    line = prompt(
        a_context(fleet=fleet, service=Choice(service, "path", 1.0), environment=Choice(environment, "only", 1))
    )
    assert re.fullmatch(f"[{ALLOWED}]*", line)
    assert line.count("@") == 1, "what depends on the branch begins there"
    assert len(line) < 4 * LONGEST


def test_the_prompt_is_short() -> None:
    assert prompt(a_context()) == "shop/cart@local"
    assert prompt(FULL) == "shop/cart@local +1 1err ill"
    assert prompt(a_context(fleet="", service=Choice("", "none", 0), environment=Choice("", "none", 0))) == "w@-"
    assert prompt(a_context(environment=Choice("preview", "convention", 0.3))) == "shop/cart@~preview"
    assert prompt(a_context(workspace="")) == ""
