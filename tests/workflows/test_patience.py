"""What may pass is tried again, what is permanent is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from chittyops.kernel.errors import Refused, Unavailable
from chittyops.workflows.patience import patiently, retrying


class Flaky:
    """Fails as often as it is told, then answers."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.left = failures
        self.error = error
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "done"


@pytest.mark.parametrize("patience", [patiently, retrying])
async def test_what_passes_is_waited_for(patience: Callable[[Flaky], Awaitable[str]]) -> None:
    flaky = Flaky(2, Unavailable("not now"))
    assert await patience(flaky) == "done"
    assert flaky.calls == 3


async def test_what_does_not_pass_is_given_up_in_time() -> None:
    flaky = Flaky(1000, Unavailable("not now"))
    with pytest.raises(Unavailable):
        await retrying(flaky, seconds=0.3)
    assert 1 < flaky.calls < 10


@pytest.mark.parametrize("error", [Refused("no"), Unavailable("never", permanent=True)])
async def test_what_is_permanent_is_not_tried_again(error: Exception) -> None:
    flaky = Flaky(1, error)
    with pytest.raises(type(error)):
        await retrying(flaky)
    assert flaky.calls == 1
