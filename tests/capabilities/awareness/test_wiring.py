"""Awareness over real repositories."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.capabilities.awareness.conftest import Run

from chittyops.capabilities.awareness import wiring
from chittyops.capabilities.awareness.model.context import Context
from chittyops.capabilities.awareness.model.project import Place
from chittyops.capabilities.awareness.service.assembly import Chosen, Seen
from chittyops.capabilities.awareness.wiring import Awareness
from chittyops.kernel.inventory import FoundService, Inventory, Migrations, Store
from chittyops.runtime.home import Home


@dataclass(slots=True)
class Clock:
    """Stands still until it is moved."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.moment

    def monotonic_seconds(self) -> float:
        return self.moment.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def awareness(home: Home, clock: Clock) -> Awareness:
    return Awareness(home, clock)


def _service(name: str, path: str, *stores: Store) -> FoundService:
    return FoundService(name, path, ".", "cloudflare", ("cloudflare",), "canonical", databases=stores)


FOUND = Inventory(
    "shop",
    (
        _service(
            "cart", "services/cart", Store("db", "d1", "DB", (Migrations("services/cart/sql", "sql", 1, "files"),))
        ),
        _service("web", "services/web"),
    ),
    (),
)


def _see(awareness: Awareness, folder: Path) -> Seen:
    return asyncio.run(awareness.see(awareness.locate(folder)))


def _kept(awareness: Awareness, folder: Path) -> Seen:
    return awareness.keep(_see(awareness, folder), FOUND, None)


@pytest.fixture
def shop(repository: Path, git: Run) -> Path:
    for name in ("cart", "web"):
        (repository / "services" / name / "sql").mkdir(parents=True)
        (repository / "services" / name / "index.js").write_text(name)
    (repository / "services/cart/sql/1.sql").write_text("x")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "services")
    return repository


def test_a_project_is_fresh_until_something_changes(awareness: Awareness, shop: Path, git: Run, clock: Clock) -> None:
    assert _see(awareness, shop).snapshot is None
    _kept(awareness, shop)
    assert _see(awareness, shop / "services/cart").fresh
    file = shop / "services/cart/index.js"
    file.write_text("changed")
    assert not _see(awareness, shop).fresh
    _kept(awareness, shop)
    assert _see(awareness, shop).fresh
    file.write_text("changed once more")
    assert not _see(awareness, shop).fresh, "a file that was changed already may change again"
    git(shop, "commit", "-qam", "x")
    _kept(awareness, shop)
    clock.moment += timedelta(days=2)
    assert not _see(awareness, shop).fresh, "nothing is believed for ever"


def test_a_fleet_above_repositories_follows_their_commits(awareness: Awareness, shop: Path, git: Run) -> None:
    (shop.parent / "chittyops.yaml").write_text("fleet: all\n")
    _kept(awareness, shop.parent)
    assert _see(awareness, shop.parent).fresh
    git(shop, "commit", "-q", "--allow-empty", "-m", "x")
    assert not _see(awareness, shop.parent).fresh


def test_the_folder_says_which_service_it_is(awareness: Awareness, shop: Path) -> None:
    seen = _kept(awareness, shop / "services/cart/sql")
    assert awareness.service(seen).name == "cart"
    assert awareness.service(seen).by == "path"
    assert awareness.service(_see(awareness, shop)).by == "none"


def test_use_decides_where_the_folder_does_not(awareness: Awareness, shop: Path) -> None:
    _kept(awareness, shop)
    awareness.learn(awareness.locate(shop), "web", "answer")
    found = awareness.service(_see(awareness, shop))
    assert (found.name, found.by) == ("web", "use")


def test_files_that_are_edited_hint_at_their_service(awareness: Awareness, shop: Path) -> None:
    (shop / "services/web/index.js").write_text("edited")
    assert awareness.service(_kept(awareness, shop)).name == "web"


def test_commands_that_were_run_count(awareness: Awareness, shop: Path, home: Home) -> None:
    _kept(awareness, shop)
    wiring.record(home, str(shop), "cart", folder=str(shop))
    wiring.record(home, str(shop), "cart")
    assert awareness.service(_see(awareness, shop)).name == "cart"


def test_the_service_s_own_repository_is_asked_where_the_fleet_is_above_it(
    awareness: Awareness, shop: Path, git: Run
) -> None:
    above = shop.parent
    (above / "chittyops.yaml").write_text("fleet: all\n")
    git(shop, "switch", "-qc", "develop")
    (shop / "services/cart/index.js").write_text("edited")
    found = Inventory("all", (_service("cart", "shop/services/cart"),), ())
    seen = awareness.keep(_see(awareness, above), found, None)
    assert seen.place.head.state == "none"
    context = _tell(awareness, asyncio.run(awareness.settle(seen, awareness.service(seen))))
    assert (context.service.name, context.service.by, context.head.branch) == ("cart", "only", "develop")
    assert [each.path for each in context.changes.files] == ["shop/services/cart/index.js"]


