"""What every sink does, whatever it leads to: one suite over files and over the vendors' fakes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.capabilities.secrets.providers.sinks.places import KINDS, VENDORS, There, mark, opened
from tests.vendors.fakes import server
from tests.vendors.fakes.server import TOKEN, Fake, Fault

from chittyops.kernel.errors import ChittyOpsError, Misconfigured, Unavailable
from chittyops.kernel.secret import Secret

PLANTED = "planted-Value-7f3a9c"
STRANGE = {
    "PLAIN": "value",
    "EMPTY_NOT": "0",
    "SPACES": "  two  words ",
    "DOLLAR": "a$b${c}$(d)`e`",
    "HASH": "a #b#c",
    "DOUBLE": 'say "hi" \\n',
    "SINGLE": "it's",
    "LINES": "-----BEGIN KEY-----\nabc+/=\n-----END KEY-----\n",
    "JSON": '{"a": ["it", 1], "b": "é"}',
    "WIDE": "日本語 🔑",
    "URL": "postgres://u:p%40@h:5432/d?x=1&y=2#f",
    "LONG": "x" * 20_000,
}


@pytest.fixture(params=KINDS)
async def there(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[There]:
    async with opened(request.param, tmp_path) as place:
        yield place


def secrets(**values: str) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in values.items()}


async def write(there: There, values: dict[str, Secret]) -> None:
    """Write ``values`` as a push does: no more at once than the sink takes."""
    size = there.sink.at_once or len(values)
    names = list(values)
    for start in range(0, len(names), size):
        await there.sink.write({name: values[name] for name in names[start : start + size]})


async def test_nothing_is_there_at_first(there: There) -> None:
    assert await there.sink.names() == {}


async def test_what_is_written_is_there_and_is_named(there: There) -> None:
    await write(there, secrets(A="1", B="2"))
    assert there.held() == {"A": "1", "B": "2"}
    assert set(await there.sink.names()) == {"A", "B"}


async def test_strange_values_arrive_as_they_are(there: There) -> None:
    await write(there, secrets(**STRANGE))
    assert there.held() == STRANGE


async def test_a_value_is_replaced_and_others_are_left_alone(there: There) -> None:
    there.plant("FOREIGN", "theirs")
    await write(there, secrets(A="1"))
    await write(there, secrets(A="2"))
    assert there.held() == {"FOREIGN": "theirs", "A": "2"}


async def test_written_twice_it_is_the_same(there: There) -> None:
    for _ in range(2):
        await write(there, secrets(A="1", B="2"))
    assert there.held() == {"A": "1", "B": "2"}


async def test_names_are_removed_and_others_stay(there: There) -> None:
    await write(there, secrets(A="1", B="2", C="3"))
    await there.sink.remove(["A", "C"])
    assert there.held() == {"B": "2"}


async def test_removing_what_is_gone_already_is_no_error(there: There) -> None:
    await write(there, secrets(A="1"))
    await there.sink.remove(["A"])
    await there.sink.remove(["A", "NEVER"])
    assert there.held() == {}


async def test_fingerprints_are_those_of_the_values_or_none_at_all(there: There) -> None:
    await write(there, secrets(A=PLANTED))
    expected = mark("A", Secret(PLANTED)) if there.sink.readable else None
    assert await there.sink.names() == {"A": expected}


async def test_values_stand_in_no_address_and_in_no_log(there: There, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await write(there, secrets(A=PLANTED))
    await there.sink.names()
    await there.sink.remove(["A"])
    assert PLANTED not in caplog.text
    assert TOKEN not in caplog.text
    for call in there.fake.calls if there.fake else ():
        assert PLANTED not in f"{call.path}{call.query}{call.headers}"


def of(there: There) -> Fake:
    assert there.fake is not None
    there.fake.fails = there.fake.is_write
    return there.fake


@pytest.fixture(params=VENDORS)
async def vendor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[There]:
    async with opened(request.param, tmp_path, answer_seconds=0.5) as place:
        yield place


async def test_a_write_that_must_wait_is_written_once(vendor: There) -> None:
    fake = of(vendor)
    fake.faults = [server.status(429, retry_after="7"), server.status(423)]
    await write(vendor, secrets(A="1"))
    assert vendor.held() == {"A": "1"}
    assert len(fake.writes()) == 3
    assert 7 <= sum(vendor.time.waits) < 20


FAULTS: dict[str, Fault] = {
    "500 before": server.status(500),
    "500 after": server.after(500),
    "502 page": lambda _call, _do: server.Answer(502, raw=b"<html>Bad gateway</html>"),
    "hung up": server.closed,
    "slow": server.slow,
    "truncated": server.truncated,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_write_whose_end_is_not_known_is_not_sent_again(vendor: There, fault: str) -> None:
    fake = of(vendor)
    fake.faults = [FAULTS[fault]]
    with pytest.raises(Unavailable) as caught:
        await write(vendor, secrets(A=PLANTED))
    assert not caught.value.permanent
    assert caught.value.hint
    assert PLANTED not in f"{caught.value} {caught.value.hint}"
    assert len(fake.writes()) == 1
    await write(vendor, secrets(A=PLANTED))
    assert vendor.held() == {"A": PLANTED}


@pytest.mark.parametrize("fault", ["not json", "wrong type"])
async def test_a_strange_answer_to_a_read_is_told(vendor: There, fault: str) -> None:
    fake = of(vendor)
    fake.fails = lambda call: not fake.is_write(call)
    fake.faults = [server.not_json if fault == "not json" else server.wrong_type]
    with pytest.raises(Unavailable, match=r"not JSON|form that is not known") as caught:
        await vendor.sink.names()
    assert caught.value.hint


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_read_is_tried_again(vendor: There, fault: str) -> None:
    vendor.plant("A", "1")
    fake = of(vendor)
    fake.fails = lambda call: not fake.is_write(call)
    fake.faults = [FAULTS[fault]]
    assert set(await vendor.sink.names()) == {"A"}


async def test_what_the_vendor_repeats_of_a_value_does_not_show(vendor: There) -> None:
    fake = of(vendor)
    value = f'{PLANTED} "quoted"\nline'
    fake.faults = [server.status(400)]
    with pytest.raises(ChittyOpsError) as caught:
        await write(vendor, secrets(A=value))
    shown = f"{caught.value} {caught.value.hint}"
    assert "400" in shown
    assert not any(value[start : start + 8] in shown for start in range(len(value) - 8))


async def test_a_wrong_token_is_told_with_its_variable(vendor: There) -> None:
    fake = of(vendor)
    fake.token = "another"
    with pytest.raises(ChittyOpsError) as caught:
        await vendor.sink.names()
    assert "TOKEN" in caught.value.hint
    assert TOKEN not in f"{caught.value} {caught.value.hint}"
    assert isinstance(caught.value, Misconfigured) or "permission" in caught.value.hint
