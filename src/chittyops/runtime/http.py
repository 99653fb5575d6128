"""Outbound HTTP: the one door to httpx, with time limits and a guard against internal addresses."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from chittyops import __version__
from chittyops.kernel.errors import Refused, Unavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

USER_AGENT = f"chittyops/{__version__}"
_NAT64 = IPv6Network("64:ff9b::/96")
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides which addresses a URL given by a user may lead to: public ones, and ``allowed`` networks.

    It refuses loopback, private, link-local (where clouds serve their metadata), shared, reserved and
    multicast addresses, also when they hide in an IPv6 form (mapped, 6to4, Teredo, NAT64).
    """

    allowed: tuple[Network, ...] = ()

    def permits(self, address: Address) -> bool:
        """Return whether a connection to ``address`` may be made."""
        actual = _embedded(address)
        if any(actual in network for network in self.allowed if network.version == actual.version):
            return True
        return actual.is_global and not actual.is_multicast

    async def resolve(self, host: str, port: int) -> str:
        """Return the address to connect to for ``host``. Raises Refused when any of its addresses is internal.

        The caller connects to this address and asks nobody again, so that a name that changes its
        answer between check and use (DNS rebinding) gains nothing.
        """
        addresses = await _addresses(host, port)
        for address in addresses:
            if not self.permits(address):
                message = f"{host} leads to the internal address {address}"
                raise Refused(message, hint="use a public address, or have the operator allow this network")
        return str(addresses[0])


def client(
    *,
    guard: Guard | None,
    timeout_seconds: float = _TIMEOUT_SECONDS,
    follow_redirects: bool = False,
    base_url: str = "",
) -> httpx.AsyncClient:
    """Return a client; give a ``guard`` wherever a user had a say in the URL, None for the product's own.

    Proxies from the environment are used only without a guard: behind a proxy it could check nothing.
    """
    transport = None
    if guard is not None:
        # No connection is kept: it would be found again by its address, whatever name it was checked for.
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
        transport = _GuardedTransport(guard, httpx.AsyncHTTPTransport(limits=limits, trust_env=False))
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport,
        timeout=timeout_seconds,
        follow_redirects=follow_redirects,
        headers={"User-Agent": USER_AGENT},
        trust_env=guard is None,
    )


class _GuardedTransport(httpx.AsyncBaseTransport):
    """Connects each request, those of redirects included, to an address that the guard has checked."""

    def __init__(self, guard: Guard, inner: httpx.AsyncBaseTransport) -> None:
        self._guard = guard
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Replace the host by its checked address; name and certificate stay those of the host."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await self._guard.resolve(url.host, port)
        checked = httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return await self._inner.handle_async_request(checked)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    carried: Sequence[IPv4Address | None] = (
        address.ipv4_mapped,
        address.sixtofour,
        address.teredo[1] if address.teredo else None,
        IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None,
    )
    return next((inner for inner in carried if inner is not None), address)


async def _addresses(host: str, port: int) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass  # a name, or a number in one of the forms that only the resolver knows
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        message = f"the host name {host} cannot be resolved"
        raise Unavailable(message, hint="check the URL and the name server") from error
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
