"""Shell text: scripts, and the command lines that other files hold. Parsed for real, by the grammar of bash."""

from __future__ import annotations

import hashlib
import posixpath
import re
import shlex
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chittyops.capabilities.discovery.model.facts import Command, Facts, ScriptFacts, Secret
from chittyops.capabilities.discovery.service.facts.command_line import unwrap
from chittyops.capabilities.discovery.service.facts.shell_tree import Reader
from chittyops.capabilities.discovery.service.facts.shell_words import join

PATH: Final = r"(?:.*/)?(?:[^/]+\.(?:sh|bash|zsh|ksh)|\.husky/[^/.]+|\.githooks/[^/.]+)"
"""Files that are shell scripts by their name."""
_SHEBANG: Final = re.compile(r"#!\s*\S*?(?:/env\s+(?:-S\s+)?)?(?:[^\s/]*/)*(?:ba|z|k|da|a)?sh\b")

SIGNATURE_SIZE: Final = 64
"""Values in a signature: the estimate of likeness has a standard error of 0.05 at 0.8."""
_FEWEST_SHINGLES: Final = 24
_SHINGLE: Final = 3
_MAX_NESTED: Final = 3
_BOILERPLATE: Final = re.compile(r"#|(?:set|shopt|trap|echo|printf|exit)\b|\w+='?\\(?:033|e)\[")
_TOKEN: Final = re.compile(r"[\w$./-]+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s")
_RULER: Final = re.compile(r"[\W_]*")
_NO_SUMMARY: Final = re.compile(r"shellcheck|usage|copyright|license|spdx|vim:|eslint", re.IGNORECASE)


def fits(path: str, text: str) -> bool:
    """Return whether ``text`` begins with a line that names a shell."""
    return "." not in posixpath.basename(path) and text.startswith("#!") and _SHEBANG.match(text) is not None


def read(path: str, text: str) -> Facts:
    """Return what a shell script tells."""
    found = script(posixpath.basename(path), "shell", text, 1)
    return Facts(path, kind="script", scripts=(found,), secrets=tuple(secrets_put(found.commands)))


def commands(text: str, line: int = 1) -> tuple[Command, ...]:
    """Return the commands in ``text``, whose first line is ``line``. Never raises."""
    return _read(text, line)[0]


def script(name: str, kind: str, text: str, line: int) -> ScriptFacts:
    """Return what the script ``text`` tells; ``line`` is that of its first line."""
    return assembled(name, kind, line, (Part(text, line),), summary(text))


@dataclass(frozen=True, slots=True)
class Part:
    """Shell text that a shell of its own runs: a line of a recipe, a step of a job."""

    text: str
    line: int
    folder: str = ""
    ignored: bool = False
    assigns: tuple[str, ...] = ()
    """Environments that are set for it from outside, as ``ENVIRONMENT=production``."""


def assembled(name: str, kind: str, line: int, parts: Sequence[Part], said: str = "") -> ScriptFacts:
    """Return what a script tells that is made of ``parts``; ``said`` is its summary."""
    found: list[Command] = []
    inputs: dict[str, None] = {}
    for part in parts:
        own, read = _read(part.text, part.line)
        found += (within(command, part) for command in own)
        inputs.update(dict.fromkeys(read))
    text = "\n".join(part.text for part in parts)
    return ScriptFacts(
        name=name,
        kind=kind,
        line=line,
        commands=tuple(found),
        inputs=tuple(sorted(inputs, key=lambda each: (each.startswith("$"), each))),
        lines=len(text.splitlines()),
        digest=digest(text),
        shingles=signature(tokens(text)),
        summary=said,
    )


def within(command: Command, part: Part) -> Command:
    """Return the command as it is in ``part``: in its folder, with what is said of all of it."""
    if not (part.folder or part.ignored or part.assigns):
        return command
    return Command(
        command.words,
        command.line,
        (*part.assigns, *command.assigns),
        command.loop,
        command.piped_to,
        command.ignored or part.ignored,
        join(part.folder, command.folder) if command.folder else part.folder,
    )


def _read(text: str, line: int) -> tuple[tuple[Command, ...], tuple[str, ...]]:
    reader = Reader(text, line)
    reader.read()
    found = tuple(nested for command in reader.commands for nested in _with_nested(command, 0))
    return found, tuple(reader.inputs)


def _with_nested(command: Command, depth: int) -> Iterator[Command]:
    """Yield the command, or those in its arguments where it only runs others: ``bash -c``, ``concurrently``."""
    words = unwrap(command.words)
    lines = _command_lines(words) if depth < _MAX_NESTED else ()
    if not lines:
        yield command
    for each in lines:
        for inner in _read_nested(each, command.line):
            part = Part("", command.line, command.folder, command.ignored, command.assigns)
            found = within(inner, part)
            yield from _with_nested(found, depth + 1)


