"""The secrets slice put together: the reader of every scheme, and the fleet's own store on the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chittyops.capabilities.secrets.model import EVERY, Missing, Slot
from chittyops.capabilities.secrets.ports import Store
from chittyops.capabilities.secrets.providers import injection, masking
from chittyops.capabilities.secrets.providers.read_log import ReadLog, read_log
from chittyops.capabilities.secrets.providers.stores import dotenv_file
from chittyops.capabilities.secrets.providers.stores.fleet_files import FleetFiles, files_of, sealed
from chittyops.capabilities.secrets.providers.stores.fleet_store import Codec, FleetStore, Opened
from chittyops.capabilities.secrets.providers.stores.surroundings import Environ, Given
from chittyops.capabilities.secrets.service.resolution import at_hand, resolve
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret, SecretReader, SecretRef, SecretScope

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from chittyops.capabilities.secrets.providers.git import Git
    from chittyops.capabilities.secrets.providers.keys import Identity
    from chittyops.capabilities.secrets.providers.rotators.keyfiles import OwnKeys
    from chittyops.capabilities.secrets.providers.serving import Supply
    from chittyops.capabilities.secrets.providers.sops import Document

    # Handed on as types alone: no module but this may name a provider's.
    from chittyops.capabilities.secrets.providers.sops.merge import Clash as Clash  # noqa: PLC0414
    from chittyops.capabilities.secrets.providers.sops.merge import Merged as Merged  # noqa: PLC0414
    from chittyops.capabilities.secrets.providers.sops.people import Change as Change  # noqa: PLC0414
    from chittyops.capabilities.secrets.providers.sops.people import People as People  # noqa: PLC0414
    from chittyops.capabilities.secrets.providers.sops.resolving import Conflicted as Conflicted  # noqa: PLC0414
    from chittyops.capabilities.secrets.providers.sops.resolving import Resolver as Resolver  # noqa: PLC0414
    from chittyops.capabilities.secrets.service.access import Version
    from chittyops.capabilities.secrets.service.exposure import Exposed
    from chittyops.capabilities.secrets.service.push.places import Place, Source
    from chittyops.capabilities.secrets.service.push.pushes import Pushes
    from chittyops.capabilities.secrets.service.rotation.ports import Records, Rotator, Staging
    from chittyops.kernel.clock import Clock
    from chittyops.kernel.service import Fleet, SecretPolicy, Service
    from chittyops.runtime.home import Home
    from chittyops.runtime.postgres import Database
    from chittyops.vendors.catalogue import Vendor

# What is handed on; all else is defined here.
__all__ = ["FleetStore", "Opened", "files_of", "injection", "masking", "read_log", "sealed"]

# What is imported in functions here is slow to load, and `chittyops run` needs none or little of it.


def scope_of(fleet: Fleet, service: Service) -> SecretScope:
    """Return what the stores have to know of ``service``, as the environment of ``fleet`` sees it."""
    return SecretScope(
        fleet.root, fleet.name, fleet.environment.name, service.name, service.path, service.groups, fleet.store.folder
    )


def reader(home: Home, environ: Mapping[str, str], *, given: Mapping[str, Secret] | None = None) -> SecretReader:
    """Return what finds the values of references of every scheme.

    ``given`` are values that only a deployed service has, by reference (``database:main``). Keys are looked for when
    the first value needs one.
    """
    deployed = Given(given or {})
    stores: dict[str, Store] = {
        "sops": FleetFiles(Keys(home, environ).decrypt),
        "file": dotenv_file.read,
        "env": Environ(environ),
        "vault": _vault(environ),
        "op": _onepassword(environ),
        "database": deployed,
        "broker": deployed,
    }

    def read(scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret]:
        return resolve(scope, references, stores)

    return read


def _vault(environ: Mapping[str, str]) -> Store:
    def read(scope: SecretScope, references: Mapping[str, SecretRef]) -> Mapping[str, Secret | Missing]:
        from chittyops.capabilities.secrets.providers.stores.vault import Vault  # noqa: PLC0415

        return Vault(environ)(scope, references)

    return read


def _onepassword(environ: Mapping[str, str]) -> Store:
    def read(scope: SecretScope, references: Mapping[str, SecretRef]) -> Mapping[str, Secret | Missing]:
        from chittyops.capabilities.secrets.providers.stores.onepassword import OnePassword  # noqa: PLC0415

        return OnePassword(environ)(scope, references)

    return read


class Keys:
    """The keys of whoever runs this, found when first needed."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        """Take where keys can be."""
        self._home, self._environ = home, environ
        self._identities: Iterable[Identity] | None = None

    def load(self, data: bytes, path: str) -> Document:
        """Return the SOPS file ``data`` decrypted. Raises Misconfigured."""
        from chittyops.capabilities.secrets.providers import keys, sops  # noqa: PLC0415

        if self._identities is None:
            self._identities = keys.identities(self._environ, self._home)
        return sops.load(data, path, self._identities)

    def decrypt(self, data: bytes, path: str) -> Mapping[str, Any]:
        """Return the values of the SOPS file ``data``. Raises Misconfigured."""
        return self.load(data, path).values


def fleet_store(fleet: Fleet, home: Home, environ: Mapping[str, str]) -> FleetStore:
    """Return the fleet's own store; keys are looked for when the first value is read or written."""
    from chittyops.capabilities.secrets.providers import sops  # noqa: PLC0415

    def changed(document: Document, edits: Mapping[tuple[str, ...], Secret | None]) -> bytes:
        return sops.dump(sops.with_values(document, edits))

    return FleetStore(fleet, home, Codec(Keys(home, environ).load, sops.outline, sops.create, changed))


