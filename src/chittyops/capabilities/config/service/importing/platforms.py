"""The files of Vercel and Railway, read into the fleet file as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

from chittyops.capabilities.config.service.importing import environments
from chittyops.capabilities.config.service.importing.blocks import yaml
from chittyops.capabilities.config.service.importing.model import NO_COMMENT, Comments, Context, Imported, Keys
from chittyops.capabilities.config.service.importing.scrubbing import without_secrets
from chittyops.kernel.edit import Edit

Section = dict[str, Any]


def vercel(data: Section, path: str, comments: Comments, context: Context) -> Imported:
    """Return the edits for a vercel.json: for the chosen environments, or for all."""
    source = _Source(path, comments, context, Imported())
    owns: list[tuple[str, ...]] = [("environments", each) for each in context.chosen]
    for own in owns or [()]:
        for key, value in data.items():
            source.edit((*own, "vercel", key), value, (key,))
    return source.found


def railway(data: Section, path: str, comments: Comments, context: Context) -> Imported:
    """Return the edits for a railway.json or railway.toml; what it says of environments goes to these."""
    source = _Source(path, comments, context, Imported())
    for key, value in data.items():
        if key != "environments" and not context.chosen:
            source.edit(("railway", key), value, (key,))
    sections = data.get("environments")
    pairs = sections.items() if isinstance(sections, dict) else ()
    given = {name: each for name, each in pairs if isinstance(each, dict)}
    for name, mine in environments.named(given, context, source.found).items():
        for key, value in given[name].items():
            source.edit(("environments", mine, "railway", key), value, ("environments", name, key))
    return source.found


class _Source(NamedTuple):
    """The file that is read, and what it comes to."""

    path: str
    comments: Comments
    context: Context
    found: Imported

    def edit(self, keys: tuple[str, ...], value: Any, source: Keys) -> None:
        """Add what the file says at ``source`` as the service's value at ``keys``."""
        kept = without_secrets({keys[-1]: value}, keys[:-1], self.path, self.context, self.found)
        if keys[-1] not in kept:
            return
        written = yaml(kept[keys[-1]], lambda inner: self.comments.get((*source, *inner), NO_COMMENT))
        comment = self.comments.get(source, NO_COMMENT)
        above, remark = comment.above, comment.remark
        if "\n" in written.text and remark:
            above, remark = (*above, remark), ""
        self.found.edits.append(Edit(("services", self.context.service, *keys), written, remark, above))
