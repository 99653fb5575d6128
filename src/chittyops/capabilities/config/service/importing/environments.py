"""Which environment of the fleet one of a platform's file is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from chittyops.capabilities.config.service.importing.model import Context, Imported
from chittyops.kernel.edit import Edit, Yaml
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import label

_SAME: Final = (
    frozenset({"production", "prod", "prd", "live"}),
    frozenset({"staging", "stage", "stg"}),
    frozenset({"development", "develop", "dev"}),
    frozenset({"testing", "test"}),
)
"""Names that people use for one and the same environment."""


def named(names: Iterable[str], context: Context, found: Imported) -> dict[str, str]:
    """Return the fleet's environment for each of a platform's ``names``.

    What the fleet lacks is added to ``found`` as an edit; so is what an environment is called on the platform, where
    that is not what the fleet calls it.
    """
    known = {platform: name for name, platform in context.environments.items()}
    chosen: dict[str, str] = {}
    for name in names:
        mine = known.get(name) or _alike(name, {*context.environments} - {*known.values(), *chosen.values()})
        mine = mine or _alike(name, {*context.environments} - {*chosen.values()}) or label(name)
        if not mine:
            raise Misconfigured(f'the environment "{name}" has no name that a fleet can use')
        chosen[name] = mine
    wanted = {name: mine for name, mine in chosen.items() if not context.chosen or mine in context.chosen}
    missing = [mine for mine in wanted.values() if mine not in context.environments]
    if missing and context.implicit:
        found.edits += [Edit(("environments", each), Yaml("{provider: local}")) for each in context.environments]
    found.edits += [Edit(("environments", each), Yaml("{}")) for each in dict.fromkeys(missing)]
    found.edits += _called(wanted, context)
    return wanted


def of_file(name: str, context: Context) -> str:
    """Return the environment that a file such as ``.env.staging`` is for by its name; "" for every one."""
    suffix = name.rpartition(".")[2]
    return suffix if suffix in context.environments else _alike(suffix, set(context.environments))


def _called(wanted: dict[str, str], context: Context) -> Iterator[Edit]:
    for name, mine in wanted.items():
        if context.environments.get(mine, mine) != name:
            yield Edit(("services", context.service, "environments", mine, "deploy", "environment"), name)


def _alike(name: str, known: set[str]) -> str:
    if name in known:
        return name
    words = next((words for words in _SAME if name.lower() in words), frozenset({name.lower()}))
    return next(iter(sorted(known & words)), "")
