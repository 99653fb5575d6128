"""The walk over a shell's syntax tree that finds its commands, in the order of their lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

from tree_sitter import Node

from chittyops.capabilities.discovery.model.facts import Command
from chittyops.capabilities.discovery.service.facts.shell_words import (
    HARMLESS,
    HIDDEN,
    MAX_DEPTH,
    SECRET_NAME,
    STAGE_NAMES,
    UNKNOWN,
    Place,
    Words,
    join,
)

_QUOTES: Final = "\"'"
_MAX_COMMANDS: Final = 4_000
_MAX_VALUES: Final = 40
_NAMED_VALUE: Final = re.compile(r"(-{0,2}([A-Za-z_][\w-]*)=)(.+)", re.DOTALL)
_JUDGED: Final = frozenset({"curl", "wget"})
"""Programs of which it matters that their output is thrown away: then only their exit status is looked at."""
_WORDS: Final = frozenset(
    [
        "word",
        "string",
        "raw_string",
        "ansi_c_string",
        "translated_string",
        "concatenation",
        "number",
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
        "brace_expression",
        "test_operator",
        "extglob_pattern",
        "regex",
        "variable_name",
        "string_content",
    ]
)
_SECRET_OPTION: Final = re.compile(r"--?(?:[\w-]*-)?(?:token|password|passwd|secret|api-?key|private-key|auth-key)")

_LEADS_ON: Final = frozenset(
    {"command", "command_name", "redirected_statement", "negated_command", "subshell", "pipeline"}
)


class Reader(Words):
    """Finds the commands of one shell text."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text, line)
        self._loops: dict[str, tuple[str, ...]] = {}
        self._bodies: list[Node] = []
        self._folders: set[str] = {""}
        self._former: list[str] = []

    def read(self) -> None:
        """Fill ``commands`` and ``inputs``."""
        self._visit_all(self._parsed(), Place())
        # A function runs in the folder that the script stands in when it calls it: known if there is only one.
        start = self._folder if len(self._folders - {""}) <= 1 else UNKNOWN
        for body in self._bodies:
            self._folder = start
            self._visit_all(body, Place(function=True))
        self.commands.sort(key=lambda each: each.line)

    def _visit(self, node: Node, place: Place) -> None:
        self._depth += 1
        if self._depth < MAX_DEPTH and len(self.commands) < _MAX_COMMANDS:
            visit = self._VISITORS.get(node.type, Reader._visit_all)
            visit(self, node, place)
        self._depth -= 1

    def _visit_all(self, node: Node, place: Place) -> None:
        for child in node.children:
            if child.is_named:
                self._visit(child, place)

    def _leave(self, node: Node, place: Place) -> None:
        """Pass over what holds no command."""

    def _substituted(self, node: Node, place: Place) -> None:
        self._substitution(node, place)

    def _assignment(self, node: Node, place: Place) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if not name or not value:
            return
        inner = place._replace(assigns=(self._text(name),))
        if value.type == "array":
            self._visit_all(value, inner)
        else:
            self._word(value, inner)

    def _command(self, node: Node, place: Place) -> None:
        words: list[str] = []
        after: list[str] = []
        assigns = list(place.assigns)
        inner = place._replace(assigns=(), piped_to="", ignored=False)
        for child in node.children:
            if child.type == "variable_assignment":
                self._assignment(child, inner)
                assigns.append(_shown_assignment(self._text(child)))
            elif child.type.endswith("_redirect"):
                after += self._redirect(child, inner)
            elif child.is_named:
                words.append(self._word(child, inner))
        if words and words[0] and words[0] not in self._functions:
            self._emit(node, (*_masked(words), *after), tuple(assigns), place)

    def _emit(self, node: Node, words: tuple[str, ...], assigns: tuple[str, ...], place: Place) -> None:
        if words[0] in {"cd", "pushd", "popd"}:
            self._move(words, place)
        line = self._line + node.start_point.row
        for each in self._spread(words):
            found = Command(each, line, assigns, place.loop, place.piped_to, place.ignored, self._folder)
            self.commands.append(found)

    def _spread(self, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the command once for each value of a loop's variable that it uses."""
        text = " ".join(words) if self._loops and words[0] not in HARMLESS else ""
        name = next((name for name in self._loops if f"${name}" in text), "")
        if not name:
            yield words
            return
        pattern = re.compile(rf"\$\{{?{name}\b\}}?")
        for value in self._loops[name]:
            plain = value.replace("\\", "\\\\")
            yield tuple(pattern.sub(plain, word) for word in words)

    def _move(self, words: tuple[str, ...], place: Place) -> None:
        """Follow a change of folder."""
        targets = [word for word in words[1:] if not word.startswith("-") and word not in {">", "<<"}]
        if words[0] == "popd" or words[1:2] == ("-",):
            self._folder = self._former.pop() if self._former else UNKNOWN
            return
        self._former.append(self._folder)
        self._folder = join(self._folder, targets[0]) if targets else UNKNOWN
        if not place.function:
            self._folders.add(self._folder)

    def _test(self, node: Node, place: Place) -> None:
        """Take ``[ ... ]`` and ``[[ ... ]]`` as commands too: they tell what a check accepts."""
        inner = place._replace(piped_to="", ignored=False, assigns=())
        words = [self._word(leaf, inner) if leaf.is_named else leaf.type for leaf in _leaves(node)]
        self._emit(node, tuple(words) or ("[",), (), place)

    def _pipeline(self, node: Node, place: Place) -> None:
        parts = [child for child in node.children if child.is_named]
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            piped_to = self._first_word(following) if following else place.piped_to
            self._visit(part, place._replace(piped_to=piped_to))

    def _first_word(self, node: Node) -> str:
        while node.type != "command_name":
            inside = next((child for child in node.children if child.is_named and child.type in _LEADS_ON), None)
            if inside is None:
                return ""
            node = inside
        return self._text(node)

    def _list(self, node: Node, place: Place) -> None:
        left, *others = (child for child in node.children if child.type not in {"&&", "||"})
        harmless = any(child.type == "||" for child in node.children) and others and self._harmless(others[0])
        self._visit(left, place._replace(ignored=True) if harmless else place)
        for each in others:
            self._visit(each, place)

    def _harmless(self, node: Node) -> bool:
        """Tell whether what follows ``||`` always succeeds, and so hides the failure."""
        if node.type == "redirected_statement":
            return self._harmless(node.children[0])
        if node.type == "compound_statement":
            inside = [child for child in node.children if child.is_named]
            return bool(inside) and all(map(self._harmless, inside))
        return node.type == "command" and self._first_word(node) in HARMLESS

    @contextmanager
    def _same_folder_after(self) -> Iterator[None]:
        folder = self._folder
        yield
        self._folder = folder

    def _subshell(self, node: Node, place: Place) -> None:
        with self._same_folder_after():
            self._visit_all(node, place)

    def _branches(self, node: Node, place: Place) -> None:
        """Follow each branch from the folder before it; which one is taken is not known."""
        before, after = self._folder, set()
        for child in node.children:
            if not child.is_named:
                continue
            self._visit(child, place)
            after.add(self._folder)
            if child.type in {"elif_clause", "else_clause", "case_item"}:
                self._folder = before
        self._folder = before if after <= {before} else UNKNOWN

    def _loop(self, node: Node, place: Place) -> None:
        variable = node.child_by_field_name("variable")
        name = self._text(variable) if variable else ""
        nodes = node.children_by_field_name("value") if variable else []
        values = tuple(self._word(value, place) for value in nodes)
        before = self._folder
        literal = 0 < len(values) <= _MAX_VALUES and not any("$" in value or "*" in value for value in values)
        if literal:
            self._loops[name] = values
        for child in node.children:
            if child.is_named and child not in nodes:
                self._visit(child, place._replace(loop=True))
        self._loops.pop(name, None)
        self._folder = before if self._folder == before else UNKNOWN

    def _function(self, node: Node, place: Place) -> None:
        body = node.child_by_field_name("body")
        if body:
            self._bodies.append(body)

    def _redirected(self, node: Node, place: Place) -> None:
        """Give the redirections to the last command: the grammar puts them around all of a list."""
        first = len(self.commands)
        for child in node.children:
            if not child.type.endswith("_redirect"):
                self._visit(child, place)
        last = len(self.commands)
        words = [
            word for child in node.children if child.type.endswith("_redirect") for word in self._redirect(child, place)
        ]
        if words and last > first:
            command = self.commands[last - 1]
            if words[-1] == "/dev/null" and command.words[0] not in _JUDGED:
                words = words[:-2]
            self.commands[last - 1] = Command(
                (*command.words, *words),
                command.line,
                command.assigns,
                command.loop,
                self._piped_by_heredoc(node) or command.piped_to,
                command.ignored,
                command.folder,
            )

    def _piped_by_heredoc(self, node: Node) -> str:
        """Return what the output goes to where a pipe follows the mark of a here document."""
        found = (inside for each in node.children for inside in each.children if inside.type == "pipeline")
        return next((self._first_word(each) for each in found), "")

    def _redirect(self, node: Node, place: Place) -> tuple[str, ...]:
        if node.type != "file_redirect":
            for child in node.children:
                if child.type in {"command", "pipeline", "list"}:
                    self._visit(child, place._replace(assigns=()))
            return ("<<",)
        destination = node.child_by_field_name("destination")
        word = self._word(destination, place._replace(assigns=())) if destination else ""
        written = any(child.type in {">", ">>", "&>", "&>>", ">|"} for child in node.children)
        if not written or not word or word.startswith("&") or (word == "/dev/null" and _is_error_stream(node)):
            return ()
        return (">", word)

    _VISITORS: ClassVar[dict[str, Callable[[Reader, Node, Place], None]]] = {
        "command": _command,
        "variable_assignment": _assignment,
        "test_command": _test,
        "pipeline": _pipeline,
        "list": _list,
        "subshell": _subshell,
        "if_statement": _branches,
        "case_statement": _branches,
        "while_statement": _loop,
        "for_statement": _loop,
        "c_style_for_statement": _loop,
        "function_definition": _function,
        "redirected_statement": _redirected,
        "command_substitution": _substituted,
        "comment": _leave,
        "heredoc_body": _leave,
        "word": _leave,
        "raw_string": _leave,
        "unset_command": _leave,
    }


def _is_error_stream(node: Node) -> bool:
    return any(child.type == "file_descriptor" and child.text != b"1" for child in node.children)


def _leaves(node: Node) -> Iterator[Node]:
    """Yield the words and operators of a test, from left to right."""
    stack = [node]
    while stack:
        found = stack.pop()
        if found.type in _WORDS or not found.children:
            yield found
        else:
            stack += reversed(found.children)


def _masked(words: list[str]) -> Iterator[str]:
    """Yield the words without literal values of what bears a secret's name."""
    hide = False
    for word in words:
        named = _NAMED_VALUE.fullmatch(word)
        if named and SECRET_NAME.search(named[2]) and not named[3].startswith("$"):
            yield f"{named[1]}{HIDDEN}"
        elif hide and not word.startswith(("$", "-")):
            yield HIDDEN
        else:
            yield word
        hide = word.startswith("-") and "=" not in word and bool(_SECRET_OPTION.fullmatch(word))


def _shown_assignment(text: str) -> str:
    """Return the name that is set, with its value where it names an environment."""
    name, _, value = text.partition("=")
    return f"{name}={value.strip(_QUOTES)}" if name in STAGE_NAMES and "$(" not in value else name
