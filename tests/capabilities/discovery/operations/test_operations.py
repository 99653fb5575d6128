"""What scripts and workflows do, what they run, and which are alike."""

from __future__ import annotations

import random
import time

import pytest

from chittyops.capabilities.discovery.model.facts import Command, Facts
from chittyops.capabilities.discovery.service import operations
from chittyops.capabilities.discovery.service.facts import registry, shell
from chittyops.capabilities.discovery.service.operations import classify, similar, table
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import CAPABILITIES, Script


def world(files: dict[str, str], repositories: tuple[str, ...] = (".",)) -> World:
    facts = {path: read(path, text) for path, text in files.items() if (read := registry.recogniser(path, text))}
    return World("w", frozenset(files), repositories, facts)


def scripts(files: dict[str, str]) -> dict[str, Script]:
    found = operations.scripts(world(files))
    return {each.path if each.kind == "shell" else f"{each.path}#{each.name}": each for each in found}


@pytest.mark.parametrize(
    ("line", "category", "verb"),
    [
        ("npx wrangler deploy --env production", "deploy", "deploy worker"),
        ("wrangler deploy --dry-run --outdir dist", "build", "build worker"),
        ("wrangler --config a.toml pages deploy dist", "deploy", "deploy pages"),
        ('echo "$X" | wrangler secret put API_KEY', "secrets", "put secret"),
        ("wrangler d1 migrations apply DB --remote", "databases", "apply migrations"),
        ("wrangler d1 export DB --output a.sql", "backup", "export database"),
        ("wrangler kv:namespace create CACHE", "resources", "create key-value namespace"),
        ("wrangler kv namespace create CACHE", "resources", "create key-value namespace"),
        ("wrangler tail", "health", "follow logs"),
        ("railway up --service api", "deploy", "deploy service"),
        ("vercel --prod", "deploy", "deploy project"),
        ("vercel env pull .env", "secrets", "pull variables"),
        ("flyctl secrets set A=b", "secrets", "put secret"),
        ("docker compose -f a.yml up -d", "deploy", "start containers"),
        ("docker build -t x .", "build", "build image"),
        ("kubectl -n prod apply -f k8s/", "deploy", "apply manifests"),
        ("terraform apply -auto-approve", "deploy", "apply infrastructure"),
        ("aws s3 cp dump.gz s3://b/", "backup", "copy objects"),
        ("tsc --noEmit", "testing", "check types"),
        ("tsc -p tsconfig.json", "build", "compile code"),
        ("python -m pytest -q", "testing", "run tests"),
        ("node --test", "testing", "run tests"),
        ("eslint . --fix", "testing", "lint code"),
        ("npm audit --audit-level=high", "security", "audit packages"),
        ("npm ci", "install", "install packages"),
        ("drizzle-kit push:pg", "databases", "push schema"),
        ("psql $URL -f schema.sql", "databases", "execute SQL"),
        ("pg_dump $URL > a.sql", "backup", "back up database"),
        ("sqlite3 a.db '.backup b.db'", "backup", "back up database"),
        ("op read op://v/i/f", "secrets", "read secret"),
        ("cp .env.example .env", "config", "copy example settings"),
        ("cp .env .env.bak", "secrets", "copy secrets"),
        ("openssl rand -hex 32", "secrets", "make secret"),
        ("gh secret set A", "secrets", "put secret"),
        ("gh workflow run deploy.yml", "deploy", "start workflow"),
        ("curl -sf https://a.example/health", "health", "check health"),
        ("until curl -f $URL/healthz; do sleep 1; done", "health", "poll health"),
        ("curl https://hooks.slack.com/services/x -d '{}'", "events", "send notification"),
        ("curl -X PUT https://api.cloudflare.com/client/v4/accounts/1/workers/scripts/x", "deploy", "manage worker"),
        ("curl -X POST https://console.neon.tech/api/v2/projects", "databases", "manage database"),
        ("curl -X POST https://a.example/orders -d 1", "network", "send data"),
        ("k6 run load.js", "performance", "run load test"),
        ("gitleaks detect", "security", "scan for secrets"),
        ("nats pub a b", "events", "publish message"),
        ("crontab jobs.txt", "deploy", "install schedule"),
        ("rm -rf dist", "clean", "remove files"),
        ("git push origin main", "git", "push commits"),
        ("frobnicate --all", "other", "run program"),
    ],
    ids=str,
)
def test_a_command_is_told_by_its_words(line: str, category: str, verb: str) -> None:
    found = [(each.category, each.verb) for each in classify.actions(shell.commands(line))]
    assert (category, verb) in found


@pytest.mark.parametrize(
    ("words", "category"),
    [
        (("fetch", "GET", "api.example.com/health"), "health"),
        (("fetch", "PUT", "api.cloudflare.com/client/v4/accounts/*/workers/scripts/*/secrets"), "secrets"),
        (("query", "postgres"), "databases"),
        (("write", ".env"), "secrets"),
    ],
    ids=str,
)
def test_what_code_does_is_told_too(words: tuple[str, ...], category: str) -> None:
    found = list(classify.actions((Command(words, 1),)))
    assert [each.category for each in found] == [category]


def test_what_an_action_names_is_told() -> None:
    (found,) = classify.actions(shell.commands("npx wrangler deploy -e staging -c wrangler.stg.toml --name api", 7))
    assert (found.environment, found.config, found.target, found.line) == ("staging", "wrangler.stg.toml", "api", 7)
    (secret,) = classify.actions(shell.commands("wrangler secret put API_KEY --env production"))
    assert (secret.target, secret.environment, secret.tool) == ("API_KEY", "production", "wrangler")
    (prod,) = classify.actions(shell.commands("vercel deploy --prod"))
    assert prod.environment == "production"
    (container,) = classify.actions(shell.commands("docker run --env A=1 image"))
    assert container.environment == ""


