"""Every kind of sink, each with the place it leads to, so that one suite can be run over all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tests.vendors.accounts import Time, account
from tests.vendors.fakes import cloudflare, github, railway, vercel
from tests.vendors.fakes.server import Fake

from chittyops.capabilities.secrets.ports import SinkProvider
from chittyops.capabilities.secrets.providers.sinks import SINKS
from chittyops.capabilities.secrets.providers.sinks.surroundings import Surroundings
from chittyops.kernel import dotenv
from chittyops.kernel.secret import Secret
from chittyops.vendors.catalogue import CLOUDFLARE, GITHUB, RAILWAY, VERCEL, Vendor

KINDS = tuple(SINKS)
VENDORS = ("cloudflare", "railway", "vercel", "github")


def mark(name: str, value: Secret) -> str:
    """Return a fingerprint that can be told from the value."""
    return f"mark of {name}: {hash((name, value.reveal()))}"


@dataclass
class There:
    """A sink under test: ``held`` is what is really at its place, ``plant`` puts something there behind its back."""

    sink: SinkProvider
    held: Callable[[], Mapping[str, str]]
    plant: Callable[[str, str], object]
    fake: Fake | None
    time: Time


@asynccontextmanager
async def opened(kind: str, folder: Path, *, answer_seconds: float = 5.0) -> AsyncIterator[There]:
    """Open a sink of ``kind`` that leads to a place of its own."""
    time = Time()
    if kind in ("dev-vars", "dotenv"):
        path = folder / "variables"
        target = {"path": path.name}

        def held() -> Mapping[str, str]:
            return dotenv.parse(path.read_text()) if path.exists() else {}

        def plant(name: str, value: str) -> object:
            return path.write_text(dotenv.edited(path.read_text() if path.exists() else "", {name: value}))

        sink = SINKS[kind](Surroundings(target, folder, {}, mark, no_vendor))
        yield There(sink, held, plant, None, time)
        return
    fake, vendor, target, look, put = _vendor(kind)
    async with fake, account(vendor, fake, folder, time, answer_seconds=answer_seconds) as opened_account:
        sink = SINKS[kind](Surroundings(target, folder, {}, mark, lambda _vendor: opened_account))
        yield There(sink, look, put, fake, time)


def no_vendor(vendor: Vendor) -> NoReturn:
    """Fail: nothing but a vendor's sink has an account."""
    message = f"a file has no account at {vendor.name}"
    raise AssertionError(message)


_Place = tuple[Fake, Vendor, dict[str, str], Callable[[], Mapping[str, str]], Callable[[str, str], object]]


def _vendor(kind: str) -> _Place:
    if kind == "cloudflare":
        cf = cloudflare.FakeCloudflare()
        workers = cf.workers["cart"]
        target = {"account": cloudflare.ACCOUNT, "script": "cart"}
        return cf, CLOUDFLARE, target, lambda: workers, workers.__setitem__
    if kind == "railway":
        rw = railway.FakeRailway()
        variables = rw.variables[railway.SERVICE]
        target = {"project": railway.PROJECT, "environment": railway.ENVIRONMENT, "service": railway.SERVICE}
        return rw, RAILWAY, target, lambda: _without_own(variables), variables.__setitem__
    if kind == "vercel":
        vc = vercel.FakeVercel()
        target = {"project": vercel.PROJECT, "target": "production"}
        return (
            vc,
            VERCEL,
            target,
            lambda: vc.held("production"),
            lambda name, value: vc.plant(name, value, "production"),
        )
    gh = github.FakeGitHub()
    held = gh.secrets[""]
    return gh, GITHUB, {"repository": github.REPOSITORY}, lambda: held, held.__setitem__


def _without_own(variables: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith("RAILWAY_")}
