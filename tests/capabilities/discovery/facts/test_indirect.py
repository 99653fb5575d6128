"""A variable that is read by a function that is given its name."""

from __future__ import annotations

from chittyops.capabilities.discovery.service.facts import javascript, python_code

PYTHON = """import os
def ask(variable):
    return get(os.environ.get(variable))
ask("CATALOG_URL")
log("STOCK_URL is missing")
"""
JAVASCRIPT = """const ask = (env, name) => fetch(env[name]);
ask(env, "CATALOG_URL");
"""


def test_the_name_is_given_to_what_reads_it() -> None:
    code = python_code.read("a.py", PYTHON).code
    assert code is not None
    assert [(each.name, each.line) for each in code.variables] == [("CATALOG_URL", 4)]
    code = javascript.read("a.js", JAVASCRIPT).code
    assert code is not None
    assert [(each.name, each.line) for each in code.variables] == [("CATALOG_URL", 2)]


def test_without_such_a_function_a_text_is_a_text() -> None:
    code = python_code.read("a.py", 'import os\nlog("CATALOG_URL")\nos.environ["HOME"]\n').code
    assert code is not None
    assert [each.name for each in code.variables] == ["HOME"]
