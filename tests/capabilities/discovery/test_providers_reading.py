"""What was read is read again only when it has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from chittyops.capabilities.discovery.model.facts import Facts, Leak
from chittyops.capabilities.discovery.ports import Entry, EntryKind
from chittyops.capabilities.discovery.providers.cache import RACY_NS, Cache, version
from chittyops.capabilities.discovery.providers.reading import LEAST_FOR_MANY, DiskReader
from chittyops.kernel.secret import Secret

ENTRY = Entry("a.md", EntryKind.FILE, 5, changed_ns=1, inode=7)
FACTS = Facts("a.md", kind="document", leaks=(Leak("jwt", 1, 2, "f" * 16),))


def saved(path: Path, *read: tuple[Entry, Facts], now_ns: int = 10 * RACY_NS) -> Cache:
    Cache.load(path, "1").save(read, now_ns)
    return Cache.load(path, "1")


def test_what_was_kept_is_given_back(tmp_path: Path) -> None:
    cache = saved(tmp_path / "c", (ENTRY, FACTS))
    assert cache.facts(ENTRY) == FACTS
    assert len(cache) == 1
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o600


def test_a_changed_file_is_not_trusted(tmp_path: Path) -> None:
    cache = saved(tmp_path / "c", (ENTRY, FACTS))
    for changed in ({"size_bytes": 6}, {"changed_ns": 2}, {"inode": 8}, {"path": "b.md"}):
        assert cache.facts(replace(ENTRY, **changed)) is None


def test_a_file_that_was_just_written_is_not_kept(tmp_path: Path) -> None:
    now = 10 * RACY_NS
    assert len(saved(tmp_path / "c", (replace(ENTRY, changed_ns=now - RACY_NS), FACTS), now_ns=now)) == 0


def test_other_code_trusts_nothing(tmp_path: Path) -> None:
    saved(tmp_path / "c", (ENTRY, FACTS))
    assert Cache.load(tmp_path / "c", "2").facts(ENTRY) is None


def test_a_damaged_cache_is_empty(tmp_path: Path) -> None:
    for data in (b"", b"\xc1", b"\x93\1\2\3"):
        (tmp_path / "c").write_bytes(data)
        assert len(Cache.load(tmp_path / "c", "1")) == 0


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    assert len(saved(tmp_path / "none" / "c", (ENTRY, FACTS))) == 0


def test_the_version_changes_with_the_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    before = version(tmp_path)
    os.utime(tmp_path / "a.py", ns=(time.time_ns(), time.time_ns() + 10**9))
    assert version(tmp_path) != before


def test_files_are_read_with_and_without_a_pool(tmp_path: Path) -> None:
    names = [f"{number}.md" for number in range(LEAST_FOR_MANY + 1)]
    for name in names:
        (tmp_path / name).write_text(f"# Page {name}\n" + "x" * 80)
    entries = [Entry(name, EntryKind.FILE, 90) for name in names]
    reader = DiskReader(tmp_path, Secret("k"))
    alone = [facts for entry in entries for facts in reader.read([entry])]
    together = sorted(reader.read(entries), key=lambda each: names.index(each.path))
    assert together == alone
    assert len({each.digest for each in alone}) == len(names)


def test_a_file_that_is_gone_or_locked_is_told(tmp_path: Path) -> None:
    (found,) = DiskReader(tmp_path, Secret("k")).read([Entry("gone.md", EntryKind.FILE)])
    assert [each.code for each in found.problems] == ["unreadable"]


def test_a_file_that_brings_its_parser_down_costs_itself_alone(tmp_path: Path) -> None:
    """The reader runs in a process of its own: threads of the test runner would keep it from forking."""
    for name in ("a.md", "b.md", "fatal.md"):
        (tmp_path / name).write_text("x" * 80)
    done = subprocess.run([sys.executable, "-c", FATAL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["a.md:", "b.md:", "fatal.md:unreadable"]


FATAL = """
import os, sys
from pathlib import Path
from chittyops.capabilities.discovery.ports import Entry, EntryKind
from chittyops.capabilities.discovery.providers import reading
from chittyops.kernel.secret import Secret

facts = reading.scan.facts
reading.scan.facts = lambda path, data, key: os.abort() if path == "fatal.md" else facts(path, data, key)
entries = [Entry(name, EntryKind.FILE) for name in ("a.md", "b.md", "fatal.md")]
for each in sorted(reading.DiskReader(Path(sys.argv[1]), Secret("k")).read(entries), key=lambda each: each.path):
    print(each.path + ":" + "".join(problem.code for problem in each.problems))
"""
