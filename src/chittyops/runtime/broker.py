"""Events on NATS JetStream: the one door to the NATS client.

JetStream keeps what was acknowledged and drops a second message with the same id, so a publisher that is
not sure whether it has published simply does it again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StorageType, StreamConfig

from chittyops.kernel.errors import Misconfigured, Unavailable

STREAM = "chittyops"
_DAY_SECONDS = 24 * 60 * 60
_STREAM = StreamConfig(
    name=STREAM,
    description="Every change of ChittyOps, as CloudEvents",
    subjects=[f"{STREAM}.>"],
    storage=StorageType.FILE,
    max_age=30 * _DAY_SECONDS,
    max_bytes=1024**3,
    # As long as a machine may sleep between publishing an event and recording that it was.
    duplicate_window=_DAY_SECONDS,
)
_CONNECT_TIMEOUT_SECONDS = 5.0
_ACK_TIMEOUT_SECONDS = 5.0
_RECONNECT_WAIT_SECONDS: Any = 0.25  # declared a whole number by the client, used by it with asyncio.sleep
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HINT = "check that the broker runs (`chittyops up`) and that CHITTYOPS_NATS_URL is right"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the stream: where it was published, and its number in the stream."""

    channel: str
    payload: bytes
    sequence: int


class Broker:
    """A connection to NATS that comes back by itself, however long the server is away."""

    def __init__(self, url: SplitResult, name: str) -> None:
        """Prepare a connection; ``connect`` makes one."""
        self._url = url
        self._name = name
        self._client = Client()
        self._opening = asyncio.Lock()
        self._last_error = ""

    @classmethod
    async def connect(cls, url: str, *, name: str) -> Self:
        """Connect to ``url`` and make sure that the stream exists.

        Raises Unavailable when nothing answers, Misconfigured when credentials would travel unencrypted.
        """
        broker = cls(_parse(url), name)
        try:
            await broker._open()
            await broker._ensure_stream()
        except BaseException:  # interrupted or not, no connection is left open
            await broker.close()
            raise
        return broker

    async def close(self) -> None:
        """Close the connection; what was published is with the server already."""
        with contextlib.suppress(nats.errors.Error, OSError):
            await self._client.close()

    async def publish(self, channel: str, payload: bytes, *, message_id: str) -> None:
        """Publish and return once the server has stored it; a second time with one id changes nothing.

        Raises Unavailable when the server did not say so; the message may be stored nevertheless.
        """
        headers = {"Nats-Msg-Id": message_id}
        with _translated():
            try:
                await (
                    (await self._connected())
                    .jetstream()
                    .publish(channel, payload, timeout=_ACK_TIMEOUT_SECONDS, stream=STREAM, headers=headers)
                )
            except nats.js.errors.NoStreamResponseError:
                # The server lost its data or is a new one: make the stream; the caller tries again.
                await self._ensure_stream()
                raise

    async def subscribe(self, pattern: str) -> AsyncGenerator[Message, None]:
        """Yield messages published from now on, in order, each once, also after the server was away.

        Listening begins with the first step of the iteration.
        """
        last: int | None = None
        while True:
            try:
                state = (await (await self._connected()).jetstream().stream_info(STREAM)).state
                last = state.last_seq if last is None else min(last, state.last_seq)
                async for message in self._follow(pattern, last + 1):
                    last = message.sequence
                    yield message
            except (nats.errors.Error, OSError, Unavailable) as error:
                log.warning("broker subscription lost", pattern=pattern, error=str(error) or type(error).__name__)
                await asyncio.sleep(0.5)

    async def _follow(self, pattern: str, start: int) -> AsyncGenerator[Message, None]:
        """Yield what the stream holds from number ``start`` on, until the connection has been replaced.

        The consumer lives in the server's memory, so a new connection may be one to a server that forgot it.
        """
        client = self._client
        reconnects = client.stats["reconnects"]
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            inactive_threshold=60,
        )
        subscription = await client.jetstream().subscribe(pattern, stream=STREAM, config=config)
        try:
            while not client.is_closed and client.stats["reconnects"] == reconnects:
                with contextlib.suppress(nats.errors.TimeoutError):
                    message = await subscription.next_msg(timeout=1.0)
                    yield Message(message.subject, message.data, message.metadata.sequence.stream)
        finally:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _connected(self) -> Client:
        """Return the client, a new one when the server has shut the old one for good."""
        async with self._opening:
            if self._client.is_closed:
                await self._open()
        return self._client

    async def _open(self) -> None:
        self._client = client = Client()
        bare = self._url._replace(netloc=self._url.netloc.rpartition("@")[2]).geturl()
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_SECONDS):
                await client.connect(
                    bare,
                    name=self._name,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=_RECONNECT_WAIT_SECONDS,
                    ping_interval=20,
                    error_cb=self._note,
                    **_credentials(self._url, client),
                )
        except (TimeoutError, OSError, nats.errors.Error) as error:
            reason = self._last_error or str(error) or "no answer"
            message = f"cannot connect to the broker at {bare}: {reason}"
            raise Unavailable(message, hint=_HINT) from None

    async def _ensure_stream(self) -> None:
        """Create the stream where it is missing; one an operator made (with replicas, say) stays as it is."""
        with _translated():
            manager = self._client.jsm()
            try:
                await manager.stream_info(STREAM)
            except nats.js.errors.NotFoundError:
                await manager.add_stream(_STREAM)

    async def _note(self, error: Exception) -> None:
        """Keep and log what the client met while connecting; it repeats itself until the server is back."""
        text = str(error) or type(error).__name__
        if text != self._last_error:
            self._last_error = text
            log.warning("broker connection trouble", error=text)


def _parse(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"nats", "tls"} or not parts.hostname:
        raise Misconfigured("the URL of the broker is not one", hint="write nats://HOST:PORT or tls://HOST:PORT")
    if parts.scheme == "nats" and parts.hostname not in _LOOPBACK:
        message = f"the broker at {parts.hostname} is not on this machine, and the connection would not be encrypted"
        raise Misconfigured(message, hint="write tls:// instead of nats:// in CHITTYOPS_NATS_URL")
    return parts


def _credentials(url: SplitResult, client: Client) -> dict[str, Any]:
    """Return the credentials in ``url`` as callbacks that refuse to give them to a server without TLS.

    The client itself would follow a server, or somebody between, that says it needs no TLS.
    """

    def give(value: str) -> Callable[[], str]:
        def reveal() -> str:
            if url.scheme == "tls" and not client._server_info.get("tls_required"):  # noqa: SLF001 - not public elsewhere
                raise nats.errors.SecureConnRequiredError
            return unquote(value)

        return reveal

    if url.username is None:
        return {}
    if url.password is None:
        return {"token": give(url.username)}
    return {"user": give(url.username), "password": give(url.password)}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except (nats.errors.Error, OSError) as error:
        message = f"the broker did not take the message: {str(error) or type(error).__name__}"
        raise Unavailable(message, hint=_HINT) from error