def test_every_line_of_the_table_is_of_a_known_category() -> None:
    known = {*CAPABILITIES, "build", "clean", "git", "install", "network", "other"}
    named, patterns = table.rules()
    rules = [rule for found in named.values() for rule in found] + [rule for _, rule in patterns]
    assert {rule.category for rule in rules} <= known
    assert len(rules) > 500


def test_no_line_of_the_table_hides_behind_one_above_it() -> None:
    named, _ = table.rules()
    hidden = []
    for program, rules in named.items():
        for index, rule in enumerate(rules):
            shadows = [each for each in rules[:index] if not each.options and not each.arguments]
            hidden += [f"{program}: {rule.verb}" for _ in shadows]
    assert hidden == []


def test_a_script_is_weighed_by_what_it_does_and_runs() -> None:
    found = scripts(
        {
            "package.json": '{"scripts": {"deploy": "npm run build && wrangler deploy", "build": "vite build"}}',
            "release.sh": "#!/bin/bash\necho Releasing\nnpm run deploy\n",
            "hello.sh": "echo hello\n",
        }
    )
    assert found["package.json#deploy"].categories == ("deploy", "build")
    assert found["package.json#deploy"].uses == ("package.json#build",)
    assert found["release.sh"].categories == ("deploy", "build")
    assert found["hello.sh"].categories == ()


def test_scripts_that_run_each_other_in_a_circle_are_survived() -> None:
    found = scripts({"a.sh": "./b.sh\nwrangler deploy\n", "b.sh": "./a.sh\n"})
    assert found["b.sh"].categories == ("deploy",)


def test_what_a_script_runs_is_found_from_where_it_runs() -> None:
    found = scripts(
        {
            "Makefile": "all: test\n\tcd api && npm run go\ntest:\n\tbash scripts/t.sh\n",
            "api/package.json": '{"scripts": {"go": "node tools/x.js"}}',
            "api/tools/x.js": "",
            "scripts/t.sh": 'cd "$(dirname "$0")/.."\n./scripts/u.sh\nsource "$(dirname "$0")/lib.sh"\n',
            "scripts/u.sh": "ls\n",
            "scripts/lib.sh": "ls\n",
        }
    )
    assert found["Makefile#all"].uses == ("Makefile#test", "api/package.json#go")
    assert found["Makefile#test"].uses == ("scripts/t.sh",)
    assert found["api/package.json#go"].uses == ("api/tools/x.js",)
    assert found["scripts/t.sh"].uses == ("scripts/u.sh", "scripts/lib.sh")


def test_exact_and_near_duplicates_are_grouped() -> None:
    body = "\n".join(
        f"curl -f https://s{n}.example/health --max-time {n}\nwrangler deploy --name s{n}" for n in range(30)
    )
    found = scripts(
        {
            "a/deploy.sh": body,
            "b/deploy.sh": f"{body}\nwrangler deploy --name extra\n",
            "c/other.sh": body.replace("curl", "wget").replace("deploy", "tail").replace("example", "invalid"),
            "d/small.sh": "npm ci\n",
            "e/small.sh": "# a copy\nnpm  ci\n",
        }
    )
    assert {path: each.similar for path, each in found.items()} == {
        "a/deploy.sh": "a/deploy.sh",
        "b/deploy.sh": "a/deploy.sh",
        "c/other.sh": "",
        "d/small.sh": "d/small.sh",
        "e/small.sh": "d/small.sh",
    }


def test_grouping_stays_fast_for_many_alike() -> None:
    rng = random.Random(1)
    base = [rng.randrange(2**26) for _ in range(64)]
    many = [(f"{n:05}", "", (*base[:60], *(rng.randrange(2**26) for _ in range(4)))) for n in range(5_000)]
    started = time.process_time()
    assert len(similar.groups(many)) == len(many)
    assert time.process_time() - started < 5


WORKFLOW = "on: push\njobs:\n  go:\n    steps:\n      - run: ./scripts/x.sh\n        env: {A: '${{ secrets.A }}'}\n"


def test_a_workflow_tells_what_it_does_and_runs() -> None:
    files = {".github/workflows/ci.yml": WORKFLOW, "scripts/x.sh": "wrangler deploy\n"}
    (found,) = operations.workflows(world(files))
    assert (found.jobs, found.triggers, found.active) == (("go",), ("push",), True)
    assert (found.uses, found.categories) == (("scripts/x.sh",), ("deploy",))
    assert [(each.name, each.evidence[0].line) for each in found.secrets] == [("A", 6)]


@pytest.mark.parametrize("path", ["api/.github/workflows/ci.yml", ".github/workflows-disabled/ci.yml"], ids=str)
def test_a_workflow_elsewhere_is_not_active(path: str) -> None:
    (found,) = operations.workflows(world({path: WORKFLOW}))
    assert not found.active
    assert found.reason


def test_without_repositories_the_root_is_not_known() -> None:
    (found,) = operations.workflows(world({"api/.github/workflows/ci.yml": WORKFLOW}, ()))
    assert found.active


def test_a_script_belongs_to_no_service_where_there_is_none() -> None:
    facts = Facts("a.sh", scripts=(shell.script("a.sh", "shell", "wrangler deploy", 1),))
    (found,) = operations.scripts(World("w", frozenset({"a.sh"}), (), {"a.sh": facts}))
    assert found.service == ""
