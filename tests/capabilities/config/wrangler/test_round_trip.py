"""What is imported and rendered again is the same file; rendered anew, wrangler makes the same of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.capabilities.config.service.conftest import imported, subject
from tests.capabilities.config.wrangler.conftest import Run
from tests.capabilities.config.wrangler.fleets import generate
from tests.capabilities.config.wrangler.realities import REALITIES
from tests.capabilities.discovery.wrangler.configs import Config

from chittyops.capabilities.config.service.render import File, Target, render
from chittyops.capabilities.config.service.render.files import Format, parse
from chittyops.capabilities.config.service.render.matching import same

NAMES: Final = list(REALITIES)


def brought_in(root: Path, config: Config) -> str:
    """Import a file, and return the path of its fleet's file as it is then."""
    root.mkdir(parents=True, exist_ok=True)
    imported(root, config.file, config.text)
    return str(root / "chittyops.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_are_the_same(name: str, tmp_path: Path) -> None:
    config = REALITIES[name]
    brought_in(tmp_path, config)
    found = render(subject(tmp_path), Target.WRANGLER, before=File(config.file, config.text))
    assert found.text == config.text


@pytest.mark.parametrize("name", NAMES)
def test_a_second_import_changes_nothing(name: str, tmp_path: Path) -> None:
    config = REALITIES[name]
    path = Path(brought_in(tmp_path, config))
    before = path.read_text()
    brought_in(tmp_path, config)
    assert path.read_text() == before


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("seed", range(40))
def test_what_was_rendered_can_be_imported(seed: int, form: Format, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        (root / "cart").mkdir(parents=True)
    (first / "chittyops.yaml").write_text(generate(seed).text)
    text = render(subject(first), Target.WRANGLER, form=form).text
    file = File(f"wrangler.{form}", text)
    imported(second, file.path, text)
    assert render(subject(second), Target.WRANGLER, before=file).text == text
    assert same(parse(render(subject(second), Target.WRANGLER, form=form).text, file.path), parse(text, file.path))


@pytest.fixture(scope="module")
def read_by_wrangler(tmp_path_factory: pytest.TempPathFactory, node: Run) -> dict[tuple[str, str, str], Any]:
    """Return what wrangler makes of each file and of the one that is rendered anew, in each environment."""
    root = tmp_path_factory.mktemp("realities")
    wanted = []
    for name, config in REALITIES.items():
        folder = root / str(NAMES.index(name))
        brought_in(folder, config)
        found = render(subject(folder), Target.WRANGLER, form=Format.of(config.file))
        for kind, text in (("old", config.text), ("new", found.text)):
            (folder / kind).mkdir()
            (folder / kind / config.file).write_text(text, newline="")
            wanted += [(name, kind, environment) for environment in config.environments]
    paths = [[str(root / str(NAMES.index(n)) / kind / REALITIES[n].file), env] for n, kind, env in wanted]
    done = node(str(Path(__file__).with_name("read.mjs")), folder=root, given_text=json.dumps(paths))
    assert done.returncode == 0, done.stderr
    return dict(zip(wanted, json.loads(done.stdout.strip().split("\n")[-1]), strict=True))


READINGS: Final = [(name, environment) for name, config in REALITIES.items() for environment in config.environments]


@pytest.mark.node
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "environment"), READINGS, ids=[" @ ".join(each) for each in READINGS])
def test_wrangler_makes_the_same_of_it(
    name: str, environment: str, read_by_wrangler: dict[tuple[str, str, str], Any]
) -> None:
    old, new = (read_by_wrangler[name, kind, environment] for kind in ("old", "new"))
    if not old.get("name") or "name" not in REALITIES[name].text:
        new.pop("name", None)  # a new file gets the service's name where it had none
        old.pop("name", None)
    assert new == old
