"""How a task becomes a command: arguments, environment, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from chittyops.capabilities.tasks.service import named, prepare
from chittyops.kernel.errors import Misconfigured, NotFound
from chittyops.kernel.secret import SecretRef
from chittyops.kernel.service import Task


@dataclass
class Files:
    """A folder that is written down."""

    texts: Mapping[str, str] = field(default_factory=dict)
    executable: tuple[str, ...] = ()
    above: Mapping[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        return self.texts.get(path)

    def runnable(self, path: str) -> bool:
        return path in self.executable

    def find(self, name: str) -> str:
        return self.above.get(name, "")


@pytest.mark.parametrize(
    ("task", "files", "expected"),
    [
        (Task("t", "command", "echo 'a b' c"), {}, ("echo", "a b", "c")),
        (Task("t", "file", "x.sh"), {"x.sh": "echo"}, ("bash", "./x.sh")),
        (Task("t", "file", "s/x.mjs"), {"s/x.mjs": ""}, ("node", "./s/x.mjs")),
        (Task("t", "file", "x"), {"x": "#!/usr/bin/env -S deno run\n"}, ("/usr/bin/env", "-S", "deno", "run", "./x")),
        (Task("t", "file", "x.sh"), {"x.sh": "shim", ".adopted.x.sh": "real"}, ("bash", "./.adopted.x.sh")),
        (
            Task("t", "script", "go"),
            {"package.json": '{"scripts": {"go": "x"}}'},
            ("npm", "run", "--silent", "go", "--"),
        ),
        (
            Task("t", "script", "go"),
            {"package.json": '{"scripts": {"go": "shim", "adopted:go": "x"}}'},
            ("npm", "run", "--silent", "adopted:go", "--"),
        ),
        (Task("t", "target", "go"), {"Makefile": "go:\n"}, ("make", "--no-print-directory", "go")),
        (
            Task("t", "target", "go"),
            {"Makefile": "go:\nadopted-go: x\n"},
            ("make", "--no-print-directory", "adopted-go"),
        ),
    ],
    ids=["command", "shell", "module", "shebang", "kept file", "npm", "kept npm", "make", "kept make"],
)
def test_each_kind_becomes_an_argument_list(task: Task, files: dict[str, str], expected: tuple[str, ...]) -> None:
    assert prepare(task, ("one", "two"), {}, Files(files)).argv == (*expected, "one", "two")


def test_the_package_manager_is_that_of_the_lock_file() -> None:
    files = Files({"package.json": '{"scripts": {"go": "x"}}'}, above={"yarn.lock": "/w/yarn.lock"})
    assert prepare(Task("t", "script", "go"), (), {}, files).argv == ("yarn", "run", "go")


def test_it_gets_what_it_declares_and_the_usual_variables_alone() -> None:
    environ = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "TOKEN": "t0ken-value",
        "OTHER": "x",
        "CHITTYOPS_TOKEN": "y",
    }
    task = Task("t", "command", "x", service="cart", inputs={"TOKEN": True, "ABSENT": False})
    prepared = prepare(task, (), environ, Files())
    expected = {"PATH": "/bin", "HOME": "/h", "LC_ALL": "C", "TOKEN": "t0ken-value", "CHITTYOPS_TASK": "cart/t"}
    assert prepared.environ == expected
    assert prepared.concealed == {"t0ken-value"}
    assert "t0ken-value" not in repr(prepared)


def test_everything_that_is_missing_is_named() -> None:
    task = Task(
        "t", "command", "x", inputs={"A": True, "B": False}, arguments=2, secrets={"S": SecretRef.parse("file:.env#S")}
    )
    with pytest.raises(Misconfigured) as caught:
        prepare(task, ("one",), {"A": ""}, Files({".env": "OTHER=1"}))
    assert caught.value.message == (
        "t needs the secret S (file:.env#S, or the variable), the variable A, 2 arguments (1 given)"
    )


def test_secrets_come_from_the_variable_else_from_the_file() -> None:
    task = Task("t", "command", "x", secrets={"S": SecretRef.parse("file:.env#KEY")})
    assert prepare(task, (), {}, Files({".env": "KEY=from-file"})).environ["S"] == "from-file"
    assert prepare(task, (), {"S": "from-outside"}, Files({".env": "KEY=from-file"})).environ["S"] == "from-outside"


def test_every_line_of_a_secret_is_concealed() -> None:
    task = Task("t", "command", "x", secrets={"S": SecretRef.parse("file:.env#KEY")})
    prepared = prepare(task, (), {"S": "first-line\nsecond-line"}, Files())
    assert {"first-line", "second-line"} < prepared.concealed


def test_the_own_programs_of_a_package_come_first() -> None:
    files = Files(above={"node_modules/.bin": "/w/node_modules/.bin"})
    assert (
        prepare(Task("t", "command", "x"), (), {"PATH": "/bin"}, files).environ["PATH"] == "/w/node_modules/.bin:/bin"
    )


@pytest.mark.parametrize(
    ("task", "files"),
    [
        (Task("t", "file", "gone.sh"), {}),
        (Task("t", "script", "gone"), {"package.json": '{"scripts": {"here": "x"}}'}),
        (Task("t", "script", "gone"), {"package.json": "not json"}),
    ],
    ids=["file", "script", "no json"],
)
def test_what_is_not_there_is_said(task: Task, files: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        prepare(task, (), {}, Files(files))


def test_a_line_with_an_open_quote_is_refused() -> None:
    with pytest.raises(Misconfigured):
        prepare(Task("t", "command", "echo 'x"), (), {}, Files())


def test_a_file_that_nothing_says_how_to_run_is_refused_unless_it_is_executable() -> None:
    task = Task("t", "file", "tool")
    with pytest.raises(Misconfigured):
        prepare(task, (), {}, Files({"tool": "x"}))
    assert prepare(task, (), {}, Files({"tool": "x"}, ("tool",))).argv == ("./tool",)


def test_a_task_is_found_by_its_name_where_that_is_enough() -> None:
    seed, other, sweep = (
        Task("seed", "command", "x", service="a"),
        Task("seed", "command", "x", service="b"),
        Task("sweep", "command", "x", service="b"),
    )
    tasks = {task.title: task for task in (seed, other, sweep)}
    assert named("sweep", tasks) is sweep
    assert named("a/seed", tasks) is seed
    with pytest.raises(NotFound, match="several"):
        named("seed", tasks)
    with pytest.raises(NotFound) as caught:
        named("swep", tasks)
    assert "sweep" in caught.value.hint or "b/sweep" in caught.value.hint
