"""A fleet put together: what every service is in every environment, value by value and as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from chittyops.capabilities.fleet.model import document
from chittyops.capabilities.fleet.model.fileformat import FILENAME, OVERRIDE, SERVICE
from chittyops.capabilities.fleet.ports import Files
from chittyops.capabilities.fleet.service.documents import Documents, Merged, documents
from chittyops.capabilities.fleet.service.layers import Layers
from chittyops.capabilities.fleet.service.references import References
from chittyops.kernel import tree
from chittyops.kernel.configuration import SECTIONS, Rule, View, steps
from chittyops.kernel.errors import Misconfigured, NotFound, Place, Problem
from chittyops.kernel.nearest import nearest
from chittyops.kernel.service import Environment, Fleet

# ruff: noqa: PLC0415 - what only a check needs is loaded by it: `config explain` has 150 ms from cold.

_SET = "--set"
Key = tuple[str, str]


class Configuration:
    """A fleet in all its environments. What is asked for is put together then, and remembered.

    ``views`` has a View for each (service, environment), ``files`` the paths of what was read, relative to the
    workspace, ``groups`` and ``environments`` are the fleet's own.
    """

    def __init__(self, files: Files, overrides: Sequence[str] = ()) -> None:
        """Read the documents. ``overrides`` are ``KEY=VALUE``, or ``SERVICE:KEY=VALUE`` for one service alone.

        Raises NotFound without a fleet file, Misconfigured where it is no YAML or where an override is none.
        """
        self._files = files
        self._problems: list[Problem] = []
        self._documents = documents(files, self._problems)
        self._layers = Layers(self._documents, [_override(each, self._documents) for each in overrides])
        self._merged: dict[Key, tree.Mapping] = {}
        self._references: dict[str, References] = {}
        self.views: Mapping[Key, View] = _Views(self)

    @property
    def name(self) -> str:
        """Return the fleet's name; "" where it has none."""
        return str(self._documents.values.get("fleet", ""))

    @property
    def root(self) -> str:
        """Return the absolute path of the workspace."""
        return self._files.root

    @property
    def documents(self) -> Documents:
        """Return what was read."""
        return self._documents

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files that were read, relative to the workspace."""
        return self._documents.paths

    @property
    def environments(self) -> Mapping[str, Environment]:
        """Return the environments by name, the first declared first."""
        return self._documents.environments

    @property
    def services(self) -> tuple[str, ...]:
        """Return the names of the services, in the order of the fleet file."""
        return tuple(self._documents.drafts)

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Return the services of each group."""
        return self._documents.groups

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Return what the fleet asks of values."""
        from chittyops.capabilities.fleet.model.ruleformat import rules

        return rules(self._documents.values.get("rules", {}))

    def folder(self, service: str) -> str:
        """Return the folder of ``service``, relative to the workspace."""
        return self._documents.drafts[service].path

    def service(self, name: str) -> str:
        """Return ``name``. Raises NotFound when there is no such service."""
        if name not in self._documents.drafts:
            message = f'there is no service "{name}"'
            raise NotFound(message, hint=nearest(name, self._documents.drafts))
        return name

    def environment(self, name: str | None) -> str:
        """Return the environment ``name``, or the first one. Raises Misconfigured when there is none of this name."""
        if problem := self._unknown(name):
            raise Misconfigured.of((problem,))
        return name or next(iter(self.environments))

    def check(self, environment: str | None = None) -> None:
        """Raise Misconfigured that carries every problem of every file, each with its place, where there is any."""
        from chittyops.capabilities.fleet.service import relations

        problems = [*self._problems, *filter(None, [self._unknown(environment)])]
        relations.check(self._files, self._documents, self._seen, problems)
        problems.extend(self._references_astray())
        if problems:
            raise Misconfigured.of(_ordered(problems, self._files.display(FILENAME)))

    def _references_astray(self) -> Iterator[Problem]:
        """Yield what is wrong with references once each, with its environments where it is not all of them."""
        found: dict[tuple[str, Place | None], dict[str, Problem]] = {}
        for environment, references in self._references.items():
            for problem in references.problems:
                found.setdefault((problem.message, problem.place), {}).setdefault(environment, problem)
        for (message, place), told in found.items():
            names = [name for name in self.environments if name in told]
            where = f" in {', '.join(names)}" if 0 < len(names) < len(self.environments) else ""
            yield Problem(message + where, place, next(iter(told.values())).hint)

    def problems(self, service: str, environment: str) -> tuple[Problem, ...]:
        """Return what is wrong with the references of one service."""
        self.views[service, environment].resolved  # noqa: B018 - following them finds it
        return tuple(dict.fromkeys(self._following(environment).problems))

    def fleet(self, environment: str | None = None) -> Fleet:
        """Return the fleet as ``environment`` (the first declared, when None) sees it. ``check`` comes first."""
        from chittyops.capabilities.fleet.service import services, tasks

        name = self.environment(environment)
        values = {key: merged.value for key, merged in self._seen[name].items()}
        return Fleet(
            self.name,
            self.root,
            self.environments[name],
            {key: services.service(key, value, self._files, self._of(key)) for key, value in values.items()},
            self.groups,
            tuple(self.environments),
            tasks.tasks(self._documents.values.get("tasks", {}), values),
            services.store(self._documents.values.get("secrets", {})),
        )

    def view(self, service: str, environment: str) -> View:
        """Return ``service`` as ``environment`` ("" for none at all) sees it; KeyError for what is not there."""
        if service not in self._documents.drafts or (environment and environment not in self.environments):
            raise KeyError((service, environment))
        layers = self._layers.of(service, environment)
        merged = self._tree((service, environment))
        return View(service, environment, layers, merged, self._following(environment).resolved(service, merged))

    @cached_property
    def _seen(self) -> dict[str, dict[str, Merged]]:
        """Return every service as each environment sees it, with its plain value."""
        return {
            environment: {name: self._value(name, self.views[name, environment]) for name in self._documents.drafts}
            for environment in self.environments
        }

    def _value(self, name: str, view: View) -> Merged:
        return Merged(view.resolved, SERVICE.read(view.resolved, f"services.{name}", []) or {})

    def _tree(self, key: Key) -> tree.Mapping:
        if key not in self._merged:
            self._merged[key] = self._layers.merged(self._layers.of(*key), key[0])
        return self._merged[key]

    def _following(self, environment: str) -> References:
        if environment not in self._references:
            self._references[environment] = References(
                self.name,
                environment,
                self._layers.environment(environment),
                lambda service: self._tree((service, environment)) if service in self._documents.drafts else None,
            )
        return self._references[environment]

    def _of(self, service: str) -> tuple[str, ...]:
        return tuple(name for name, members in self.groups.items() if service in members)

    def _unknown(self, environment: str | None) -> Problem | None:
        if environment is None or environment in self.environments:
            return None
        root = self._documents.root
        place = root.keys.get("environments") or root.place
        return Problem(f'there is no environment "{environment}"', place, nearest(environment, self.environments))


class _Views(Mapping[Key, View]):
    """All views of a configuration, each made when it is asked for."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._made: dict[Key, View] = {}

    def __getitem__(self, key: Key) -> View:
        if key not in self._made:
            self._made[key] = self._configuration.view(*key)
        return self._made[key]

    def __iter__(self) -> Iterator[Key]:
        environments = self._configuration.environments
        return iter((service, each) for service in self._configuration.services for each in environments)

    def __len__(self) -> int:
        return len(self._configuration.services) * len(self._configuration.environments)


