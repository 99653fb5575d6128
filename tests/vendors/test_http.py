"""Calls to vendors: what is tried again and what is not, what errors say and what they never do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.vendors.accounts import Time, account
from tests.vendors.fakes import server
from tests.vendors.fakes.server import TOKEN, Answer, Call, Fake, Fault

from chittyops.kernel.errors import ChittyOpsError, Conflict, Misconfigured, NotFound, Refused, Unavailable
from chittyops.kernel.secret import Secret
from chittyops.runtime.home import Home
from chittyops.vendors.catalogue import CLOUDFLARE, GITHUB, NEON, RAILWAY, VERCEL, Vendor
from chittyops.vendors.http import ATTEMPTS, Account, Request, checked

READ = Request("GET", "/thing")
WRITE = Request("POST", "/thing", body={"value": Secret("planted-Value-7f3a9c")})
ALL = (CLOUDFLARE, RAILWAY, VERCEL, NEON, GITHUB)


class Echo(Fake):
    """Answers every call with how many there were."""

    def answer(self, call: Call) -> Answer:
        return Answer(200, {"calls": len(self.calls)})


@pytest.fixture
async def fake() -> AsyncIterator[Echo]:
    async with Echo() as echo:
        yield echo


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def api(fake: Echo, time: Time, tmp_path: Path) -> AsyncIterator[Account]:
    async with account(CLOUDFLARE, fake, tmp_path, time, answer_seconds=0.4) as opened:
        yield opened


@pytest.mark.parametrize("code", [408, 423, 429, 500, 502, 503, 504])
async def test_a_read_is_tried_again_after_what_may_pass(api: Account, fake: Echo, code: int) -> None:
    fake.faults = [server.status(code), server.status(code)]
    assert await api.send(READ) == {"calls": 3}


@pytest.mark.parametrize("code", [423, 429])
async def test_a_write_is_tried_again_only_after_what_did_nothing(api: Account, fake: Echo, code: int) -> None:
    fake.faults = [server.status(code)]
    assert await api.send(WRITE) == {"calls": 2}


BROKEN: dict[str, Fault] = {
    "408": server.status(408),
    "500": server.status(500),
    "hung up": server.closed,
    "slow": server.slow,
    "truncated": server.truncated,
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_any_other_write_is_sent_once(api: Account, fake: Echo, fault: str) -> None:
    fake.faults = [BROKEN[fault]]
    with pytest.raises(Unavailable):
        await api.send(WRITE)
    assert len(fake.calls) == 1


@pytest.mark.parametrize("fault", ["hung up", "slow", "truncated"])
async def test_a_write_that_may_have_been_done_says_so(api: Account, fake: Echo, fault: str) -> None:
    fake.faults = [BROKEN[fault]]
    with pytest.raises(Unavailable, match="whether it took effect is not known"):
        await api.send(WRITE)


async def test_a_write_that_never_left_says_no_such_thing(fake: Echo, time: Time, tmp_path: Path) -> None:
    gone = Echo()
    async with gone:
        pass
    async with account(CLOUDFLARE, gone, tmp_path, time) as api:
        with pytest.raises(Unavailable, match="no connection") as caught:
            await api.send(WRITE)
    assert "took effect" not in str(caught.value)


async def test_trying_ends(api: Account, fake: Echo) -> None:
    fake.faults = [server.status(503)] * 20
    with pytest.raises(Unavailable, match="503"):
        await api.send(READ)
    assert len(fake.calls) == ATTEMPTS


async def test_retry_after_is_waited_with_a_little_more(api: Account, fake: Echo, time: Time) -> None:
    fake.faults = [server.status(429, retry_after="20")]
    await api.send(READ)
    assert 20 <= sum(time.waits) <= 25


async def test_retry_after_may_be_a_date(api: Account, fake: Echo, time: Time) -> None:
    at = format_datetime(time.now() + timedelta(seconds=30), usegmt=True)
    fake.faults = [server.status(503, retry_after=at)]
    await api.send(READ)
    assert 29 <= sum(time.waits) <= 38


async def test_nobody_waits_longer_than_a_minute(api: Account, fake: Echo, time: Time) -> None:
    fake.faults = [server.status(429, retry_after="300")]
    with pytest.raises(Unavailable, match="429"):
        await api.send(READ)
    assert time.waits == []


async def test_who_is_told_to_wait_keeps_the_others_from_asking(api: Account, fake: Echo, tmp_path: Path) -> None:
    fake.faults = [server.status(429, retry_after="300")]
    with pytest.raises(Unavailable):
        await api.send(READ)
    async with account(CLOUDFLARE, fake, tmp_path, Time()) as other:
        with pytest.raises(Unavailable, match="no call to Cloudflare is left for this account before 00:05:00 UTC"):
            await other.send(READ)
    assert len(fake.calls) == 1


@pytest.mark.parametrize("nonsense", ["soon", "-5", "Wed, 99 Foo 2026", ""])
async def test_a_strange_retry_after_counts_as_none(api: Account, fake: Echo, time: Time, nonsense: str) -> None:
    fake.faults = [server.status(503, retry_after=nonsense)]
    await api.send(READ)
    assert sum(time.waits) < 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [(301, Misconfigured), (400, Refused), (401, Misconfigured), (403, Refused), (404, NotFound), (409, Conflict),
     (410, NotFound), (412, Conflict), (413, Refused), (422, Refused), (429, Unavailable), (500, Unavailable)],
)  # fmt: skip
async def test_answers_become_errors_with_hints(
    api: Account, fake: Echo, code: int, kind: type[ChittyOpsError]
) -> None:
    fake.faults = [server.status(code)] * ATTEMPTS
    with pytest.raises(kind, match=str(code)) as caught:
        await api.send(WRITE)
    assert caught.value.hint
    assert "{" not in caught.value.hint


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"errors": [{"code": 10007, "message": "no such Worker"}]}, "no such Worker (10007)"),
        ({"error": {"code": "not_found", "message": "no project"}}, "no project (not_found)"),
        ({"code": "LOCKED", "message": "busy", "request_id": "r"}, "busy (LOCKED)"),
        ({"message": "Bad credentials"}, "Bad credentials"),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"errors": ["plain"]}, "plain"),
        ({"errors": []}, ""),
        ([1, 2], ""),
        ({"message": {"deep": 1}}, ""),
        ({"message": "two\nlines\x1b[31m"}, "two lines"),
    ],
)
async def test_what_a_vendor_says_is_shown_in_every_form(api: Account, fake: Echo, data: object, shown: str) -> None:
    fake.faults = [lambda _call, _do: Answer(400, data)]
    with pytest.raises(Refused) as caught:
        await api.send(READ)
    assert caught.value.message.startswith(f"Cloudflare answered GET /thing with 400{': ' if shown else ''}{shown}")


@pytest.mark.parametrize("form", ["{0}", "value {0!r} is bad", "starts with {1}", "{2}"])
async def test_neither_token_nor_value_shows_in_an_error(api: Account, fake: Echo, form: str) -> None:
    value = 'planted-Value-7f3a9c"\n'
    said = form.format(value + TOKEN, value[:12], value.replace('"', '\\"'))
    fake.faults = [lambda _call, _do: Answer(400, {"message": said})]
    with pytest.raises(Refused) as caught:
        await api.send(Request("POST", "/thing", body=[{"deep": Secret(value)}]))
    assert not any(part in caught.value.message for part in ("planted-", "7f3a9c", TOKEN[:8], TOKEN[-8:]))


async def test_a_long_message_is_cut(api: Account, fake: Echo) -> None:
    fake.faults = [lambda _call, _do: Answer(400, {"message": "x" * 5000})]
    with pytest.raises(Refused) as caught:
        await api.send(READ)
    assert len(caught.value.message) < 400


async def test_a_page_in_the_place_of_json_is_told(api: Account, fake: Echo) -> None:
    fake.faults = [server.not_json]
    with pytest.raises(Unavailable, match="not JSON"):
        await api.send(READ)


async def test_an_answer_of_another_shape_names_the_fields_and_no_value(api: Account, fake: Echo) -> None:
    fake.faults = [lambda _call, _do: Answer(200, {"calls": "planted-Value"})]
    with pytest.raises(Unavailable, match="calls: ") as caught:
        await api.fetch(dict[str, int], READ)
    assert "planted" not in f"{caught.value}"


async def test_a_redirect_is_not_followed_with_the_token(api: Account, fake: Echo) -> None:
    async with Echo() as elsewhere:
        fake.faults = [server.status(302, location=f"{elsewhere.url}/stolen")]
        with pytest.raises(Misconfigured):
            await api.send(READ)
        assert elsewhere.calls == []


async def test_the_token_travels_in_its_header_alone(api: Account, fake: Echo) -> None:
    await api.send(WRITE)
    call = fake.calls[0]
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in f"{call.path}{call.query}{call.body}"
    assert TOKEN not in repr(vars(api))


async def test_calls_at_once_share_the_budget(fake: Echo, tmp_path: Path) -> None:
    few = Vendor("Few", "https://few.example", "CHITTYOPS_FEW_URL", {"FEW_TOKEN": "Authorization"}, 3, 3600, "there")
    async with account(few, fake, tmp_path, Time()) as one, account(few, fake, tmp_path, Time()) as two:
        done = await asyncio.gather(*(api.send(READ) for api in (one, two) * 4), return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 3
    assert len(fake.calls) == 3


@pytest.mark.parametrize("vendor", ALL, ids=lambda vendor: vendor.name)
def test_every_vendor_says_where_its_token_belongs(vendor: Vendor) -> None:
    with pytest.raises(Misconfigured, match=vendor.name) as caught:
        vendor.credential({})
    assert all(variable in caught.value.hint for variable in vendor.variables)
    variable = next(iter(vendor.variables))
    assert vendor.credential({variable: f" {TOKEN}\n"}).token == Secret(TOKEN)


@pytest.mark.parametrize("token", ["two words", "sn\u00f6", "a\x00b"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        CLOUDFLARE.credential({"CLOUDFLARE_API_TOKEN": token})
    assert token not in f"{caught.value}{caught.value.hint}"


def test_railway_knows_two_kinds_of_tokens() -> None:
    assert RAILWAY.credential({"RAILWAY_TOKEN": "p", "RAILWAY_API_TOKEN": "a"}).header == "Project-Access-Token"
    assert RAILWAY.credential({"RAILWAY_API_TOKEN": "a"}).value == "Bearer a"


@pytest.mark.parametrize(
    "url", ["http://api.example", "http://10.0.0.1", "ftp://127.0.0.1", "//host", "api.example", "https://"]
)
def test_a_token_travels_encrypted_or_not_at_all(url: str) -> None:
    with pytest.raises(Misconfigured, match="CHITTYOPS_NEON_URL"):
        checked(url, NEON)


@pytest.mark.parametrize(
    "url", ["https://proxy.example/neon/", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:1/x"]
)
def test_https_and_loopback_are_fine(url: str) -> None:
    assert checked(url, NEON) == url.rstrip("/")


async def test_an_account_of_the_environment_keeps_its_budget_in_the_home(fake: Echo, home: Home) -> None:
    class Now(Time):
        def now(self) -> datetime:
            return datetime.now(UTC)

    environ = {"NEON_API_KEY": TOKEN, "CHITTYOPS_NEON_URL": fake.url}
    async with Account.of(NEON, environ, home, Now()) as api:
        await api.send(READ)
    (kept,) = (home.path / "budgets").glob("neon-*.json")
    assert kept.stat().st_mode & 0o077 == 0
    assert TOKEN not in f"{kept}{kept.read_text()}"
