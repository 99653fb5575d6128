"""How a task becomes a command: its argument list, its environment, and what is missing. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from chittyops.capabilities.tasks.model import Prepared
from chittyops.capabilities.tasks.ports import Folder
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.kept import kept_file, kept_script, kept_target
from chittyops.kernel.nearest import nearest
from chittyops.kernel.service import Task
from chittyops.kernel.words import number

INTERPRETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "sh": ("bash",),
    "bash": ("bash",),
    "zsh": ("zsh",),
    "js": ("node",),
    "mjs": ("node",),
    "cjs": ("node",),
    "ts": ("npx", "--no-install", "tsx"),
    "mts": ("npx", "--no-install", "tsx"),
    "py": ("python3",),
    "rb": ("ruby",),
    "pl": ("perl",),
}
_LOCKS: Final = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lockb": "bun", "bun.lock": "bun"}
_USUAL_NAMES: Final = (
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TERM COLORTERM NO_COLOR FORCE_COLOR CI TZ TMPDIR "
    "SSH_AUTH_SOCK HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE NODE_EXTRA_CA_CERTS "
    "VIRTUAL_ENV CHITTYOPS_HOME"
)
_USUAL: Final = frozenset(_USUAL_NAMES.split(" "))
_USUAL_PREFIXES: Final = ("LC_", "XDG_")
_SECRET: Final = re.compile(
    r"SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|AUTH|API_?KEY|_KEY$|_URL$|DSN", re.IGNORECASE
)
_LEAST_LINE: Final = 8


def named(title: str, tasks: Mapping[str, Task]) -> Task:
    """Return the task ``title`` stands for; the service may be left out where the name is one's alone.

    Raises NotFound.
    """
    if title in tasks:
        return tasks[title]
    found = [task for task in tasks.values() if task.name == title]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"several tasks are called {title}"
        raise NotFound(message, hint="name one: " + ", ".join(task.title for task in found))
    message = f"there is no task {title}"
    raise NotFound(message, hint=nearest(title, tasks) if tasks else "`chittyops adopt` makes tasks of scripts")


def prepare(task: Task, arguments: Sequence[str], environ: Mapping[str, str], folder: Folder) -> Prepared:
    """Return ``task`` ready to run with ``arguments`` and what ``environ`` has of its inputs.

    Raises Misconfigured that names every input that is missing.
    """
    secrets, missing = _secrets(task, environ, folder)
    missing += [
        f"the variable {name}" for name, needed in task.inputs.items() if needed and not _has(name, environ, secrets)
    ]
    if len(arguments) < task.arguments:
        count = task.arguments
        missing.append(f"{number(count, 'argument')} ({len(arguments)} given)")
    if missing:
        message = f"{task.title} needs {', '.join(missing)}"
        raise Misconfigured(message, hint=f"`chittyops task show {task.title}` says what it reads")
    given = {name: environ[name] for name in (*task.inputs, *filter(_usual, environ)) if name in environ}
    values = {**given, **secrets}
    values["PATH"] = _path(environ, folder)
    values["CHITTYOPS_TASK"] = task.title
    hidden = {
        *secrets.values(),
        *(value for name, value in given.items() if name in task.inputs and _SECRET.search(name)),
    }
    return Prepared(task, (*_argv(task, folder), *arguments), values, frozenset(_lines(hidden)))


def _has(name: str, environ: Mapping[str, str], secrets: Mapping[str, str]) -> bool:
    return bool(environ.get(name) or secrets.get(name))


def _usual(name: str) -> bool:
    return name.upper() in _USUAL or name.startswith(_USUAL_PREFIXES)


def _secrets(task: Task, environ: Mapping[str, str], folder: Folder) -> tuple[dict[str, str], list[str]]:
    """Return the values of the secrets, and what is missing; a variable that is set already stands for its file."""
    values, missing = {}, []
    for name, reference in task.secrets.items():
        value = environ.get(name) or dotenv.parse(folder.text(reference.location) or "").get(reference.key)
        if value:
            values[name] = value
        elif task.inputs.get(name, True):
            missing.append(f"the secret {name} ({reference}, or the variable)")
    return values, missing


def _path(environ: Mapping[str, str], folder: Folder) -> str:
    own = folder.find("node_modules/.bin")
    path = environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return f"{own}:{path}" if own else path


def _lines(values: set[str]) -> set[str]:
    """Return ``values`` with the lines of those that have several: output is looked at line by line."""
    return values | {
        line.strip() for value in values for line in value.splitlines() if len(line.strip()) >= _LEAST_LINE
    }


def _argv(task: Task, folder: Folder) -> tuple[str, ...]:
    match task.kind:
        case "file":
            return _file(task, folder)
        case "script":
            return _script(task, folder)
        case "target":
            return ("make", "--no-print-directory", _target(task.value, folder))
        case _:
            try:
                return tuple(shlex.split(task.value)) or ("true",)
            except ValueError as error:
                message = f"the command of {task.title} cannot be read: {str(error).lower()}"
                raise Misconfigured(message, hint="its quotes must be closed; it is run without a shell") from None


def _file(task: Task, folder: Folder) -> tuple[str, ...]:
    kept = kept_file(task.value)
    path = kept if folder.text(kept) is not None else task.value
    text = folder.text(path)
    if text is None:
        message = f"the script {task.value} of {task.title} is not there"
        raise NotFound(message, hint=f"it should be in {task.folder}")
    place = f"./{path}"
    if text.startswith("#!"):
        return (*text.splitlines()[0][2:].split(), place)
    suffix = path.rpartition("/")[2].rpartition(".")[2]
    if suffix in INTERPRETERS:
        return (*INTERPRETERS[suffix], place)
    if folder.runnable(path):
        return (place,)
    message = f"nothing says how to run {task.value} of {task.title}"
    raise Misconfigured(message, hint="begin it with a line such as #!/usr/bin/env bash")


def _script(task: Task, folder: Folder) -> tuple[str, ...]:
    try:
        data = json.loads(folder.text("package.json") or "{}")
    except (ValueError, RecursionError):
        data = {}
    scripts = data.get("scripts") if isinstance(data, dict) else None
    names = scripts if isinstance(scripts, dict) else {}
    name = next((each for each in (kept_script(task.value), task.value) if each in names), "")
    if not name:
        message = f"package.json of {task.title} has no script {task.value}"
        raise NotFound(message, hint=nearest(task.value, names))
    tool = next((tool for lock, tool in _LOCKS.items() if folder.find(lock)), "npm")
    # npm and pnpm keep options for themselves that do not stand after `--`.
    return (tool, "run", "--silent", name, "--") if tool in ("npm", "pnpm") else (tool, "run", name)


def _target(name: str, folder: Folder) -> str:
    text = next(filter(None, map(folder.text, ("GNUmakefile", "makefile", "Makefile"))), "")
    kept = kept_target(name)
    return kept if re.search(rf"^{re.escape(kept)}\s*:", text, re.MULTILINE) else name
