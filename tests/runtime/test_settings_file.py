"""The settings file: every key with its line, every trouble with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from chittyops.runtime.settings_file import read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a]\nb = 1\n\n# c = 2\n[ d ]\n  e = 'x'", {"a.b": (1, 2), "d.e": ("x", 6)}),
        ("a.b = 1\n'c'.d = 2\nplain = true", {"a.b": (1, 1), "c.d": (2, 2), "plain": (True, 3)}),
        ('["a"]\n"b" = [1,\n2]\nc = 3', {"a.b": ([1, 2], 2), "a.c": (3, 4)}),
        ("", {}),
    ],
    ids=["tables", "dotted", "quoted", "empty"],
)
def test_each_key_has_its_value_and_line(text: str, found: dict[str, tuple[object, int]], tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    entries, problems = read(path)
    assert {name: (value, place.line) for name, value, place in entries} == found
    assert {place.path for _, _, place in entries} <= {str(path)}
    assert problems == []


def test_no_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path / "none.toml") == ([], [])


def test_a_syntax_error_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("a = 1\nb =\n", "utf-8")
    entries, [problem] = read(path)
    assert entries == []
    assert str(problem.place) == f"{path}:2:4"
