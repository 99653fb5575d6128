"""A configuration of wrangler, read into the fleet file: what it means, not only what it says.

Named environments inherit no bindings and no variables. What one of them lacks is written down as such, so that the
fleet file, where environments do inherit, means the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from chittyops.capabilities.config.service.importing import environments
from chittyops.capabilities.config.service.importing.blocks import yaml
from chittyops.capabilities.config.service.importing.comments import LAST
from chittyops.capabilities.config.service.importing.model import (
    NO_COMMENT,
    Comment,
    Comments,
    Context,
    Imported,
    Keys,
)
from chittyops.capabilities.config.service.importing.patching import PATCH, Patch
from chittyops.capabilities.config.service.importing.scrubbing import without_secrets
from chittyops.capabilities.config.service.render.matching import same
from chittyops.capabilities.config.service.render.wrangler_keys import INHERITED, KINDS, TOP_ONLY, Kind
from chittyops.kernel.edit import Edit, Yaml
from chittyops.kernel.errors import Place, Problem

Section = dict[str, Any]
Named = tuple[Kind, str]
_VARIABLE: Final = re.compile(r"(?!PORT$|HOST$|CHITTYOPS_)[A-Za-z_][A-Za-z0-9_]*")
_ORDINARY: Final = ("name", "class_name", "migrations")
"""Keys of settings that bindings have as well."""


def read(data: Section, path: str, comments: Comments, context: Context) -> Imported:
    """Return the edits that make the fleet file say what the file at ``path`` means."""
    return _Reader(_dated(data), path, comments, context).read()


class _Reader:
    def __init__(self, data: Section, path: str, comments: Comments, context: Context) -> None:
        self._data = {key: _provisioned((key,), value) for key, value in data.items()}
        self._path = path
        self._comments = comments
        self._context = context
        self._found = Imported()
        self._lost: dict[str, list[str]] = {}
        sections = data.get("env")
        self._sections = {
            name: {key: _provisioned((key,), value) for key, value in each.items()}
            for name, each in (sections.items() if isinstance(sections, dict) else ())
            if isinstance(each, dict)
        }
        self._secrets = self._secret_variables()

    def read(self) -> Imported:
        top = {key: value for key, value in self._data.items() if key not in ("env", "vars")}
        self._swallowed(top, "")
        if not self._context.chosen:
            self._top(top)
        known = environments.named(self._sections, self._context, self._found)
        for name, mine in known.items():
            self._environment(name, mine, top)
        for mine in () if self._context.chosen else self._context.environments:
            if mine not in (*known.values(), *self._context.foreign):
                for key, gone in self._absent({}, top).items():
                    self._edit(("environments", mine, "wrangler", key), _dismissed(None, gone), ())
        self._tell_lost()
        self._tell_secrets()
        if LAST in self._comments and self._found.edits:
            # What stands at the end of the file belongs to nothing: it goes before the first edit.
            first = self._found.edits[0]
            self._found.edits[0] = Edit(first.keys, first.value, first.remark, self._comments[LAST].above + first.above)
        return self._found

    def _top(self, top: Section) -> None:
        for key, value in top.items():
            self._edit(("wrangler", key), value, (key,))
        for name, value in self._variables(self._data).items():
            self._variable((), name, value, ("vars", name))

    def _environment(self, name: str, mine: str, top: Section) -> None:
        section = self._sections[name]
        own = ("environments", mine)
        self._swallowed(section, f"env.{name}.")
        empty = True
        absent = self._absent(section, top)
        for key in {**top, **section, **absent}:
            if key == "vars" or key in TOP_ONLY:
                continue
            gone = absent.get(key, [])
            inherits = key not in section and (key in INHERITED or key not in top)
            equal = key in top and key in section and same(top[key], section[key]) and key != "name"
            if inherits or equal:
                if gone:
                    self._edit((*own, "wrangler", key), _dismissed(None, gone), (), self._elsewhere(name, gone))
            else:
                self._changed(own, name, key, top, section, gone)
            empty = empty and inherits and not gone
        before, after = self._variables(self._data), self._variables(section)
        for variable in {**before, **after}:
            if variable in self._secrets:
                continue
            if variable not in after:
                empty = False
                self._variable(own, variable, None, (), self._why(name, (variable,), "variables"))
            elif variable not in before or not same(before[variable], after[variable]):
                empty = False
                self._variable(own, variable, after[variable], ("env", name, "vars", variable))
        if empty:
            self._found.edits.append(Edit(("services", self._context.service, *own, "wrangler"), Yaml("{}")))

    def _changed(
        self, own: tuple[str, ...], name: str, key: str, top: Section, section: Section, gone: list[Named]
    ) -> None:
        above = self._elsewhere(name, gone) if gone else ()
        if key not in top:
            value = _dismissed(section[key], gone)
            self._edit((*own, "wrangler", key), value, ("env", name, key), above)
            return
        patch = Patch()
        value = patch.between((key,), top[key], section.get(key))
        source: Keys = ("env", name)
        above += self._why(name, patch.gone, "bindings") if patch.gone else ()
        self._edit(
            (*own, "wrangler", key),
            _dismissed(value, gone) if gone else value,
            (*source, key),
            above,
            lambda keys: self._say((*source, *patch.sources.get((key, *keys), (key, *keys)))),
        )

    def _absent(self, section: Section, top: Section) -> dict[str, list[Named]]:
        """Return, by the keys of the file, the bindings that only other environments have, and not the top level."""
        have = {*_names(top), *_names(section)}
        found: dict[str, list[Named]] = {}
        for other in self._sections.values():
            for each in _names(other):
                if each not in have and each not in found.get(each[0].keys[0], []):
                    found.setdefault(each[0].keys[0], []).append(each)
        return found

    def _elsewhere(self, name: str, gone: Sequence[Named]) -> tuple[str, ...]:
        return (f"env.{name} had no {', '.join(each for _, each in gone)}, which other environments have",)

    def _why(self, name: str, lacking: Sequence[str], what: str) -> tuple[str, ...]:
        """Return the comment on what an environment lacks, and note it for the remark on all of it."""
        self._lost.setdefault(name, []).extend(lacking)
        return (f"env.{name} had no {', '.join(lacking)}: wrangler does not inherit {what}",)

    def _tell_lost(self) -> None:
        for name, lacking in self._lost.items():
            message = f"env.{name} lacks {', '.join(lacking)}, which the top level has: wrangler inherits none of it"
            hint = "the fleet file says so; take that out where it is a mistake"
            self._found.remarks.append(Problem(message, Place(self._path), hint))

    def _edit(
        self,
        keys: tuple[str, ...],
        value: Any,
        source: Keys,
        above: tuple[str, ...] = (),
        say: Callable[[Keys], Comment] | None = None,
    ) -> None:
        comment = self._say(source)
        kept = without_secrets({keys[-1]: value}, keys[:-1], self._path, self._context, self._found)
        if keys[-1] not in kept:
            return
        written = yaml(kept[keys[-1]], say or (lambda inner: self._say((*source, *inner))))
        at = ("services", self._context.service, *keys)
        lead = comment.above + above
        if "\n" in written.text and comment.remark:
            lead, comment = (*lead, comment.remark), NO_COMMENT
        self._found.edits.append(Edit(at, written, comment.remark, lead))

    def _variable(self, own: tuple[str, ...], name: str, value: Any, source: Keys, above: tuple[str, ...] = ()) -> None:
        if name in self._secrets:
            return
        plain = not isinstance(value, dict | list) and _VARIABLE.fullmatch(name)
        if plain and not (value is None and own and isinstance(self._top_variable(name), dict | list)):
            self._edit((*own, "config", name), value, source, above)
            return
        before = self._top_variable(name) if own else None
        self._edit((*own, "wrangler", "vars", name), Patch().between((name,), before, value), source, above)

    def _top_variable(self, name: str) -> Any:
        return self._variables(self._data).get(name)

    def _say(self, keys: Keys) -> Comment:
        return self._comments.get(keys, NO_COMMENT)

    def _variables(self, section: Mapping[str, Any]) -> Section:
        found = section.get("vars")
        return found if isinstance(found, dict) else {}

    def _secret_variables(self) -> dict[str, bool]:
        """Return the variables that hold secrets, and whether the fleet declares them already."""
        sections = [self._data, *self._sections.values()]
        pairs = [pair for section in sections for pair in self._variables(section).items()]
        return {
            name: name in self._context.secrets
            for name, value in pairs
            if self._context.says_secret(name, value) and _VARIABLE.fullmatch(name)
        }

    def _tell_secrets(self) -> None:
        service = self._context.service
        for name, declared in self._secrets.items():
            if not declared:
                self._found.edits.append(Edit(("services", service, "secrets", name), f"sops:{name}"))
            hint = (
                f"`chittyops secrets set {name} {service}` keeps it; change it then: whoever reads {self._path} has it"
            )
            message = f"{name} is a secret, and its value stands in {self._path}: it was not taken over"
            self._found.remarks.append(Problem(message, Place(self._path), hint))

    def _swallowed(self, section: Section, lead: str) -> None:
        """Remark on settings in a binding: a key after a table's header belongs to that table."""
        for kind in KINDS:
            for index, row in enumerate(_rows(section, kind.keys)):
                for key in row.keys() & (INHERITED | TOP_ONLY) - {*_ORDINARY}:
                    message = f"{key} stands in {lead}{kind.title}[{index}], where wrangler does not look for it"
                    hint = "is it meant for the top of the file? in TOML, what follows a header belongs to its table"
                    self._found.remarks.append(Problem(message, Place(self._path), hint))


