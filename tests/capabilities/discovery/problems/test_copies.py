"""Copies that are no longer what they were copied from."""

from __future__ import annotations

from tests.capabilities.discovery.assembly.workspace import Workspace

from chittyops.capabilities.discovery.service.problems import copies


def shop(folder: str, *, changed: bool) -> Workspace:
    """Return a service and a copy of it in ``folder``."""
    made = Workspace(("cart",))
    for here in ("cart", folder):
        made.worker(f"{here}/wrangler.toml", "cart")
        for name in ("index.ts", "a.ts", "b.ts", "c.ts"):
            differs = changed and name == "b.ts" and here == folder
            made.code(f"{here}/src/{name}", f"{here}/{name}" if differs else name)
    return made


def test_a_copy_that_drifted_says_where() -> None:
    (problem,) = copies.find(shop("mono/cart", changed=True).world())
    assert (problem.code, problem.severity, problem.path) == ("drifted-copy", "warning", "mono/cart/wrangler.toml")
    assert problem.message == "mono/cart is a copy of cart that has drifted: 1 file differs (src/b.ts)"


def test_a_copy_that_is_kept_aside_is_only_mentioned() -> None:
    (problem,) = copies.find(shop("archive/cart", changed=True).world())
    assert problem.severity == "info"


def test_a_true_copy_has_not_drifted() -> None:
    assert list(copies.find(shop("mono/cart", changed=False).world())) == []