def _ordered(problems: list[Problem], root: str) -> tuple[Problem, ...]:
    """Return the problems once each, the fleet file's first, in the order of the text."""

    def order(problem: Problem) -> tuple[bool, str, int, int]:
        place = problem.place or Place("")
        return (place.path != root, place.path, place.line, place.column)

    return tuple(sorted(dict.fromkeys(problems), key=order))


def _override(text: str, found: Documents) -> tuple[str, tree.Mapping]:
    """Return for which service ``text`` says something, "" for all, and the tree it says."""
    key, equals, value = text.partition("=")
    owner, colon, rest = key.partition(":")
    if not colon:
        owner, rest = "", key
    keys = steps(rest)
    if not equals or not keys:
        raise Misconfigured(f"{_SET} wants KEY=VALUE", hint=f"for example {_SET} LOG_LEVEL=debug")
    if owner and owner not in found.drafts:
        message = f'there is no service "{owner}"'
        raise NotFound(message, hint=nearest(owner, found.drafts))
    keys = keys if keys[0] in SECTIONS else ("config", rest)
    if keys[0] == "config":
        node: tree.Node = tree.Scalar(value, quoted=True, place=Place(_SET))
    else:
        node = document.parse(f"value: {value}".encode(), _SET)[0].entries["value"]
    for each in reversed(keys):
        node = tree.Mapping({each: node}, {each: Place(_SET)}, Place(_SET))
    given = node if isinstance(node, tree.Mapping) else tree.Mapping({}, {}, Place(_SET))
    problems: list[Problem] = []
    OVERRIDE.read(given, _SET, problems)
    if problems:
        raise Misconfigured.of(tuple(problems))
    return owner, given
