"""Pushes from places to outcomes, with a sink and a record that live in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pytest

from chittyops.capabilities.secrets.model import Pushed
from chittyops.capabilities.secrets.service.push import apply
from chittyops.capabilities.secrets.service.push.apply import AT_ONCE, Outcome
from chittyops.capabilities.secrets.service.push.places import Place, Source, places
from chittyops.capabilities.secrets.service.push.plan import State, compare
from chittyops.capabilities.secrets.service.push.pushes import Planned, Pushes, values_of
from chittyops.kernel.errors import Misconfigured, NotFound, Problem, Refused, Unavailable
from chittyops.kernel.secret import Secret, SecretRef, SecretScope
from chittyops.kernel.service import Environment, Fleet, Service, Sink

KEY, DB, BUS = SecretRef("sops", "KEY"), SecretRef("database", "main"), SecretRef("broker", "events")
DONE = True


def service(name: str, *sinks: Sink, **secrets: SecretRef) -> Service:
    return Service(name, f"services/{name}", config={"LOG_LEVEL": "info"}, secrets=secrets, sinks=sinks)


def fleet(*services: Service, environment: str = "staging", protected: bool = False) -> Fleet:
    named = {each.name: each for each in services}
    return Fleet("shop", "/w", Environment(environment, protected=protected), named)


def mark(name: str, value: Secret) -> str:
    return f"{name}#{value.reveal()}"


@dataclass
class Memory:
    """A sink in memory that may be told to fail; ``most`` is how many were writing at the same time."""

    held: dict[str, str] = field(default_factory=dict)
    readable: bool = True
    at_once: int = 0
    error: Exception | None = None
    fails_for: str = ""
    works_anyway: bool = False
    writing: list[int] = field(default_factory=lambda: [0, 0])
    batches: list[list[str]] = field(default_factory=list)

    async def names(self) -> Mapping[str, str | None]:
        return {name: mark(name, Secret(value)) if self.readable else None for name, value in self.held.items()}

    async def write(self, values: Mapping[str, Secret]) -> None:
        self.batches.append(list(values))
        self.writing[0] += 1
        self.writing[1] = max(self.writing)
        await asyncio.sleep(0.01)
        self.writing[0] -= 1
        error = self.error if not self.fails_for or self.fails_for in values else None
        if error is None or self.works_anyway:
            self.held |= {name: value.reveal() for name, value in values.items()}
        if error:
            raise error

    async def remove(self, names: Collection[str]) -> None:
        for name in names:
            self.held.pop(name, None)


@dataclass
class Record:
    """A record in memory."""

    known: dict[str, dict[str, Pushed]] = field(default_factory=dict)

    def read(self, place: str) -> Mapping[str, Pushed]:
        return self.known.get(place, {})

    def begin(self, place: str, fingerprints: Mapping[str, str]) -> None:
        here = self.known.setdefault(place, {})
        here |= {name: Pushed(value, finished=False) for name, value in fingerprints.items()}

    def finish(self, place: str, names: Collection[str]) -> None:
        here = self.known[place]
        here |= {name: Pushed(here[name].fingerprint, finished=True) for name in names}

    def forget(self, place: str, names: Collection[str]) -> None:
        for name in names:
            self.known.get(place, {}).pop(name, None)


def place(name: str, *wanted: str) -> Place:
    return Place("dotenv", {"path": name}, (f"cart/{name}",), {each: (Source("cart", each),) for each in wanted})


def given(**values: str) -> dict[Source, Secret]:
    return {Source("cart", name): Secret(value) for name, value in values.items()}


async def run(
    sink: Memory, record: Record, values: Mapping[str, str], *, prune: bool = False
) -> tuple[Planned, tuple[Outcome, ...]]:
    pushes = Pushes(lambda _place: sink, record, mark)
    planned = await pushes.plan([place("a", *values)], given(**values))
    return planned, await pushes.push(planned.jobs, prune=prune)


def states(planned: Planned) -> dict[str, str]:
    return {change.name: change.state.value for job in planned.jobs for change in job.plan.changes}


# places


def test_a_place_is_what_a_sink_leads_to() -> None:
    cart = service("cart", Sink("dev", "dev-vars"), Sink("env", "dotenv", {"path": "etc/x.env"}), KEY=KEY)
    found = places(fleet(cart))
    assert [(each.title, each.where) for each in found] == [
        ("cart/dev", "services/cart/.dev.vars"),
        ("cart/env", "services/cart/etc/x.env"),
    ]
    assert found[0].wanted == {"KEY": (Source("cart", "KEY"),)}


@pytest.mark.parametrize(
    ("target", "script"),
    [({}, "cart"), ({"environment": "staging"}, "cart-staging"), ({"script": "w", "environment": "s"}, "w-s")],
)
def test_a_worker_is_called_as_wrangler_calls_it(target: dict[str, str], script: str) -> None:
    (found,) = places(fleet(service("cart", Sink("w", "cloudflare", {"account": "a", **target}), KEY=KEY)))
    assert found.target == {"account": "a", "script": script}


@pytest.mark.parametrize(
    ("environment", "protected", "target"),
    [("production", False, "production"), ("live", True, "production"), ("staging", False, "preview")],
)
def test_a_vercel_target_follows_from_the_environment(environment: str, protected: bool, target: str) -> None:
    web = service("web", Sink("v", "vercel", {"project": "p"}), KEY=KEY)
    (found,) = places(fleet(web, environment=environment, protected=protected))
    assert found.target["target"] == target


def test_sinks_of_several_services_that_lead_to_one_place_are_one() -> None:
    shared = Sink("ci", "github", {"repository": "acme/shop"})
    two = (service("cart", shared, KEY=KEY, A=KEY), service("web", shared, KEY=KEY, B=KEY))
    (found,) = places(fleet(*two))
    assert found.title == "cart/ci, web/ci"
    assert found.wanted["KEY"] == (Source("cart", "KEY"), Source("web", "KEY"))
    (only,) = places(fleet(*two), ["cart"])
    assert set(only.wanted) == {"KEY", "A"}
    assert only.wanted["KEY"] == found.wanted["KEY"]
    assert {"B", "LOG_LEVEL"} <= only.claimed


def test_github_knows_capital_letters_only() -> None:
    (found,) = places(fleet(service("cart", Sink("ci", "github", {"repository": "a/b"}), api_key=KEY)))
    assert found.wanted == {"API_KEY": (Source("cart", "api_key"),)}


def test_what_only_a_deployed_service_has_is_left_out_unless_it_is_named() -> None:
    everything = service("cart", Sink("e", "dotenv"), KEY=KEY, DATABASE_URL=DB, NATS_URL=BUS)
    (found,) = places(fleet(everything))
    assert set(found.wanted) == {"KEY"}
    assert found.left_out == (Source("cart", "DATABASE_URL"), Source("cart", "NATS_URL"))
    assert {"DATABASE_URL", "NATS_URL"} <= found.claimed
    (named,) = places(fleet(service("cart", Sink("e", "dotenv", {}, ("DATABASE_URL",)), KEY=KEY, DATABASE_URL=DB)))
    assert set(named.wanted) == {"DATABASE_URL"}
    assert named.left_out == ()


@pytest.mark.parametrize(
    ("services", "sink", "kind", "said"),
    [
        (["crat"], "", NotFound, "no service crat"),
        ([], "dve", NotFound, "no sink called dve"),
        (["web"], "", Refused, "web has no sink in staging"),
        (["web"], "dev", Refused, "web has no sink"),
    ],
)
def test_what_is_not_there_is_told(services: list[str], sink: str, kind: type[Exception], said: str) -> None:
    two = fleet(service("cart", Sink("dev", "dev-vars"), KEY=KEY), service("web", KEY=KEY))
    with pytest.raises(kind, match=said) as caught:
        places(two, services, sink)
    assert getattr(caught.value, "hint", "")


# values


def test_everything_that_cannot_be_read_is_told_at_once() -> None:
    sinks = Sink("e", "dotenv")
    both = fleet(service("cart", sinks, A=KEY), service("web", sinks, B=KEY))

    def read(scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret]:
        raise Misconfigured.of(tuple(Problem(f"no {name}") for name in references))

    def scope(_fleet: Fleet, which: Service) -> SecretScope:
        return SecretScope("/w", "shop", "staging", which.name)

    with pytest.raises(Misconfigured) as caught:
        values_of(both, places(both), read, scope)
    assert [problem.message for problem in caught.value.problems] == ["no A", "no B"]


async def test_services_must_agree_on_what_they_share() -> None:
    both = {"KEY": (Source("cart", "KEY"), Source("web", "KEY"))}
    shared = Place("github", {"repository": "a/b"}, ("cart/ci", "web/ci"), both)
    pushes = Pushes(lambda _place: Memory(), Record(), mark)
    with pytest.raises(
        Misconfigured, match=r"a/b: cart \(KEY\) and web \(KEY\) want different values for KEY"
    ) as caught:
        await pushes.plan(
            [shared], {Source("cart", "KEY"): Secret("planted1"), Source("web", "KEY"): Secret("planted2")}
        )
    assert "planted" not in f"{caught.value} {caught.value.hint}"
    same = await pushes.plan([shared], dict.fromkeys(both["KEY"], Secret("x")))
    assert states(same) == {"KEY": "added"}


# plan


@pytest.mark.parametrize(
    ("there", "pushed", "state"),
    [
        ({}, None, State.ADDED),
        ({}, Pushed("w", DONE), State.ADDED),
        ({"A": "w"}, None, State.UNCHANGED),
        ({"A": "w"}, Pushed("w", not DONE), State.UNCHANGED),
        ({"A": "x"}, Pushed("w", DONE), State.CHANGED),
        ({"A": None}, None, State.UNKNOWN),
        ({"A": None}, Pushed("w", not DONE), State.UNFINISHED),
        ({"A": None}, Pushed("w", DONE), State.UNCHANGED),
        ({"A": None}, Pushed("x", DONE), State.CHANGED),
    ],
)
def test_states(there: dict[str, str | None], pushed: Pushed | None, state: State) -> None:
    (change,) = compare({"A": "w"}, there, {"A": pushed} if pushed else {})
    assert change.state is state


def test_what_nobody_declares_is_extra() -> None:
    found = compare({"B": "w"}, {"A": None, "B": "w", "C": "x", "D": "x"}, {}, claimed={"B", "C"})
    assert [(each.name, each.state.value) for each in found] == [("A", "extra"), ("B", "unchanged"), ("D", "extra")]


# pushing


async def test_a_push_writes_what_differs_and_then_nothing() -> None:
    sink, record = Memory({"A": "1", "B": "0"}), Record()
    planned, outcomes = await run(sink, record, {"A": "1", "B": "2", "C": "3"})
    assert states(planned) == {"A": "unchanged", "B": "changed", "C": "added"}
    assert outcomes[0].written == ("B", "C")
    again, nothing = await run(sink, record, {"A": "1", "B": "2", "C": "3"})
    assert set(states(again).values()) == {"unchanged"}
    assert nothing[0].written == ()


async def test_what_cannot_be_read_is_compared_with_the_last_push() -> None:
    sink, record = Memory({"A": "?"}, readable=False), Record()
    first, _ = await run(sink, record, {"A": "1", "B": "2"})
    assert states(first) == {"A": "unknown", "B": "added"}
    second, _ = await run(sink, record, {"A": "1", "B": "3"})
    assert states(second) == {"A": "unchanged", "B": "changed"}


async def test_only_pruning_removes_what_is_extra() -> None:
    sink, record = Memory({"OLD": "1"}), Record()
    _, kept = await run(sink, record, {"A": "1"})
    assert (kept[0].removed, sink.held) == ((), {"OLD": "1", "A": "1"})
    _, pruned = await run(sink, record, {"A": "1"}, prune=True)
    assert (pruned[0].removed, sink.held) == (("OLD",), {"A": "1"})


async def test_what_fails_is_left_and_the_next_push_completes_it() -> None:
    sink, record = Memory(readable=False, at_once=1), Record()
    values = {"A": "1", "B": "2", "C": "3"}
    pushes = Pushes(lambda _place: sink, record, mark)
    planned = await pushes.plan([place("a", *values)], given(**values))
    sink.error, sink.fails_for, sink.works_anyway = Unavailable("in trouble"), "B", True
    (outcome,) = await pushes.push(planned.jobs)
    assert (outcome.written, outcome.left) == (("A",), ("B", "C"))
    assert isinstance(outcome.error, Unavailable)
    sink.error = None
    again, (completed,) = await run(sink, record, values)
    assert states(again) == {"A": "unchanged", "B": "unfinished", "C": "added"}
    assert completed.written == ("B", "C")


async def test_a_write_that_worked_all_the_same_is_seen_where_values_can_be_read() -> None:
    sink = Memory(error=Unavailable("no answer"), works_anyway=True)
    _, (outcome,) = await run(sink, Record(), {"A": "1"})
    assert (outcome.written, outcome.error) == (("A",), None)


async def test_a_write_that_did_not_work_is_an_error_although_values_can_be_read() -> None:
    sink = Memory({"A": "0"}, error=Unavailable("no answer"))
    _, (outcome,) = await run(sink, Record(), {"A": "1"})
    assert (outcome.written, outcome.left) == ((), ("A",))


async def test_one_place_that_fails_keeps_no_other_back() -> None:
    sinks = {"a": Memory(error=Refused("no")), "b": Memory()}
    pushes = Pushes(lambda which: sinks[which.target["path"]], Record(), mark)
    planned = await pushes.plan([place("a", "A"), place("b", "A")], given(A="1"))
    seen: list[str] = []
    outcomes = await pushes.push(planned.jobs, advance=seen.append)
    assert [outcome.error is None for outcome in outcomes] == [False, True]
    assert sorted(seen) == ["cart/a", "cart/b"]


async def test_a_place_that_cannot_be_looked_at_is_told_apart() -> None:
    def reach(which: Place) -> Memory:
        if which.target["path"] == "a":
            raise Misconfigured("no token")
        return Memory()

    planned = await Pushes(reach, Record(), mark).plan([place("a", "A"), place("b", "A")], given(A="1"))
    assert [each.place.title for each in planned.unreached] == ["cart/a"]
    assert [job.plan.place.title for job in planned.jobs] == ["cart/b"]


async def test_places_are_written_to_at_once_within_a_bound() -> None:
    writing = [0, 0]
    pushes = Pushes(lambda _place: Memory(writing=writing), Record(), mark)
    planned = await pushes.plan([place(str(number), "A") for number in range(3 * AT_ONCE)], given(A="1"))
    await pushes.push(planned.jobs)
    assert writing[1] == AT_ONCE


@pytest.mark.parametrize(
    ("size", "batches"), [(0, [["A", "B", "C"]]), (1, [["A"], ["B"], ["C"]]), (2, [["A", "B"], ["C"]])]
)
async def test_a_sink_is_given_no_more_at_once_than_it_takes(size: int, batches: list[list[str]]) -> None:
    sink = Memory(at_once=size)
    await run(sink, Record(), {"A": "1", "B": "2", "C": "3"})
    assert sink.batches == batches


async def test_cancelled_in_the_middle_the_record_says_begun() -> None:
    sink, record = Memory(readable=False), Record()
    pushes = Pushes(lambda _place: sink, record, mark)
    planned = await pushes.plan([place("a", "A")], given(A="1"))
    task = asyncio.create_task(apply.push(planned.jobs, record))
    while not sink.batches:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not record.read(planned.jobs[0].plan.place.id)["A"].finished
