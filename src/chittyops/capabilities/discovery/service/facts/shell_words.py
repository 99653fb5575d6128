"""Words of a shell: their quotes removed, and what is known of their variables put in.

Known without running anything are variables that have one literal value in the whole text, defaults of parameters, and
the folder a script lies in. The rest stays as ``$NAME`` or ``$(...)``.
"""

from __future__ import annotations

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, NamedTuple

import tree_sitter_bash
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from chittyops.capabilities.discovery.model.facts import Command

UNKNOWN: Final = "$(...)"
"""Stands for what a command prints."""
SCRIPT_FOLDER: Final = "$(dirname $0)"
"""Stands for the folder the script lies in, at the beginning of words and folders."""
REPOSITORY: Final = "$(git rev-parse --show-toplevel)"
"""Stands for the root of the repository, at the beginning of words and folders."""
SECRET_NAME: Final = re.compile(
    r"token|secret|passw|passphrase|credential|(?:^|_)p?key$|api_?key|_pat$|database_url|connection_string|dsn|cookie"
    r"|bearer",
    re.IGNORECASE,
)
"""Names of variables and options whose values are never kept."""
HIDDEN: Final = "***"
"""Stands for what is written out in a secret's place."""
STAGE_NAMES: Final = frozenset(
    {"ENVIRONMENT", "ENV", "STAGE", "NODE_ENV", "DEPLOY_ENV", "CLOUDFLARE_ENV", "RAILWAY_ENVIRONMENT", "APP_ENV"}
)
"""Variables that name an environment: where set for one command, their value is kept."""

_LANGUAGE: Final = Language(tree_sitter_bash.language())
_PARSER: Final = Parser(_LANGUAGE)
_ASSIGNMENTS: Final = Query(
    _LANGUAGE,
    "(variable_assignment) @assignment (function_definition name: (word) @function)"
    "(for_statement variable: (variable_name) @loop)",
)
_ASCII: Final = bytes(byte if byte < 128 else ord("_") for byte in range(256))  # noqa: PLR2004 - the end of ASCII
"""What the parser is given for each byte: the grammar reads beyond its tables for large code points, and takes the
process with it (https://github.com/tree-sitter/tree-sitter-bash/issues/337). Positions stay what they are."""
_MAX_BYTES: Final = 300_000
MAX_DEPTH: Final = 60
"""How deep statements and words may lie in each other; below, nothing is read."""
_SET_ELSEWHERE: Final = re.compile(rb"^\s*(?:read|mapfile|getopts)\b[^\n;|&]*", re.MULTILINE)
_PARAMETER: Final = re.compile(r"\$\{([A-Za-z_]\w*|\d+|[@*])(?:(:?[-=])(.*)|:?\?.*)?\}", re.DOTALL)
_PLAIN: Final = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_SPECIAL: Final = re.compile(r"[$`\\]")
_ESCAPED: Final = re.compile(r"\\(\n?)(.?)", re.DOTALL)
_INPUT: Final = re.compile(r"[A-Z][A-Z0-9_]+|[1-9@]")
_OF_THE_SHELL: Final = frozenset(
    [
        "BASH_SOURCE",
        "BASH_VERSION",
        "BASH_REMATCH",
        "COLUMNS",
        "EUID",
        "FUNCNAME",
        "HOME",
        "HOSTNAME",
        "IFS",
        "LINENO",
        "LINES",
        "MAKE",
        "MAKEFLAGS",
        "OLDPWD",
        "OPTARG",
        "OPTIND",
        "OSTYPE",
        "PATH",
        "PIPESTATUS",
        "PPID",
        "PS1",
        "PWD",
        "RANDOM",
        "REPLY",
        "SECONDS",
        "SHELL",
        "TERM",
        "TMPDIR",
        "UID",
        "USER",
    ]
)
HARMLESS: Final = frozenset({"true", ":", "echo", "printf"})
"""Commands that always succeed."""


class Place(NamedTuple):
    """What the statements around a command say of it."""

    loop: bool = False
    ignored: bool = False
    piped_to: str = ""
    assigns: tuple[str, ...] = ()
    function: bool = False


