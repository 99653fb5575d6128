"""What the import linter cannot see: sizes, names, docstrings, reasons, and a test for every module."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "chittyops"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)
PYTHON = [path for folder in ("src", "tests", "tools", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
NO_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|base|common|misc|shared)(_|$)")

TESTED_ELSEWHERE: dict[str, str] = {}
"""Modules that no test of their own layer or slice imports: the test, below tests/, that runs them instead."""

REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com", "npm" + "mirror.com")
REASON = re.compile(r"#\s*(?:noqa: BLE001\W+)?(?!noqa)\w+ \w+")


def name_of(path: Path) -> str:
    """Return the path as shown when a test fails."""
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, nested ones as well."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def tracked() -> list[Path]:
    """Return the files of the project: those that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a clone")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_module_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{name_of(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in MODULES
        for function in functions(ast.parse(path.read_text("utf-8")))
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_module_is_a_junk_drawer() -> None:
    assert [name_of(path) for path in MODULES if any(map(NO_NAMES.search, [*path.parent.parts, path.stem]))] == []


def test_every_module_says_what_it_is() -> None:
    assert [name_of(path) for path in PYTHON if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_every_broad_except_has_its_reason_beside_it() -> None:
    assert [f"{name_of(path)}:{line}" for path in PYTHON for line in unexplained(path.read_text("utf-8"))] == []


def unexplained(text: str) -> Iterator[int]:
    """Yield the lines of ``except Exception``, ``except BaseException`` and ``except:`` without a comment."""
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type) and not raises_again(node):
            first = node.body[0].lineno
            beside = [comments.get(line, "") for line in range(node.lineno - 1, first + 1)]
            if not any(map(REASON.search, beside)):
                yield node.lineno


def is_broad(caught: ast.expr | None) -> bool:
    """Return whether an ``except`` catches everything: names nothing, Exception or BaseException."""
    if caught is None:
        return True
    names = {node.id for node in ast.walk(caught) if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"})


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler tidies up and lets the error go on."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_every_module_has_its_test() -> None:
    untested = [name_of(path) for path in MODULES if has_code(path) and not mirror_of(path)]
    assert untested == []


def has_code(path: Path) -> bool:
    """Return whether a module does something: more than a docstring, imports and names exported."""
    tree = ast.parse(path.read_text("utf-8"))
    return "migrations" not in path.parts and any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in tree.body
    )


def mirror_of(path: Path) -> Path | None:
    """Return what tests a module: a file of its own name, of a package that holds it, or one that imports it."""
    inside = path.relative_to(PACKAGE).with_suffix("")
    stem = inside.parent if inside.name == "__init__" else inside
    for candidate in [stem, *(parent for parent in stem.parents if len(parent.parts) > 1)]:
        folder, name = ROOT / "tests" / candidate.parent, candidate.name.strip("_")
        if found := sorted([*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py")]):
            return found[0]
    if listed := TESTED_ELSEWHERE.get(str(inside)):
        return ROOT / "tests" / listed
    return importers().get(".".join(("chittyops", *stem.parts)))


@cache
def importers() -> dict[str, Path]:
    """Return for each module that tests import, one of them; only tests of the module's own layer or slice count."""
    found: dict[str, Path] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        of = path.relative_to(ROOT / "tests").parts
        layer = "chittyops." + ".".join(of[:2] if of[0] == "capabilities" else of[:1]) + "."
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            found.update({name: path for name in names if name.startswith(layer)})
    return found


def test_the_list_of_modules_tested_elsewhere_is_true() -> None:
    gone = [inside for inside in TESTED_ELSEWHERE if not (PACKAGE / f"{inside}.py").exists()]
    gone += [test for test in TESTED_ELSEWHERE.values() if not (ROOT / "tests" / test).exists()]
    assert gone == []


def test_no_file_names_a_package_registry() -> None:
    naming = {
        f"{name_of(path)}: {host}" for path in tracked() for host in REGISTRIES if host.encode() in path.read_bytes()
    }
    assert naming == set()


@pytest.mark.parametrize(
    ("code", "explained"),
    [
        ("except Exception:  # noqa: BLE001\n    pass", False),
        ("except Exception:\n    pass", False),
        ("except:\n    pass", False),
        ("except (OSError, Exception):\n    pass", False),
        ("except BaseException:\n    pass", False),
        ("except Exception:  # noqa: BLE001 - the edge of the program\n    pass", True),
        ("except Exception:  # the edge of the program\n    pass", True),
        ("except Exception:\n    # whatever a plug-in raises\n    pass", True),
        ("except OSError:\n    pass", True),
        ("except BaseException:\n    print()\n    raise", True),
    ],
    ids=[
        "noqa alone",
        "bare",
        "naked",
        "in a tuple",
        "base",
        "noqa and reason",
        "reason",
        "reason below",
        "narrow",
        "raised again",
    ],
)
def test_a_reason_is_told_from_none(code: str, *, explained: bool) -> None:
    assert (list(unexplained(f"try:\n    pass\n{code}\n")) == []) is explained
