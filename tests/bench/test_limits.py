"""The limits that the benchmarks promise: checked by `make bench`; elsewhere the benchmarks only have to run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def run(script: str, *, in_full: bool) -> dict[str, Any]:
    command = [sys.executable, str(BENCH / script), "--json", *([] if in_full else ["--quick"])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps(report, indent=2))  # noqa: T201 - `make bench` shows the figures
    return report


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_release_costs_little_beyond_its_deploys(long_form: bool) -> None:
    report = run("release_overhead.py", in_full=long_form)
    each = [report["overhead_ms_per_service"][size] for size in sorted(report["overhead_ms_per_service"], key=int)]
    assert report["ratio"] >= 1, "nothing is faster than the bound"
    assert len(each) > 1
    if long_form:
        assert report["ratio"] <= 1.3
        assert report["planning_and_storing_1000_seconds"] < 1
        assert each[-1] <= each[0] * 1.5


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_the_command_line_and_the_centre_start_fast(long_form: bool) -> None:
    report = run("startup.py", in_full=long_form)
    assert min(report["up_first_seconds"], report["up_again_seconds"]) > 0
    if long_form:
        assert report["version_ratio"] <= 6
        assert report["help_ratio"] <= 12
        assert report["up_first_seconds"] <= 6
        assert report["up_again_seconds"] <= 3


@pytest.mark.bench
@pytest.mark.timeout(1200)
def test_a_workspace_is_discovered_fast(long_form: bool) -> None:
    report = run("discover.py", in_full=long_form)
    assert report["files"] > 0
    if long_form:
        assert report["first_seconds"] <= 8
        assert report["again_seconds"] <= 1.2
        assert report["memory_mb"] <= 300


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_awareness_is_not_felt(long_form: bool) -> None:
    report = run("context.py", in_full=long_form)
    assert 0 < report["prompt_ms"] < 5
    assert 0 < report["context_seconds"] < report["context_first_seconds"]
    if long_form:
        assert report["context_seconds"] <= 0.3
        assert report["brief_seconds"] <= 0.3


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_configuration_is_explained_and_worked_out_fast(long_form: bool) -> None:
    report = run("config.py", in_full=long_form)
    assert report["leaves_with_origin"] == report["leaves"] >= 20_000
    assert report["service_environments"] == 400
    if long_form:
        assert report["explain_seconds"] <= 0.15
        assert report["whole_seconds"] <= 2


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_command_gets_its_secrets_fast(long_form: bool) -> None:
    report = run("run.py", in_full=long_form)
    assert report["run"]["p95_seconds"] >= report["env"]["median_seconds"] > 0
    if long_form:
        assert report["run"]["p95_seconds"] <= 0.06
        assert report["ratio"] is None or report["ratio"] <= 0.1
