"""Bundles: the files of a service as one tar stream, always the same bytes for the same files."""

from __future__ import annotations

import posixpath
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from chittyops.capabilities.fleet.model.content import ContentHash, FileEntry, FileKind, content_digest, link_hash
from chittyops.capabilities.fleet.model.inputs import ServiceInputs
from chittyops.kernel.errors import Conflict, Misconfigured, Refused

MAX_BYTES: Final = 2 << 30
MAX_FILES: Final = 200_000
_PIECE_BYTES: Final = 1 << 18
_MODES: Final = {FileKind.FILE: 0o644, FileKind.EXECUTABLE: 0o755, FileKind.LINK: 0o777}


def pack(inputs: ServiceInputs) -> Iterator[bytes]:
    """Yield the tar stream of the service's files: sorted, without owners and times.

    Raises Conflict when a file is no longer the one that was hashed.
    """
    for path, entry in sorted(inputs.files.items()):
        yield _header(path, entry)
        if entry.kind is not FileKind.LINK:
            yield from _content(Path(inputs.source, path), path, entry)
            yield b"\0" * (-entry.size_bytes % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _header(path: str, entry: FileEntry) -> bytes:
    info = tarfile.TarInfo(path)
    info.mode = _MODES[entry.kind]
    if entry.kind is FileKind.LINK:
        info.type, info.linkname = tarfile.SYMTYPE, entry.target
    else:
        info.size = entry.size_bytes
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _content(full: Path, path: str, entry: FileEntry) -> Iterator[bytes]:
    content = ContentHash(entry.kind)
    left = entry.size_bytes
    try:
        with full.open("rb") as stream:
            while piece := stream.read(min(_PIECE_BYTES, left + 1)):
                left -= len(piece)
                if left < 0:
                    break
                content.update(piece)
                yield piece
    except OSError:
        left = -1
    if left or content.finish() != entry.hash:
        message = f"{path} changed while it was being packed"
        raise Conflict(message, hint="run the command again")


def unpack(stream: BinaryIO, folder: Path, content: str, *, max_bytes: int = MAX_BYTES) -> None:
    """Make ``folder`` from the bundle ``stream``: all of it, and only when its digest is ``content``.

    A folder that exists is left alone: bundles are immutable. Raises Misconfigured for what is no bundle, Refused
    for one with other content, with links or names that lead out of it, or above ``max_bytes``.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:32]}."))
    try:
        files = _extract(stream, temporary, max_bytes)
        if content_digest(files) != content:
            message = "the bundle does not hold the files its name promises"
            raise Refused(message, hint="upload it again")
        _publish(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        # Somebody else was faster with the same files; anything else is an error.
        if not folder.is_dir():
            raise


def _extract(stream: BinaryIO, folder: Path, max_bytes: int) -> dict[str, FileEntry]:
    files: dict[str, FileEntry] = {}
    left = max_bytes
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                left -= member.size if member.isreg() else 0
                _check(member, files, left)
                files[member.name] = _write(archive, member, folder)
    except (tarfile.TarError, EOFError, ValueError, UnicodeError):
        message = "this is not a bundle, or only a part of one"
        raise Misconfigured(message) from None
    return files


def _check(member: tarfile.TarInfo, files: Mapping[str, FileEntry], left_bytes: int) -> None:
    """Refuse what must not be written: the bundle may come from anywhere."""
    name = member.name
    parents = [name[:index] for index, letter in enumerate(name) if letter == "/"]
    if left_bytes < 0 or len(files) >= MAX_FILES:
        message = "the bundle is larger than allowed"
        raise Refused(message, hint="list what is not needed at run time in .chittyopsignore")
    if name in files or not _inside(name) or posixpath.normpath(name) != name or any(p in files for p in parents):
        message = "the bundle holds a path that leads out of it, or one twice"
        raise Refused(message)
    if member.issym():
        target = posixpath.join(posixpath.dirname(name), member.linkname)
        if member.linkname.startswith("/") or not _inside(posixpath.normpath(target)):
            message = "the bundle holds a link that leads out of it"
            raise Refused(message)
    elif not member.isreg():
        message = "the bundle holds something that is neither file nor link"
        raise Refused(message)


def _inside(path: str) -> bool:
    return not path.startswith(("/", "../")) and path not in ("..", "") and "\0" not in path


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> FileEntry:
    path = folder / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        path.symlink_to(member.linkname)
        return FileEntry(FileKind.LINK, link_hash(member.linkname), 0, member.linkname)
    kind = FileKind.EXECUTABLE if member.mode & 0o100 else FileKind.FILE
    content = ContentHash(kind)
    source = archive.extractfile(member)
    with path.open("xb") as target:
        while source and (piece := source.read(_PIECE_BYTES)):
            content.update(piece)
            target.write(piece)
    path.chmod(_MODES[kind])
    return FileEntry(kind, content.finish(), member.size)
