"""Workflows of GitHub and pipelines of others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.model.facts import WorkflowFacts
from chittyops.capabilities.discovery.service.facts import pipelines, registry, workflow

PATH = ".github/workflows/deploy.yml"
DEPLOY = """\
name: Deploy
on:
  push: {branches: [main]}
  schedule: [{cron: "0 3 * * *"}]
defaults:
  run:
    working-directory: api
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@v4
      - name: Deploy
        continue-on-error: true
        run: |
          npm ci
          npx wrangler deploy --env ${{ inputs.environment }}
        env:
          CLOUDFLARE_API_TOKEN: ${{ secrets.CLOUDFLARE_API_TOKEN }}
      - run: npm test
        working-directory: ./web/
      - uses: cloudflare/wrangler-action@v3
        with:
          apiToken: planted-secret
          workingDirectory: edge
          command: deploy --config wrangler.prod.toml
          environment: staging
          secrets: |
            API_KEY
  call:
    uses: ./.github/workflows/other.yml
"""


def read(text: str) -> WorkflowFacts:
    found = workflow.read(PATH, text).workflow
    assert found is not None
    return found


def test_a_workflow_has_its_triggers_jobs_and_secrets() -> None:
    found = read(DEPLOY)
    assert (found.name, found.triggers) == ("Deploy", ("push", "schedule: 0 3 * * *"))
    assert [job.name for job in found.jobs] == ["deploy", "call"]
    assert found.secrets == (("CLOUDFLARE_API_TOKEN", 20),)


def test_steps_have_their_commands_folders_and_lines() -> None:
    commands = read(DEPLOY).jobs[0].commands
    assert [(each.words[:3], each.line, each.folder, each.ignored) for each in commands] == [
        (("uses", "actions/checkout@v4"), 13, "api", False),
        (("npm", "ci"), 17, "api", True),
        (("npx", "wrangler", "deploy"), 18, "api", True),
        (("npm", "test"), 21, "web", False),
        (("uses", "cloudflare/wrangler-action@v3", "apiToken=***"), 23, "api", False),
        (("wrangler", "deploy", "--config"), 23, "edge", False),
        (("wrangler", "secret", "put"), 23, "edge", False),
    ]
    assert commands[2].words[-1] == "$environment"
    assert commands[2].assigns == ("ENVIRONMENT=production",)
    assert commands[5].words[-2:] == ("--env", "staging")
    assert "planted" not in repr(commands)


def test_another_workflow_that_is_called_is_a_command() -> None:
    assert read(DEPLOY).jobs[1].commands[0].words == ("uses", "./.github/workflows/other.yml")


def test_expected_secrets_are_told() -> None:
    found = workflow.read(PATH, DEPLOY).secrets
    assert [(each.name, each.source) for each in found] == [("CLOUDFLARE_API_TOKEN", "workflow"), ("API_KEY", "put")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("on: push\n", 1),
        ("on: pushes\njobs: {a: {steps: []}}\n", 1),
        ("jobs: {a: {steps: []}}\n", 1),
        ("on: push\njobs:\n  a:\n    if: false\n  b:\n    if: ${{ false }}\n", 4),
    ],
    ids=["no jobs", "unknown event", "no trigger", "switched off"],
)
def test_a_workflow_that_never_runs_is_told(text: str, line: int) -> None:
    problems = workflow.read(PATH, text).problems
    assert [(each.code, each.line) for each in problems] == [("inert-workflow", line)]


def test_a_workflow_that_runs_is_not() -> None:
    assert workflow.read(PATH, DEPLOY).problems == ()


def test_invalid_yaml_is_told_with_its_line() -> None:
    problem = workflow.read(PATH, "on: push\njobs:\n  a:\n   - b\n  c: [\n").problems[0]
    assert (problem.code, problem.line) == ("unparsable", 5)


def test_a_composite_action_is_a_script() -> None:
    text = (
        "name: Set up\nruns:\n  using: composite\n  steps:\n"
        "    - run: npm ci\n      shell: bash\n    - run: print(1)\n      shell: python\n"
    )
    script = workflow.action(".github/actions/setup/action.yml", text).scripts[0]
    assert (script.name, [each.words for each in script.commands]) == ("setup", [("npm", "ci")])


@pytest.mark.parametrize(
    ("path", "text", "job", "line"),
    [
        (".gitlab-ci.yml", "stages: [d]\ndeploy:\n  script:\n    - npm ci\n    - fly deploy\n", "deploy", 5),
        (
            ".circleci/config.yml",
            "jobs:\n  go:\n    steps:\n    - run: npm ci\n    - run:\n        command: |\n          fly deploy\n",
            "go",
            7,
        ),
        (
            "bitbucket-pipelines.yml",
            "pipelines:\n  default:\n    - step:\n        script:\n        - fly deploy\n",
            "default",
            5,
        ),
    ],
    ids=["gitlab", "circleci", "bitbucket"],
)
def test_pipelines_of_others_are_read(path: str, text: str, job: str, line: int) -> None:
    reader = registry.recogniser(path, text)
    found = pipelines.read(path, text).workflow
    assert reader is pipelines.read
    assert found is not None
    assert found.jobs[0].name == job
    last = found.jobs[0].commands[-1]
    assert (last.words, last.line) == (("fly", "deploy"), line)


VALUES = st.recursive(
    st.sampled_from(["a", "1", "${{ secrets.X }}", "${{ secrets", "|", "false", "x: ["]),
    lambda inner: st.lists(inner, max_size=3).map(lambda each: "[" + ", ".join(each) + "]"),
    max_leaves=5,
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["on", "jobs", "  a", "    steps", "      - run", "        with", "    uses", "    environment"]
            ),
            VALUES,
        )
    )
)
@settings(max_examples=150, deadline=2_000)
def test_garbage_never_raises(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{key}: {value}" for key, value in lines)
    for read_any in (workflow.read, workflow.action, pipelines.read):
        read_any(".github/workflows/x.yml", text)


def test_a_workflow_that_is_commented_out_never_runs() -> None:
    facts = workflow.read(PATH, "# name: Deploy\n\n# on: push\n# jobs:\n")
    assert [(each.code, each.severity) for each in facts.problems] == [("inert-workflow", "warning")]
    assert [each.code for each in workflow.read(PATH, "- a\n").problems] == ["unparsable"]
