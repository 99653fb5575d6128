"""What discovery says of a configuration is what wrangler makes of it: the real one reads the same files."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from tests.capabilities.discovery.wrangler.configs import CONFIGS, PAGES, Config
from tests.capabilities.discovery.wrangler.conftest import Run

from chittyops.capabilities.discovery.model.facts import Deployment, StageFacts
from chittyops.capabilities.discovery.service.facts import wrangler

pytestmark = pytest.mark.timeout(300)

AT_ONCE: Final = 2
BOUND: Final = re.compile(r"^env\.(\S+)(?: \((.*)\))? {4,}(\S.*?) *$", re.MULTILINE)
TITLES: Final = {
    "kv": ("KV Namespace", "id"),
    "d1": ("D1 Database", "database_name"),
    "r2": ("R2 Bucket", "bucket_name"),
    "queues": ("Queue", "queue"),
    "durable_objects": ("Durable Object", ""),
    "services": ("Worker", "service"),
    "hyperdrive": ("Hyperdrive Config", "id"),
    "vectorize": ("Vectorize Index", "index_name"),
    "analytics_engine": ("Analytics Engine Dataset", "dataset"),
    "ai": ("AI", ""),
    "browser": ("Browser Run", ""),
    "images": ("Images", ""),
    "media": ("Media", ""),
    "stream": ("Stream", ""),
    "version_metadata": ("Worker Version Metadata", ""),
    "workflows": ("Workflow", ""),
    "dispatch_namespaces": ("Dispatch Namespace", ""),
    "mtls_certificates": ("mTLS Certificate", "certificate_id"),
    "pipelines": ("Pipeline", "pipeline"),
    "secrets_store": ("Secrets Store Secret", ""),
    "send_email": ("Send Email", "destination_address"),
    "ratelimits": ("Rate Limit", ""),
    "ai_search": ("AI Search Instance", "instance_name"),
    "ai_search_namespaces": ("AI Search Namespace", "namespace"),
    "worker_loaders": ("Worker Loader", ""),
    "vpc_services": ("VPC Service", "service_id"),
    "vpc_networks": ("VPC Network", "tunnel_id"),
    "artifacts": ("Artifacts", "namespace"),
    "flagship": ("Flagship", "app_id"),
    "unsafe": ("Unsafe Metadata", "type"),
    "unsafe_hello_world": ("Hello World", ""),
    "assets": ("Assets", ""),
}
"""How wrangler calls each kind of bindings, and which of our columns it shows beside the name."""
NOT_SHOWN: Final = ("queue_consumers", "tail_consumers")

Reading = tuple[str, str]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with each configuration in a folder of its own, beside what it deploys."""
    root = tmp_path_factory.mktemp("reference")
    for name, config in {**CONFIGS, "pages": PAGES}.items():
        folder = root / name
        (folder / "public").mkdir(parents=True)
        (folder / "public" / "index.html").write_text("shop")
        (folder / config.file).write_text(config.text, newline="")
        for entrypoint in ("index.js", "other.js"):
            (folder / entrypoint).write_text("export class Room {}\nexport default { fetch() {} };\n")
    return root


@pytest.fixture(scope="module")
def printed(workspace: Path, node: Run, wrangler_folder: Path) -> dict[Reading, str]:
    """Return what ``wrangler deploy --dry-run`` prints for each configuration in each environment."""
    program = str(wrangler_folder / "node_modules" / "wrangler" / "bin" / "wrangler.js")

    def deploy(reading: Reading) -> str:
        name, environment = reading
        chosen = ("--env", environment) if environment else ()
        out = workspace / name / f"out-{environment}"
        done = node(program, "deploy", "--dry-run", "--outdir", str(out), *chosen, folder=workspace / name)
        return done.stdout if done.returncode == 0 else f"{done.stdout}\n{done.stderr}\nfailed"

    readings = [(name, environment) for name, config in CONFIGS.items() for environment in config.environments]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(readings, pool.map(deploy, readings), strict=True))


