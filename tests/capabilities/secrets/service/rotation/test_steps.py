"""The steps of a rotation: at no moment is a value in use that anybody refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise, product

import pytest

from chittyops.capabilities.secrets.service.rotation import steps
from chittyops.capabilities.secrets.service.rotation.model import (
    Rotation,
    RotationRequest,
    RotationStatus,
    RotationStep,
    StepStatus,
)
from chittyops.capabilities.secrets.service.rotation.reach import values
from chittyops.capabilities.secrets.service.rotation.steps import Act, Stage
from chittyops.kernel.secret import Secret

REQUEST = RotationRequest("shop", "local", "/shop", "TOKEN", "local", "fleet", "token", previous="TOKEN_PREVIOUS")
OLD, NEW = Secret("the-old-one"), Secret("the-new-one")


def rotation(*begun: str, turned: bool = True) -> Rotation:
    taken = tuple(RotationStep(name, StepStatus.DONE) for name in begun)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Rotation("rot-1", 1, REQUEST, RotationStatus.RUNNING, "me", now, turned=turned, steps=taken)


def used_and_accepted(stage: str) -> tuple[Secret, set[Secret]]:
    used, second = values(REQUEST, stage, OLD, NEW).values()
    return used, {used, second}


def stages(order: tuple[steps.Step, ...], start: Stage) -> list[Stage]:
    return [start, *(step.stage for step in order if step.act is Act.RELOAD)]


FORWARD = stages(steps.forward(second=True), Stage.OLD)
BACK = {at: stages(steps.backward(second=True), at) for at in FORWARD[:-1]}


@pytest.mark.parametrize("path", [FORWARD, *BACK.values()], ids=" ".join)
def test_who_uses_a_token_is_accepted_by_all_however_far_each_of_them_is(path: list[Stage]) -> None:
    for before, after in pairwise(path):
        for user, verifier in product((before, after), repeat=2):
            assert used_and_accepted(user)[0] in used_and_accepted(verifier)[1], (user, verifier)


def test_at_the_end_the_old_one_is_accepted_by_nobody_and_after_going_back_the_new_one() -> None:
    assert used_and_accepted(FORWARD[-1]) == (NEW, {NEW})
    assert all(used_and_accepted(path[-1]) == (OLD, {OLD}) for path in BACK.values())


@pytest.mark.parametrize("second", [True, False])
def test_every_step_has_a_name_of_its_own_and_is_found_by_it(second: bool) -> None:
    order = (*steps.forward(second=second), *steps.backward(second=second))
    assert len({step.name for step in order}) == len(order)
    assert all(steps.named(step.name, second=second) == step and step.title for step in order)


@pytest.mark.parametrize("second", [True, False])
def test_the_old_one_begins_to_end_after_it_was_verified_that_the_new_one_works(second: bool) -> None:
    names = [step.name for step in steps.forward(second=second)]
    last = names.index(steps.point_of_no_return(second=second))
    assert names.index("verify") < names.index("overlap") < last
    ends = {Stage.ONE} if second else set()
    assert not {step.stage for step in steps.forward(second=second)[:last]} & ends


def test_what_never_began_is_not_taken_back() -> None:
    back = steps.backward(second=True)
    assert [step.name for step in back if steps.needed(step, rotation("check"))] == []
    assert [step.name for step in back if steps.needed(step, rotation("check", "create"))] == ["discard"]
    some = [step.name for step in back if steps.needed(step, rotation("create", "both.store"))]
    assert some == ["back.store", "back.push", "back.reload", "discard"]
    assert all(steps.needed(step, rotation("create", "both.store", "store")) for step in back)
