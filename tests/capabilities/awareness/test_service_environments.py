"""Which environment a branch stands for."""

from __future__ import annotations

import pytest

from chittyops.capabilities.awareness.model.project import Activity, Head
from chittyops.capabilities.awareness.service.environments import environment, is_production

ALL = ("local", "preview", "staging", "production")


@pytest.mark.parametrize(
    ("branch", "configured", "meant", "by"),
    [
        ("main", ALL, "production", "branch"),
        ("master", ("local", "prod"), "prod", "branch"),
        ("release/2.1", ALL, "production", "branch"),
        ("staging", ALL, "staging", "branch"),
        ("develop", ALL, "staging", "branch"),
        ("develop", ("dev", "production"), "dev", "branch"),
        ("feature/x", ALL, "preview", "branch"),
        ("pr-12", ("local", "production"), "local", "branch"),
        ("feature/x", ("staging", "production"), "preview", "convention"),
        ("qa-7", ("qa-7", "production"), "qa-7", "branch"),
        ("main", ("local", "staging"), "local", "convention"),
        ("main", (), "production", "convention"),
        ("develop", (), "staging", "convention"),
        ("mainly", ALL, "preview", "branch"),
        ("feature/x", ("local",), "local", "only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value) or "nothing",
)
def test_a_branch_stands_for(branch: str, configured: tuple[str, ...], meant: str, by: str) -> None:
    found = environment(Head("branch", branch), configured)
    assert (found.name, found.by) == (meant, by)


def test_without_a_branch_nothing_is_claimed() -> None:
    assert environment(Head("detached"), ("staging", "production")).by == "none"
    assert environment(Head(), ALL).name == "local"


def test_what_was_said_of_a_branch_counts_before_its_name() -> None:
    said = [
        Activity(1, "/w", "", "/w", "main", "option", "staging"),
        Activity(2, "/w", "", "/w", "main", "option", "preview"),
        Activity(3, "/w", "", "/w", "other", "option", "production"),
        Activity(4, "/w", "cart", "/w", "main", "visit"),
    ]
    found = environment(Head("branch", "main"), ALL, said)
    assert (found.name, found.by) == ("preview", "use")


def test_production_is_told_from_the_rest() -> None:
    assert is_production("Production")
    assert not is_production("preproduction")
