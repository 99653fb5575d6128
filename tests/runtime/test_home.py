"""The state directory."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chittyops.kernel.errors import Misconfigured
from chittyops.runtime.home import Home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_is_where_the_environment_says_and_private(tmp_path: Path) -> None:
    home = Home.locate({"CHITTYOPS_HOME": str(tmp_path / "a" / "b")})
    assert home.path == tmp_path / "a" / "b"
    assert mode(home.path) == 0o700


def test_is_the_platforms_own_without_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home.locate({}).path.is_relative_to(tmp_path)


def test_takes_an_empty_folder_away_from_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert mode(Home.locate({"CHITTYOPS_HOME": str(tmp_path)}).path) == 0o700


def test_refuses_a_folder_that_others_use(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(Misconfigured, match="other users can enter") as caught:
        Home.locate({"CHITTYOPS_HOME": str(tmp_path)})
    assert "chmod 700" in caught.value.hint
    assert mode(tmp_path) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_refuses_a_folder_of_another_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(Misconfigured, match="belongs to another user"):
        Home.locate({"CHITTYOPS_HOME": str(tmp_path)})


def test_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="cannot create the state directory"):
        Home.locate({"CHITTYOPS_HOME": str(tmp_path / "file")})


def test_directories_on_the_way_to_a_file_are_private_whatever_the_umask(home: Home) -> None:
    before = os.umask(0)
    try:
        path = home.file("agent", "logs", "one.log")
    finally:
        os.umask(before)
    assert path == home.path / "agent" / "logs" / "one.log"
    assert [mode(path.parent), mode(path.parent.parent)] == [0o700, 0o700]
    assert not path.exists()


def test_private_data_comes_back_and_nobody_else_can_read_it(home: Home) -> None:
    home.write_private("run/api.json", {"port": 7})
    assert home.read_private("run/api") == home.read_private("run/api.json") == {"port": 7}
    assert mode(home.path / "run" / "api.json") == 0o600
    assert [path.name for path in (home.path / "run").iterdir()] == ["api.json"]


def test_absent_private_data_is_none(home: Home) -> None:
    assert home.read_private("nothing") is None


def test_data_that_cannot_be_written_leaves_the_old(home: Home) -> None:
    home.write_private("data", {"a": 1})
    with pytest.raises(TypeError):
        home.write_private("data", {"a": object()})
    assert home.read_private("data") == {"a": 1}
    assert [path.name for path in home.path.iterdir()] == ["data.json"]


def test_damaged_data_is_a_clear_error(home: Home) -> None:
    home.file("data.json").write_text('{"a":')
    with pytest.raises(Misconfigured, match="is damaged"):
        home.read_private("data")


def test_a_credential_is_made_once_also_when_many_ask_at_a_time(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda number: home.credential(f"c{number % 2}").reveal(), range(40)))
    assert len(set(values)) == 2
    assert sorted(json.loads((home.path / "credentials.json").read_text())) == ["c0", "c1"]
    assert all(len(value) >= 43 for value in values)
    assert mode(home.path / "credentials.json") == 0o600
    assert values[0] not in repr(home.credential("c0"))


def test_homes_have_different_marks(tmp_path: Path) -> None:
    one, two = (Home.locate({"CHITTYOPS_HOME": str(tmp_path / name)}) for name in "ab")
    assert one.mark != two.mark
    assert one.mark == Home(one.path).mark
