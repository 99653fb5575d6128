"""Folders that hold the same service again."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.capabilities.discovery.assembly.workspace import Workspace

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.service import assembly
from chittyops.capabilities.discovery.service.world import World
from chittyops.kernel.inventory import FoundService


def cart(shop: Workspace, folder: str, name: str = "cart", *, changed: Sequence[str] = (), files: int = 6) -> Workspace:
    """Add a service of some files, of which ``changed`` differ from those of every other folder."""
    shop.worker(f"{folder}/wrangler.toml", name)
    shop.code(f"{folder}/src/index.ts", f"{folder}/index" if "index.ts" in changed else "index")
    for n in range(files):
        file = f"part{n}.ts"
        shop.code(f"{folder}/src/{file}", f"{folder}/{file}" if file in changed else f"{name}/{file}")
    return shop


def by_path(shop: Workspace) -> dict[str, FoundService]:
    """Return the services by their folders."""
    return {each.path: each for each in shop.world().services}


def test_a_copy_names_its_original_and_why() -> None:
    found = by_path(cart(cart(Workspace(("cart", "shop")), "shop/apps/cart"), "cart"))
    assert (found["cart"].status, found["cart"].copy_of) == ("canonical", "")
    copy = found["shop/apps/cart"]
    assert (copy.status, copy.copy_of) == ("copy", "cart")
    assert copy.reason == (
        "8 of its 8 files are those of cart; cart is the original because its repository has the service's name"
    )


@pytest.mark.parametrize(
    "aside",
    ["archive/cart", "legacy-backup/cart", ".quarantine/cart", "attached_assets/cart", "cart copy", "cart-backup"],
)
def test_what_is_kept_aside_is_the_copy(aside: str) -> None:
    found = by_path(cart(cart(Workspace(), aside), "deep/down/in/cart"))
    assert found[aside].status == "copy"
    assert found[aside].copy_of == "deep/down/in/cart"
    assert found["deep/down/in/cart"].status == "canonical"


def test_a_copy_that_drifted_is_still_one() -> None:
    shop = cart(cart(Workspace(("cart", "mono")), "cart"), "mono/cart", changed=["index.ts", "part0.ts", "part1.ts"])
    copy = by_path(shop)["mono/cart"]
    assert (copy.status, copy.copy_of) == ("copy", "cart")


def test_a_copy_of_a_copy_names_the_original() -> None:
    shop = cart(cart(cart(Workspace(("cart",)), "cart"), "old/cart", changed=["part0.ts"]), "older/backup/cart")
    assert {path: each.copy_of for path, each in by_path(shop).items()} == {
        "cart": "",
        "old/cart": "cart",
        "older/backup/cart": "cart",
    }


def test_different_products_of_one_name_are_kept_apart() -> None:
    names = ["index.ts", *(f"part{n}.ts" for n in range(6))]
    found = by_path(cart(cart(Workspace(("one", "two")), "one"), "two", changed=names))
    assert {each.status for each in found.values()} == {"canonical"}


def test_shared_scaffolding_makes_no_copies() -> None:
    shop = Workspace()
    for name in ("cart", "stock", "mail"):
        shop.worker(f"{name}/wrangler.toml", name).code(f"{name}/src/index.ts", name)
        for n in range(20):
            shop.code(f"{name}/src/ui/{n}.tsx", f"generated {n}")
    assert {each.status for each in by_path(shop).values()} == {"canonical"}


def test_another_product_made_of_the_same_core_is_a_variant() -> None:
    shop = cart(Workspace(), "cart")
    shop.worker("cart-v2/wrangler.toml", "cart-v2").code("cart-v2/src/index.ts", "new")
    for n in range(4):
        shop.code(f"cart-v2/src/part{n}.ts", f"cart/part{n}.ts")
    shop.code("cart-v2/src/more.ts")
    variant = by_path(shop)["cart-v2"]
    assert (variant.status, variant.copy_of) == ("variant", "")
    assert variant.reason == "4 of its 7 files are those of cart, and it is deployed under a name of its own"


def test_two_small_services_that_share_a_file_are_no_copies() -> None:
    shop = Workspace().worker("a/wrangler.toml", "a").worker("b/wrangler.toml", "b")
    shop.code("a/src/index.ts", "redirect").code("b/src/index.ts", "redirect")
    assert {each.status for each in by_path(shop).values()} == {"canonical"}


@given(st.permutations(range(24)), st.booleans())
def test_the_order_of_files_does_not_matter_and_an_unrelated_repository_changes_nothing(
    order: list[int], stranger: bool
) -> None:
    shop = cart(cart(Workspace(("cart", "mono")), "cart"), "mono/apps/cart", changed=["part0.ts"])
    cart(shop, "mono/archive/cart", changed=["part1.ts", "part2.ts"])
    whole = list(shop.files.items())
    repositories = [*shop.repositories]
    expected = assembly.services(World("shop", frozenset(shop.files), tuple(repositories), dict(whole)))
    files: dict[str, Facts] = {path: facts for _, (path, facts) in sorted(zip(order, whole, strict=True))}
    if stranger:
        other = Workspace().worker("stranger/wrangler.toml", "stranger").code("stranger/src/index.ts")
        files |= other.files
        repositories.append("stranger")
    found = assembly.services(World("shop", frozenset(files), tuple(repositories), files))
    assert tuple(each for each in found if each.path != "stranger") == expected


def test_thousands_of_copies_take_no_longer_than_thousands_of_services() -> None:
    """Comparing all pairs of 2,000 copies of 9 files would take minutes."""
    shop = Workspace()
    for n in range(2000):
        cart(shop, f"{n:04}/cart")
    world = World("shop", frozenset(shop.files), (), shop.files)
    began = time.process_time()
    found = assembly.services(world)
    assert time.process_time() - began < 10
    assert sum(each.status == "copy" for each in found) == 1999
