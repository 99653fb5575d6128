"""Structured logs: for people on a terminal, JSON lines elsewhere, without secrets in either.

Loggers come from ``structlog.get_logger()``; what libraries write through ``logging`` takes the same way.
"""

from __future__ import annotations

import logging
import os
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from chittyops.runtime.redaction import redacted

_CHATTY = ("alembic", "asyncio", "dbos", "httpcore", "httpx", "nats", "sqlalchemy", "uvicorn", "uvicorn.access")
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)


def configure(stream: TextIO, *, json: bool, level: str = "info") -> None:
    """Send every log of this process to ``stream``: JSON lines, or text with colour where it is a terminal."""
    _install(logging.StreamHandler(stream), json=json, colour=not json and _colour(stream), level=level)


def bind(**context: str) -> None:
    """Add ``context`` (process, release, ...) to every later line of this task and those it starts."""
    structlog.contextvars.bind_contextvars(**context)


def _colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _install(handler: logging.Handler, *, json: bool, colour: bool, level: str) -> None:
    """Make ``handler`` the only one of the process, and structlog a user of it."""
    handler.setFormatter(_formatter(json=json, colour=colour))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        _route(logging.getLogger(name), root.level)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _route(logger: logging.Logger, level: int) -> None:
    """Take away a library's own handlers and its chatter below warning (unless debugging)."""
    logger.handlers.clear()
    # DBOS adds a console handler of its own to a logger that has none.
    logger.addHandler(logging.NullHandler())
    logger.propagate = True
    logger.setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))


def _formatter(*, json: bool, colour: bool) -> logging.Formatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=colour, timestamp_key="at", pad_event_to=0)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        # Redaction comes last before the text is made, so that it sees tracebacks and whatever was bound.
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
    )


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: redacted(value, key) for key, value in event.items()}
