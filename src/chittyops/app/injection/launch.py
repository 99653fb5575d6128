"""Gives a command what a service declares, and becomes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chittyops.app.injection.declared import Declared
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.service.template_files import fill
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.nearest import nearest
from chittyops.runtime import becoming
from chittyops.runtime.home import Home

Say = Callable[[str], object]

DEPLOYED = frozenset({"database", "broker"})
"""Schemes whose values only a deployed service has: a variable of the caller's stands in for them."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for; ``files`` and ``templates`` as they are written."""

    command: tuple[str, ...]
    clean: bool = False
    mask: bool = False
    verbose: bool = False
    files: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """A file in memory: its path goes to ``variable``, or to the words of the command that are ``word``."""

    name: str
    content: bytes
    variable: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Secrets in clear, by variable, and what this system does not protect them from."""

    secrets: dict[str, str] = field(repr=False)
    notes: tuple[str, ...]


def hold(found: Declared, home: Home) -> Held:
    """Return the secrets of a service, held by a process that is protected first.

    Raises Misconfigured and Unavailable for all that are missing.
    """
    notes = becoming.protect()
    asked = {
        name: reference
        for name, reference in found.secrets.items()
        if reference.scheme not in DEPLOYED or name not in os.environ
    }
    secrets = wiring.reader(home, os.environ)(found.scope, asked)
    return Held({name: secret.reveal() for name, secret in secrets.items()}, notes)


def launch(found: Declared, held: Held, options: Options, say: Say) -> int:
    """Become the command of ``options``, with what the service declares; return its exit code where we stay.

    That is so with ``mask``, and where the command cannot be run. Raises Misconfigured, Refused before anything runs.
    """
    variables = {**found.config, **held.secrets}
    files = [*(_given(each, variables, found.scope.service) for each in options.files)]
    files += [each for text in options.templates if (each := _filled(text, found, held.secrets, options.command))]
    for name in (each.partition("=")[0] for each in options.files):
        variables.pop(name, None)  # one may be asked for twice, in two variables
    _check(variables)
    if options.verbose:
        for note in (*held.notes, *_overridden(variables)):
            say(f"note: {note}")
    environ = becoming.environment(variables, clean=options.clean)

    def become() -> int:
        return _become(options.command, environ, files, say)

    if not options.mask:
        return become()
    short = sorted(name for name, value in held.secrets.items() if len(value) < wiring.masking.SHORTEST)
    if short:
        say(f"warning: too short to be masked: {', '.join(short)}")
    return wiring.masking.relay(become, tuple(held.secrets.values()))


def _check(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if "\0" in value:
            message = f"{name} holds a NUL character, which no variable can"
            raise Misconfigured(message, hint=f"give it as a file: --file {name}")


def _overridden(variables: Mapping[str, str]) -> list[str]:
    """Return what to tell of variables that the caller has set to something else."""
    names = sorted(name for name, value in variables.items() if os.environ.get(name, value) != value)
    return [f"what the service declares stands over your environment: {', '.join(names)}"] if names else []


def _given(text: str, variables: Mapping[str, str], service: str) -> _File:
    """Return the file that ``NAME[=VARIABLE]`` asks for."""
    name, _, variable = text.partition("=")
    if name not in variables:
        message = f"--file {name}: {service} declares no such secret or variable"
        raise Misconfigured(message, hint=nearest(name, variables))
    content = variables[name].encode("utf-8", "surrogateescape")
    return _File(name, content, _variable(variable or f"{name}_FILE", f"--file {text}"))


def _variable(name: str, option: str) -> str:
    if not (name.isascii() and name.isidentifier()):
        message = f"{option}: there can be no variable of that name"
        raise Misconfigured(message, hint="its name has letters, digits and _")
    return name


def _filled(text: str, found: Declared, secrets: Mapping[str, str], command: Sequence[str]) -> _File | None:
    """Return the file that ``IN[:OUT]`` asks for; None where it has been written to OUT."""
    source, _, out = text.partition(":")
    content = fill(_template(source), source, found.scope, found.config, secrets).encode("utf-8", "surrogateescape")
    if "/" in out:
        wiring.injection.write_to_memory(Path(out), content)
        return None
    if not out and source not in command:
        message = f"--template {source}: the command does not name that file"
        raise Misconfigured(message, hint=f"name it, or give the variable for its path: --template {source}:VARIABLE")
    variable = _variable(out, f"--template {text}") if out else ""
    return _File(source.rpartition("/")[2], content, variable, "" if out else source)


def _template(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="surrogateescape")
    except OSError as error:
        message = f"the template {path} cannot be read: {error.strerror}"
        raise Misconfigured(message) from None


def _become(command: Sequence[str], environ: Mapping[bytes, bytes], files: Sequence[_File], say: Say) -> int:
    """Make the files, which belong to this very process, and turn into the command."""
    words, variables = list(command), dict(environ)
    for file in files:
        path = wiring.injection.memory_path(file.name, file.content)
        if file.variable:
            variables[file.variable.encode()] = path.encode()
        words = [path if word == file.word else word for word in words] if file.word else words
    code, reason = becoming.become(words, variables)
    say(f"error: {reason}")
    return code
