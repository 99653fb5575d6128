"""Folders that hold the same service again: copies, and variants with a configuration of their own.

Compared by the digests of whole files. Digests that are seen in three or more differently named services are shared
scaffolding and do not count. Each digest leads to the likeliest originals that hold it, so that the work grows with
the number of files and not with the number of pairs.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chittyops.capabilities.discovery.service import places
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService

SCAFFOLDING: Final = 3
"""Files seen in so many differently named services are generated, and say nothing of who copied whom."""
_SAME: Final = 0.75
_SAME_NAME: Final = 0.5
_DRIFTED: Final = 0.3
_LAID_OUT_ALIKE: Final = 0.7
_NEAR: Final = 0.1
"""So close to a threshold, the reason says that it was a near thing."""
_HANDFUL: Final = 3
_ORIGINALS: Final = 4
"""How many of the likeliest originals of a file are looked at."""
_WEIGHTS: Final = {"code": 2, "config": 1, "script": 2, "test": 1}
_VARIANT: Final = re.compile(
    r"(?i)[-_.](?:v\d+|enhanced|new|next|lite|pro|minimal|optimi[sz]ed|full|simple|beta|canary|alt|ng|\d+)$"
)


@dataclass(frozen=True, slots=True)
class Content:
    """The files of a service's folder by their digest, each with its weight and its place in the folder."""

    files: Mapping[str, tuple[int, str]]

    @property
    def weight(self) -> int:
        """Return the weight of all files together."""
        return sum(weight for weight, _ in self.files.values())


def content(world: World, folder: str) -> Content:
    """Return what a service's folder holds, without lock files, data and what others' tools put there."""
    files = {}
    for each in world.below(folder):
        if each.digest and each.kind not in {"lock", "data"}:
            files[each.digest] = (_WEIGHTS.get(each.kind, 1), places.relative(each.path, folder))
    return Content(files)


def with_variants(services: Sequence[FoundService]) -> tuple[FoundService, ...]:
    """Return ``services``, those that deploy another one's folder again under a name made of its name as variants."""
    heads: dict[str, FoundService] = {}
    found = []
    for each in services:
        head = heads.setdefault(each.path, each)
        if each is not head and each.status == "canonical" and _is_variant(each, head):
            file = posixpath.basename(each.config_files[0]) if each.config_files else "its configuration"
            reason = f"{file} deploys the folder of {head.name} again, under another name"
            found.append(replace(each, status="variant", reason=reason))
        else:
            found.append(each)
    return tuple(found)


def _is_variant(service: FoundService, head: FoundService) -> bool:
    if service.config_files and service.config_files == head.config_files and service.start != head.start:
        return False  # one file tells them apart on purpose: each is another process of the same code
    if service.entrypoint and service.entrypoint == head.entrypoint:
        return True
    one, two = _plain(service.name), _plain(head.name)
    alike = one.startswith(f"{two}-") or _VARIANT.sub("", one) == _VARIANT.sub("", two)
    return alike and service.platform == head.platform


def mark(world: World) -> tuple[FoundService, ...]:
    """Return the services of ``world``, those that repeat another marked as its copies or variants."""
    return _Comparison(world).services()


