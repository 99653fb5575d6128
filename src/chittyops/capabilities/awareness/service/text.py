"""What is told, for people and for programs that read text: one line a fact, nothing in it that is not a name."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Final

from chittyops.capabilities.awareness.model.context import Choice, Context, Deployed, MigrationState
from chittyops.capabilities.awareness.service.choice import ENOUGH

Line = tuple[str, str]

BRIEF_LINES: Final = 25
BRIEF_COLUMNS: Final = 160
_FEW: Final = 3
_ABBREVIATED: Final = 9


def brief(context: Context) -> str:
    """Return the context in at most BRIEF_LINES lines.

    Texts that others wrote into the repository, such as the subjects of commits, are left out: whoever reads this
    may take them for instructions.
    """
    if not context.workspace:
        lines = [f"chittyops: no project in {context.folder} or above it"]
    else:
        lines = [f"{label}: {text}" for label, text in facts(context) if label != "commit"]
    lines = [_fit(line) for line in lines]
    if len(lines) > BRIEF_LINES:
        lines[BRIEF_LINES - 1 :] = ["... `chittyops context` tells more"]
    return "\n".join(lines)


def facts(context: Context) -> Iterator[Line]:
    """Yield the facts of a context as labels and texts, the most important first."""
    yield from _place(context)
    yield from _graph(context)
    yield from _deployments(context)
    yield from _changes(context)
    yield from _troubles(context)
    for each in context.migrations:
        yield "migrations", _migrations(each)
    for step in context.next:
        yield "next", f"{step.command}    # {step.reason}"


def _fit(line: str) -> str:
    """Return ``line`` as one of printable characters, cut to BRIEF_COLUMNS."""
    line = "".join(each if each.isprintable() else " " for each in line)
    return line if len(line) <= BRIEF_COLUMNS else f"{line[: BRIEF_COLUMNS - 3]}..."


def _place(context: Context) -> Iterator[Line]:
    where = context.where
    if where:
        outside = "" if where.in_fleet or not context.fleet else ", not in the fleet file"
        about = ", ".join(filter(None, (where.platform, "" if where.status == "canonical" else where.status)))
        yield "service", f"{where.name} in {where.path} ({about}){outside}{_doubt(context.service)}"
    elif context.service.candidates:
        names = [each.name for each in context.service.candidates]
        yield "services", _listed(names) + " (none chosen: --service NAME)"
    if context.environment.name:
        yield "environment", context.environment.name + _doubt(context.environment)
    yield "fleet", f"{context.fleet} ({context.fleet_file})" if context.fleet else "no fleet file (chittyops.yaml)"
    yield "workspace", context.workspace + _doubt(context.project)
    head = context.head
    if head.state != "none":
        where_it_is = {"detached": "a detached HEAD", "unborn": f"{head.branch}, without commits"}
        branch = where_it_is.get(head.state, head.branch) + (" (bare)" if head.state == "bare" else "")
        yield "branch", f"{branch} at {head.commit[:_ABBREVIATED]}" if head.commit else branch
    else:
        yield "branch", "no git repository"


def _doubt(choice: Choice) -> str:
    """Return how sure a choice is, where that is worth saying."""
    if choice.by in {"path", "only", "option", "answer", "none"} or choice.sure >= ENOUGH:
        return ""
    return f", {choice.sure:.0%} sure (by {choice.by})"


def _listed(names: list[str], most: int = 8) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _graph(context: Context) -> Iterator[Line]:
    if context.depends_on:
        yield (
            "depends on",
            _listed([each.name if each.known else f"{each.name} (outside)" for each in context.depends_on]),
        )
    if context.dependents:
        yield "needed by", _listed(list(context.dependents))


def _deployments(context: Context) -> Iterator[Line]:
    if not context.fleet:
        return
    centre = context.centre
    if centre.state != "running" or centre.remark:
        yield "deployed", centre.remark or "not known: the centre is not running"
        return
    mine = [each for each in centre.deployments if not context.where or each.service == context.where.name]
    for each in mine if context.where else ():
        yield "deployed", _deployment(each) if each.build else f"not to {each.environment}"
    if context.where and not mine:
        yield "deployed", "nowhere that the centre knows"
    elif not context.where:
        built = sum(bool(each.build) for each in mine)
        yield "deployed", f"{built} of {len(mine)} services"


def _deployment(each: Deployed) -> str:
    parts = (
        f"{each.build} in {each.environment}",
        each.since and f"since {each.since[:19]}Z",
        each.health,
        each.address,
    )
    return ", ".join(filter(None, parts))


def _changes(context: Context) -> Iterator[Line]:
    changes = context.changes
    files = f"{_counted(changes.files, 'file', '+' * changes.more_files)} not committed"
    since = {
        "deployment": f"the deployment {changes.since.name}",
        "tag": f"the tag {changes.since.name}",
        "remote": changes.since.name,
    }.get(changes.since.kind)
    if since and not changes.remark:
        more = "+" if changes.more_commits else ""
        yield (
            "changed",
            f"{_counted(changes.commits, 'commit', more)} since {since}, {files}",
        )
    elif context.head.state not in {"none", "bare"}:
        yield "changed", changes.remark or files
    for commit in changes.commits[:_FEW]:
        yield "commit", f"{commit.id} {commit.subject}"
    if changes.files:
        yield "files", _listed([f"{each.path} ({each.state})" for each in changes.files], 5)


def _counted(things: Sized, name: str, more: str = "") -> str:
    return _number(len(things), name, more)


def _number(count: int, name: str, more: str = "") -> str:
    return f"{count}{more} {name}{'s' * (count != 1)}"


def _troubles(context: Context) -> Iterator[Line]:
    for each in context.alerts:
        yield (
            "alert",
            f"{each.service} is {each.health} in {each.environment}" + (f": {each.detail}" if each.detail else ""),
        )
    problems = context.problems
    if problems is None:
        if context.head.state == "bare":
            return
        yield "problems", "not known yet: `chittyops context` reads the project"
        return
    stale = "" if problems.fresh else f" (files have changed since {problems.read_at})"
    yield "problems", f"{_number(problems.errors, 'error')}, {_number(problems.warnings, 'warning')}{stale}"
    for problem in problems.items[:_FEW]:
        if problem.severity == "error":
            place = f"{problem.path}:{problem.line}" if problem.line else problem.path
            yield "error", f"{place}: {problem.message}"


def _migrations(each: MigrationState) -> str:
    parts = [f"{each.path} ({each.tool}): {each.count}"]
    if each.pending:
        parts.append(f"{len(each.pending)} {each.remark}: {_listed(list(each.pending), _FEW)}")
    else:
        parts.append(each.remark)
    if each.unlisted:
        parts.append(f"in no journal: {_listed(list(each.unlisted), _FEW)}")
    return "; ".join(parts)
