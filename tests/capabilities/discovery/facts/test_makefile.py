"""Makefiles, justfiles, Taskfiles and crontabs."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service.facts import crontab, makefile, taskfile


def told(facts: Facts) -> list[tuple[str, int, list[tuple[tuple[str, ...], int]]]]:
    return [(each.name, each.line, [(c.words, c.line) for c in each.commands]) for each in facts.scripts]


def test_a_makefile_has_its_targets_with_variables_put_in() -> None:
    text = (
        "ENV ?= staging\n.PHONY: deploy\n\ndeploy: build  ## Deploy it\n"
        "\t@cd api && \\\n\t  npx wrangler deploy --env $(ENV)\n"
        "\t-rm -rf $$TMP\n\nbuild:\n\ttsc $(FLAGS)\n"
    )
    facts = makefile.read("Makefile", text)
    assert told(facts) == [
        (
            "deploy",
            4,
            [
                (("make", "build"), 4),
                (("cd", "api"), 5),
                (("npx", "wrangler", "deploy", "--env", "staging"), 6),
                (("rm", "-rf", "$TMP"), 7),
            ],
        ),
        ("build", 9, [(("tsc", "$FLAGS"), 10)]),
    ]
    deploy = facts.scripts[0]
    assert deploy.summary == "Deploy it"
    assert [each.folder for each in deploy.commands] == ["", "api", "api", ""]
    assert deploy.commands[-1].ignored


def test_a_makefile_with_includes_may_have_any_target() -> None:
    found = makefile.read("Makefile", "include ops.mk\n\na:\n\ttrue\n")
    assert [each.name for each in found.scripts] == ["%", "a"]


def test_values_of_secrets_in_a_makefile_are_never_kept() -> None:
    assert "planted" not in repr(makefile.read("Makefile", "API_TOKEN = planted\na:\n\tcurl -H $(API_TOKEN) x\n"))


def test_a_justfile_has_its_recipes() -> None:
    text = (
        'env := "staging"\n\n# Deploy it\ndeploy target="api": build\n'
        "    wrangler deploy --env {{env}} --name {{target}}\n\nbuild:\n    tsc\n"
    )
    facts = makefile.just("justfile", text)
    assert told(facts) == [
        ("deploy", 4, [(("just", "build"), 4), (("wrangler", "deploy", "--env", "staging", "--name", "$target"), 5)]),
        ("build", 7, [(("tsc",), 8)]),
    ]
    assert facts.scripts[0].summary == "Deploy it"


def test_a_taskfile_has_its_tasks() -> None:
    text = (
        "version: '3'\ntasks:\n  deploy:\n    desc: Deploy it\n    dir: api\n    deps: [build]\n    cmds:\n"
        "      - wrangler deploy --env {{.ENV}}\n      - task: notify\n  build: tsc\n"
    )
    facts = taskfile.read("Taskfile.yml", text)
    assert told(facts) == [
        ("deploy", 3, [(("task", "build"), 6), (("wrangler", "deploy", "--env", "$ENV"), 8), (("task", "notify"), 9)]),
        ("build", 10, [(("tsc",), 10)]),
    ]
    assert {each.folder for each in facts.scripts[0].commands} == {"api"}


def test_an_invalid_taskfile_is_unparsable_at_its_line() -> None:
    problem = taskfile.read("Taskfile.yml", "tasks:\n  a: [\n").problems[0]
    assert (problem.code, problem.line) == ("unparsable", 2)


def test_a_crontab_has_its_entries() -> None:
    text = (
        "MAILTO=ops@example.com\n# at night\n0 3 * * * root /opt/app/backup.sh --all\n"
        "@daily pg_dump app%ignored\nnot an entry\n"
    )
    assert told(crontab.read("crontab", text)) == [
        ("0 3 * * *", 3, [(("/opt/app/backup.sh", "--all"), 3)]),
        ("@daily", 4, [(("pg_dump", "app"), 4)]),
    ]


def test_a_timer_starts_its_unit() -> None:
    text = "[Timer]\nOnCalendar=daily\n"
    assert told(crontab.timer("a/sync.timer", text)) == [("daily", 2, [(("systemctl", "start", "sync.service"), 2)])]


def test_a_property_list_has_its_times() -> None:
    text = (
        '<?xml version="1.0"?>\n<plist version="1.0"><dict>\n<key>ProgramArguments</key><array><string>/bin/sh</string>'
        "<string>b.sh</string></array>\n<key>StartCalendarInterval</key><dict><key>Hour</key><integer>3</integer></dict>\n"
        "</dict></plist>\n"
    )
    assert told(crontab.plist("a.plist", text)) == [("* 3 * * *", 3, [(("/bin/sh", "b.sh"), 3)])]
    assert crontab.plist("a.plist", "StartInterval <plist><broken").scripts == ()


LINES = st.lists(
    st.sampled_from(
        [
            "a: b",
            "\tx $(Y) $$z",
            "Y := 1",
            "\\",
            "define q",
            "include z",
            ":",
            "=",
            "* * * * * x",
            "- {{.}}",
            "tasks:",
            "%: a",
            "<plist>StartInterval",
        ]
    )
)


@given(LINES)
@settings(max_examples=150, deadline=2_000)
def test_garbage_never_raises(lines: list[str]) -> None:
    text = "\n".join(lines)
    for read in (makefile.read, makefile.just, taskfile.read, crontab.read, crontab.timer, crontab.plist):
        assert all(each.line <= len(lines) for each in read("x", text).scripts)


def test_a_test_target_that_only_says_something_tests_nothing() -> None:
    def problems(recipe: str) -> list[tuple[str, int]]:
        return [(each.code, each.line) for each in makefile.read("Makefile", f"test:\n\t@{recipe}\n").problems]

    assert problems('echo "(No tests configured)"') == [("no-tests", 2)]
    assert problems("echo testing && pytest") == []
    assert makefile.read("Makefile", "test: unit\n\t@echo done\nunit:\n\tpytest\nbuild:\n\techo x\n").problems == ()
