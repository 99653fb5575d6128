"""Discovery over real repositories: precision and recall against what was checked by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.capabilities.discovery.expectations import FAMILIES, FOLDER, Expectations, Item, load, read
from tests.capabilities.discovery.expectations.comparison import Comparison, compare, total

from chittyops.capabilities.discovery import wiring
from chittyops.kernel.inventory import Dependency, Evidence, Finding, FoundService, Inventory
from chittyops.runtime.home import Home

VARIABLE = "CHITTYOPS_DEVELOPMENT_SET"
REPOSITORIES = os.environ.get(VARIABLE, "")
"""The folder of checked out repositories; read now, for tests begin without variables of one's own."""
FILES = sorted(FOLDER.glob("*.yaml"))
ALL = load()
ENOUGH = 0.95

every_repository = pytest.mark.parametrize("expected", ALL, ids=[each.repository for each in ALL])
Compared = Callable[[Expectations], Comparison]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Return a function that discovers a repository, once for all tests, and compares."""
    home = Home.locate({"CHITTYOPS_HOME": str(tmp_path_factory.mktemp("expectations"))})

    known: dict[str, Comparison] = {}

    def found(expected: Expectations) -> Comparison:
        if not REPOSITORIES:
            pytest.skip(f"{VARIABLE} does not name a folder of checked out repositories")
        root = Path(REPOSITORIES) / expected.folder
        if not root.is_dir():
            pytest.skip(f"{expected.repository} is not checked out in {REPOSITORIES}")
        if expected.repository not in known:
            known[expected.repository] = compare(expected, wiring.discover(root, home))
        return known[expected.repository]

    return found


@every_repository
@pytest.mark.parametrize("family", FAMILIES)
def test_a_repository_is_told_as_it_is(compared: Compared, expected: Expectations, family: str) -> None:
    found = compared(expected)
    score = found.score(family)
    differences = [f"  missed {each.text}" for each in sorted(found.missed) if each.family == family]
    differences += [f"  false  {each.text}" for each in sorted(found.false) if each.family == family]
    report = "\n".join((f"{expected.repository}, {family}: {score}", *differences))
    assert min(score.precision, score.recall) >= ENOUGH, report


@pytest.mark.parametrize("family", FAMILIES)
def test_all_repositories_together_are_told_as_they_are(compared: Compared, family: str) -> None:
    there = [each for each in ALL if REPOSITORIES and (Path(REPOSITORIES) / each.folder).is_dir()]
    if not there:
        pytest.skip(f"{VARIABLE} names no folder that holds one of the repositories")
    scores = {each.repository: compared(each).score(family) for each in there}
    score = total(scores.values())
    report = "\n".join((f"{family}: {score}", *(f"  {name}: {each}" for name, each in scores.items())))
    assert min(score.precision, score.recall) >= ENOUGH, report


@every_repository
def test_what_the_tool_gets_wrong_is_listed(compared: Compared, expected: Expectations) -> None:
    unlisted = list(compared(expected).unlisted())
    assert not unlisted, "\n".join(("found or corrected by hand, but not listed under `wrong`:", *unlisted))


@every_repository
def test_nothing_is_listed_as_wrong_that_is_right(compared: Compared, expected: Expectations) -> None:
    stale = list(compared(expected).stale())
    assert not stale, "\n".join(("listed under `wrong`, and no longer so:", *stale))


@pytest.mark.parametrize("path", FILES, ids=[each.stem for each in FILES])
def test_a_file_of_expectations_is_well_formed(path: Path) -> None:
    expected = read(path)
    codes = wiring.codes()
    problems = (*expected.items, *expected.acceptable, *expected.missed, *expected.false)
    unknown = {each.text for each in problems if each.family == "problems" and each.text.split(" in ")[0] not in codes}
    assert expected.repository.replace("/", "-") == path.stem
    assert expected.items
    assert not unknown


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"wrong": {"missed": [{"code": "no-tests", "path": "package.json"}]}}, "lacks reason"),
        ({"wrong": {"false": [{"code": "no-tests", "path": "package.json", "reason": " "}]}}, "has no reason"),
        ({"wrong": {"missed": [{"reason": "hard"}]}}, "needs one of"),
        ({"acceptable": {"problems": [{"path": "package.json", "reason": "why"}]}}, "lacks code"),
        ({"services": [{"name": "shop", "path": "."}]}, "lacks platform, status"),
        ({"problems": [{"code": "no-tests", "path": "a", "lines": 1}]}, "knows no lines"),
        ({"problems": [{"code": "no-tests", "path": "a"}] * 2}, "given twice"),
    ],
)
def test_a_file_that_is_not_as_described_is_refused(tmp_path: Path, row: dict[str, object], message: str) -> None:
    path = tmp_path / "acme-shop.yaml"
    path.write_text(yaml.safe_dump({"repository": "acme/shop", **row}))
    with pytest.raises(ValueError, match=message):
        read(path)


SHOP = """
repository: acme/shop
services:
  - {name: api, path: api, platform: cloudflare, status: canonical, bindings: {kv: [CACHE]}}
  - {name: mail, path: mail, platform: fly, status: canonical}
