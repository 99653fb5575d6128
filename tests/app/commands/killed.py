"""The command line, killed at a chosen moment: just before or after one of its file replacements or HTTP calls.

Run as ``python killed.py NUMBER ARGUMENT...``; a NUMBER beyond the last moment lets it end, and the count of moments
is written to the file that MOMENTS names.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from chittyops.__main__ import main

number = int(sys.argv[1])
count = 0


def moment() -> None:
    """Count one moment, and die at the chosen one."""
    global count  # noqa: PLW0603 - one count for the process
    count += 1
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)


def around(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``original`` with a moment before and after it."""

    def counted(*args: Any, **kwargs: Any) -> Any:
        moment()
        result = original(*args, **kwargs)
        moment()
        return result

    return counted


def around_call(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return the coroutine function ``original`` with a moment before and after it."""

    async def counted(*args: Any, **kwargs: Any) -> Any:
        moment()
        result = await original(*args, **kwargs)
        moment()
        return result

    return counted


Path.replace = around(Path.replace)  # type: ignore[method-assign]
httpx.AsyncClient.request = around_call(httpx.AsyncClient.request)  # type: ignore[method-assign]
sys.argv = ["chittyops", *sys.argv[2:]]
code = main()
Path(os.environ["MOMENTS"]).write_text(str(count))
sys.exit(code)