def repository(root: Path, environ: Mapping[str, str]) -> Git:
    """Return what git knows about ``root``."""
    from chittyops.capabilities.secrets.providers.git import Git  # noqa: PLC0415

    return Git(root, environ)


def reads(home: Home) -> Iterator[bytes]:
    """Yield the lines of the log of reads that the processes of ``home`` write."""
    from chittyops.capabilities.secrets.providers.read_log import FILE  # noqa: PLC0415

    path = home.file(*FILE)
    if path.exists():
        with path.open("rb") as file:
            yield from file


def edit(
    fleet: Fleet, environment: str, home: Home, environ: Mapping[str, str], say: Callable[[str], object]
) -> dict[Slot, Secret | None]:
    """Let the user edit the file of ``environment`` as text, write what was changed and return that.

    ``say`` hears where the text is, if that is not in memory. Raises Refused when nothing is to be written.
    """
    from chittyops.capabilities.secrets.providers import editor, scratch  # noqa: PLC0415
    from chittyops.capabilities.secrets.service.formats import sheet  # noqa: PLC0415

    store = fleet_store(fleet, home, environ)
    opened = store.open(environment)
    before = opened.values

    def parse(text: str) -> dict[Slot, Secret | None]:
        return sheet.values_of(text, environment, fleet.groups, fleet.services)

    with scratch.scratch(_scratch(home)) as place:
        if not place.volatile:
            say(f"this system has no files in memory: the text is in {place.folder}, on a disk, while you edit it")
        file = place.folder / f"{environment}.yaml"
        text = sheet.text_of(store.shown(environment), before)
        after = parse(editor.edited(file, partial(scratch.write_private, file), text, parse, environ))
    edits = {slot: after.get(slot) for slot in before | after if before.get(slot) != after.get(slot)}
    if edits:
        store.save(opened, edits)
    return edits


def sweep(home: Home) -> None:
    """Take away what an edit left that was killed with all that watched over it."""
    from chittyops.capabilities.secrets.providers import scratch  # noqa: PLC0415

    scratch.sweep(_scratch(home))


def _scratch(home: Home) -> Path:
    """Return the folder for what should be in memory, where there is no memory for files."""
    return home.file("scratch", "text").parent