dependencies:
  - {service: api, target: mail, kind: literal-url}
problems:
  - {code: no-tests, path: api/package.json, line: 3}
  - {code: unparsable, path: mail/fly.toml}
acceptable:
  dependencies: [{service: api, target: docs, reason: a matter of taste}]
wrong:
  missed: [{name: mail, path: mail, reason: hard}]
  false: [{code: no-tests, path: mail/package.json, reason: hard}]
"""


def _shop(tmp_path: Path, *, reachable: bool = True, mail: bool = False) -> Comparison:
    path = tmp_path / "acme-shop.yaml"
    path.write_text(SHOP)
    seen = (Evidence("api/x.ts", 1),)
    needs = (Dependency("mail", "literal-url", seen, reachable), Dependency("docs", "literal-url", seen))
    bindings = {"kv": ({"binding": "CACHE", "id": "1"},), "d1": ({"binding": "DB"},)}
    services = [FoundService("api", "api", "shop", "cloudflare", (), "canonical", bindings=bindings, depends_on=needs)]
    if mail:
        services.append(FoundService("mail", "mail", "shop", "fly", (), "canonical"))
    problems = (
        Finding("no-tests", "warning", "api/package.json", "", line=3),
        Finding("unparsable", "error", "mail/fly.toml", "", line=7),
        Finding("no-tests", "warning", "mail/package.json", "", line=3),
    )
    return compare(read(path), Inventory("shop", tuple(services), problems))


def test_precision_and_recall(tmp_path: Path) -> None:
    found = _shop(tmp_path)
    scores = {family: (found.score(family).precision, found.score(family).recall) for family in FAMILIES}
    assert scores["services"] == (1.0, 0.5)
    assert scores["details"] == (0.75, 1.0)
    assert scores["dependencies"] == (1.0, 1.0)
    assert scores["problems"] == (2 / 3, 1.0)


def test_unreachable_is_not_reachable(tmp_path: Path) -> None:
    found = _shop(tmp_path, reachable=False)
    assert (found.score("dependencies").precision, found.score("dependencies").recall) == (0.0, 0.0)


def test_what_is_wrong_and_not_listed_is_told(tmp_path: Path) -> None:
    assert list(_shop(tmp_path).unlisted()) == ["false details: api at api: d1 DB"]


def test_what_is_listed_as_wrong_and_right_is_told(tmp_path: Path) -> None:
    assert list(_shop(tmp_path, mail=True).stale()) == ["missed services: mail at mail"]


def test_a_whole_covers_its_parts() -> None:
    whole, part = (
        Item("problems", "no-tests in a", "no-tests in a"),
        Item("problems", "no-tests in a:3", "no-tests in a"),
    )
    assert whole.covers(part)
    assert not part.covers(whole)
