"""Files of variables: changed in place, private, and never where git would take them along."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.capabilities.secrets.providers.sinks.places import mark, no_vendor

from chittyops.capabilities.secrets.providers.sinks.files import DotenvFile
from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.kernel.errors import Misconfigured, Refused
from chittyops.kernel.secret import Secret

GIT = pytest.mark.skipif(shutil.which("git") is None, reason="needs git, which is not installed")
BEFORE = """# what the service needs
export API_KEY=old   # from the vault
FOREIGN='theirs, # and all'

PORT=8080
"""


def sink(folder: Path, name: str = "cart/.dev.vars") -> DotenvFile:
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    return DotenvFile(Surroundings({"path": name}, folder, environ, mark, no_vendor))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cart").mkdir()
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


async def test_comments_order_and_the_variables_of_others_stay(folder: Path) -> None:
    path = folder / "cart/.dev.vars"
    path.write_text(BEFORE)
    await sink(folder).write({"API_KEY": Secret("new one"), "TOKEN": Secret("t")})
    assert path.read_text() == BEFORE.replace("=old", "='new one'") + "TOKEN=t\n"
    await sink(folder).remove(["TOKEN"])
    assert path.read_text() == BEFORE.replace("=old", "='new one'")


async def test_the_file_is_its_owners_alone(folder: Path) -> None:
    path = folder / "cart/.dev.vars"
    path.write_text("A=1\n")
    path.chmod(0o644)
    await sink(folder).write({"A": Secret("2")})
    assert path.stat().st_mode & 0o777 == 0o600


async def test_what_a_killed_push_left_beside_it_is_cleared_away(folder: Path) -> None:
    leftover = folder / "cart/..dev.vars.abcd1234"
    leftover.write_text("A=planted")
    await sink(folder).write({"A": Secret("1")})
    assert [path.name for path in (folder / "cart").iterdir()] == [".dev.vars"]


async def test_an_unchanged_file_is_not_written(folder: Path) -> None:
    await sink(folder).write({"A": Secret("1")})
    before = (folder / "cart/.dev.vars").stat()
    await sink(folder).write({"A": Secret("1")})
    assert (folder / "cart/.dev.vars").stat() == before


@GIT
async def test_a_file_that_git_would_take_along_is_refused(folder: Path) -> None:
    git(folder, "init", "-q")
    for act in (sink(folder).names(), sink(folder).write({"A": Secret("1")}), sink(folder).remove(["A"])):
        with pytest.raises(Refused, match=r"git does not ignore cart/\.dev\.vars") as caught:
            await act
        assert "add .dev.vars to .gitignore" in caught.value.hint
    assert not (folder / "cart/.dev.vars").exists()


@GIT
async def test_a_file_that_git_ignores_is_written(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text(".dev.vars\n")
    await sink(folder).write({"A": Secret("1")})
    assert (folder / "cart/.dev.vars").read_text() == "A=1\n"


@GIT
async def test_a_tracked_file_is_refused_although_it_is_ignored(folder: Path) -> None:
    (folder / "cart/.dev.vars").write_text("A=0\n")
    git(folder, "init", "-q")
    git(folder, "add", "cart/.dev.vars")
    (folder / ".gitignore").write_text(".dev.vars\n")
    with pytest.raises(Refused, match="git does not ignore"):
        await sink(folder).write({"A": Secret("1")})
    assert (folder / "cart/.dev.vars").read_text() == "A=0\n"


async def test_a_link_is_not_followed(folder: Path) -> None:
    (folder / "elsewhere").write_text("A=0\n")
    (folder / "cart/.dev.vars").symlink_to(folder / "elsewhere")
    with pytest.raises(Refused, match="is a link"):
        await sink(folder).write({"A": Secret("1")})
    assert (folder / "elsewhere").read_text() == "A=0\n"


async def test_a_folder_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="its folder is not there"):
        await sink(folder, "nope/.env").names()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"A=1\n" * 300_000])
async def test_what_is_no_file_of_variables_is_left_alone(folder: Path, content: bytes) -> None:
    path = folder / "cart/.dev.vars"
    path.write_bytes(content)
    with pytest.raises((Misconfigured, Refused)):
        await sink(folder).write({"A": Secret("1")})
    assert path.read_bytes() == content


async def test_an_unclosed_quote_of_others_is_not_swallowed(folder: Path) -> None:
    path = folder / "cart/.dev.vars"
    path.write_text('OPEN="never closed\nA=1\n')
    with pytest.raises(Refused, match="without changing what others keep in it"):
        await sink(folder).write({"A": Secret('it is "quoted"')})
    assert path.read_text() == 'OPEN="never closed\nA=1\n'


async def test_a_value_that_no_form_holds_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(Refused, match="the value of MIXED") as caught:
        await sink(folder).write({"MIXED": Secret("""planted "a" 'b'\n#c""")})
    assert "planted" not in f"{caught.value} {caught.value.hint}"
