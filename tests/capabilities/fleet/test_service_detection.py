"""How a service is started, found from its files."""

from __future__ import annotations

import pytest

from chittyops.capabilities.fleet.service.detection import detect
from chittyops.kernel.service import Launch

START = '{"scripts": {"start": "node server.js"}}'
# Aligned as a table, one case on a line.
# ruff: noqa: E501
CASES = [
    ("wrangler before everything", ["wrangler.toml", "package.json", "Procfile"], {"package.json": START}, "worker", "wrangler.toml"),
    ("json before toml", ["wrangler.toml", "wrangler.jsonc", "wrangler.json"], {}, "worker", "wrangler.json"),
    ("Procfile before package.json", ["Procfile"], {"Procfile": "worker: x\nweb: y\n", "package.json": START}, "procfile", "web"),
    ("a Procfile without web", ["Procfile", "app.py"], {"Procfile": "worker: x\n"}, "command", "python app.py"),
    ("an empty web", ["Procfile", "app.py"], {"Procfile": "web:\n"}, "command", "python app.py"),
    ("the script start", ["package.json"], {"package.json": START}, "script", "start"),
    ("a package without start", ["package.json"], {"package.json": '{"scripts": {"dev": "vite"}}'}, "", ""),
    ("scripts that are none", ["package.json"], {"package.json": '{"scripts": []}'}, "", ""),
    ("a package.json that is none", ["package.json", "main.py"], {"package.json": "<<<<<<< HEAD"}, "command", "python main.py"),
    ("nested without end", ["package.json"], {"package.json": "[" * 100_000}, "", ""),
    ("a module", ["shop/__main__.py", "shop"], {}, "module", "shop"),
    ("the module with the folder's name", ["a/__main__.py", "my_cart/__main__.py"], {}, "module", "my_cart"),
    ("several modules", ["a/__main__.py", "b/__main__.py", "server.py"], {}, "command", "python server.py"),
    ("app.py before main.py", ["main.py", "app.py"], {}, "command", "python app.py"),
    ("nothing", ["README.md"], {}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "texts", "kind", "value"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_detect(names: list[str], texts: dict[str, str], kind: str, value: str) -> None:
    assert detect(names, texts, folder="my-cart") == Launch(kind, value)
