"""A service in all its environments as one file of wrangler: what is repeated, what is inherited, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.capabilities.config.service.conftest import SubjectOf

from chittyops.capabilities.config.service.render import File, Target, render, toml
from chittyops.capabilities.config.service.render.files import Format
from chittyops.kernel.errors import Conflict, Misconfigured, NotFound

HEAD = """\
fleet: shop
environments:
  staging: {config: {DOMAIN: staging.shop.test}}
  production: {config: {DOMAIN: shop.test}}
services:
  cart:
    path: cart
    platform: cloudflare
"""
BODY = (
    HEAD
    + """\
    config: {LIMIT: 3, URL: "https://${env.DOMAIN}/x", SIZE: "3"}
    wrangler:
      main: index.js
      compatibility_date: "2026-01-01"
      workers_dev: false
      observability: {enabled: true}
      ai: {binding: AI}
      kv_namespaces: [{binding: STORE}, {binding: CACHE, id: one}]
    environments:
      staging:
        wrangler:
          observability: null
          kv_namespaces: [{binding: STORE, id: two}, {binding: CACHE, $patch: delete}]
          ai: null
      production:
        wrangler:
          workers_dev: true
          kv_namespaces: [{binding: STORE, id: three}]
"""
)


def document(cart: SubjectOf, text: str, *chosen: str) -> dict[str, Any]:
    """Return what is rendered of the service cart."""
    return toml.parse(render(cart(text), Target.WRANGLER, chosen, form=Format.TOML).text)


def refused(cart: SubjectOf, text: str) -> Misconfigured:
    """Return what is said against rendering the service cart."""
    with pytest.raises(Misconfigured) as caught:
        document(cart, text)
    return caught.value


def test_keys_that_are_not_inherited_are_repeated_and_the_others_only_where_they_differ(cart: SubjectOf) -> None:
    assert document(cart, BODY) == {
        "name": "cart",
        "main": "index.js",
        "compatibility_date": "2026-01-01",
        "workers_dev": False,
        "observability": {"enabled": True},
        "ai": {"binding": "AI"},
        "kv_namespaces": [{"binding": "CACHE", "id": "one"}],
        "vars": {"LIMIT": 3, "SIZE": "3"},
        "env": {
            "staging": {
                "observability": {"enabled": False},
                "kv_namespaces": [{"binding": "STORE", "id": "two"}],
                "vars": {"LIMIT": 3, "SIZE": "3", "DOMAIN": "staging.shop.test", "URL": "https://staging.shop.test/x"},
            },
            "production": {
                "workers_dev": True,
                "ai": {"binding": "AI"},
                "kv_namespaces": [{"binding": "STORE", "id": "three"}, {"binding": "CACHE", "id": "one"}],
                "vars": {"LIMIT": 3, "SIZE": "3", "DOMAIN": "shop.test", "URL": "https://shop.test/x"},
            },
        },
    }


def test_only_the_environments_asked_for_are_rendered(cart: SubjectOf) -> None:
    assert document(cart, BODY, "staging")["env"].keys() == {"staging"}


def test_an_environment_bears_the_name_that_it_has_at_wrangler(cart: SubjectOf) -> None:
    text = BODY.replace("      production:\n", "      production:\n        deploy: {environment: live}\n")
    assert document(cart, text)["env"].keys() == {"staging", "live"}
    same = text.replace("environment: live", "environment: staging")
    with pytest.raises(Conflict, match="both called staging"):
        document(cart, same)


def test_a_name_that_an_environment_says_itself_is_written_though_it_is_the_same(cart: SubjectOf) -> None:
    text = BODY.replace("      main: index.js\n", "      main: index.js\n      name: cart\n")
    assert "name" not in document(cart, text)["env"]["production"]
    text = text.replace("          workers_dev: true\n", "          workers_dev: true\n          name: cart\n")
    assert document(cart, text)["env"]["production"]["name"] == "cart"


def test_a_binding_that_an_environment_lacks_is_an_error_with_its_place(cart: SubjectOf) -> None:
    text = BODY.replace(", id: three}]", ", id: three}]\n          r2_buckets: [{binding: FILES, bucket_name: files}]")
    (problem,) = refused(cart, text).problems
    assert problem.message == "cart: the binding FILES (r2_buckets) of production is missing in staging"
    assert problem.place is not None
    assert problem.place.line == 1 + text[: text.index("{binding: FILES")].count("\n")
    assert "services.cart.environments.staging.wrangler.r2_buckets: [{binding: FILES, $patch: delete}]" in problem.hint


def test_a_binding_without_its_id_is_an_error_unless_that_is_said(cart: SubjectOf) -> None:
    text = BODY.replace("{binding: STORE, id: three}", "{binding: STORE}")
    (problem,) = refused(cart, text).problems
    assert problem.message == "cart: the binding STORE (kv_namespaces) has no id in production"
    assert "`id: null`" in problem.hint
    found = document(cart, text.replace("[{binding: STORE}]", "[{binding: STORE, id: null}]"))
    assert {"binding": "STORE"} in found["env"]["production"]["kv_namespaces"]


def test_a_list_that_stands_for_itself_dismisses_the_others(cart: SubjectOf) -> None:
    text = BODY.replace("[{binding: STORE, id: three}]", "[{$patch: replace}, {binding: STORE, id: three}]")
    assert document(cart, text)["env"]["production"]["kv_namespaces"] == [{"binding": "STORE", "id": "three"}]


def test_a_reference_to_a_secret_is_never_rendered(cart: SubjectOf) -> None:
    text = BODY.replace("LIMIT: 3", 'DSN: "pg://${secret:PASSWORD}@h", LIMIT: 3').replace(
        "    wrangler:\n      main", "    secrets: {PASSWORD: sops:PASSWORD}\n    wrangler:\n      main"
    )
    assert "refers to the secret PASSWORD" in refused(cart, text).message


def test_what_wrangler_cannot_take_away_is_an_error(cart: SubjectOf) -> None:
    text = BODY.replace("          workers_dev: true\n", "          workers_dev: null\n")
    assert "production takes workers_dev away" in refused(cart, text).message


def test_what_is_for_the_top_alone_may_not_differ(cart: SubjectOf) -> None:
    text = BODY.replace("          workers_dev: true\n", "          keep_vars: true\n")
    assert "keep_vars for all environments alike" in refused(cart, text).message


def test_every_problem_is_told_at_once(cart: SubjectOf) -> None:
    text = BODY.replace(
        ", id: three}]", "}]\n          keep_vars: true\n          r2_buckets: [{binding: F, bucket_name: f}]"
    )
    assert len(refused(cart, text).problems) == 3


def test_an_id_that_was_never_filled_in_is_a_warning(cart: SubjectOf) -> None:
    found = render(cart(BODY.replace("id: three", "id: your-kv-id")), Target.WRANGLER)
    assert [each.message for each in found.warnings] == ["cart: the id of STORE (kv_namespaces) was never filled in"]


def test_a_service_that_says_nothing_to_wrangler_changes_no_file(cart: SubjectOf) -> None:
    with pytest.raises(NotFound, match="says nothing to wrangler"):
        render(cart(HEAD), Target.WRANGLER, before=File("wrangler.toml", 'name = "old"\n'))


def test_a_new_file_comes_to_rest(cart: SubjectOf) -> None:
    subject = cart(BODY)
    for form in Format:
        text = render(subject, Target.WRANGLER, form=form).text
        assert render(subject, Target.WRANGLER, before=File(f"wrangler.{form}", text)).text == text


def test_what_means_the_same_stays_as_it_is(cart: SubjectOf) -> None:
    subject = cart(BODY)
    text = render(subject, Target.WRANGLER, form=Format.TOML).text
    text = text.replace(
        "[env.staging.observability]",
        '[env.staging]\nmain = "index.js"\nd1_databases = []\n\n[env.staging.observability]',
    )
    text = "workers_dev = false # said first\n" + text.replace("workers_dev = false\n", "")
    assert render(subject, Target.WRANGLER, before=File("wrangler.toml", text)).text == text


def test_an_environment_that_is_chosen_leaves_the_others_of_the_file_alone(cart: SubjectOf) -> None:
    text = '# kept\nname = "cart"\n[env.old.vars]\nA = "1"\n'
    found = render(cart(BODY), Target.WRANGLER, ("staging",), before=File("wrangler.toml", text))
    assert toml.parse(found.text)["env"].keys() == {"old", "staging"}
    assert found.text.startswith("# kept\n")
