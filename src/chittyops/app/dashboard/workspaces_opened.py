"""What every page of a workspace begins with: the workspace, its problems, the page of a longer list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import Response

from chittyops.app.dashboard import workspaces_words as words
from chittyops.app.dashboard.fleet import Chosen, choose
from chittyops.app.dashboard.site import page
from chittyops.app.dashboard.workspaces_words import Places
from chittyops.capabilities.catalog.model import Entry, EntryFilter, ProblemFilter, Published, Weighed
from chittyops.capabilities.catalog.service import Catalog, entries, still_open
from chittyops.capabilities.deploy.service import Deploys
from chittyops.kernel.clock import Clock
from chittyops.kernel.service import NAME

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=63)]
Wanted = Annotated[str, Query(pattern=f"^({NAME.pattern})?$", max_length=63)]
Text = Annotated[str, Query(max_length=300)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a longer list."""

    items: Sequence[Any]
    total: int
    number: int
    size: int

    @classmethod
    def of(cls, found: Sequence[Any], number: int, size: int) -> Part:
        """Return page ``number`` of ``found``, or the last one where there are not so many."""
        last = max(1, -(-len(found) // size))
        number = min(number, last)
        return cls(found[(number - 1) * size : number * size], len(found), number, size)

    @property
    def first(self) -> int:
        """Return the number of its first item, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Return the number of its last item."""
        return self.first + len(self.items) - 1


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace that a page is about, with its problems as they are accepted."""

    chosen: Chosen
    published: Published
    problems: Sequence[Weighed]

    @property
    def places(self) -> Places:
        """Return the addresses of its pages."""
        return Places(self.published.workspace.name, self.chosen)

    def entries(self) -> list[Entry]:
        """Return its services as the catalogue lists them."""
        return entries(self.published.inventory, self.problems)


class WorkspacePages:
    """Gathers what every page of a workspace needs."""

    def __init__(self, catalog: Catalog, deploys: Deploys, clock: Clock) -> None:
        """Read from the capabilities."""
        self.catalog = catalog
        self.deploys = deploys
        self.clock = clock

    async def chosen(self, fleet: Wanted = "", environment: Wanted = "") -> Chosen:
        """Return the fleet and environment that links lead back to."""
        return await choose(self.deploys, fleet, environment)

    async def opened(self, workspace: str, chosen: Chosen) -> Opened:
        """Return the workspace asked for. Raises NotFound."""
        published = await self.catalog.published(workspace)
        return Opened(chosen, published, await self.catalog.problems(workspace))

    def render(self, request: Request, name: str, opened: Opened, **context: object) -> Response:
        """Return one page of a workspace."""
        shared = {
            "chosen": opened.chosen, "active": "workspaces", "now": self.clock.now(), "words": words,
            "worded": words.worded, "workspace": opened.published.workspace, "places": opened.places,
            "open_problems": len(still_open(opened.problems)), "tab": name.removeprefix("workspace_"),
        }  # fmt: skip
        return page(request, name, {**shared, **context})


def query_of(wanted: EntryFilter | ProblemFilter, defaults: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that ask for ``wanted`` again; those that say nothing are left out."""
    fields = asdict(wanted)
    fields["q"] = fields.pop("text")
    return {name: value for name, value in fields.items() if value and value != defaults.get(name)}
