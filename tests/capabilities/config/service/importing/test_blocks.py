"""What is written into the fleet file is YAML, whatever the text, and says that text."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from chittyops.capabilities.config.service.importing import blocks
from chittyops.capabilities.config.service.importing.model import Comment

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(lambda text: "${" not in text)


@given(TEXTS)
@example("@secret")
@example("`x`")
@example("a\x85b\x7f")
@example("\U0002ebe1")
def test_any_text_comes_back_alone_in_a_list_and_in_a_map(text: str) -> None:
    for value in ({"key": text}, {"key": [text, text]}, {"key": {"inner": text}}):
        written = blocks.yaml(value, lambda _: Comment()).text
        assert yaml.load(written, Loader=yaml.BaseLoader) == value


@pytest.mark.parametrize("text", ["true", "1", "1e3", "null", "~", "no", "2026-01-01", "0x1f", "", ".inf"])
def test_a_text_that_looks_like_something_else_stays_one(text: str) -> None:
    assert yaml.safe_load(blocks.scalar(text)) == text


def test_what_would_be_a_reference_is_none() -> None:
    assert blocks.scalar("${HOME}") == '"$${HOME}"'