class Words(ABC):
    """Reads the words of one shell text, and what its variables are."""

    def __init__(self, text: str, line: int) -> None:
        self.commands: list[Command] = []
        self.inputs: dict[str, None] = {}
        self._line = line
        self._source = text.encode("utf-8", "replace")[:_MAX_BYTES]
        self._variables: dict[str, str] = {}
        self._own: frozenset[str] = frozenset()
        self._functions: frozenset[str] = frozenset()
        self._folder = ""
        self._depth = 0

    def _parsed(self) -> Node:
        """Return the syntax tree, once the variables of the text are known."""
        root = _PARSER.parse(self._source.translate(_ASCII)).root_node
        self._assign(QueryCursor(_ASSIGNMENTS).captures(root))
        self.commands.clear()
        return root

    @abstractmethod
    def _visit_all(self, node: Node, place: Place) -> None:
        """Find the commands within ``node``: how is for the reader of statements to say."""

    def _assign(self, captures: Mapping[str, list[Node]]) -> None:
        """Keep the variables that have one literal value, wherever they are used."""
        self._functions = frozenset(self._text(node) for node in captures.get("function", ()))
        unsure = {self._text(node) for node in captures.get("loop", ())}
        for match in _SET_ELSEWHERE.finditer(self._source):
            unsure.update(match[0].decode("utf-8", "replace").split()[1:])
        assigned = sorted(captures.get("assignment", []), key=_start)
        values: dict[str, str] = {}
        for node in assigned:
            name_node, value_node = node.child_by_field_name("name"), node.child_by_field_name("value")
            name = self._text(name_node) if name_node else ""
            value = self._word(value_node, Place()) if value_node and value_node.type != "array" else ""
            added = node.child_count > 1 and node.children[1].type == "+="
            if added or "[" in name or values.setdefault(name, value) != value:
                unsure.add(name)
            if name not in unsure and not SECRET_NAME.search(name) and value and UNKNOWN not in value:
                self._variables[name] = value
            else:
                self._variables.pop(name, None)
        for name in values:
            self.inputs.pop(name, None)
        self._own = frozenset(name for name in (*values, *unsure) if name not in self.inputs)

    def _read_variable(self, name: str, place: Place, *, default: bool = False) -> None:
        if not _INPUT.fullmatch(name) or name in _OF_THE_SHELL or (name in self._own and not default):
            return
        if name.isdigit() or name == "@":
            if not place.function:
                self.inputs.setdefault("$" + name)
        else:
            self.inputs.setdefault(name)

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _word(self, node: Node, place: Place) -> str:
        """Return the word without its quotes, with what is known put in."""
        self._depth += 1
        try:
            reader = self._WORD_READERS.get(node.type) if self._depth < MAX_DEPTH else None
            if reader:
                return reader(self, node, place)
            text = self._text(node)
            return _ESCAPED.sub(r"\2", text) if "\\" in text else text
        finally:
            self._depth -= 1

    def _raw(self, node: Node, place: Place) -> str:
        return self._text(node).lstrip("$").strip("'")

    def _joined(self, node: Node, place: Place) -> str:
        """Return the parts in double quotes or side by side; blanks between expansions belong to no part."""
        quoted = node.type == "string"
        text = self._text(node)
        if quoted and not _SPECIAL.search(text):
            return text[1:-1]
        if not quoted and node.child_count == 1:
            return self._word(node.children[0], place)
        at, end = (node.start_byte + 1, node.end_byte - 1) if quoted else (node.start_byte, node.end_byte)
        parts: list[str] = []
        for child in node.children:
            if child.type == '"':
                continue
            parts += self._source[at : child.start_byte].decode("utf-8", "replace"), self._word(child, place)
            at = child.end_byte
        parts.append(self._source[at:end].decode("utf-8", "replace"))
        return "".join(parts)

    def _translated(self, node: Node, place: Place) -> str:
        return self._word(node.children[-1], place)

    def _quoted_text(self, node: Node, place: Place) -> str:
        return re.sub(r'\\(["$`\\])', r"\1", self._text(node))

    def _simple_expansion(self, node: Node, place: Place) -> str:
        text = self._text(node)
        return self._value(text[1:], text, place)

    def _value(self, name: str, otherwise: str, place: Place) -> str:
        if name == "PWD":
            return self._folder or "."
        self._read_variable(name, place)
        return self._variables.get(name, otherwise)

    def _expansion(self, node: Node, place: Place) -> str:
        text = self._text(node)
        if text.startswith("${BASH_SOURCE"):
            return "$0"
        match = _PARAMETER.fullmatch(text)
        if not match:
            return text
        name, operator, default = match.groups()
        if not operator:
            return self._value(name, "$" + name, place)
        self._read_variable(name, place, default=True)
        if SECRET_NAME.search(name):
            return "$" + name
        default = default.strip("\"'")
        if "$(" in default or "`" in default:
            return UNKNOWN
        return _PLAIN.sub(lambda found: self._value(found[1] or found[2], found[0], place), default)

    def _substitution(self, node: Node, place: Place) -> str:
        """Return what is known of a command's output: the folders that scripts find out about themselves."""
        first, folder = len(self.commands), self._folder
        self._visit_all(node, place._replace(piped_to="", ignored=False))
        self._folder = folder
        found = [each.words[:4] for each in self.commands[first:] if each.words[0] not in HARMLESS]
        known = self._known_output(found)
        if known:
            del self.commands[first:]
        return known or UNKNOWN

    def _known_output(self, found: list[tuple[str, ...]]) -> str:
        known = ""
        match found:
            case [("pwd", *_)]:
                known = self._folder or "."
            case [("dirname", "$0") | ("dirname", "--", "$0")]:
                known = SCRIPT_FOLDER
            case [("dirname", word)] if word.startswith("$("):
                known = f"{word}/.."
            case [("dirname", word)] if "$" not in word:
                known = posixpath.dirname(word) or "."
            case [("realpath", word)] | [("readlink", "-f", word)]:
                known = word
            case [("cd", *_, word), ("pwd", *_), *_] if word != UNKNOWN:
                known = word
            case [("git", "rev-parse", "--show-toplevel", *_), *others] if all(each[0] == "pwd" for each in others):
                known = REPOSITORY
        return known

    def _process(self, node: Node, place: Place) -> str:
        self._visit_all(node, place._replace(piped_to="", ignored=False))
        return UNKNOWN

    _WORD_READERS: ClassVar[dict[str, Callable[[Words, Node, Place], str]]] = {
        "raw_string": _raw,
        "ansi_c_string": _raw,
        "string": _joined,
        "concatenation": _joined,
        "command_name": _joined,
        "translated_string": _translated,
        "string_content": _quoted_text,
        "simple_expansion": _simple_expansion,
        "expansion": _expansion,
        "command_substitution": _substitution,
        "process_substitution": _process,
    }


def _start(node: Node) -> int:
    return node.start_byte


def join(folder: str, path: str) -> str:
    """Return ``path`` as seen from where ``folder`` was; "" for the folder one starts in."""
    if path.startswith(("/", "~", "$")):
        return path
    if folder == UNKNOWN:
        return UNKNOWN
    found = posixpath.normpath(posixpath.join(folder, path)) if not folder.startswith("$") else f"{folder}/{path}"
    return "" if found == "." else found
