"""``chittyops context --guard``: what a coding agent is about to run, judged before it runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chittyops.interface.terminal.text import clean
from chittyops.kernel.errors import ChittyOpsError

if TYPE_CHECKING:
    from chittyops.capabilities.awareness.model.context import Context
    from chittyops.capabilities.awareness.service.guard import Verdict
    from chittyops.interface.terminal import Terminal

BLOCKED = 2
"""The exit code that says no; 0 lets the command run."""
DEEPEST = 3
"""How many package scripts may run one another before nobody looks any further."""
MOST_BYTES = 1 << 20
_RUNNERS = ("npm", "pnpm", "yarn", "bun")
_RUN = ("run", "run-script")


def judge(terminal: Terminal, folder: Path, call: bytes, told: Callable[[Path], Awaitable[Context]]) -> int:
    """Return 2, with the reason on stderr, where ``call`` must not run, else 0; a warning is told and lets it run.

    ``call`` is JSON: the command line in ``command`` or ``tool_input.command``, where it runs in ``cwd``. ``told``
    returns the context of a folder. What is no such call, and trouble of our own, lets the command run: it is not
    ours to stand in the way.
    """
    try:
        verdict = asyncio.run(_verdict(folder, call, told))
    except ChittyOpsError as error:
        terminal.warn(f"the command is not judged: {error.message}")
        return 0
    if verdict.action == "block":
        terminal.say(f"chittyops: blocked: {clean(verdict.message)}")
        return BLOCKED
    if verdict.action == "warn":
        text = f"chittyops: warning: {clean(verdict.message)}"
        terminal.say(text)
        # Whoever reads this takes the field it knows.
        terminal.line(json.dumps({"systemMessage": text, "permission": "allow", "user_message": text}))
    return 0


async def _verdict(folder: Path, call: bytes, told: Callable[[Path], Awaitable[Context]]) -> Verdict:
    from chittyops.capabilities.awareness.service import guard

    text, start = _call(folder, call)
    if not any(name in text for name in (*guard.PROGRAMS, *_RUNNERS)):
        return guard.Verdict()  # most commands: the parser is not even loaded
    verdicts = []
    for words, where in _commands(text, start, DEEPEST):
        if what := guard.intent(words):
            verdicts.append(guard.judge(what, await told(where if where.is_dir() else start)))
    return guard.worst(verdicts)


def _call(folder: Path, call: bytes) -> tuple[str, Path]:
    """Return the command line of a tool call and where it runs; "" where there is none."""
    try:
        data = json.loads(call)
    except (ValueError, RecursionError):
        return "", folder
    if not isinstance(data, dict):
        return "", folder
    given = data.get("tool_input")
    line = given.get("command") if isinstance(given, dict) else data.get("command")
    where = data.get("cwd")
    start = Path(where) if isinstance(where, str) and where.startswith("/") and "\0" not in where else folder
    return (line, start) if isinstance(line, str) else ("", start)


def _commands(text: str, folder: Path, depth: int) -> Iterator[tuple[list[str], Path]]:
    """Yield the simple commands in ``text`` with the folder each runs in; package scripts are looked into."""
    from chittyops.capabilities.discovery.service.facts.command_line import unwrap
    from chittyops.capabilities.discovery.service.facts.shell import commands

    for each in commands(text):
        words, where = list(unwrap(each.words)), folder / each.folder
        if words:
            yield words, where
        script = _script(words, where) if depth else ""
        if script:
            yield from _commands(script, where, depth - 1)


def _script(words: list[str], folder: Path) -> str:
    """Return the text of the package script that ``words`` run, with the arguments it gets; "" for anything else."""
    if len(words) < 2 or words[0] not in _RUNNERS:  # noqa: PLR2004 - the runner and the script
        return ""
    rest = words[2:] if words[1] in _RUN else words[1:]
    package = folder / "package.json"
    try:
        if not rest or not package.is_file() or package.stat().st_size > MOST_BYTES:
            return ""
        data = json.loads(package.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    scripts = data.get("scripts") if isinstance(data, dict) else None
    text = scripts.get(rest[0]) if isinstance(scripts, dict) else None
    if not isinstance(text, str):
        return ""
    import shlex

    return f"{text} {shlex.join(word for word in rest[1:] if word != '--')}"
