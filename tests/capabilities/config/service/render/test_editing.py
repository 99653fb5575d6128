"""Files are changed where they say something else, and nowhere else: TOML and JSON with comments."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.config.service.render import jsonc, toml, toml_editing
from chittyops.capabilities.config.service.render.matching import same
from chittyops.kernel.errors import Misconfigured

TOML = """\
# shop
name = "shop" # the name
main = "index.js"

# variables
[vars]
A = "1"   # one
B = "2"

# store
[[kv_namespaces]]
binding = "STORE"
id = "x"

[[kv_namespaces]]
binding = "B"
id = "y"

[env.staging]
name = "s"
routes = [
  # the first
  { pattern = "a.test/*", zone_name = "a.test" }, # a
  { pattern = "b.test/*", zone_name = "b.test" },
]
[env.staging.vars]
A = "1"
[[env.staging.kv_namespaces]]
binding = "STORE"
id = "x"

[triggers]
crons = ["*/5 * * * *"]
"""
JSONC = """\
// shop
{
  "name": "shop", // the name
  "main": "index.js",
  /* variables */
  "vars": { "A": "1", "B": "2" },
  "kv_namespaces": [
    // store
    { "binding": "STORE", "id": "x" },
    { "binding": "B", "id": "y" } // b
  ],
  "env": {
    "staging": {
      "name": "s",
      "routes": [
        { "pattern": "a.test/*", "zone_name": "a.test" }, // a
        { "pattern": "b.test/*", "zone_name": "b.test" }
      ],
      "vars": { "A": "1" },
      "kv_namespaces": [{ "binding": "STORE", "id": "x" }]
    }
  },
  "triggers": { "crons": ["*/5 * * * *"] }
}
"""


def data() -> dict[str, Any]:
    """Return what both files say."""
    return toml.parse(TOML)


def both(wanted: dict[str, Any]) -> tuple[str, str]:
    """Return both files so that they say ``wanted``; each says so, and only that."""
    new_toml, new_jsonc = toml_editing.edited(TOML, wanted), jsonc.edited(JSONC, wanted)
    assert same(toml.parse(new_toml), wanted)
    assert same(jsonc.parse(new_jsonc).data, wanted)
    return new_toml, new_jsonc


def test_both_say_the_same_and_stay_as_they_are() -> None:
    assert jsonc.parse(JSONC).data == data()
    assert both(data()) == (TOML, JSONC)


def test_a_value_is_changed_where_it_stands() -> None:
    wanted = data()
    wanted["name"] = "store"
    wanted["env"]["staging"]["routes"][0]["zone_name"] = "c.test"
    new_toml, new_jsonc = both(wanted)
    assert new_toml == TOML.replace('name = "shop"', 'name = "store"').replace(
        'zone_name = "a.test"', 'zone_name = "c.test"'
    )
    assert new_jsonc == JSONC.replace('"shop"', '"store"').replace('"zone_name": "a.test"', '"zone_name": "c.test"')


def test_the_order_of_named_objects_says_nothing() -> None:
    wanted = data()
    wanted["kv_namespaces"].reverse()
    assert both(wanted) == (TOML, JSONC)


def test_what_is_added_stands_behind_its_like() -> None:
    wanted = data()
    wanted["vars"]["C"] = "3"
    wanted["kv_namespaces"].append({"binding": "NEW", "id": "z"})
    wanted["account_id"] = "acc"
    new_toml, new_jsonc = both(wanted)
    assert 'B = "2"\nC = "3"\n\n# store' in new_toml
    assert 'id = "y"\n\n[[kv_namespaces]]\nbinding = "NEW"\nid = "z"\n\n[env.staging]' in new_toml
    assert 'main = "index.js"\naccount_id = "acc"\n\n# variables' in new_toml
    assert '"vars": { "A": "1", "B": "2", "C": "3" },' in new_jsonc
    assert '{ "binding": "B", "id": "y" }, // b\n    {"binding": "NEW", "id": "z"}\n  ],' in new_jsonc


def test_what_is_taken_away_takes_its_comments_along() -> None:
    wanted = data()
    del wanted["kv_namespaces"][0], wanted["vars"]["A"], wanted["env"]["staging"]["routes"][0]
    new_toml, new_jsonc = both(wanted)
    assert "# store" not in new_toml
    assert "# one" not in new_toml
    assert "# the first" not in new_toml
    assert "# variables" in new_toml
    assert "// store" not in new_jsonc
    assert "/* variables */" in new_jsonc


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    wanted = data()
    wanted["vars"]["A"] = "9"
    text = "\ufeff" + TOML.replace("\n", "\r\n")
    assert toml_editing.edited(text, wanted) == text.replace('A = "1"   #', 'A = "9"   #')
    text = JSONC.replace("\n", "\r\n")
    wanted["vars"]["C"] = "1"
    assert "\n" not in jsonc.edited(text, wanted).replace("\r\n", "")


def test_dotted_keys_and_inline_tables_stay_what_they_are() -> None:
    text = 'vars.A = "1"\nai = { binding = "AI" }\n'
    assert toml_editing.edited(text, {"vars": {"A": "1", "B": "2"}, "ai": {"binding": "X"}}) == (
        'vars.A = "1"\nvars.B = "2"\nai = { binding = "X" }\n'
    )


def test_a_file_that_ends_without_a_line_end() -> None:
    assert toml_editing.edited("a = 1", {"a": 1, "b": 2}) == "a = 1\nb = 2\n"
    assert toml_editing.edited("[t]\na = 1", {"t": {"a": 1}, "u": {"b": 2}}) == "[t]\na = 1\n\n[u]\nb = 2\n"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{"a": 1', 1, 8), ('{\n  "a" 1}', 2, 7), ('{"a": nope}', 1, 7), ("{} {}", 1, 4), ('{"a": \x01}', 1, 7)],
    ids=["open", "no colon", "a word", "two", "control"],
)
def test_what_is_no_json_is_told_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(Misconfigured) as caught:
        jsonc.parse(text, "x.json")
    place = caught.value.place
    assert place is not None
    assert (place.path, place.line, place.column) == ("x.json", line, column)


def test_what_is_no_toml_is_told_with_its_place() -> None:
    with pytest.raises(Misconfigured) as caught:
        toml.parse("a = 1\n[t]\nb = 1\n[t]\nc = 1\n", "w.toml")
    assert caught.value.place is not None
    assert caught.value.place.line == 4


def test_of_a_key_given_twice_the_last_counts() -> None:
    text = '{"vars": {"A": "1"}, "vars": {"B": "2"}}'
    assert jsonc.parse(text).data == {"vars": {"B": "2"}}
    assert list(jsonc.doubles(jsonc.parse(text))) == [("vars", 21)]
    assert jsonc.edited(text, {"vars": {"B": "2"}}) == text


NAMES = st.sampled_from(["A", "B", "my-key", "with space", "dotted.key", "ü", "$x"])
PLAIN = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8).map(
        lambda text: "".join(c for c in text if c.isprintable() or c in "\n\t")
    ),
    st.integers(-5, 5),
    st.booleans(),
    st.sampled_from([0.5, -1.25]),
)
ROWS = st.lists(
    st.fixed_dictionaries({"binding": NAMES}, optional={"id": PLAIN}), max_size=3, unique_by=lambda row: row["binding"]
)
SECTION = st.dictionaries(
    st.sampled_from(["name", "vars", "kv_namespaces", "triggers", "routes", "ai", "queues"]),
    st.one_of(
        PLAIN,
        st.lists(PLAIN, max_size=3),
        ROWS,
        st.dictionaries(NAMES, PLAIN, max_size=3),
        st.fixed_dictionaries({"producers": ROWS}),
        st.lists(st.one_of(st.text(max_size=0), st.fixed_dictionaries({"pattern": NAMES})), max_size=2),
    ),
    max_size=5,
)
DOCUMENTS = st.builds(
    lambda top, env: {**top, **({"env": env} if env else {})},
    SECTION,
    st.dictionaries(st.sampled_from(["staging", "production"]), SECTION, max_size=2),
)


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_any_document_becomes_any_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    for text, edit, parse in (
        (toml.dump(before), toml_editing.edited, toml.parse),
        (jsonc.dump(before), jsonc.edited, lambda each: jsonc.parse(each).data),
    ):
        assert same(parse(text), before)
        wanted = copy.deepcopy(after)
        changed = edit(text, wanted)
        assert same(parse(changed), wanted)
        assert edit(changed, wanted) == changed
        assert same(parse(edit(changed, before)), before)


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_comments_do_not_stand_in_the_way(before: dict[str, Any], after: dict[str, Any]) -> None:
    text = "# first\n" + "".join(
        f"{line} # beside\n" if line.strip() else "# alone\n\n" for line in toml.dump(before).splitlines()
    )
    if "\\n" in text or '"""' in text:
        return
    assert same(toml.parse(text), before)
    assert same(toml.parse(toml_editing.edited(text, after)), after)
    assert toml_editing.edited(text, before) == text
