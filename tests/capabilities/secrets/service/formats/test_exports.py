"""JSON of other secret managers, also where it is not what they write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.service.formats import exports, read
from chittyops.kernel.errors import Misconfigured

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["title", "category", "fields", "label", "value", "computed", "A"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


@given(VALUES, st.sampled_from(["", "json", "1password", "doppler"]))
def test_whatever_it_is_it_is_read_as_texts_or_refused(data: object, form: str) -> None:
    try:
        found = exports.read(json.dumps(data), form)
    except Misconfigured:
        return
    assert all(isinstance(value, str) for value in found.values())


def test_numbers_stay_as_they_are_written() -> None:
    found = exports.read('{"A": 1.10, "B": 1e400, "C": 12345678901234567890}')
    assert found == {"A": "1.10", "B": "1e400", "C": "12345678901234567890"}


@pytest.mark.parametrize("field", ["3", "null", '"planted"', "[]"])
def test_an_item_whose_fields_are_none_is_refused(field: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        exports.read(f'{{"title": "x", "fields": [{field}]}}')
    assert "planted" not in caught.value.message


def test_doppler_writes_dotenv_files_too() -> None:
    assert read('A="1"\n', "x.env", "doppler", {}, str) == {"A": "1"}
