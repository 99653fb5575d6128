"""The audit: figures, functions, gaps, priorities, blast radius, leaks and the plan, from small inventories."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capabilities.audit.inventories import (
    act,
    credential,
    inventory,
    problem,
    script,
    secret,
    service,
    shop,
    workflow,
)

from chittyops.capabilities.audit.model import SEVERITIES, Knowledge, Recommendation, Report
from chittyops.capabilities.audit.service import audit
from chittyops.capabilities.audit.service.narrowing import narrowed, severe
from chittyops.interface.codec import dump, load
from chittyops.kernel.errors import NotFound
from chittyops.kernel.inventory import (
    CAPABILITIES,
    Dependency,
    Evidence,
    FoundService,
    Inventory,
    Migrations,
    Script,
    Stage,
    Store,
    Suite,
)

KNOWS = Knowledge(
    forms={
        ("deploy", "deploy worker"): "deploy {service}{env}",
        ("secrets", "put secret"): "secrets push {service}{env}",
    },
    can=lambda verb, _platform: verb in {"deploy", "adopt"},
    meanings={"placeholder-id": ("error", "An id was never filled in.")},
)


def mark(capability: str, each: FoundService, **more: object) -> tuple[str, str]:
    """Return state and reason of one capability of ``each``, which is looked at alone."""
    (row,) = (row for row in audit(inventory(each, **more)).coverage if row.service == each.name)
    return row.marks[capability].state, row.marks[capability].reason


class TestFigures:
    def test_they_count_what_is_there(self) -> None:
        figures = audit(shop()).summary
        assert (figures.services, figures.repositories, figures.scripts, figures.workflows) == (3, 3, 3, 1)
        assert (figures.functions, figures.duplicated, figures.leaks) == (4, 2, 1)
        assert (figures.dependencies, figures.undefined_targets) == (2, 1)
        assert {each.name: each.count for each in figures.severities} == {"error": 1, "warning": 1, "info": 1}

    def test_copies_and_libraries_are_found_but_not_audited(self) -> None:
        report = audit(inventory(service("a"), service("b", status="copy"), service("c", kind="library")))
        assert (report.summary.services, report.summary.found) == (1, 3)
        assert [row.service for row in report.coverage] == ["a"]

    def test_the_verdict_is_made_from_the_figures(self) -> None:
        verdict = " ".join(audit(shop()).summary.verdict)
        assert "3 services in 3 repositories (3 on cloudflare)" in verdict
        assert "1 credential is committed" in verdict
        assert "accounts has the largest blast radius: 2 services break with it." in verdict

    def test_an_empty_workspace_has_a_report_too(self) -> None:
        report = audit(inventory())
        assert report.summary.verdict == ("No service of one's own was found: there is no operation to audit.",)
        assert report.recommendations == ()
        assert report.phases == ()


class TestFunctions:
    def test_each_has_its_capability_and_the_command_that_replaces_it(self) -> None:
        (found,) = audit(
            inventory(service("a"), scripts=(script("a/x.sh", act("deploy", "deploy worker", environment="staging")),)),
            KNOWS,
        ).functions
        assert (found.capability, found.command, found.planned) == ("deploy", "chittyops deploy a --env staging", False)

    @pytest.mark.parametrize("environment", ["$ENVIRONMENT", "${1:-dev}", "local"])
    def test_an_environment_that_is_not_a_name_is_not_put_into_a_command(self, environment: str) -> None:
        done = script("a/x.sh", act("deploy", "deploy worker", environment=environment))
        assert audit(inventory(service("a"), scripts=(done,)), KNOWS).functions[0].command == "chittyops deploy a"

    def test_a_command_that_does_not_exist_is_planned(self) -> None:
        done = script("a/x.sh", act("secrets", "put secret"))
        found = audit(inventory(service("a"), scripts=(done,)), KNOWS).functions[0]
        assert (found.command, found.planned) == ("chittyops secrets push a", True)

    def test_what_no_command_does_is_a_task(self) -> None:
        done = script("a/scripts/prune-old.sh", act("backup", "copy objects"))
        assert (
            audit(inventory(service("a"), scripts=(done,)), KNOWS).functions[0].command
            == "chittyops task run prune-old"
        )

    def test_builds_stay_where_they_are(self) -> None:
        found = audit(inventory(service("a"), scripts=(script("a/x.sh", act("build", "build project")),))).functions[0]
        assert (found.capability, found.command, found.verbs) == ("", "", ("build project",))

    def test_a_script_without_actions_is_none(self) -> None:
        assert audit(inventory(service("a"), scripts=(script("a/x.sh"),))).functions == ()

    def test_exact_and_near_duplicates_are_grouped(self) -> None:
        deploys = act("deploy", "deploy worker")
        scripts = (
            script("a/1.sh", deploys, digest="x", similar="a/1.sh"),
            script("b/1.sh", deploys, digest="x", similar="a/1.sh"),
            script("c/1.sh", deploys, digest="y", similar="a/1.sh"),
            script("d/1.sh", deploys, digest="z"),
        )
        groups = {group.exact: group for group in audit(inventory(service("a"), scripts=scripts)).duplicates}
        assert [each.path for each in groups[True].members] == ["a/1.sh", "b/1.sh"]
        assert [each.path for each in groups[False].members] == ["a/1.sh", "c/1.sh"]
        assert (groups[True].lines, groups[True].services) == (10, ("a", "b"))

    def test_short_scripts_that_do_no_ops_work_are_no_duplicates(self) -> None:
        build = act("build", "build project")
        scripts = tuple(script(f"{name}/package.json", build, digest="x", lines=1) for name in "ab")
        assert audit(inventory(service("a"), scripts=scripts)).duplicates == ()


class TestCapabilities:
    def test_a_bare_worker_lacks_most(self) -> None:
        states = {name: each.state for name, each in audit(inventory(service("a"))).coverage[0].marks.items()}
        assert list(states) == list(CAPABILITIES)
        assert states["health"] == states["testing"] == states["security"] == "missing"
        assert states["backup"] == states["databases"] == states["secrets"] == states["events"] == "not-applicable"
        assert states["deploy"] == states["config"] == "partial"

    def test_health_needs_an_endpoint_and_somebody_who_asks(self) -> None:
        seen = (Evidence("a/src/index.ts", 5),)
        each = service("a", health="/health", health_evidence=seen)
        asks = script("a/check.sh", act("health", "poll health"))
        assert mark("health", each) == ("partial", "has a health endpoint; lacks a check that asks it")
        assert mark("health", each, scripts=(asks,))[0] == "present"
        spoiled = problem("health-check-accepts-errors", "warning", "a/check.sh")
        assert mark("health", each, scripts=(asks,), problems=(spoiled,)) == (
            "partial",
            "has a health endpoint and a check that asks it, but: health-check-accepts-errors",
        )

    @pytest.mark.parametrize("kind", ["mcp-stdio", "static", "job"])
    def test_what_answers_no_requests_needs_no_health(self, kind: str) -> None:
        assert mark("health", service("a", kind=kind))[0] == "not-applicable"

    def test_deploying_needs_a_configuration_and_something_that_deploys(self) -> None:
        deploys = script("a/x.sh", act("deploy", "deploy worker"))
        assert mark("deploy", service("a"), scripts=(deploys,))[0] == "present"
        assert mark("deploy", service("a", config_files=()))[0] == "missing"
        spoiled = problem("placeholder-id", "error", "a/wrangler.jsonc")
        assert mark("deploy", service("a"), scripts=(deploys,), problems=(spoiled,))[0] == "partial"

    def test_a_workflow_that_never_runs_deploys_nothing(self) -> None:
        idle = workflow("a/.github/workflows/x.yml", act("deploy", "deploy worker"), active=False)
        assert mark("deploy", service("a"), workflows=(idle,))[0] == "partial"

    def test_a_workflow_of_the_repository_counts_for_its_services(self) -> None:
        scan = workflow("mono/.github/workflows/x.yml", act("security", "scan for secrets"), service="")
        report = audit(inventory(service("a", repository="mono"), service("b"), workflows=(scan,)))
        assert [row.marks["security"].state for row in report.coverage] == ["present", "missing"]

    def test_platforms_that_deploy_what_is_pushed_need_no_script(self) -> None:
        assert mark("deploy", service("a", platform="vercel"))[0] == "present"

    def test_secrets_are_to_be_declared_all(self) -> None:
        both = (secret("A", "a/.env.example", "a/src/x.ts"), secret("B", "a/src/x.ts"))
        assert mark("secrets", service("a", secrets=both[:1]))[0] == "present"
        assert mark("secrets", service("a", secrets=both))[0] == "partial"
        assert mark("secrets", service("a", secrets=both[1:]))[0] == "missing"
        leaked = problem("secret-in-vars", "error", "a/wrangler.jsonc")
        assert mark("secrets", service("a", secrets=both[:1]), problems=(leaked,))[0] == "partial"

    def test_a_database_needs_migrations_and_a_backup(self) -> None:
        kept = Migrations("a/drizzle", "drizzle", 3, "journaled")
        each = service("a", databases=(Store("main", "postgres", "DATABASE_URL", (kept,)),))
        work = (
            script("a/x.sh", act("databases", "apply migrations")),
            script("a/y.sh", act("backup", "back up database")),
        )
        assert mark("databases", each)[0] == "partial"
        assert mark("databases", each, scripts=work)[0] == "present"
        assert mark("backup", each)[0] == "missing"
        assert mark("backup", each, scripts=work)[0] == "present"

    @pytest.mark.parametrize(
        ("suite", "state"),
        [(None, "missing"), (Suite("vitest", "vitest run"), "partial"), (Suite("vitest", "vitest run", 4), "present")],
    )
    def test_tests_are_a_command_and_files(self, suite: Suite | None, state: str) -> None:
        assert mark("testing", service("a", tests=suite))[0] == state

    def test_configuration_is_a_file_and_environments(self) -> None:
        stages = {"production": Stage(), "staging": Stage()}
        assert mark("config", service("a", environments=stages))[0] == "present"
        assert mark("config", service("a", config_files=()))[0] == "not-applicable"

    def test_a_queue_is_messaging(self) -> None:
        queue = {"queues": ({"binding": "JOBS", "queue": "jobs"},)}
        assert mark("events", service("a", bindings=queue))[0] == "present"
        report = audit(inventory(service("a"), service("b", needs=("a",))))
        assert [row.marks["events"].state for row in report.coverage] == ["missing", "missing"]

    def test_services_of_one_name_have_rows_of_their_own(self) -> None:
        one, other = service("a", path="one/a", repository="one"), service("a", path="two/a", repository="two")
        checked = problem("no-tests", "warning", "one/a/package.json", service="a")
        suite = Suite("vitest", "vitest", 2)
        rows = audit(inventory(replace(one, tests=suite), replace(other, tests=suite), problems=(checked,))).coverage
        assert [(row.path, row.marks["testing"].state) for row in rows] == [("one/a", "partial"), ("two/a", "present")]


class TestBlastRadius:
    def test_it_follows_the_calls_however_far(self) -> None:
        chain = inventory(service("a"), service("b", needs=("a",)), service("c", needs=("b",)), service("d"))
        first = audit(chain).radii[0]
        assert (first.service, first.direct, first.transitive, first.share) == ("a", ("b",), ("c",), 67)

    def test_circles_end(self) -> None:
        radii = audit(inventory(service("a", needs=("b",)), service("b", needs=("a",)))).radii
        assert [(each.service, each.direct) for each in radii] == [("a", ("b",)), ("b", ("a",))]

    def test_services_of_one_name_break_together(self) -> None:
        one = service("a", path="one/a", repository="one", needs=("x",))
        other = service("a", path="two/a", repository="two", needs=("y",))
        radii = {each.service: each.direct for each in audit(inventory(one, other, service("x"), service("y"))).radii}
        assert radii["x"] == radii["y"] == ("a",)

    @given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40))
    def test_it_is_what_a_walk_finds(self, edges: list[tuple[int, int]]) -> None:
        needs = {f"s{n}": tuple(f"s{to}" for at, to in edges if at == n) for n in range(12)}
        for each in audit(inventory(*(service(name, needs=found) for name, found in needs.items()))).radii:
            reached, pending = set[str](), [each.service]
            while pending:
                current = pending.pop()
                pending += (new := [name for name, found in needs.items() if current in found and name not in reached])
                reached.update(new)
            assert {*each.direct, *each.transitive} == reached - {each.service}

    def test_the_map_tells_undefined_and_unreachable_links(self) -> None:
        far = Dependency("a", "literal-url", (Evidence("b/old.ts", 1),), reachable=False)
        report = audit(inventory(service("a"), replace(service("b", needs=("ghost",)), depends_on=(
            *service("b", needs=("ghost",)).depends_on, far))))  # fmt: skip
        assert [(each.name, each.platform) for each in report.map.nodes][-1] == ("ghost", "undefined")
        assert [(each.needed, each.reachable) for each in report.map.links] == [("a", False), ("ghost", True)]


class TestIntegrations:
    def test_a_store_that_several_bind_is_shared(self) -> None:
        bound = {"kv": ({"binding": "CACHE", "id": "0123456789abcdef"},)}
        found = audit(
            inventory(service("a", bindings=bound), service("b", environments={"dev": Stage(bound)}))
        ).integrations
        assert [(each.name, each.services, each.detail) for each in found if each.kind == "shared"] == [
            ("0123456789abcdef", ("a", "b"), "kv")
        ]

    @pytest.mark.parametrize("identity", ["PLACEHOLDER_KV", "<id>", "your-kv-id", "", "0000000000"])
    def test_a_placeholder_is_shared_with_nobody(self, identity: str) -> None:
        bound = {"kv": ({"binding": "CACHE", "id": identity},)}
        found = audit(inventory(service("a", bindings=bound), service("b", bindings=bound))).integrations
        assert [each for each in found if each.kind == "shared"] == []

    def test_outside_addresses_tools_and_pipelines_are_named(self) -> None:
        calls = Dependency("api.example.com", "literal-url", (Evidence("a/x.ts", 1),))
        found = audit(
            inventory(
                service("a", depends_on=(calls,)),
                scripts=(script("a/x.sh", act("deploy", "deploy worker", "wrangler deploy")),),
                workflows=(workflow("a/.github/workflows/ci.yml", act("testing", "run tests", "npm test")),),
            )
        ).integrations
        assert {(each.kind, each.name) for each in found} == {
            ("host", "api.example.com"),
            ("platform", "cloudflare"),
            ("ci", "GitHub Actions"),
            ("tool", "npm"),
            ("tool", "wrangler"),
        }


class TestLeaks:
    def test_one_value_in_several_places_is_one_leak_with_all_it_touches(self) -> None:
        (leak,) = audit(shop()).leaks
        assert [each.path for each in leak.places] == ["accounts/.env", "orders/.env"]
        assert (leak.services, leak.downstream) == (("accounts", "orders"), ("storefront",))

    def test_what_opens_an_account_is_rotated_first_then_what_reaches_far(self) -> None:
        found = (
            credential("stripe-key", "c/.env", "3"),
            credential("stripe-key", "a/.env", "2"),
            credential("github-token", "c/.env", "1"),
        )
        chain = (service("a"), service("b", needs=("a",)), service("c"))
        leaks = audit(inventory(*chain, credentials=found)).leaks
        assert [(each.order, each.fingerprint) for each in leaks] == [(1, "1"), (2, "2"), (3, "3")]

    def test_a_leak_outside_of_any_service_is_held_by_the_folder_above_or_nobody(self) -> None:
        found = (
            replace(credential("x", "a/deep/er/.env", "1"), service=""),
            replace(credential("x", "notes/.env", "2"), service=""),
        )
        leaks = {each.fingerprint: each.services for each in audit(inventory(service("a"), credentials=found)).leaks}
        assert leaks == {"1": ("a",), "2": ()}


class TestPriorities:
    def test_a_leak_stands_above_all(self) -> None:
        first = audit(shop()).recommendations[0]
        assert (first.name, first.urgent, first.phase) == ("rotate-credentials", True, 1)

    def test_the_order_is_that_of_the_score(self) -> None:
        found = audit(shop(), KNOWS).recommendations
        rest = [each.score for each in found if not each.urgent]
        assert rest == sorted(rest, reverse=True)
        for each in found:
            assert each.score == 4 * each.impact - each.effort - each.risk + 6
            assert {each.impact, each.effort, each.risk} <= set(range(1, 6))

    def test_impact_grows_with_what_depends_on_it(self) -> None:
        fleet = (*(service(f"s{n}", needs=("hub",)) for n in range(5)), service("hub"), service("rim"))
        hub, rim = (
            audit(inventory(*fleet, problems=(problem("placeholder-id", "error", f"{name}/x"),)))
            for name in ("hub", "rim")
        )
        assert named(hub, "placeholder-id").impact > named(rim, "placeholder-id").impact

    def test_effort_grows_with_the_places(self) -> None:
        few, many = (
            audit(
                inventory(
                    service("a"),
                    problems=tuple(problem("unknown-script", "error", "a/x", line=n) for n in range(count)),
                )
            )
            for count in (1, 30)
        )
        assert named(few, "unknown-script").effort < named(many, "unknown-script").effort

    def test_risk_is_what_the_change_can_break_where_it_is_live(self) -> None:
        tried = service("a", environments={"staging": Stage()})
        live = service("a", environments={"production": Stage(), "staging": Stage()})
        problems = (problem("placeholder-id", "error", "a/x"),)
        risks = [named(audit(inventory(each, problems=problems)), "placeholder-id").risk for each in (tried, live)]
        assert risks == [2, 3]
        assert "production" in named(audit(inventory(live, problems=problems)), "placeholder-id").why

    def test_remarks_call_for_nothing(self) -> None:
        found = audit(
            inventory(service("a"), problems=(problem("link-out-of-workspace", "info", "a/x"),))
        ).recommendations
        assert "link-out-of-workspace" not in {each.name for each in found}

    def test_a_code_nobody_wrote_a_theme_for_has_a_place(self) -> None:
        found = audit(inventory(service("a"), problems=(problem("brand-new", "error", "a/x"),)))
        assert named(found, "brand-new").title == "Settle brand-new"

    def test_what_many_need_is_to_be_guarded(self) -> None:
        fleet = (*(service(f"s{n}", needs=("hub",)) for n in range(5)), service("hub"))
        assert named(audit(inventory(*fleet)), "guard").services == ("hub",)


class TestPlan:
    def test_every_recommendation_is_in_one_phase(self) -> None:
        report = audit(shop(), KNOWS)
        assert sorted(name for phase in report.phases for name in phase.items) == sorted(
            each.name for each in report.recommendations
        )
        assert [phase.number for phase in report.phases] == sorted({each.phase for each in report.recommendations})

    def test_the_bleeding_is_stopped_first(self) -> None:
        first = audit(shop()).phases[0]
        assert (first.number, first.items[0]) == (1, "rotate-credentials")
        assert "placeholder-id" in first.items

    def test_the_same_inventory_gives_the_same_report(self) -> None:
        assert audit(shop(), KNOWS) == audit(shop(), KNOWS)


class TestNarrowing:
    def test_it_keeps_what_is_about_a_service(self) -> None:
        report = narrowed(audit(shop()), ["storefront"])
        assert [row.service for row in report.coverage] == ["storefront"]
        assert report.problems == ()
        assert [each.name for each in report.map.nodes] == ["orders", "storefront"]
        assert all("storefront" in each.services for each in report.recommendations)

    def test_it_keeps_what_is_severe(self) -> None:
        report = narrowed(audit(shop()), severity="warning")
        assert {each.severity for each in report.problems} == {each.severity for each in report.summary.codes}
        assert len(report.problems) == 2

    def test_a_name_that_is_not_there_is_told(self) -> None:
        with pytest.raises(NotFound, match="no service of the report is called order"):
            narrowed(audit(shop()), ["order"])

    @pytest.mark.parametrize(("severity", "count"), list(zip(SEVERITIES, (2, 3, 4), strict=True)))
    def test_leaks_count_as_errors(self, severity: str, count: int) -> None:
        assert severe(audit(shop()), severity) == count


def test_the_report_is_plain_json_both_ways() -> None:
    report = audit(shop(), KNOWS)
    assert load(Report, dump(report)) == report


def test_600_services_take_less_than_two_seconds() -> None:
    started = time.perf_counter()
    report = audit(crowd(600))
    assert time.perf_counter() - started < 2
    assert report.summary.services == 600


def crowd(count: int) -> Inventory:
    """Return a workspace of many services that need each other, with scripts and problems."""
    services, scripts = list[FoundService](), list[Script]()
    for n in range(count):
        needs = tuple(f"s{(n * k) % n}" for k in (3, 7) if n)
        services.append(service(f"s{n}", repository=f"r{n // 8}", needs=needs))
        scripts += [
            script(f"r{n // 8}/s{n}/{k}.sh", act("deploy", "deploy worker"), digest=f"{n % 9}{k}") for k in range(4)
        ]
    problems = tuple(problem("placeholder-id", "error", f"r{n % 75}/s{n}/x", service=f"s{n}") for n in range(count))
    return inventory(*services, scripts=tuple(scripts), problems=problems)


def named(report: Report, name: str) -> Recommendation:
    """Return the recommendation of this name."""
    return next(each for each in report.recommendations if each.name == name)
