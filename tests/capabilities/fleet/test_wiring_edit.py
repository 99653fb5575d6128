"""Edits change what they are asked to, keep every comment and every other line, and never break the file."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.commands import fleet
from chittyops.capabilities.fleet.wiring import add_service, read_fleet, remove_value, set_value
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound

SHOP = """\
# the shop
fleet: shop   # its name

environments:
    local:
    staging: { protected: true }
services:
    a:
        path: a # where it is
        config: {A: 08, B: 1.10, C: yes, D: 12:30, E: "q # x", F: 's', G: 0x1F}
        depends_on:
        -   b
        -   c

    # about b
    # in two lines
    b: {path: b, deploy: {command: run}}
    c:
        path: c
        # the last word
"""


@pytest.fixture
def shop(write: Write) -> Path:
    return write({"chittyops.yaml": SHOP, "a/": "", "b/": "", "c/": "", "d/": ""})


def _difference(shop: Path) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came."""
    now = (shop / "chittyops.yaml").read_text().splitlines()
    lines = list(difflib.unified_diff(SHOP.splitlines(), now, lineterm="", n=0))[2:]
    return [line[1:] for line in lines if line[0] == "-"], [line[1:] for line in lines if line[0] == "+"]


@pytest.mark.parametrize(
    ("key", "value", "gone", "come"),
    [
        ("services.a.path", "d", ["        path: a # where it is"], ["        path: d # where it is"]),
        ("services.a.tests", "make", [], ["        tests: make"]),
        ("services.c.config.X", "'1'", [], ["        config:", "          X: '1'"]),
        (
            "services.b.deploy.command",
            "stop",
            ["    b: {path: b, deploy: {command: run}}"],
            ["    b: {path: b, deploy: {command: stop}}"],
        ),
        (
            "services.b.config.X",
            "1",
            ["    b: {path: b, deploy: {command: run}}"],
            ["    b: {path: b, deploy: {command: run}, config: {X: 1}}"],
        ),
        (
            "services.a.depends_on",
            "[c]",
            ["        -   b", "        -   c"],
            ["          - c"],
        ),
        ("environments.local.provider", "local", ["    local:"], ["    local:", "      provider: local"]),
        ("groups.all", "[a, b]", [], ["groups:", "  all:", "    - a", "    - b"]),
    ],
)
def test_set(shop: Path, key: str, value: str, gone: list[str], come: list[str]) -> None:
    set_value(shop / "a", key, value)
    went, came = _difference(shop)
    assert ([line for line in came if line not in went], [line for line in went if line not in came]) == (
        [line for line in come if line not in gone],
        [line for line in gone if line not in come],
    )
    read_fleet(shop)


def test_what_was_set_is_read(shop: Path) -> None:
    set_value(shop, "services.a.config.NEW", "off")
    set_value(shop, "services.a.config.A", '"a # b"')
    assert read_fleet(shop).services["a"].config == {
        "A": "a # b", "B": "1.10", "C": "yes", "D": "12:30", "E": "q # x", "F": "s", "G": "0x1F", "NEW": "off",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "gone"),
    [
        ("services.a.depends_on", ["        depends_on:", "        -   b", "        -   c"]),
        ("environments.staging", ["    staging: { protected: true }"]),
    ],
)
def test_unset(shop: Path, key: str, gone: list[str]) -> None:
    remove_value(shop, key)
    assert _difference(shop) == (gone, [])
    read_fleet(shop)


def test_a_service_goes_with_the_comment_right_above_it(shop: Path) -> None:
    set_value(shop, "services.a.depends_on", "[c]")
    remove_value(shop, "services.b")
    text = (shop / "chittyops.yaml").read_text()
    assert "about b" not in text
    assert "# where it is" in text
    assert "# the last word" in text
    assert set(read_fleet(shop).services) == {"a", "c"}


def test_add(shop: Path) -> None:
    add_service(shop, "d", "d")
    assert _difference(shop) == ([], ["    d:", "      path: d"])
    with pytest.raises(Conflict, match="d already"):
        add_service(shop, "d", "d")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("services.a.pathh", "x", 'unknown key "pathh"'),
        ("services.a.depends_on", "[nobody]", '"nobody" is no service'),
        ("services.a.secrets.KEY", "planted-value", "not a reference"),
        ("services.a.path.x", "1", "is no map"),
        ("services.c.depends_on", "[a]", "in a circle"),
    ],
)
def test_an_edit_that_would_break_the_file_leaves_it_alone(shop: Path, key: str, value: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message) as raised:
        set_value(shop, key, value)
    assert (shop / "chittyops.yaml").read_text() == SHOP
    assert "planted-value" not in repr(raised.value.problems)
    assert [path.name for path in shop.iterdir() if path.name.startswith(".")] == []


def test_what_is_needed_cannot_be_removed(shop: Path) -> None:
    for key in ("services.c", "fleet", "services.a.path"):
        with pytest.raises(Misconfigured):
            remove_value(shop, key)
    for key in ("services.x", "services.a.config.X", "services.x.y.z", "groups"):
        with pytest.raises(NotFound, match="there is no"):
            remove_value(shop, key)
    assert (shop / "chittyops.yaml").read_text() == SHOP


def test_the_mode_of_the_file_stays(shop: Path) -> None:
    (shop / "chittyops.yaml").chmod(0o640)
    set_value(shop, "services.a.tests", "make")
    assert (shop / "chittyops.yaml").stat().st_mode & 0o777 == 0o640


def test_the_commands(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(fleet, arguments)

    assert run("add", "d", "d").stdout == "d is added\n"
    assert run("set", "services.d.tests", "make").exit_code == 0
    assert read_fleet(shop).services["d"].tests == "make"
    assert run("unset", "services.d", "--json").stdout == '{\n  "unset": "services.d"\n}\n'
    assert (shop / "chittyops.yaml").read_text() == SHOP


def test_a_new_section_stands_apart_where_the_others_do(write: Write) -> None:
    text = "fleet: shop\n\nservices:\n  a: {path: a}\n"
    root = write({"chittyops.yaml": text, "a/": ""})
    set_value(root, "secrets.folder", "kept")
    assert (root / "chittyops.yaml").read_text() == f"{text}\nsecrets:\n  folder: kept\n"
