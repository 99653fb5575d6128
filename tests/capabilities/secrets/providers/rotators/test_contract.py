"""What every rotator keeps to: two credentials at a time, never a third, and each step may be done again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.capabilities.secrets.providers.rotators.authorities import KINDS, Scene, opened

from chittyops.capabilities.secrets.service.rotation.model import Issued
from chittyops.kernel.errors import ChittyOpsError, Unavailable
from chittyops.kernel.secret import Secret

MARK = "rot-0123abcd"


@pytest.fixture(params=KINDS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> AsyncIterator[Scene]:
    async with opened(request.param, tmp_path, database_url) as there:
        yield there


async def rotated(scene: Scene, current: Secret, mark: str = MARK) -> Issued:
    """Rotate from ``current`` and return what is in use then."""
    rotator = scene.again()
    old = Issued(current, await rotator.identify(current))
    new = await rotator.create(mark, old)
    await rotator.admit(mark, new, old)
    await rotator.verify(new)
    assert await scene.accepts(current)
    assert await scene.accepts(new.value)
    assert await rotator.revoke(old) is True
    return new


async def test_both_credentials_work_until_the_old_one_is_revoked(scene: Scene) -> None:
    new = await rotated(scene, scene.current)
    assert await scene.accepts(new.value)
    assert not await scene.accepts(scene.current)
    assert await scene.living() == 1


async def test_one_rotation_follows_another(scene: Scene) -> None:
    value, seen = scene.current, [scene.current]
    for number in range(3):
        value = (await rotated(scene, value, f"rot-{number}")).value
        seen.append(value)
    assert [await scene.accepts(each) for each in seen] == [False, False, False, True]
    assert await scene.living() == 1
    assert len(set(seen)) == 4


async def test_an_old_one_is_revoked_once(scene: Scene) -> None:
    old = Issued(scene.current, await scene.rotator.identify(scene.current))
    new = await scene.rotator.create(MARK, old)
    await scene.rotator.admit(MARK, new, old)
    assert [await scene.again().revoke(old), await scene.again().revoke(old)] == [True, False]
    assert await scene.accepts(new.value)


async def test_what_was_interrupted_leaves_no_third(scene: Scene) -> None:
    old = Issued(scene.current, await scene.rotator.identify(scene.current))
    await scene.rotator.create(MARK, old)
    new = await scene.again().create(MARK, old)
    for _ in range(2):
        await scene.again().admit(MARK, new, old)
    await scene.rotator.verify(new)
    assert await scene.accepts(new.value)
    assert await scene.accepts(scene.current)
    assert await scene.living() == 2


async def test_what_is_discarded_works_no_more_and_the_old_one_does(scene: Scene) -> None:
    old = Issued(scene.current, await scene.rotator.identify(scene.current))
    new = await scene.rotator.create(MARK, old)
    await scene.rotator.admit(MARK, new, old)
    for _ in range(2):
        await scene.again().discard(MARK, new)
    assert not await scene.accepts(new.value)
    assert await scene.accepts(scene.current)
    assert await scene.living() == 1
    again = await scene.rotator.create("rot-later", old)
    await scene.rotator.admit("rot-later", again, old)
    await scene.rotator.verify(again)


async def test_discarding_what_nobody_got_to_know_is_no_error(scene: Scene) -> None:
    await scene.rotator.discard(MARK, None)
    assert await scene.accepts(scene.current)


async def test_a_credential_that_is_not_accepted_is_not_verified_and_does_not_show(scene: Scene) -> None:
    old = Issued(scene.current, await scene.rotator.identify(scene.current))
    new = await scene.rotator.create(MARK, old)
    await scene.rotator.admit(MARK, new, old)
    await scene.rotator.discard(MARK, new)
    with pytest.raises((Unavailable, ChittyOpsError)) as caught:
        await scene.rotator.verify(new)
    assert new.value.reveal() not in str(caught.value.__dict__) + str(caught.value)


async def test_what_is_no_such_credential_is_refused_before_anything_happens(scene: Scene) -> None:
    with pytest.raises(ChittyOpsError) as caught:
        await scene.rotator.identify(Secret("planted-nonsense-value"))
    assert "planted-nonsense" not in str(caught.value.__dict__) + str(caught.value)
