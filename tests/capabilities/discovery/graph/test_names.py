"""Services found by what they are called."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.graph.worlds import service

from chittyops.capabilities.discovery.service.graph.names import Names, best, squashed


@pytest.mark.parametrize("name", ["acme-auth", "acmeAuth", "ACME_AUTH", "acme.auth"])
def test_case_and_punctuation_do_not_tell_names_apart(name: str) -> None:
    assert squashed(name) == "acmeauth"
    assert Names([service("acme-auth")]).exact(name) == service("acme-auth")


def test_an_environment_of_a_service_is_deployed_under_a_name_of_its_own() -> None:
    found = service("auth", stages={"staging": ()})
    assert Names([found]).exact("auth-staging") == found


def test_what_begins_three_names_is_left_out_of_them_by_those_who_know() -> None:
    names = Names([service("acme-auth"), service("acme-web"), service("acme-mail")])
    found = names.guess("auth")
    assert found is not None
    assert found.name == "acme-auth"


def test_what_begins_two_names_is_left_out_only_if_a_domain_is_called_so() -> None:
    two = [service("acmeauth"), service("acmeweb")]
    assert Names(two).guess("auth") is None
    assert Names(two, ["acme"]).guess("auth") == two[0]


def test_a_role_may_be_left_out_or_added() -> None:
    names = Names([service("auth-service"), service("mail")])
    assert names.guess("auth") == service("auth-service")
    assert names.guess("mail-worker") == service("mail")


def test_a_name_that_may_mean_two_services_means_neither() -> None:
    names = Names([service("auth-service"), service("auth-worker")])
    assert names.guess("auth") is None


def test_the_one_in_the_same_repository_is_meant() -> None:
    near, far = service("auth-service", "a/x", repository="a"), service("auth-worker", "b/x", repository="b")
    assert Names([near, far]).guess("auth", "b") == far


@pytest.mark.parametrize("word", ["api", "web", "worker", "gateway"])
def test_words_for_roles_are_no_short_forms(word: str) -> None:
    assert Names([service(f"acme-{word}"), service("acme-b"), service("acme-c")]).guess("web-api") is None


@pytest.mark.parametrize("status", ["copy", "legacy", "quarantined", "template", "stub"])
def test_a_canonical_service_comes_before_what_is_set_aside(status: str) -> None:
    aside, canonical = service("auth", "a", status=status), service("auth", "b")
    assert best([aside, canonical]) == canonical
    assert best([aside]) == aside