def _names(section: Section) -> Iterator[Named]:
    """Yield the bindings of a section by their kind and name."""
    for kind in KINDS:
        for row in _rows(section, kind.keys):
            if isinstance(row.get(kind.name), str):
                yield kind, row[kind.name]


def _dismissed(value: Any, gone: Sequence[Named]) -> Any:
    """Return ``value``, what is said of some kinds, and that the bindings in ``gone`` are not there."""
    for kind, name in gone:
        if not kind.rows:
            return None
        item = {kind.name: name, PATCH: "delete"}
        if len(kind.keys) == 1:
            value = [*(value or []), item]
        else:
            value = {**(value or {}), kind.keys[1]: [*(value or {}).get(kind.keys[1], []), item]}
    return value


def _rows(section: Section, keys: tuple[str, ...]) -> list[Section]:
    found: Any = section
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    rows = found if isinstance(found, list) else [found]
    return [each for each in rows if isinstance(each, dict)]


def _provisioned(keys: tuple[str, ...], value: Any) -> Any:
    """Return ``value`` with null for the ids that bindings do not give: wrangler creates what is meant."""
    kinds = [kind for kind in KINDS if kind.keys[: len(keys)] == keys and kind.rows]
    for kind in kinds:
        if kind.keys != keys and isinstance(value, dict) and kind.keys[len(keys)] in value:
            inner = kind.keys[len(keys)]
            value = {**value, inner: _provisioned((*keys, inner), value[inner])}
        elif kind.keys == keys and isinstance(value, list):
            value = [{**row, **dict.fromkeys(_lacking(kind.ids, row))} if _is_binding(row) else row for row in value]
    return value


def _is_binding(row: object) -> bool:
    return isinstance(row, dict) and "$patch" not in row


def _lacking(ids: tuple[str, ...], row: Section) -> list[str]:
    return [each.partition("|")[0] for each in ids if not row.keys() & set(each.split("|"))]


def _dated(value: Any) -> Any:
    """Return ``value`` with the dates of TOML as texts, which is what wrangler asks for."""
    if isinstance(value, dict):
        return {key: _dated(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_dated(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value
