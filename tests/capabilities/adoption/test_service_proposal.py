"""What was found, what people wrote and what was proposed before, brought together."""

from __future__ import annotations

import pytest
from tests.capabilities.adoption.conftest import action, proposal, script, service, values

from chittyops.capabilities.adoption.model import Present
from chittyops.kernel.errors import NotFound
from chittyops.kernel.inventory import Dependency, Evidence, Migrations, Named, Stage, Store, Suite

HERE = (Evidence("cart/x.js", 3),)


def _needs(target: str, kind: str = "service-binding") -> Dependency:
    return Dependency(target, kind, HERE)


FULL = service(
    secrets=(Named("KEY", HERE), Named("DATABASE_URL", HERE), Named("PORT", HERE)),
    databases=(Store("orders", "postgres", "DATABASE_URL", (Migrations("cart/db", "drizzle", 3, "journaled"),), HERE),),
    health="/status",
    tests=Suite("vitest", "npm test"),
    depends_on=(_needs("stock"),),
    environments={"staging": Stage(), "local": Stage()},
)
STOCK = service("stock", "stock", "local", health="/health")


def test_a_new_fleet_file_says_all_that_was_found() -> None:
    assert values(proposal(FULL, STOCK)) == {
        "fleet": "shop",
        "environments.local": {"provider": "local"},
        "environments.staging": {},
        "services.cart.path": "cart",
        "services.cart.platform": "cloudflare",
        "services.cart.depends_on": ("stock",),
        "services.cart.secrets.KEY": "file:.dev.vars#KEY",
        "services.cart.databases.orders.env": "DATABASE_URL",
        "services.cart.databases.orders.migrations": "db",
        "services.cart.databases.orders.tool": "drizzle",
        "services.cart.health.path": "/status",
        "services.cart.environments.staging.deploy.environment": "staging",
        "services.cart.tests": "npm test",
        "services.stock.path": "stock",
    }


def test_only_the_services_asked_for_count() -> None:
    found = proposal(FULL, STOCK, script("cart/x.sh", action("registry", "register service", "curl")), only=("stock",))
    assert {key.split(".")[1] for key in values(found) if key.startswith("services")} == {"stock"}
    assert found.dispositions == ()
    with pytest.raises(NotFound) as caught:
        proposal(FULL, STOCK, only=("stok",))
    assert "stock" in caught.value.hint


def _present(**cart: object) -> dict[str, object]:
    return {"fleet": "mine", "services": {"cart": {"path": "cart", "platform": "cloudflare", **cart}}}


def _values_of(data: dict[str, object], proposed: dict[str, object]) -> tuple[dict[str, object], list[str]]:
    found = proposal(service(tests=Suite("vitest", "npm test"), health="/health"), present=Present(data, proposed))
    return values(found), [remark.key for remark in found.remarks]


def test_what_people_wrote_stays_and_is_remarked_upon() -> None:
    assert _values_of(_present(tests="make test"), {}) == ({}, ["services.cart.tests"])


def test_what_adoption_wrote_follows_the_repository() -> None:
    key = "services.cart.tests"
    assert _values_of(_present(tests="jest"), {key: "jest"}) == ({key: "npm test"}, [])


def test_what_people_changed_after_adoption_stays() -> None:
    key = "services.cart.tests"
    assert _values_of(_present(tests="make test"), {key: "jest"}) == ({}, [key])


def test_what_people_took_out_is_not_proposed_again() -> None:
    key = "services.cart.tests"
    assert _values_of(_present(), {key: "npm test"}) == ({}, [key])


def test_a_service_people_took_out_stays_out() -> None:
    data = {"fleet": "mine", "services": {"stock": {"path": "stock"}}}
    before = proposal(FULL, STOCK)
    found = proposal(FULL, STOCK, present=Present(data, before.values))
    assert not [key for key in values(found) if key.startswith("services.cart")]
    assert len([remark for remark in found.remarks if "taken out by hand" in remark.text]) == len(
        {remark.text for remark in found.remarks}
    )


def test_a_service_people_renamed_is_known_by_its_folder() -> None:
    data = {"fleet": "mine", "services": {"basket": {"path": "./cart", "platform": "cloudflare"}}}
    found = values(
        proposal(
            service(health="/health"),
            service("stock", "stock", "local", depends_on=(_needs("cart"),)),
            present=Present(data),
        )
    )
    assert found["services.stock.depends_on"] == ("basket",)
    assert not [key for key in found if key.startswith("services.cart")]


def test_a_list_may_hold_more_than_was_found() -> None:
    data = {
        "fleet": "m",
        "services": {
            "cart": {"path": "cart", "platform": "cloudflare", "depends_on": ["stock", "other"], "health": "none"},
            "stock": {"path": "stock"},
        },
    }
    assert values(proposal(service(depends_on=(_needs("stock"),)), STOCK, present=Present(data))) == {}


def test_another_form_above_a_key_is_left_alone() -> None:
    found = proposal(service(health="/status"), present=Present(_present(health="none")))
    assert values(found) == {}
    assert "services.cart.health has another form here" in found.remarks[0].text


def test_circles_are_broken_at_the_weakest_and_said() -> None:
    one = service("a", "a", health="/health", depends_on=(_needs("b"),))
    two = service("b", "b", health="/health", depends_on=(_needs("a", "variable-url"),))
    found = proposal(one, two)
    assert values(found)["services.a.depends_on"] == ("b",)
    assert "services.b.depends_on" not in values(found)
    above = next(edit.above for edit in found.edits if edit.keys == ("services", "b", "path"))
    assert above == ("also calls a, which would close a circle: cart/x.js:3",)


def test_services_of_one_folder_are_told_apart_by_how_they_start() -> None:
    one = service("cart", "cart", config_files=("cart/wrangler.toml",))
    two = service("cart-sync", "cart", config_files=("cart/wrangler.sync.toml",))
    three = service("cart-other", "cart", platform="node", config_files=())
    found = proposal(one, two, three)
    assert values(found)["services.cart-sync.deploy.worker"] == "wrangler.sync.toml"
    assert values(found)["services.cart.deploy.worker"] == "wrangler.toml"
    assert [remark.text for remark in found.remarks] == [
        "cart is left out: it shares its folder, and nothing says how it starts"
    ]


def test_copies_are_left_out_and_said() -> None:
    copy = service("cart", "old/cart", status="copy", copy_of="cart")
    found = proposal(service(), copy)
    assert [remark.text for remark in found.remarks] == ["old/cart is left out: a copy of cart"]


def test_a_second_proposal_over_the_first_is_empty() -> None:
    seed = script("cart/seed.sh", action("databases", "write keys"), inputs=("TOKEN",))
    first = proposal(FULL, STOCK, seed)
    data: dict[str, object] = {}
    for edit in first.edits:
        node = data
        for key in edit.keys[:-1]:
            node = node.setdefault(key, {})  # type: ignore[assignment]
        value = edit.value
        node[edit.keys[-1]] = list(value) if isinstance(value, tuple) else value
    second = proposal(FULL, STOCK, seed, present=Present(data, first.values))
    assert (second.edits, second.remarks, second.values) == ((), (), first.values)


def test_tasks_alone_make_a_fleet_file_too_and_nothing_makes_none() -> None:
    found = proposal(script("seed.sh", action("databases", "write keys")))
    assert values(found)["services"] == {}
    assert values(found)["tasks.seed.file"] == "seed.sh"
    assert proposal(script("format.sh")).edits == ()