def test_a_visit_counts_once_in_a_while(awareness: Awareness, shop: Path, clock: Clock, home: Home) -> None:
    place = awareness.locate(shop)
    for _ in range(3):
        awareness.learn(place, "cart", "visit")
    assert len((home.path / "awareness/activity.jsonl").read_text().splitlines()) == 1
    clock.moment += timedelta(hours=1)
    awareness.learn(place, "cart", "visit")
    assert len((home.path / "awareness/activity.jsonl").read_text().splitlines()) == 2


def test_above_several_projects_the_one_in_use_is_meant(awareness: Awareness, shop: Path, git: Run) -> None:
    other = shop.parent / "other"
    git(other, "init", "-q")
    above = awareness.locate(shop.parent)
    assert awareness.project(above).by == "none"
    awareness.learn(awareness.locate(shop), "cart", "answer")
    assert awareness.project(above).name == str(shop)
    for _ in range(2):
        awareness.learn(above, str(other), "answer")
    assert awareness.project(above).name == str(other)
    assert awareness.project(awareness.locate(other)).by == "path"


def _tell(awareness: Awareness, seen: Seen) -> Context:
    service = awareness.service(seen)
    chosen = Chosen(awareness.project(seen.place), service, awareness.environment(seen, service))
    return asyncio.run(awareness.tell(seen, chosen, {}, ()))


def test_changes_are_counted_from_the_tag_and_for_the_service_alone(awareness: Awareness, shop: Path, git: Run) -> None:
    git(shop, "tag", "v1")
    (shop / "services/cart/sql/2.sql").write_text("x")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "cart moves")
    (shop / "services/web/new.js").write_text("x")
    cart = _tell(awareness, _kept(awareness, shop / "services/cart"))
    assert ([each.subject for each in cart.changes.commits], cart.changes.files) == (["cart moves"], ())
    assert (cart.changes.since.kind, cart.migrations[0].pending) == ("tag", ("2.sql",))
    web = _tell(awareness, _see(awareness, shop / "services/web"))
    assert web.changes.commits == ()
    assert [each.path for each in web.changes.files] == ["services/web/new.js"]


def test_without_tags_the_remote_s_branch_is_what_changes_are_counted_from(
    awareness: Awareness, shop: Path, git: Run
) -> None:
    assert _tell(awareness, _kept(awareness, shop)).changes.since.kind == "none"
    git(shop, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(shop, "commit", "-q", "--allow-empty", "-m", "mine")
    found = _tell(awareness, _see(awareness, shop)).changes
    assert (found.since.name, [each.subject for each in found.commits]) == ("origin/main", ["mine"])


def test_paths_are_those_of_the_project_where_it_is_but_a_part_of_the_repository(
    awareness: Awareness, shop: Path, git: Run
) -> None:
    git(shop, "tag", "v1")
    (shop / "services/chittyops.yaml").write_text("fleet: shop\n")
    (shop / "a.txt").write_text("outside")
    place = awareness.locate(shop / "services/cart")
    seen = asyncio.run(awareness.see(place))
    assert {each.path for each in seen.dirty} == {"chittyops.yaml", "../a.txt"}
    assert [each.path for each in _tell(awareness, seen).changes.files] == ["chittyops.yaml"], (
        "what is outside is not told"
    )


def test_where_git_cannot_tell_it_is_said(awareness: Awareness, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(shop))
    found = _tell(awareness, _kept(awareness, shop))
    assert found.changes.remark.startswith("cannot run git")
    assert found.head.branch == "main", "the branch is known all the same"


def test_the_prompt_s_file_names_the_head_that_it_was_made_of(awareness: Awareness, shop: Path, home: Home) -> None:
    awareness.keep_prompt(str(shop), _tell(awareness, _kept(awareness, shop / "services/cart")))
    lines = next(home.path.rglob(".chittyops-prompt")).read_text().splitlines()
    assert lines == ["shop/cart@~production", str(shop / ".git/HEAD"), "ref: refs/heads/main"]


def test_a_folder_whose_name_has_a_line_break_gives_no_file_to_read(
    awareness: Awareness, tmp_path: Path, git: Run
) -> None:
    odd = tmp_path / "a\nb"
    git(odd, "init", "-q")
    awareness.keep_prompt("/odd", _tell(awareness, _see(awareness, odd)))
    lines = next(awareness.home.path.rglob(".chittyops-prompt")).read_text().splitlines()
    assert lines[1:] == ["", ""]


def test_one_process_at_a_time_reads_a_project(awareness: Awareness) -> None:
    held = awareness.reading_lock(Place("/w", "/w"))
    assert held
    assert awareness.reading_lock(Place("/w/x", "/w")) is None
    other = awareness.reading_lock(Place("/v", "/v"))
    assert other
    for each in (held, other):
        os.close(each)