class _Comparison:
    def __init__(self, world: World) -> None:
        self._world = world
        self._services = world.services
        self._heads = self._first_of_folders()
        holders: dict[str, list[str]] = defaultdict(list)
        whole = {folder: content(world, folder) for folder in self._heads}
        for folder, each in whole.items():
            for digest in each.files:
                holders[digest].append(folder)
        names = {folder: _plain(service.name) for folder, service in self._heads.items()}
        shared = {digest for digest, who in holders.items() if len({names[each] for each in who}) >= SCAFFOLDING}
        self._own = {
            folder: Content({digest: file for digest, file in each.files.items() if digest not in shared})
            for folder, each in whole.items()
        }
        self._order = sorted(self._heads, key=self._unlikely)
        self._rank = {folder: place for place, folder in enumerate(self._order)}
        self._holders = {
            digest: sorted(who, key=self._rank.__getitem__)[:_ORIGINALS]
            for digest, who in holders.items()
            if digest not in shared and len(who) > 1
        }

    def _first_of_folders(self) -> dict[str, FoundService]:
        found: dict[str, FoundService] = {}
        for each in self._services:
            found.setdefault(each.path, each)
        return found

    def _unlikely(self, folder: str) -> tuple[bool, bool, bool, bool, bool, int, int, str]:
        """Return what puts the likeliest original of several copies first."""
        service = self._heads[folder]
        repository = posixpath.basename(service.repository)
        return (
            service.status not in {"canonical", "variant", "library"},
            places.named_as_copy(folder),
            not (repository and _plain(repository) == _plain(service.name)),
            service.repository != folder,
            not service.config_files,
            -self._own[folder].weight,
            folder.count("/"),
            folder,
        )

    def services(self) -> tuple[FoundService, ...]:
        marked: dict[str, tuple[str, str, str]] = {}
        for folder in self._order:
            if verdict := self._verdict(folder, marked):
                marked[folder] = verdict
        return tuple(self._marked(each, marked.get(each.path)) for each in self._services)

    def _marked(self, service: FoundService, verdict: tuple[str, str, str] | None) -> FoundService:
        if verdict is None or (service.status == "variant" and verdict[0] == "variant"):
            return service
        status, original, reason = verdict
        if status == "variant" and service.status != "canonical":
            return service
        return replace(service, status=status, copy_of=original if status == "copy" else "", reason=reason)

    def _verdict(self, folder: str, marked: Mapping[str, tuple[str, str, str]]) -> tuple[str, str, str] | None:
        own = self._own[folder]
        shared: Counter[str] = Counter()
        for digest, (weight, _) in own.files.items():
            for other in self._holders.get(digest, ()):
                if self._rank[other] < self._rank[folder]:
                    shared[other] += weight
        for other, weight in sorted(shared.items(), key=lambda each: (-each[1], self._rank[each[0]]))[:_ORIGINALS]:
            if status := self._compared(folder, other, weight):
                original = other
                if other in marked and marked[other][0] == "copy":
                    original = marked[other][1]
                return status, original, self._reason(folder, original, other, status)
        return None

    def _compared(self, folder: str, other: str, weight: int) -> str:
        own, theirs = self._own[folder], self._own[other]
        least = min(own.weight, theirs.weight)
        small = min(len(own.files), len(theirs.files))
        alike = weight / least if least else 0.0
        copy, original = self._heads[folder], self._heads[other]
        same_name = _plain(copy.name) == _plain(original.name)
        if small < _HANDFUL and not (alike == 1.0 and same_name):
            return ""
        # The smaller one may be a part of the bigger: two services of one product, unless most of both is shared.
        part = weight / max(own.weight, theirs.weight, 1)
        if same_name:
            drifted = alike >= _DRIFTED and _layout(own, theirs) >= _LAID_OUT_ALIKE
            return "copy" if alike >= _SAME_NAME or drifted else ""
        if alike >= _SAME and part >= _DRIFTED:
            differ = bool(copy.config_files and original.config_files) and copy.status == "canonical"
            return "variant" if differ else "copy"
        related = _VARIANT.sub("", copy.name) == _VARIANT.sub("", original.name)
        return "variant" if related and alike >= _DRIFTED and copy.config_files else ""

    def _reason(self, folder: str, original: str, other: str, status: str) -> str:
        own, theirs = self._own[folder], self._own[other]
        same = sum(digest in theirs.files for digest in own.files)
        text = f"{same} of its {len(own.files)} files are those of {other}"
        if status == "variant":
            return f"{text}, and it is deployed under a name of its own"
        alike = same / max(1, min(len(own.files), len(theirs.files)))
        near = ", which is a near thing" if abs(alike - _SAME_NAME) < _NEAR else ""
        return f"{text}{near}; {original} is the original because {self._because(original, folder)}"

    def _because(self, original: str, folder: str) -> str:
        said = self._unlikely(original), self._unlikely(folder)
        reasons = (
            f"{folder} is kept aside",
            f"{folder} is named as a copy",
            "its repository has the service's name",
            "it has a repository of its own",
            "it can be deployed",
            "it is the more complete",
            "it stands nearer to the top",
            "its path comes first",
        )
        return next((text for text, one, two in zip(reasons, *said, strict=True) if one != two), reasons[-1])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _layout(own: Content, theirs: Content) -> float:
    """Return how many of the smaller one's files stand at the same place in both."""
    one, two = {path for _, path in own.files.values()}, {path for _, path in theirs.files.values()}
    return len(one & two) / max(1, min(len(one), len(two)))


def drift(world: World, copy: str, original: str) -> tuple[str, ...]:
    """Return the files at the same place in two folders whose content differs, in order."""
    theirs = {places.relative(each.path, original): each for each in world.below(original)}
    found = []
    for each in world.below(copy):
        place = places.relative(each.path, copy)
        if place in theirs and each.kind not in {"lock", "data"} and each.digest != theirs[place].digest:
            found.append(place)
    return tuple(sorted(found))