def versions(root: Path, environ: Mapping[str, str], paths: Sequence[str], *, everywhere: bool) -> list[Version]:
    """Return the files ``paths`` of the store as the commits of git left them, the oldest first; none without git.

    ``everywhere``: on all branches, not only this one. What cannot be read as a SOPS file is left out.
    """
    from chittyops.capabilities.secrets.providers import sops  # noqa: PLC0415
    from chittyops.capabilities.secrets.service.access import Version  # noqa: PLC0415

    git = repository(root, environ)
    found = []
    commits = git.commits(paths, everywhere=everywhere) if git.present() else []
    for commit, data in git.contents(commits):
        about = (commit.id, commit.author, commit.at, commit.path)
        if data is None:
            found.append(Version(*about))
            continue
        with suppress(Misconfigured):
            outline = sops.outline(data, commit.path)
            found.append(Version(*about, outline.recipients, outline.ciphertexts))
    return found


def pushes(
    fleet: Fleet, home: Home, environ: Mapping[str, str], clock: Clock, *, alone: bool = True
) -> AbstractAsyncContextManager[Pushes]:
    """Open what pushes the secrets of the environment of ``fleet``; ``alone``: nobody else pushes there meanwhile.

    Raises Conflict where somebody does.
    """
    from chittyops.capabilities.secrets.providers.sinks.opened import opened  # noqa: PLC0415

    return opened(fleet, home, environ, clock, alone=alone)


def push_values(fleet: Fleet, places: Sequence[Place], read: SecretReader) -> dict[Source, Secret]:
    """Return the value of everything wanted at ``places``. Raises Misconfigured that names all that cannot be had."""
    from chittyops.capabilities.secrets.service.push.pushes import values_of  # noqa: PLC0415

    return values_of(fleet, places, read, scope_of)


def readable(home: Home, environ: Mapping[str, str]) -> SecretReader:
    """Return what finds the values that the files of the workspace hold, and leaves out what cannot be read.

    Each file of the store is decrypted once, however many services ask.
    """
    keys = Keys(home, environ)
    decrypted: dict[bytes, Mapping[str, Any]] = {}

    def decrypt(data: bytes, path: str) -> Mapping[str, Any]:
        if data not in decrypted:
            decrypted[data] = keys.decrypt(data, path)
        return decrypted[data]

    return partial(at_hand, stores={"sops": FleetFiles(decrypt), "file": dotenv_file.read})


def people(fleet: Fleet, home: Home, environ: Mapping[str, str], clock: Clock) -> People:
    """Return what changes who can read the files of the fleet's store."""
    from chittyops.capabilities.secrets.providers.sops.people import People  # noqa: PLC0415

    store = fleet_store(fleet, home, environ)
    paths = {environment: store.shown(environment) for environment in (EVERY, *fleet.environments)}
    return People(Path(fleet.root), paths, Keys(home, environ).load, clock)


def own_recipient(home: Home, environ: Mapping[str, str]) -> str:
    """Return the age recipient of whoever runs this, or "". Raises Refused for a key that others can read."""
    from chittyops.capabilities.secrets.providers import keys  # noqa: PLC0415

    found = keys.identities(environ, home)
    return next((public for identity in found if (public := keys.recipient_of(identity))), "")


def new_key(home: Home, clock: Clock, *, keyring: bool) -> str:
    """Make a key, kept in our own file (0600) or in the keyring, and return its recipient. Raises Conflict."""
    from chittyops.capabilities.secrets.providers import keys  # noqa: PLC0415

    return keys.public(keys.create(home, clock, keyring=keyring))


def could_have_read(
    fleet: Fleet, home: Home, environ: Mapping[str, str], clock: Clock, recipient: str
) -> list[Exposed]:
    """Return every secret of the store that ``recipient`` can read or could, by the files and their history in git."""
    from chittyops.capabilities.secrets.service.access import Version  # noqa: PLC0415
    from chittyops.capabilities.secrets.service.exposure import exposed  # noqa: PLC0415

    store = fleet_store(fleet, home, environ)
    paths = {each: store.shown(each) for each in (EVERY, *fleet.environments)}
    past = versions(Path(fleet.root), environ, list(paths.values()), everywhere=True)
    present = [
        Version("", "", clock.now(), paths[each], outline.recipients, outline.ciphertexts)
        for each, outline in store.outlines().items()
    ]
    return exposed([*past, *present], recipient)


