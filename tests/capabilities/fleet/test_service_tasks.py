"""Managed tasks in the fleet file, and services that share a folder."""

from __future__ import annotations

import pytest
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.wiring import desired, read_fleet
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import Database, Task
from chittyops.runtime.clock import SystemClock

HEAD = "fleet: shop\nservices:\n  cart:\n    path: cart\n"


def _broken(write: Write, text: str) -> Misconfigured:
    root = write({"chittyops.yaml": text, "cart/x": ""})
    with pytest.raises(Misconfigured) as caught:
        read_fleet(root)
    return caught.value


def test_tasks_of_services_and_of_the_fleet(write: Write) -> None:
    root = write({
        "chittyops.yaml": HEAD + (
            "    tasks:\n      seed: {file: seed.sh, folder: tools, inputs: {TOKEN: required, X: optional}}\n"
            'tasks:\n  backup: {command: pg_dump shop, schedule: "30 3 * * *", timeout_seconds: 60, lock: database}\n'
        ),
        "cart/tools/seed.sh": "",
    })  # fmt: skip
    tasks = read_fleet(root).tasks
    assert list(tasks) == ["backup", "cart/seed"]
    assert tasks["cart/seed"] == Task(
        "seed", "file", "seed.sh", "cart/tools", "cart", inputs={"TOKEN": True, "X": False}
    )
    assert (tasks["backup"].schedule, tasks["backup"].lock, tasks["backup"].folder) == ("30 3 * * *", "database", ".")


def test_a_part_of_the_service_may_hold_tasks(write: Write) -> None:
    root = write({"chittyops.yaml": HEAD, "cart/chittyops.yaml": "tasks:\n  tidy: {target: tidy}\n"})
    assert read_fleet(root).tasks["cart/tidy"].kind == "target"


@pytest.mark.parametrize(
    ("task", "message", "column"),
    [
        ("{file: a.sh, command: b}", "tasks.t gives command and file, of which only one can be", 7),
        ("{timeout_seconds: 5}", "tasks.t says not what it is: one of command, file, script, target", 6),
        ('{command: x, schedule: "* * *"}', "tasks.t.schedule: a schedule has five fields", 29),
        ('{command: x, secrets: {A: "database:orders"}}', "tasks.t.secrets.A: this kind of reference", 32),
        ("{command: x, inputs: {A: maybe}}", "tasks.t.inputs.A must be one of required, optional", 31),
        ("{file: ../x.sh}", "tasks.t.file must be a file within the task's folder", 13),
        ("{command: x, tiemout_seconds: 5}", 'tasks.t: unknown key "tiemout_seconds"', 19),
    ],
    ids=["two", "none", "schedule", "reference", "input", "outside", "unknown"],
)
def test_what_is_wrong_with_a_task_has_its_place(write: Write, task: str, message: str, column: int) -> None:
    error = _broken(write, f"{HEAD}tasks:\n  t: {task}\n")
    assert message in error.message
    assert error.place is not None
    assert (error.place.line, error.place.column) == (6, column)


def test_a_task_is_no_reason_to_deploy_again(write: Write) -> None:
    def digest(extra: str) -> str:
        root = write({"chittyops.yaml": HEAD + extra, "cart/x": ""})
        return desired(read_fleet(root), SystemClock())[0].digest

    plain = digest("")
    assert digest("    tasks: {t: {command: x}}\n") == plain
    assert digest("    deploy: {command: x, environment: production}\n") != digest("    deploy: {command: x}\n")
    database = digest("    databases: {orders: {}}\n")
    assert digest("    databases: {orders: {migrations: db, tool: drizzle}}\n") == database


def test_databases_know_their_migrations(write: Write) -> None:
    text = HEAD + "    databases: {orders: {engine: d1, env: DB, migrations: migrations, tool: wrangler}}\n"
    root = write({"chittyops.yaml": text, "cart/x": ""})
    assert read_fleet(root).services["cart"].databases == (Database("orders", "d1", "DB", "migrations", "wrangler"),)


def test_services_may_share_a_folder_when_each_says_how_it_starts(write: Write) -> None:
    shared = "  sync: {path: cart, deploy: {worker: wrangler.sync.toml}}\n"
    own = HEAD + "    deploy: {worker: wrangler.toml}\n"
    root = write({"chittyops.yaml": own + shared, "cart/wrangler.toml": "", "cart/wrangler.sync.toml": ""})
    assert read_fleet(root).services["sync"].path == "cart"
    assert "is the folder of cart already" in _broken(write, HEAD + shared).message
    assert "is the folder of cart already" in _broken(write, own + "  sync: {path: cart}\n").message
    assert "is the folder of cart already" in _broken(write, own + shared.replace(".sync", "")).message
