"""Values are set and taken away; whatever is done, the file reads back as what was wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capabilities.secrets.providers.sops.conftest import RICH, file_of, revealed, typed

from chittyops.capabilities.secrets.providers import sops
from chittyops.capabilities.secrets.providers.sops.metadata import Rule
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(lambda key: key != "sops")
PATHS = st.one_of(st.tuples(st.just("m1"), KEY), st.tuples(st.just("m2"), KEY, KEY), st.tuples(KEY.map("v{}".format)))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize("form", ["yaml", "json"])
@given(before=st.dictionaries(PATHS, TEXT, max_size=6), edits=st.dictionaries(PATHS, st.none() | TEXT, max_size=6))
def test_any_edits_of_any_document_read_back(
    alice: Any, form: str, before: dict[Any, str], edits: dict[Any, str | None]
) -> None:
    path = f"x.sops.{form}"
    edits |= dict.fromkeys(list(before)[::3], None)  # some that take away what is there
    document = sops.load(file_of([alice], form, before), path, [alice])
    wanted = {keys: text for keys, text in {**before, **edits}.items() if text is not None}
    secrets = {keys: None if text is None else Secret(text) for keys, text in edits.items()}
    after = sops.load(sops.dump(sops.with_values(document, secrets)), path, [alice])
    assert flat(revealed(after.values)) == wanted


def flat(values: Any, keys: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    if isinstance(values, dict):
        return {path: text for key, each in values.items() for path, text in flat(each, (*keys, key)).items()}
    return {keys: values}


@pytest.fixture
def rich(alice: Any) -> sops.Document:
    """Return a document with values of every type."""
    return sops.load(file_of([alice], "yaml", RICH), "x.sops.yaml", [alice])


@pytest.mark.parametrize(
    ("key", "text", "kind"),
    [("PORT", "9090", "int"), ("PORT", "many", "str"), ("RATIO", "0.5", "float"), ("DEBUG", "false", "bool"),
     ("DEBUG", "no", "str"), ("NOTHING", "something", "str"), ("URL", "12", "str")],
)  # fmt: skip
def test_a_value_keeps_its_type_where_the_new_one_fits(
    alice: Any, rich: sops.Document, key: str, text: str, kind: str
) -> None:
    data = sops.dump(sops.with_values(rich, {("services", "api", key): Secret(text)}))
    after = sops.load(data, "x.sops.yaml", [alice])
    leaf = after.leaves["services"]["api"][key]
    assert (leaf.kind, leaf.secret.reveal()) == (kind, text)
    assert f"type:{kind}]".encode() in data


def test_items_of_lists_are_set_and_taken_by_their_number(alice: Any, rich: sops.Document) -> None:
    hosts = ("services", "api", "HOSTS")
    edits = {(*hosts, "1"): Secret("zwei"), (*hosts, "2", "deep"): Secret("drei"), (*hosts, "0"): None}
    after = sops.load(sops.dump(sops.with_values(rich, edits)), "x.sops.yaml", [alice])
    assert revealed(after.values)["services"]["api"]["HOSTS"] == ["zwei", {"deep": "drei"}, ["four"]]


def test_maps_that_become_empty_go(rich: sops.Document) -> None:
    edits = {("fleet", "TOKEN"): None, ("fleet", "EMPTY"): None, ("never", "there"): None, ("fleet", "x", "y"): None}
    assert "fleet" not in sops.with_values(rich, edits).values


def test_nothing_new_is_no_change(rich: sops.Document) -> None:
    same = {("fleet", "TOKEN"): Secret("t0ken"), ("services", "api", "PORT"): Secret("8080"), ("no",): None}
    assert sops.with_values(rich, same) is rich


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ((), "a value needs a key"),
        (("",), "a key is empty"),
        (("sops", "mac"), "keeps the key `sops` for itself"),
        (("fleet", "TOKEN", "deep"), "fleet.TOKEN is a value, not a map"),
        (("services", "api", "HOSTS", "9"), "is a list of 4"),
        (("services", "api", "HOSTS", "x"), "is a list of 4"),
        (("port_unencrypted",), "would leave it unencrypted"),
    ],
)
def test_a_key_that_cannot_be_is_refused(rich: sops.Document, keys: tuple[str, ...], message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        sops.with_values(rich, {keys: Secret("x")})


def test_a_value_that_is_no_text_is_refused_without_showing_it(rich: sops.Document) -> None:
    with pytest.raises(Misconfigured, match="the value is not text") as caught:
        sops.with_values(rich, {("A",): Secret("half \ud800")})
    assert "half" not in str(caught.value)


@pytest.mark.parametrize("key", ["sops_x", "#x", "a=b", "a\nb"])
def test_a_dotenv_file_has_keys_of_its_own_kind(alice: Any, key: str) -> None:
    document = sops.create("x.env", [str(alice.to_public())])
    with pytest.raises(Misconfigured, match="no such key"):
        sops.with_values(document, {(key,): Secret("x")})
    with pytest.raises(Misconfigured, match="no such key"):
        sops.with_values(document, {("A", "B"): Secret("x")})
    with pytest.raises(Misconfigured, match="no maps and lists"):
        sops.with_values(document, {("A",): [Secret("x")]})


def test_a_value_in_the_clear_stays_in_the_clear(alice: Any) -> None:
    document = sops.create("x.sops.yaml", [str(alice.to_public())])
    plain = {"n_unencrypted": replace(typed("int", "5"), raw=5)}
    changed = sops.with_values(document.with_leaves(plain), {("n_unencrypted",): Secret("6"), ("s",): Secret("hidden")})
    data = sops.dump(changed)
    assert b"n_unencrypted: 6\n" in data
    assert b"hidden" not in data


@pytest.mark.parametrize(
    ("rule", "encrypts"), [("encrypted_comment_regex", False), ("unencrypted_comment_regex", True)]
)
def test_where_comments_decide_nothing_new_is_written_in_the_clear(alice: Any, rule: str, encrypts: bool) -> None:
    document = sops.create("x.sops.yaml", [str(alice.to_public())])
    said = {key: value for key, value in document.said.items() if key != "unencrypted_suffix"}
    document = replace(document, said={**said, rule: "secret"}, rule=Rule(rule, "secret"))
    if encrypts:
        assert b"hidden" not in sops.dump(sops.with_values(document, {("a",): Secret("hidden")}))
    else:
        with pytest.raises(Misconfigured, match="would leave it unencrypted"):
            sops.with_values(document, {("a",): Secret("hidden")})