def _read_nested(text: str, line: int) -> list[Command]:
    reader = Reader(text, line)
    reader.read()
    return reader.commands


def _command_lines(words: Sequence[str]) -> tuple[str, ...]:
    match tuple(words):
        case ("bash" | "sh" | "zsh", "-c" | "-lc" | "-ec" | "-euc" | "-xc" | "-exc", line, *_):
            return (line,)
        case ("eval", *parts) if parts:
            return (" ".join(parts),)
        case ("concurrently" | "conc", *parts):
            return tuple(_concurrent(parts))
        case ("run-s" | "run-p" | "npm-run-all" | "npm-run-all2" | "run-z", *parts):
            return tuple(
                f"npm run {shlex.quote(part)}" for part in parts if not part.startswith("-") and "*" not in part
            )
    return ()


def _concurrent(parts: Iterable[str]) -> Iterator[str]:
    """Yield the command lines that concurrently is given, without its options and their values."""
    skip = False
    for part in parts:
        if skip or part.startswith("-"):
            skip = not skip and part in {"-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "-s", "--success"}
        else:
            name = part.partition(":")
            yield f"{name[0]} run {name[2]}" if name[0] in {"npm", "pnpm", "yarn", "bun"} and name[2] else part


def digest(text: str, comment: str = "#") -> str:
    """Return SHA-256 of ``text`` without blanks, empty lines and lines that are a ``comment``."""
    lines = ("".join(line.split()) for line in text.splitlines())
    kept = "\n".join(line for line in lines if line and not line.startswith(comment))
    return hashlib.sha256(kept.encode("utf-8", "replace")).hexdigest() if kept else ""


def tokens(text: str) -> list[str]:
    """Return the words that tell scripts apart: without comments, messages and what every script begins with."""
    lines = (line.strip() for line in text.splitlines())
    return [word for line in lines if not _BOILERPLATE.match(line) for word in _TOKEN.findall(line)]


def signature(tokens: Sequence[str]) -> tuple[int, ...]:
    """Return a MinHash signature of runs of three ``tokens``; () where there are too few to compare.

    One permutation with its range cut into bins, empty bins filled from the next one: Shrivastava and Li, "Densifying
    One Permutation Hashing via Rotation", ICML 2014. The share of equal values estimates the Jaccard index.
    """
    shingles = {" ".join(tokens[at : at + _SHINGLE]) for at in range(len(tokens) - _SHINGLE + 1)}
    if len(shingles) < _FEWEST_SHINGLES:
        return ()
    least: list[int] = [-1] * SIGNATURE_SIZE
    for shingle in shingles:
        value = (zlib.crc32(shingle.encode("utf-8", "replace")) * 0x9E3779B1) & 0xFFFFFFFF
        value ^= value >> 15
        place, rest = value % SIGNATURE_SIZE, value // SIGNATURE_SIZE
        if least[place] < 0 or rest < least[place]:
            least[place] = rest
    filled = least[:]
    for place in range(SIGNATURE_SIZE):
        step = 0
        while filled[place] < 0:
            step += 1
            filled[place] = least[(place + step) % SIGNATURE_SIZE]
    return tuple(filled)


def summary(text: str) -> str:
    """Return the first sentence of the comment that ``text`` begins with, "" where there is none."""
    found: list[str] = []
    for line in text.splitlines()[:30]:
        said = line.strip()
        if said.startswith("#!") or (not said and not found):
            continue
        if not said.startswith("#"):
            break
        said = said.lstrip("#").strip()
        if _RULER.fullmatch(said) or _NO_SUMMARY.match(said):
            if found:
                break
            continue
        found.append(said)
    return _SENTENCE_END.split(" ".join(found), maxsplit=1)[0][:200]


def secrets_put(found: Iterable[Command]) -> Iterator[Secret]:
    """Yield the secrets that the commands give to a platform."""
    for command in found:
        for name in _names_put(unwrap(command.words)):
            if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                yield Secret(name, command.line, "put")


def _names_put(words: Sequence[str]) -> Iterable[str]:
    plain = [word for word in words if not word.startswith("-")]
    match plain:
        case ["wrangler", "secret", "put", name, *_] | ["wrangler", "pages" | "versions", "secret", "put", name, *_]:
            return (name,)
        case ["vercel", "env", "add", name, *_] | ["supabase", "secrets", "set", name]:
            return (name.partition("=")[0],)
        case ["fly" | "flyctl", "secrets", "set" | "import", *pairs] | ["heroku", "config:set", *pairs]:
            return (pair.partition("=")[0] for pair in pairs if "=" in pair)
        case ["railway", "variables" | "variable", *pairs]:
            return (pair.partition("=")[0] for pair in pairs if "=" in pair)
    return ()
