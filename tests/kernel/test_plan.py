"""Digests and plans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chittyops.kernel.plan import Action, Plan, PlannedService, digest


@given(st.dictionaries(st.text(), st.text()), st.randoms())
def test_a_digest_does_not_depend_on_order(inputs: dict[str, str], random: object) -> None:
    items = list(inputs.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert digest(dict(items)) == digest(inputs)


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_different_inputs_have_different_digests(one: dict[str, str], two: dict[str, str]) -> None:
    assert (digest(one) == digest(two)) == (one == two)


def test_only_deploys_are_deployed() -> None:
    services = tuple(PlannedService(a.value, a, "") for a in Action)
    assert [s.name for s in Plan("f", "e", "", services).deploys] == ["deploy"]