def resolver(root: Path, home: Home, environ: Mapping[str, str], clock: Clock) -> Resolver:
    """Return what settles merge conflicts in the SOPS files below ``root``."""
    from chittyops.capabilities.secrets.providers.sops.resolving import Resolver  # noqa: PLC0415

    return Resolver(root, environ, Keys(home, environ).load, clock)


async def serve_at(
    path: Path,
    tokens: Mapping[str, str],
    supply: Supply,
    record: ReadLog,
    *,
    accounts: Collection[int],
    ready: Callable[[], None],
) -> None:
    """Serve what ``supply`` gives, for the services of ``tokens`` by their hash, at the socket ``path``.

    It ends by SIGTERM or SIGINT. Raises Conflict and Misconfigured where there can be no socket.
    """
    from chittyops.capabilities.secrets.providers import serving  # noqa: PLC0415

    await serving.serve(serving.Application(tokens, supply, record), path, accounts, ready)


@asynccontextmanager
async def rotator(
    kind: str, policy: SecretPolicy, fleet: Fleet, home: Home, environ: Mapping[str, str], clock: Clock
) -> AsyncIterator[Rotator]:
    """Open the rotator ``kind`` with the options of ``policy``. Raises Misconfigured where those do not do."""
    from chittyops.capabilities.secrets.providers import sops  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.rotators import ROTATORS  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.rotators.keyfiles import StoreReaders  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.rotators.setting import Setting  # noqa: PLC0415
    from chittyops.vendors.http import Account  # noqa: PLC0415

    store, root = fleet_store(fleet, home, environ), Path(fleet.root)
    paths = {each: store.shown(each) for each in (EVERY, *fleet.environments)}
    lock = home.file("locks", "secrets.lock")
    files = StoreReaders(people(fleet, home, environ, clock), root, paths, sops.load, lock)
    scope = SecretScope(fleet.root, fleet.name, fleet.environment.name, "", store=fleet.store.folder)

    def secret(option: str, reference: str) -> Secret:
        return reader(home, environ)(scope, {option: SecretRef.parse(reference)})[option]

    async with AsyncExitStack() as stack:

        def account(vendor: Vendor) -> Account:
            opened = Account.of(vendor, environ, home, clock)
            stack.push_async_exit(opened)
            return opened

        yield ROTATORS[kind](Setting(policy.options, root, environ, account, secret, files, clock, policy.name))


def staged(rotation: str, readers: Iterable[str], home: Home, environ: Mapping[str, str]) -> Staging:
    """Return where the values of a rotation are kept until its end, encrypted for ``readers``."""
    from chittyops.capabilities.secrets.providers import sops  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.staged import Seal, Staged  # noqa: PLC0415

    def changed(document: Document, edits: Mapping[tuple[str, ...], Secret | None]) -> bytes:
        return sops.dump(sops.with_values(document, edits))

    seal = Seal(Keys(home, environ).load, sops.create, changed)
    return Staged(home.file("rotations", f"{rotation}.sops.json"), tuple(readers), seal)


def own_keys(home: Home) -> OwnKeys:
    """Return the key file of ``home``, for the rotation of a key in it."""
    from chittyops.capabilities.secrets.providers.rotators.keyfiles import OwnKeys  # noqa: PLC0415

    return OwnKeys(home)


def records(database: Database, home: Home, clock: Clock) -> Records:
    """Return what the centre's database holds of secrets: rotations, reads, reminders."""
    from chittyops.capabilities.secrets.providers.postgres.access import PostgresAccess  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.postgres.progress import PostgresRotationProgress  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.postgres.reminders import PostgresReminders  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.postgres.rotations import PostgresRotations  # noqa: PLC0415
    from chittyops.capabilities.secrets.providers.read_log import FILE  # noqa: PLC0415
    from chittyops.capabilities.secrets.service.rotation.ports import Records  # noqa: PLC0415

    return Records(
        PostgresRotations(database, clock),
        PostgresRotationProgress(database, clock),
        PostgresAccess(database, home.path.joinpath(*FILE), clock),
        PostgresReminders(database, clock),
    )
