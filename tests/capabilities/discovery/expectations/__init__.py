"""What a careful reviewer finds in public repositories: one YAML file a repository, as README.md tells.

Nothing of the repositories themselves is here but names, paths, lines and codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent
FAMILIES: Final = ("services", "details", "dependencies", "problems")
_KEYS: Final = {
    "services": (
        {"name", "path", "platform", "status"},
        {"copy_of", "health", "entrypoint", "entrypoint_state", "environments", "bindings", "routes", "crons"},
    ),
    "dependencies": ({"service", "target", "kind"}, {"reachable"}),
    "problems": ({"code", "path"}, {"line"}),
}
_OPEN: Final = {"copy_of": "copy of", "health": "health"}
"""Keys that say nothing where they are not given; the words that their details begin with."""
_LOOSE: Final = {
    "services": ({"name", "path"}, set[str]()),
    "details": ({"service", "detail"}, set[str]()),
    "dependencies": ({"service", "target"}, {"kind", "reachable"}),
    "problems": ({"code", "path"}, {"line"}),
}


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One thing that is so. ``text`` is it in words; ``group`` what it is one of, where more particular things are.

    ``others`` are further texts for it: the other kinds that a dependency may be found to have.
    """

    family: str
    text: str
    group: str
    others: tuple[str, ...] = ()

    def covers(self, other: Item) -> bool:
        """Return whether ``other`` is this, or one of the particular things that this names as a whole."""
        return self.family == other.family and not {self.text, *self.others}.isdisjoint({other.text, other.group})


@dataclass(frozen=True, slots=True)
class Expectations:
    """One file: what is so, what can be judged either way, and what the tool is known to get wrong."""

    repository: str
    items: frozenset[Item]
    unstated: frozenset[str]
    """Details that the file leaves open: ``<service>: <word>`` for each key that it does not give at all."""
    acceptable: Mapping[Item, str]
    missed: Mapping[Item, str]
    false: Mapping[Item, str]

    @property
    def folder(self) -> str:
        """Return the name of the folder that the repository is checked out in."""
        return self.repository.rpartition("/")[2]


def load() -> tuple[Expectations, ...]:
    """Return all expectations, in order of their repositories."""
    return tuple(read(path) for path in sorted(FOLDER.glob("*.yaml")))


def read(path: Path) -> Expectations:
    """Return the expectations in a file. Raises ValueError for one that is not as README.md says."""
    try:
        return _expectations(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path.name}: {error}"
        raise ValueError(message) from error


def _expectations(data: Mapping[str, Any]) -> Expectations:
    _check(data, {"repository"}, {*FAMILIES, "acceptable", "wrong"} - {"details"})
    items: list[Item] = []
    unstated: set[str] = set()
    for row in data.get("services") or ():
        _check(row, *_KEYS["services"])
        items += service(row)
        unstated |= {f"{_place(row)}: {word}" for key, word in _OPEN.items() if key not in row}
        if not isinstance(row.get("environments"), Mapping):
            unstated.add(f"{_place(row)}: in")
    for family in ("dependencies", "problems"):
        for row in data.get(family) or ():
            _check(row, *_KEYS[family])
            items += _particular(family, row)
    twice = sorted(each.text for each in set(items) if items.count(each) > 1)
    if twice:
        message = f"given twice: {', '.join(twice)}"
        raise ValueError(message)
    # YAML takes the key ``false`` for the value.
    wrong = {str(key).lower(): rows for key, rows in (data.get("wrong") or {}).items()}
    _check(wrong, set(), {"missed", "false"})
    return Expectations(
        data["repository"],
        frozenset(items),
        frozenset(unstated),
        dict(_acceptable(data.get("acceptable") or {})),
        dict(_wrong(wrong.get("missed") or ())),
        dict(_wrong(wrong.get("false") or ())),
    )


def _acceptable(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[Item, str]]:
    _check(found, set(), set(FAMILIES))
    for family, rows in found.items():
        for row in rows or ():
            yield from _excused(family, row)


def _wrong(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Item, str]]:
    marks = {"code": "problems", "target": "dependencies", "detail": "details", "name": "services"}
    for row in rows:
        family = next((family for key, family in marks.items() if key in row), "")
        if not family:
            message = f"needs one of {', '.join(marks)}: {row}"
            raise ValueError(message)
        yield from _excused(family, row)


def _excused(family: str, row: Mapping[str, Any]) -> Iterator[tuple[Item, str]]:
    needed, further = _LOOSE[family]
    _check(row, {*needed, "reason"}, further)
    if not str(row["reason"]).strip():
        message = f"has no reason: {row}"
        raise ValueError(message)
    for item in _particular(family, row):
        yield item, row["reason"]


def _check(row: Mapping[str, Any], needed: set[str], further: set[str]) -> None:
    if missing := needed - set(row):
        message = f"lacks {', '.join(sorted(missing))}: {row}"
        raise ValueError(message)
    if unknown := set(row) - needed - further:
        message = f"knows no {', '.join(sorted(unknown))}: {row}"
        raise ValueError(message)


def _particular(family: str, row: Mapping[str, Any]) -> Iterator[Item]:
    if family == "services":
        yield Item(family, _place(row), _place(row))
    elif family == "details":
        yield Item(family, f"{row['service']}: {row['detail']}", str(row["service"]))
    elif family == "dependencies":
        kinds = row.get("kind", "")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        first, *others = (
            dependency(row["service"], row["target"], kind, reachable=row.get("reachable", True)) for kind in kinds
        )
        yield Item(family, first.text, first.group, tuple(each.text for each in others))
    else:
        yield problem(row["code"], row["path"], row.get("line"))


def dependency(service: str, target: str, kind: str, *, reachable: bool) -> Item:
    """Return that a service depends on another; without ``kind`` in any way."""
    group = f"{service} -> {target}"
    return Item("dependencies", f"{group} ({kind}{'' if reachable else ', unreachable'})" if kind else group, group)


def problem(code: str, path: str, line: int | None) -> Item:
    """Return that there is a problem; without ``line`` anywhere in the file."""
    group = f"{code} in {path}"
    return Item("problems", group if line is None else f"{group}:{line}", group)


def _place(row: Mapping[str, Any]) -> str:
    return f"{row['name']} at {row['path']}"


def service(row: Mapping[str, Any]) -> Iterator[Item]:
    """Yield that there is a service, and its details."""
    place = _place(row)
    yield Item("services", place, place)
    for detail in _details(row):
        yield Item("details", f"{place}: {detail}", place)


def _details(row: Mapping[str, Any]) -> Iterator[str]:
    yield f"platform {row['platform']}"
    yield f"status {row['status']}"
    if row.get("copy_of"):
        yield f"copy of {row['copy_of']}"
    if row.get("health"):
        yield f"health {row['health']}"
    if row.get("entrypoint"):
        yield f"entrypoint {row['entrypoint']} ({row.get('entrypoint_state', 'present')})"
    environments = row.get("environments") or ()
    for name in environments:
        yield f"environment {name}"
    yield from _stage(row)
    if isinstance(environments, Mapping):
        for name, each in environments.items():
            for detail in _stage(each or {}):
                yield f"in {name} {detail}"


def _stage(row: Mapping[str, Any]) -> Iterator[str]:
    for kind, bindings in (row.get("bindings") or {}).items():
        for name in bindings:
            yield f"{kind} {name}"
    for route in row.get("routes") or ():
        yield f"route {route}"
    for cron in row.get("crons") or ():
        yield f"cron {cron}"
