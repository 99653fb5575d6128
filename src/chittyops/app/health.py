"""Whether the API is well, asked without loading an HTTP client."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from chittyops.runtime.endpoints import running
from chittyops.runtime.home import Home

HOST = "127.0.0.1"
API_RECORD = "run/api"
HEALTH_PATH = "/api/v1/health"
ANSWER_TIMEOUT_SECONDS = 2.0


async def address_of_api(home: Home) -> str:
    """Return the address of this home's API when it answers and says that it is well, else ""."""
    if running(home, API_RECORD) is None:
        return ""
    port = (home.read_private(API_RECORD) or {}).get("port", 0)
    with suppress(OSError, TimeoutError, ValueError):
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            if port and await _status(port) == "ok":
                return f"http://{HOST}:{port}"
    return ""


async def _status(port: int) -> str:
    """Return the ``status`` of an answer with code 200, else ""."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        # HTTP/1.0: the answer ends where the connection does.
        writer.write(f"GET {HEALTH_PATH} HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return str(json.loads(body).get("status", "")) if head.split(maxsplit=2)[1:2] == [b"200"] else ""