@pytest.fixture(scope="module")
def normalized(workspace: Path, node: Run) -> dict[Reading, dict[str, Any]]:
    """Return what wrangler's own reader makes of each configuration in each environment."""
    readings = [(name, environment) for name, config in CONFIGS.items() for environment in config.environments]
    wanted = [[str(workspace / name / CONFIGS[name].file), environment] for name, environment in readings]
    script = str(Path(__file__).with_name("read.mjs"))
    done = node(script, folder=workspace, given_text=json.dumps(wanted))
    assert done.returncode == 0, done.stderr
    return dict(zip(readings, json.loads(done.stdout.splitlines()[-1]), strict=True))


def ours(config: Config, environment: str) -> tuple[Deployment, StageFacts]:
    """Return what discovery says of a configuration, and of it in one environment."""
    (deployment,) = wrangler.read(config.file, config.text.removeprefix("\ufeff")).deployments
    return deployment, deployment.stages[environment]


def shown(stage: StageFacts) -> dict[str, tuple[str, str]]:
    """Return bindings by name, as wrangler shows them: their kind, and what is bound where it shows that alone."""
    found = {}
    for kind, rows in stage.bindings.items():
        for row in rows if kind not in NOT_SHOWN else ():
            title, column = TITLES[kind]
            value = row.get(column, "")
            if kind == "services" and "entrypoint" in row:
                value += "#" + row["entrypoint"]
            if kind == "analytics_engine":
                value = value or row["binding"]
            found[row["binding"]] = (title, value)
    return found


READINGS = [(name, environment) for name, config in CONFIGS.items() for environment in config.environments]


@pytest.mark.parametrize(("name", "environment"), READINGS, ids=[" @ ".join(each) for each in READINGS])
def test_bindings_are_those_that_wrangler_prints(name: str, environment: str, printed: dict[Reading, str]) -> None:
    text = printed[name, environment]
    assert not text.endswith("failed"), text
    _, stage = ours(CONFIGS[name], environment)
    expected = shown(stage)
    bound = {match[1]: (match[3], match[2] or "") for match in BOUND.finditer(text)}
    variables = {each for each, (kind, _) in bound.items() if kind == "Environment Variable"}
    assert variables == set(stage.vars)
    resources = {each: bound[each] for each in bound.keys() - variables}
    assert {each: kind for each, (kind, _) in resources.items()} == {each: kind for each, (kind, _) in expected.items()}
    assert {each: value for each, (_, value) in resources.items() if expected[each][1]} == {
        each: value for each, (_, value) in expected.items() if value
    }


@pytest.mark.parametrize(("name", "environment"), READINGS, ids=[" @ ".join(each) for each in READINGS])
def test_the_rest_is_what_wrangler_reads(
    name: str, environment: str, normalized: dict[Reading, dict[str, Any]], workspace: Path
) -> None:
    deployment, stage = ours(CONFIGS[name], environment)
    read = normalized[name, environment]
    main = read.pop("main")
    if not environment:
        assert deployment.entrypoint == (str(Path(main).relative_to(workspace / name)) if main else "")
    assert read == {
        "name": stage.name,
        "routes": [pattern for pattern, _ in stage.routes],
        "crons": list(stage.crons),
        "vars": list(stage.vars),
        "tails": [row["service"] for row in stage.bindings.get("tail_consumers", ())],
        "consumers": [row["queue"] for row in stage.bindings.get("queue_consumers", ())],
        "secrets": [secret for secret, _ in deployment.secrets],
    }


def test_a_pages_project_is_none_for_workers(workspace: Path, node: Run, wrangler_folder: Path) -> None:
    program = str(wrangler_folder / "node_modules" / "wrangler" / "bin" / "wrangler.js")
    done = node(program, "deploy", "--dry-run", folder=workspace / "pages")
    assert done.returncode != 0
    assert "Pages" in done.stdout + done.stderr
    assert wrangler.read(PAGES.file, PAGES.text).deployments[0].kind == "pages"


def test_every_kind_of_binding_is_compared() -> None:
    _, stage = ours(CONFIGS["every kind"], "")
    assert stage.bindings.keys() == {*TITLES, *NOT_SHOWN}
