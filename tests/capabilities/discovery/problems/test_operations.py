"""Scripts and workflows that name what does not exist, or let failures pass."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.facts import registry, workflow
from chittyops.capabilities.discovery.service.problems import operations
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService

CONFIG = 'name = "a"\nmain = "src/a.ts"\n[env.staging]\nname = "a-staging"\n'


def found(files: dict[str, str], repositories: tuple[str, ...] = (".",)) -> list[tuple[str, str, int]]:
    facts = {path: read(path, text) for path, text in files.items() if (read := registry.recogniser(path, text))}
    world = World("w", frozenset(files), repositories, facts)
    return [(each.code, each.path, each.line) for each in operations.find(world)]


def package(**scripts: str) -> str:
    lines = ",\n".join(f'    "{name.replace("_", ":")}": "{text}"' for name, text in scripts.items())
    return f'{{\n  "scripts": {{\n{lines}\n  }}\n}}\n'


def job(*steps: str, name: str = "build", folder: str = "") -> str:
    runs = "".join(f"      - run: {step}\n" for step in steps)
    where = f"    defaults: {{run: {{working-directory: {folder}}}}}\n" if folder else ""
    return f"on: push\njobs:\n  {name}:\n{where}    steps:\n{runs}"


def test_every_code_is_described() -> None:
    assert all(
        severity in {"error", "warning", "info"} and text.endswith(".") for severity, text in operations.CODES.values()
    )


def test_an_environment_that_the_config_does_not_have() -> None:
    files = {
        "wrangler.toml": CONFIG,
        "package.json": package(ok="wrangler deploy --env staging", no="wrangler deploy --env prod"),
    }
    assert found(files) == [("unknown-environment", "package.json", 4)]


def test_an_environment_is_looked_for_where_the_script_goes() -> None:
    files = {
        "wrangler.toml": CONFIG,
        "apps/api/wrangler.toml": CONFIG.partition("[env")[0],
        "scripts/deploy.sh": "cd apps/api\nwrangler deploy --env staging\n",
    }
    assert found(files) == [("unknown-environment", "scripts/deploy.sh", 2)]


def test_an_environment_is_looked_for_in_the_config_that_is_named() -> None:
    files = {
        "wrangler.toml": CONFIG,
        "wrangler.prod.toml": CONFIG.replace("staging", "prod"),
        "package.json": package(a="wrangler deploy --config wrangler.prod.toml --env prod"),
    }
    assert found(files) == []


@pytest.mark.parametrize(
    "script",
    [
        "wrangler deploy --env $ENV",
        "cat > wrangler.toml <<E\nx\nE\nwrangler deploy --env prod",
        "cd $DIR\nwrangler deploy --env prod",
        "wrangler pages deploy dist --env prod",
    ],
    ids=["variable", "config written", "folder unknown", "pages"],
)
def test_environments_that_cannot_be_told_are_left_alone(script: str) -> None:
    assert found({"wrangler.toml": CONFIG, "deploy.sh": script}) == []


def test_a_config_that_does_not_exist() -> None:
    files = {"scripts/a.sh": "cd api\nwrangler deploy -c wrangler.prod.toml\n", "api/wrangler.toml": CONFIG}
    assert found(files) == [("unknown-config", "scripts/a.sh", 2)]


@pytest.mark.parametrize(
    "script",
    [
        "wrangler deploy --config dist/server/wrangler.json",
        "sed s/a/b/ wrangler.toml > w.toml\nwrangler deploy --config w.toml",
        "wrangler deploy --config $CONFIG",
        "wrangler deploy --config wrangler.toml",
    ],
    ids=["build output", "made before", "variable", "exists"],
)
def test_configs_that_may_exist_are_left_alone(script: str) -> None:
    assert found({"wrangler.toml": CONFIG, "a.sh": script}) == []


def test_each_config_that_a_command_is_given_is_looked_for() -> None:
    files = {"dev.sh": "wrangler dev -c wrangler.toml \\\n  -c jobs/wrangler.toml\n", "wrangler.toml": CONFIG}
    assert found(files) == [("unknown-config", "dev.sh", 1)]
    assert found(files | {"jobs/wrangler.toml": CONFIG}) == []


CHECKED_OUT = "on: push\njobs:\n  build:\n    steps:\n      - uses: actions/checkout@v4\n      - run: npm run build\n"


def test_an_npm_script_where_there_is_no_manifest_at_all() -> None:
    path = ".github/workflows/ci.yml"
    assert found({path: CHECKED_OUT}) == [("unknown-script", path, 6)]
    assert found({path: CHECKED_OUT.replace("npm run build", "npm create vite . && npm run build")}) == []
    assert found({path: CHECKED_OUT.replace("checkout@v4", "cache@v4")}) == []
    assert found({path: CHECKED_OUT, "package.json": package(build="tsc")}) == []


def test_a_build_that_a_platform_is_told_of_needs_a_manifest() -> None:
    replit = '[deployment]\nbuild = ["npm", "run", "build"]\nrun = ["npm", "start"]\n'
    assert found({"shop/.replit": replit}) == [("unknown-script", "shop/.replit", 2)]
    assert found({"shop/.replit": replit, "package.json": package(build="tsc")}) == []
    render = "services:\n  - type: web\n    name: shop\n    buildCommand: npm ci && npm run build\n"
    assert found({"render.yaml": render}) == [("unknown-script", "render.yaml", 4)]
    assert found({"render.yaml": f"{render}    rootDir: elsewhere\n"}) == []


def test_an_npm_script_that_is_not_there_is_never_run_even_if_nobody_minds() -> None:
    path = ".github/workflows/ci.yml"
    lenient = CHECKED_OUT.replace("npm run build", "npm run migrate || echo none\n      - run: ./seed.sh || true")
    assert found({path: lenient, "package.json": package(build="tsc")}) == [("unknown-script", path, 6)]


def test_what_is_made_executable_must_be_there_before() -> None:
    files = {".github/workflows/ci.yml": job("chmod +x ops/gone.sh && ops/gone.sh", "curl -o b.sh $URL && ./b.sh")}
    assert found(files) == [("unknown-script", ".github/workflows/ci.yml", 5)]


def test_scripts_and_files_that_do_not_exist() -> None:
    files = {
        "package.json": package(a="npm run nothing", b="node tools/none.js", c="npm run a && node src/x.ts"),
        "src/x.ts": "",
        "Makefile": "go:\n\tmake stop\n\t./scripts/none.sh\n\tmake go\n",
    }
    assert found(files) == [
        ("unknown-script", "package.json", 3),
        ("unknown-script", "package.json", 4),
        ("unknown-script", "Makefile", 2),
        ("unknown-script", "Makefile", 3),
    ]


@pytest.mark.parametrize(
    "script",
    [
        "node dist/index.js",
        "[ -f scripts/x.sh ] && bash scripts/x.sh",
        "git clone $URL x\nbash x/install.sh",
        "npm run lint --if-present",
        "npm run build -w web",
        "pnpm --filter web run build",
        "pnpm tsx x",
        "node -e 'x.js'",
        "./scripts/x.sh || true",
        "curl -o get.sh https://a.example/get.sh\nbash get.sh",
        "docker compose exec api bash scripts/inside.sh",
        "bash $DIR/x.sh",
        "npm run $TASK",
        "npm start",
        ". ./_/husky.sh",
    ],
    ids=str,
)
def test_scripts_that_may_exist_are_left_alone(script: str) -> None:
    assert found({"a.sh": script, "package.json": package(a="tsc")}) == []


def test_a_makefile_with_includes_may_have_the_target() -> None:
    assert found({"Makefile": "include more.mk\na:\n\tmake elsewhere\n"}) == []


def test_a_shell_script_may_be_started_in_any_folder_above_it() -> None:
    files = {"ops/bin/a.sh": "./ops/b.sh\nnode c.js\n", "ops/b.sh": "ls\n", "c.js": ""}
    assert found(files) == []


def test_a_workflow_runs_in_its_working_directory() -> None:
    files = {
        ".github/workflows/ci.yml": job("npm run go", "npm run none", "bash x.sh", folder="api"),
        "api/package.json": package(go="tsc"),
        "x.sh": "ls\n",
    }
    assert found(files) == [
        ("unknown-script", ".github/workflows/ci.yml", 7),
        ("unknown-script", ".github/workflows/ci.yml", 8),
    ]


def test_a_workflow_that_calls_one_that_does_not_exist() -> None:
    text = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/none.yml\n"
    assert found({".github/workflows/ci.yml": text}) == [("unknown-script", ".github/workflows/ci.yml", 4)]


def test_tests_and_templates_are_nobody_s_operations() -> None:
    files = {"tests/fixtures/a.sh": "node none.js\n", "templates/b/package.json": package(a="node none.js")}
    assert found(files) == []


def test_a_workflow_that_is_not_at_a_repository_s_root_is_inert() -> None:
    files = {"api/.github/workflows/ci.yml": job("npm run none"), "web/.github/workflows/ci.yml": job("ls")}
    assert found(files, (".", "web")) == [("inert-workflow", "api/.github/workflows/ci.yml", 1)]


def test_a_workflow_of_a_template_is_meant_for_others() -> None:
    assert found({"templates/service/.github/workflows/ci.yml": job("ls")}) == []


def test_a_job_called_test_that_tests_nothing() -> None:
    steps = ("echo 'no tests yet'", "npm ci --no-audit", "npx ts-node -e \"console.log('syntax OK')\"", "exit 0")
    files = {".github/workflows/ci.yml": job(*steps, name="test")}
    assert found(files) == [("ci-tests-nothing", ".github/workflows/ci.yml", 5)]


def test_a_job_called_test_whose_checks_nobody_minds_tests_nothing() -> None:
    lenient = "on: push\njobs:\n  test:\n    steps:\n      - run: npx eslint .\n        continue-on-error: true\n"
    path = ".github/workflows/ci.yml"
    assert found({path: lenient}) == [("ci-tests-nothing", path, 5)]
    assert found({path: lenient.replace("npx eslint .", "./test.sh")}) == []


@pytest.mark.parametrize("step", ["npx vitest run", "make -C api x", "echo a > b", "node -e 'run()'"], ids=str)
def test_a_job_called_test_that_does_something(step: str) -> None:
    assert found({".github/workflows/ci.yml": job(step, name="unit-tests")}) == []


def test_ci_that_ignores_failing_tests() -> None:
    files = {
        ".github/workflows/ci.yml": job("npx vitest run || true", "npm run unit || echo done", "npx eslint . || true"),
        "package.json": package(unit="vitest run"),
    }
    assert found(files) == [
        ("ci-ignores-failure", ".github/workflows/ci.yml", 5),
        ("ci-ignores-failure", ".github/workflows/ci.yml", 6),
    ]


def test_a_deployment_whose_failure_is_ignored() -> None:
    files = {"a.sh": "wrangler deploy || echo failed\nwrangler deploy --dry-run || true\nwrangler deploy || exit 1\n"}
    assert found(files) == [("deploy-ignores-failure", "a.sh", 1)]


HEALTH = "https://a.example/health"


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (f"curl -f {HEALTH} || true", 2),
        (f"if curl -s {HEALTH} > /dev/null; then\n  echo '✅ healthy'\nfi", 2),
        ("if curl -s $URL | grep -q healthy; then exit 0; fi", 2),
        (
            f'code=$(curl -s -w "%{{http_code}}" {HEALTH})\nif [ "$code" = "200" ] || [ "$code" = "404" ]; then :; fi',
            3,
        ),
        (f'code=$(curl -s -w "%{{http_code}}" {HEALTH})\nif [[ "$code" == 200 || "$code" == 503 ]]; then echo; fi', 3),
        (f'code=$(curl -s -w "%{{http_code}}" {HEALTH})\n[[ $code =~ ^(200|404)$ ]] && echo', 3),
    ],
    ids=["ignored", "any answer", "unhealthy", "404", "503", "pattern"],
)
def test_a_health_check_that_accepts_errors(check: str, line: int) -> None:
    assert found({"a.sh": f"wrangler deploy\n{check}\n"}) == [("health-check-accepts-errors", "a.sh", line)]


@pytest.mark.parametrize(
    "check",
    [
        f"curl -fsS {HEALTH}",
        f"curl -s {HEALTH} | grep -q ok",
        f"curl -s {HEALTH} | grep -qw healthy",
        f'code=$(curl -s -w "%{{http_code}}" {HEALTH} || echo 000)\n[ "$code" = 404 ] && exit 1',
        f'code=$(curl -s -w "%{{http_code}}" {HEALTH})\n[ "$code" = 200 ] || [ "$code" = 401 ]',
        f"until curl -s {HEALTH} || true; do sleep 1; done",
        f"curl -s {HEALTH} > /dev/null\ncurl -s {HEALTH}/all > /dev/null",
        f"curl -s {HEALTH}",
    ],
    ids=["fails", "looked at", "as a word", "404 is an error", "401", "loop", "warming up", "shown"],
)
def test_health_checks_that_are_right(check: str) -> None:
    assert found({"a.sh": f"wrangler deploy\n{check}\n"}) == []


TRIES = f"wrangler deploy\nfor i in 1 2 3; do\n  if curl -f {HEALTH}; then\n    break\n  fi\n  sleep 9\ndone\n"


def test_a_check_that_is_given_up_accepts_errors() -> None:
    assert found({"a.sh": f"{TRIES}echo done\n"}) == [("health-check-accepts-errors", "a.sh", 3)]


@pytest.mark.parametrize(
    "script",
    [
        f'{TRIES}[ "$ok" = 1 ] || exit 1\n',
        TRIES.replace("sleep 9", "[ $i = 3 ] && exit 1"),
        TRIES.replace("    break\n", "    echo up\n"),
        TRIES.replace("wrangler deploy\n", ""),
    ],
    ids=["judged after", "judged within", "watched", "deploys nothing"],
)
def test_a_check_that_fails_after_its_last_try_is_right(script: str) -> None:
    assert found({"a.sh": script}) == []


def test_in_ci_a_check_without_fail_accepts_errors() -> None:
    assert found({".github/workflows/ci.yml": job(f"curl -s {HEALTH}")}) == [
        ("health-check-accepts-errors", ".github/workflows/ci.yml", 5)
    ]


def test_an_output_that_no_build_makes_is_not_there() -> None:
    manifest = package(build="tsc -p tsconfig.json", start="node dist/server.js", serve="node dist/worker.js")
    assert found({"package.json": manifest, "src/worker.ts": ""}) == [("unknown-script", "package.json", 4)]
    bundled = package(build="vite build && esbuild src/worker.ts --outfile=dist/server.js", start="node dist/server.js")
    assert found({"package.json": bundled, "src/worker.ts": ""}) == []


def test_a_build_that_a_configuration_names_and_no_manifest_has() -> None:
    config = 'name = "a"\nmain = "a.js"\ncompatibility_date = "2025-01-01"\n[build]\ncommand = "npm run build:prod"\n'
    files = {"a/wrangler.toml": config, "a/package.json": package(build="tsc"), "a/a.js": ""}
    assert found(files) == [("unknown-script", "a/wrangler.toml", 5)]
    assert found(files | {"a/wrangler.toml": f'{config}cwd = "../b"\n'}) == []


def test_a_syntax_check_of_a_file_that_is_not_there() -> None:
    files = {"package.json": package(a="node -c config.js", b="node -c here.js"), "here.js": ""}
    assert found(files) == [("unknown-script", "package.json", 3)]


def test_what_is_ignored_is_told_once_a_line() -> None:
    ignored = "on: push\njobs:\n  test:\n    steps:\n      - run: npm test\n        continue-on-error: true\n"
    files = {".github/workflows/ci.yml": ignored, "package.json": package(test="vitest run")}
    assert found(files) == [("ci-ignores-failure", ".github/workflows/ci.yml", 5)]


def test_a_workflow_of_a_service_that_is_a_template_is_meant_for_others() -> None:
    path = "chat-template/.github/workflows/ci.yml"
    facts = {path: workflow.read(path, job("ls"))}
    template = FoundService("chat", "chat-template", ".", "cloudflare", ("cloudflare",), "template")
    world = World("w", frozenset(facts), (".",), facts)
    assert [each.code for each in operations.find(world)] == ["inert-workflow"]
    assert list(operations.find(world.with_services([template]))) == []


def test_the_server_of_a_standalone_build_is_made_in_the_image() -> None:
    files = {
        "package.json": '{"scripts": {"prod": "node server.js"}, "dependencies": {"next": "^15"}}',
        "api/package.json": '{"scripts": {"prod": "node server.js"}, "dependencies": {"express": "^5"}}',
    }
    assert found(files) == [("unknown-script", "api/package.json", 1)]


def test_what_a_platform_runs_in_a_folder_is_looked_for_there() -> None:
    render = (
        "services:\n  - type: web\n    name: shop\n    rootDir: shop\n"
        "    buildCommand: npm run build:all\n    startCommand: npm run serve\n"
    )
    files = {"render.yaml": render, "package.json": package(build_all="a"), "shop/package.json": package(serve="b")}
    assert found(files) == [("unknown-script", "render.yaml", 5)]


def test_what_replit_runs_needs_a_manifest() -> None:
    assert found({".replit": 'run = "npm run dev"\n', "main.py": ""}) == [("unknown-script", ".replit", 1)]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("wrangler d1 execute shop --local --file=./seed.sql", True),
        ("psql -f gone.sql", True),
        ("psql -f schema.sql", False),
        ("wrangler d1 execute shop --file $FILE", False),
        ("pg_dump shop > gone.sql && psql -f gone.sql", False),
        ("psql -f gone.sql || true", False),
    ],
)
def test_a_file_of_sql_that_is_run_is_there(command: str, told: bool) -> None:
    files = {"schema.sql": "", "package.json": package(seed=command)}
    assert found(files) == [("unknown-script", "package.json", 3)] * told
