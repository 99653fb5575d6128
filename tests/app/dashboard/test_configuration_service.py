"""Values of a service put side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chittyops.app.dashboard.configuration_service import ValueFilter, lines, rows
from chittyops.capabilities.config.model import SecretMark, State, Value, Word


def value(key: str, text: str | None, section: str = "config") -> Value:
    word = Word("fleet defaults", State.WINS, text or "", "chittyops.yaml", 1)
    return Value(section, key, text, secret=section == "secrets", words=(word,))


@given(st.lists(st.sampled_from(("a", "b", None)), min_size=1, max_size=5))
def test_a_line_differs_exactly_when_not_all_environments_have_the_same(texts: list[str | None]) -> None:
    tables = {f"e{number}": (value("KEY", text),) if text else () for number, text in enumerate(texts)}
    found = lines(tables, ())
    if set(texts) == {None}:
        assert found == []
        return
    (line,) = found
    assert line.differs == (len(set(texts)) > 1)
    usual = max(set(texts), key=texts.count)
    if texts.count(usual) > len(texts) / 2 and len(texts) > 1:
        assert [cell.differs for cell in line.cells] == [text != usual for text in texts]


def test_secrets_differ_by_what_the_matrix_says_of_them() -> None:
    tables = {name: (value("KEY", "sops:KEY", "secrets"),) for name in ("one", "two")}
    same = [SecretMark("cart", "KEY", name, "sops:KEY", "set") for name in tables]
    assert not lines(tables, same)[0].differs
    assert lines(tables, [same[0], SecretMark("cart", "KEY", "two", "sops:KEY", "missing")])[0].differs


def test_variables_come_first_then_secrets_then_platforms_then_the_rest() -> None:
    found = [value("path", "x", "path"), value("w", "x", "wrangler"), value("K", "sops:K", "secrets"), value("A", "x")]
    listed = rows(found, ())
    assert [row.value.key for row in listed] == ["A", "K", "w", "path"]
    assert [row.part for row in listed] == ["Variables", "Secrets", "Wrangler", "Service"]


def test_a_search_finds_keys_values_and_files() -> None:
    (row,) = rows([value("LOG_LEVEL", "debug")], ())
    for text in ("log", "DEBUG level", "chittyops.yaml", ""):
        assert row.fits(ValueFilter(text)), text
    assert not row.fits(ValueFilter("trace"))
    assert not row.fits(ValueFilter(only="secrets"))
