"""What is rendered binds what is desired: the real ``wrangler deploy --dry-run`` says so, for fleets made at random."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from tests.capabilities.config.wrangler.conftest import Run
from tests.capabilities.config.wrangler.fleets import SORTS, Generated, generate

from chittyops.capabilities.config.service.render import File, Subject, Target, render
from chittyops.capabilities.config.service.render.files import Format
from chittyops.capabilities.fleet.wiring import configuration

pytestmark = [pytest.mark.timeout(600), pytest.mark.node, pytest.mark.slow]

SEEDS: Final = range(32)
AT_ONCE: Final = 2
BOUND: Final = re.compile(r"^env\.(\S+)(?: \((.*)\))? {4,}(\S.*?) *$", re.MULTILINE)
VARIABLE: Final = "Environment Variable"
Reading = tuple[int, str]

FLEETS: Final = {seed: generate(seed) for seed in SEEDS}
READINGS: Final = [(seed, environment) for seed, fleet in FLEETS.items() for environment in fleet.environments]


def rendered(root: Path, seed: int, before: File | None) -> File:
    """Return the file of a fleet: TOML or JSONC, and every other one made of the file of the fleet before it."""
    root.mkdir(parents=True)
    (root / "chittyops.yaml").write_text(FLEETS[seed].text)
    (root / "cart").mkdir()
    (root / "cart" / "index.js").write_text("export default { fetch() {} };\n")
    found = configuration(root)
    views = {each: found.views["cart", each] for each in found.environments}
    subject = Subject("cart", found.views["cart", ""], views)
    name = before.path if before else ("wrangler.toml", "wrangler.jsonc")[seed // 2 % 2]
    return File(name, render(subject, Target.WRANGLER, before=before, form=Format.of(name)).text)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with each fleet and the file that is rendered from it."""
    root = tmp_path_factory.mktemp("fleets")
    before = None
    for seed in SEEDS:
        before = rendered(root / str(seed), seed, before if seed % 2 else None)
        (root / str(seed) / "cart" / before.path).write_text(before.text, newline="")
    return root


@pytest.fixture(scope="module")
def printed(workspace: Path, node: Run, wrangler_folder: Path) -> dict[Reading, str]:
    """Return what wrangler prints for each fleet in each environment."""
    program = str(wrangler_folder / "node_modules" / "wrangler" / "bin" / "wrangler.js")

    def deploy(reading: Reading) -> str:
        seed, environment = reading
        folder = workspace / str(seed) / "cart"
        out = folder.parent / f"out-{environment}"
        done = node(program, "deploy", "--dry-run", "--outdir", str(out), "--env", environment, folder=folder)
        return done.stdout if done.returncode == 0 else f"{done.stdout}\n{done.stderr}\nfailed"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(READINGS, pool.map(deploy, READINGS), strict=True))


def bound(text: str) -> dict[str, tuple[str, str]]:
    """Return the bindings that wrangler prints, by name."""
    return {match[1]: (match[3], match[2] or "") for match in BOUND.finditer(text)}


@pytest.mark.parametrize(("seed", "environment"), READINGS, ids=[f"{seed} @ {name}" for seed, name in READINGS])
def test_the_bindings_are_exactly_those_desired(seed: int, environment: str, printed: dict[Reading, str]) -> None:
    text = printed[seed, environment]
    assert not text.endswith("failed"), text
    fleet: Generated = FLEETS[seed]
    found = bound(text)
    resources = {name: each for name, each in found.items() if each[0] != VARIABLE}
    desired = fleet.bound[environment]
    assert {name: title for name, (title, _) in resources.items()} == {name: each[0] for name, each in desired.items()}
    assert {name: resources[name][1] for name, (_, shown) in desired.items() if shown} == {
        name: shown for name, (_, shown) in desired.items() if shown
    }
    assert {name for name, each in found.items() if each[0] == VARIABLE} == set(fleet.variables[environment])


def test_every_sort_of_bindings_is_tried_in_at_least_thirty_fleets() -> None:
    titles = {title for fleet in FLEETS.values() for own in fleet.bound.values() for title, _ in own.values()}
    assert titles == {sort.title for sort in SORTS}
    assert len(FLEETS) >= 30
