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

TESTED_ELSEWHERE = {
    # run as processes or through HTTP, never imported: the command line, the pages, the centre's processes
    "__main__": "app/test_cli.py",
    "app/access_routes": "app/test_api.py",
    "app/agent": "capabilities/deploy/providers/local/test_agent.py",
    "app/changes": "app/test_api.py",
    "app/commands": "e2e/test_cli_mistakes.py",
    "app/dashboard": "app/dashboard/test_dashboard.py",
    "app/demo": "e2e/test_demo.py",
    "app/follow": "e2e/test_demo.py",
    "app/health": "app/test_supervisor.py",
    "app/release_view": "e2e/test_demo.py",
    "app/status_routes": "app/test_api.py",
    "app/supervisor_process": "app/test_supervisor.py",
    "app/supervisor_table": "app/test_supervisor.py",
    "app/worker": "chaos/test_kills.py",
    "capabilities/deploy/routes": "app/test_api.py",
    "capabilities/deploy/wiring": "app/test_api.py",
    "runtime/durable": "chaos/test_kills.py",
    "runtime/lease": "chaos/test_kills.py",
    "workflows/bundles": "app/test_api.py",
    "capabilities/config/wiring": "app/commands/test_config_render.py",
    # one contract for all of them, over real authorities and stateful ones
    "capabilities/secrets/providers/rotators": "capabilities/secrets/providers/rotators/test_contract.py",
    # the parts of the agent, driven through it with real processes
    "capabilities/deploy/providers/local": "capabilities/deploy/providers/local/test_provider.py",
}
"""Modules, and packages of them, that no test imports: the test, below tests/, that runs them instead."""

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
    """Return whether a module does something: more than names, ports and migrations do."""
    tree = ast.parse(path.read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    ports = [node for node in classes if any(ast.unparse(parent) == "Protocol" for parent in node.bases)]
    plain = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in tree.body)
    return "migrations" not in path.parts and (plain or len(ports) < len(classes))


def mirror_of(path: Path) -> Path | None:
    """Return what tests a module: a file of its own name or of a package that holds it, an importer, an entry above."""
    inside = path.relative_to(PACKAGE).with_suffix("")
    stem = inside.parent if inside.name == "__init__" else inside
    holders = [stem, *(parent for parent in stem.parents if len(parent.parts) > 1)]
    for holder in holders:
        folder, name = ROOT / "tests" / holder.parent, holder.name.strip("_")
        if found := sorted([*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py")]):
            return found[0]
    if importer := importers().get(".".join(("chittyops", *stem.parts))):
        return importer
    return next((ROOT / "tests" / TESTED_ELSEWHERE[str(h)] for h in holders if str(h) in TESTED_ELSEWHERE), None)


@cache
def importers() -> dict[str, Path]:
    """Return the modules that tests import, each with one of these tests."""
    found: dict[str, Path] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found |= dict.fromkeys([str(node.module), *(f"{node.module}.{n.name}" for n in node.names)], path)
            elif isinstance(node, ast.Import):
                found |= dict.fromkeys([name.name for name in node.names], path)
    return found


def test_the_list_of_modules_tested_elsewhere_is_true() -> None:
    gone = [name for name in TESTED_ELSEWHERE if not any((PACKAGE / f"{name}{end}").exists() for end in ("", ".py"))]
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
