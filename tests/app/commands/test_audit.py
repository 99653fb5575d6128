"""``chittyops audit``: its formats, its file, its exit codes and its mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chittyops.app.cli import run

WRANGLER = '{"name": "orders", "main": "src/index.ts", "compatibility_date": "2026-01-01"}'
PACKAGE = '{"name": "orders", "scripts": {"deploy": "wrangler deploy", "test": "vitest run"}}'
WORKER = """\
interface Order { id: string; lines: number }

export default {
  async fetch(request: Request, env: { ORDERS: KVNamespace; API_TOKEN: string }): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/health") return Response.json({ status: "ok" });
    if (request.headers.get("authorization") !== `Bearer ${env.API_TOKEN}`) {
      return new Response("who are you?", { status: 401 });
    }
    if (request.method === "POST") {
      const order = (await request.json()) as Order;
      await env.ORDERS.put(order.id, JSON.stringify(order));
      return Response.json(order, { status: 201 });
    }
    const kept = await env.ORDERS.get(url.pathname.slice(1));
    return kept ? new Response(kept) : new Response("no such order", { status: 404 });
  },
};
"""
TOKEN = "ghp_" + "R7kQ2mZx9LwT4bVn8YcJ" + "5dHs3FgA6pEu"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHITTYOPS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "work" / "orders"
    (folder / "src").mkdir(parents=True)
    folder.joinpath("wrangler.jsonc").write_text(WRANGLER, "utf-8")
    folder.joinpath("package.json").write_text(PACKAGE, "utf-8")
    folder.joinpath("src", "index.ts").write_text(WORKER, "utf-8")
    return folder.parent


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("terminal", "Operations audit of work"),
        ("md", "# Operations audit of work"),
        ("html", "<!doctype html>"),
        ("json", '{\n  "workspace": "work"'),
        ("sarif", '{\n  "$schema"'),
    ],
)
def test_each_format_is_data_on_stdout(
    form: str, begins: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", str(workspace), "--format", form]) == 0
    assert capsys.readouterr().out.lstrip().startswith(begins)


def test_json_is_the_global_option_too(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(workspace), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["service"] for row in report["coverage"]] == ["orders"]
    assert {each["name"] for each in report["functions"]} >= {"deploy", "test"}


@pytest.mark.parametrize(
    ("name", "begins"), [("a.md", "# "), ("a.html", "<!doctype"), ("a.sarif", "{"), ("a", "Operations")]
)
def test_the_name_of_the_file_tells_its_format(
    name: str, begins: str, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / name
    assert run(["audit", str(workspace), "--output", str(target)]) == 0
    assert target.read_text("utf-8").lstrip().startswith(begins)
    assert capsys.readouterr().out == ""


def test_exit_codes_are_for_ci(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(workspace), "--fail-on", "error"]) == 0
    workspace.joinpath("orders", "wrangler.jsonc").write_text(WRANGLER.replace("src/index.ts", "src/gone.ts"), "utf-8")
    assert run(["audit", str(workspace)]) == 0
    assert run(["audit", str(workspace), "--fail-on", "error", "--format", "sarif"]) == 1
    assert '"missing-entrypoint"' in capsys.readouterr().out


def test_a_committed_credential_fails_and_is_never_shown(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.joinpath("orders", "deploy.sh").write_text(f"export GITHUB_TOKEN={TOKEN}\nwrangler deploy\n", "utf-8")
    for form in ("terminal", "md", "html", "json", "sarif"):
        assert run(["audit", str(workspace), "--format", form, "--fail-on", "error"]) == 1
        told = capsys.readouterr()
        assert TOKEN not in told.out + told.err
        assert "credential" in told.out


def test_a_report_can_be_about_one_service(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(workspace), "--service", "orders", "--severity", "error", "--json"]) == 0
    assert {each["severity"] for each in json.loads(capsys.readouterr().out)["problems"]} <= {"error"}
    assert run(["audit", str(workspace), "--service", "ordres"]) == 3
    assert 'did you mean "orders"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "pdf"],
        ["--fail-on", "always"],
        ["--json", "--format", "md"],
        ["--open", "--format", "md"],
        ["no/such"],
    ],
)
def test_a_wrong_command_line_is_told(
    arguments: list[str], workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", str(workspace), *arguments]) == 2
    assert "error:" in capsys.readouterr().err


def test_open_writes_html_and_shows_it(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert run(["audit", str(workspace), "--open"]) == 0
    kept = tmp_path / "home" / "reports" / "work.html"
    assert shown == [kept.as_uri()]
    assert kept.read_text("utf-8").lstrip().startswith("<!doctype html>")
