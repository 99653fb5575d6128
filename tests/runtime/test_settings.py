"""Settings: where a value comes from, and what is said about a wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chittyops.kernel.errors import Misconfigured, Problem
from chittyops.runtime.settings import FILE, Settings, settings_rows

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "settings.md"


def write(home: Path, text: str) -> Path:
    path = home / FILE
    path.write_text(text, "utf-8")
    return path


def _problems(home: Path) -> tuple[Problem, ...]:
    try:
        Settings.load({}, home)
    except Misconfigured as error:
        return error.problems
    return ()


def test_without_anything_every_value_is_its_default(tmp_path: Path) -> None:
    settings = Settings.load({}, tmp_path)
    assert (settings.api.port, settings.releases.max_parallel, settings.worker.lease_seconds) == (7780, 8, 15.0)
    assert all(row.value == row.default and str(row.origin) == "default" for row in settings_rows(settings))


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    path = write(tmp_path, "# mine\n[api]\nport = 1\n\n[worker]\nlease_seconds = 30\n[logs]\nkeep = 7\n")
    environ = {"CHITTYOPS_PORT": "2", "CHITTYOPS_LEASE_SECONDS": "20"}
    settings = Settings.load(environ, tmp_path, {"api.port": "3"})
    assert (settings.api.port, settings.worker.lease_seconds, settings.logs.keep) == (3, 20.0, 7)
    origins = {row.name: str(row.origin) for row in settings_rows(settings)}
    assert origins["api.port"] == "flag"
    assert origins["worker.lease_seconds"] == "environment CHITTYOPS_LEASE_SECONDS"
    assert origins["logs.keep"] == f"file {path}:8"
    assert origins["releases.max_parallel"] == "default"


def test_dotted_keys_and_inline_tables_are_found_with_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'api.port = 9\nlogs.level = "debug"\n')
    settings = Settings.load({}, tmp_path)
    assert (settings.api.port, settings.logs.level) == (9, "debug")
    assert str(settings.origins["logs.level"]) == f"file {path}:2"


def test_every_wrong_line_is_reported_with_its_place_and_a_hint(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "[api]\nprot = 80\n[worker]\nlease_seconds = 'soon'\n[logs]\nlevel = 'warn'\nkeep = 1.5\n"
        "[centre]\nnats_url = 'nats://x'\n[zebra]\nstripes = 1\n",
    )
    with pytest.raises(Misconfigured) as caught:
        Settings.load({}, tmp_path)
    found = {str(p.place).removeprefix(f"{path}:"): (p.message, p.hint) for p in caught.value.problems}
    assert found["2"] == ("api.prot is not a setting", "did you mean api.port?")
    assert "must be a number, not 'soon'" in found["4"][0]
    assert "must be one of debug, info, warning, error, not 'warn': warning?" in found["6"][0]
    assert "must be a whole number, not 1.5" in found["7"][0]
    assert "CHITTYOPS_NATS_URL" in found["9"][1]
    assert found["11"][1].startswith("the settings are api.port")
    assert len(found) == 6


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"CHITTYOPS_PORT": "http"}, "must be a whole number"),
        ({"CHITTYOPS_PORT": "65536"}, "at least 0 and at most 65535"),
        ({"CHITTYOPS_MAX_PARALLEL": "0"}, "at least 1"),
        ({"CHITTYOPS_LEASE_SECONDS": "nan"}, "must be a number"),
        ({"CHITTYOPS_LEASE_SECONDS": "inf"}, "must be a number"),
        ({"CHITTYOPS_LOG_LEVEL": "LOUD"}, "must be one of"),
    ],
)
def test_a_malformed_variable_is_named(environ: dict[str, str], complaint: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=complaint) as caught:
        Settings.load(environ, tmp_path)
    assert next(iter(environ)) in caught.value.message


def test_a_syntax_error_has_its_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, "[api]\nport = = 3\n")
    with pytest.raises(Misconfigured, match="not valid TOML") as caught:
        Settings.load({}, tmp_path)
    assert str(caught.value.problems[0].place) == f"{path}:2:8"


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        Settings.load({}, tmp_path)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from('[]=."\n apiportlevelworker0123456789-#'), max_size=60))
def test_whatever_stands_in_the_file_gives_settings_or_one_clear_error(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    problems = _problems(tmp_path)
    assert all(problem.place and problem.place.path == str(path) for problem in problems)


def test_rows_show_no_credentials(tmp_path: Path) -> None:
    rows = settings_rows(Settings.load({"CHITTYOPS_DATABASE_URL": "postgresql://me:hunter2@db/x"}, tmp_path))
    [row] = [row for row in rows if row.name == "centre.database_url"]
    assert "hunter2" not in repr(row)
    assert "me:[redacted]@db" in str(row.value)


def test_every_setting_is_documented_with_its_variable_and_default() -> None:
    guide = GUIDE.read_text("utf-8")
    for row in settings_rows(Settings()):
        assert f"`{row.name}`" in guide, row.name
        assert f"`{row.env}`" in guide, row.env
        if row.default != "":
            assert f"| `{row.default}` |" in guide, (row.name, row.default)


def test_every_variable_the_product_reads_is_documented() -> None:
    guide = GUIDE.read_text("utf-8")
    sources = (GUIDE.parents[2] / "src").rglob("*.py")
    read = {name for path in sources for name in re.findall(r'"(CHITTYOPS_[A-Z_]+)"', path.read_text("utf-8"))}
    assert "CHITTYOPS_HOME" in read
    assert sorted(name for name in read if f"`{name}`" not in guide) == []
