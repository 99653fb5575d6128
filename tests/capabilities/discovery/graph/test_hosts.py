"""Services found by the hosts where they answer."""

from __future__ import annotations

import pytest
from tests.capabilities.discovery.graph.worlds import service

from chittyops.capabilities.discovery.service.graph.hosts import Hosts, domain, split_route
from chittyops.kernel.inventory import FoundService


def found(hosts: Hosts, host: str, path: str = "") -> str:
    """Return the name of the service at a host, "" for none."""
    answering = hosts.service(host, path)
    return answering.name if answering else ""


@pytest.mark.parametrize(
    ("pattern", "host", "path"),
    [
        ("auth.acme.dev/*", "auth.acme.dev", "/"),
        ("auth.acme.dev", "auth.acme.dev", "/"),
        ("https://acme.dev/api/*", "acme.dev", "/api/"),
        ("*.acme.dev/*", "*.acme.dev", "/"),
        ("*acme.dev/*", "*acme.dev", "/"),
    ],
)
def test_a_route_is_a_host_and_the_beginning_of_a_path(pattern: str, host: str, path: str) -> None:
    assert split_route(pattern) == (host, path)


@pytest.mark.parametrize(
    ("host", "registered"),
    [
        ("a.b.acme.dev", "acme.dev"),
        ("acme.dev", "acme.dev"),
        ("www.acme.co.uk", "acme.co.uk"),
        ("*.acme.dev", "acme.dev"),
        ("auth.acme.workers.dev", ""),
        ("*example.com", ""),
        ("localhost", ""),
        ("10.0.0.1", ""),
    ],
)
def test_the_domain_is_what_is_registered(host: str, registered: str) -> None:
    assert domain(host) == registered


def test_a_route_decides_before_any_name() -> None:
    hosts = Hosts([service("auth"), service("identity", routes=("auth.acme.dev/*",))])
    assert found(hosts, "auth.acme.dev") == "identity"


def test_the_most_specific_route_answers() -> None:
    hosts = Hosts([service("web", routes=("acme.dev/*",)), service("api", routes=("acme.dev/api/*",))])
    assert found(hosts, "acme.dev", "/api/users") == "api"
    assert found(hosts, "acme.dev", "/about") == "web"


def test_a_wildcard_answers_for_what_no_other_service_is_called() -> None:
    hosts = Hosts([service("tenants", routes=("*.acme.dev/*",)), service("acme-auth", routes=("login.acme.dev",))])
    assert found(hosts, "customer.acme.dev") == "tenants"
    assert found(hosts, "auth.acme.dev") == "acme-auth"


def test_a_host_below_the_own_domain_names_a_service_with_the_common_prefix_left_out() -> None:
    hosts = Hosts([service("acmeid"), service("acmeweb", routes=("web.acme.dev/*",))])
    assert found(hosts, "id.acme.dev") == "acmeid"
    assert found(hosts, "id.other.dev") == ""


def test_environments_in_hosts_are_left_out() -> None:
    hosts = Hosts([service("acmeid"), service("acmeweb", routes=("web.acme.dev/*",))])
    assert found(hosts, "id-staging.acme.dev") == "acmeid"


def test_labels_are_read_from_the_right_too() -> None:
    hosts = Hosts([service("agent-tasks"), service("acmeweb", routes=("web.acme.dev/*",))])
    assert found(hosts, "tasks.agent.acme.dev") == "agent-tasks"


@pytest.mark.parametrize(
    "host",
    [
        "auth.acme.workers.dev",
        "auth-staging.acme.workers.dev",
        "auth.pages.dev",
        "9f3c1a2b.auth.pages.dev",
        "auth.vercel.app",
        "auth-git-fix-team.vercel.app",
        "auth-production.up.railway.app",
        "auth-production-3f2a.up.railway.app",
        "auth.railway.internal",
        "auth.fly.dev",
        "auth.internal",
        "auth-k3x9.onrender.com",
        "auth.netlify.app",
        "preview--auth.netlify.app",
        "auth.deno.dev",
    ],
)
def test_platforms_name_hosts_after_services(host: str) -> None:
    assert found(Hosts([service("auth")]), host) == "auth"


def test_a_part_to_be_filled_in_decides_nothing() -> None:
    hosts = Hosts([service("acmeid"), service("acmeweb", routes=("web.acme.dev/*",))])
    assert found(hosts, "*.acme.dev") == ""
    assert found(hosts, "id-*.acme.dev") == "acmeid"


def named(*pairs: tuple[str, str]) -> Hosts:
    """Return the hosts of a workspace whose services have no routes."""
    return Hosts([service("acmeweb")], pairs)


def test_variables_that_are_called_as_hosts_are_show_a_domain_to_be_the_own_one() -> None:
    assert named(("ACMEAUTH", "auth.acme.dev"), ("ACME_ID", "id.acme.dev")).domains == {"acme.dev"}


@pytest.mark.parametrize(
    ("subject", "host", "own"),
    [
        ("ACMEBOOKSID", "id.acmebooks.dev", True),
        ("ACMEBOOKS_ID_CENTRAL", "id.acmebooks.dev", True),
        ("ACMEBOOKS_IDLE", "id.acmebooks.dev", False),
        ("ACMEBOOKS_API", "api.acmebooks.dev", False),
    ],
    ids=["one", "one with more to its name", "another word", "a word of every vendor"],
)
def test_one_variable_is_enough_where_the_domain_has_a_long_name(subject: str, host: str, *, own: bool) -> None:
    hosts = Hosts([service("acmebooksweb")], [(subject, host)])
    assert hosts.domains == ({"acmebooks.dev"} if own else set())


def test_a_service_may_have_a_domain_of_its_own_name() -> None:
    hosts = Hosts([service("acmebooksid"), service("web", routes=("web.acmebooks.dev/*",))])
    assert found(hosts, "api.acmebooksid.com") == "acmebooksid"
    assert found(hosts, "mail.acmebooksid.com") == ""
    assert found(hosts, "api.acmebookshop.com") == ""


@pytest.mark.parametrize(
    "pairs",
    [
        [("ACMEAUTH", "auth.acme.dev")],
        [("STRIPE_FILES", "files.stripe.com"), ("STRIPE_CONNECT", "connect.stripe.com")],
        [("AUTH", "auth.acme.dev"), ("ID", "id.acme.dev")],
    ],
    ids=["one alone", "another brand", "other names"],
)
def test_less_than_that_shows_nothing(pairs: list[tuple[str, str]]) -> None:
    assert named(*pairs).domains == frozenset()


def test_the_own_hosts_are_below_own_domains_or_begin_as_the_own_names() -> None:
    services: list[FoundService] = [service("acmeweb", routes=("web.acme.dev",))]
    hosts = Hosts(services)
    assert hosts.own("anything.acme.dev")
    assert hosts.own("acmemail.team.workers.dev")
    assert not hosts.own("api.openai.com")
    assert not hosts.own("api.acmesite.com")
    assert not hosts.own("other.team.workers.dev")


def test_a_domain_that_begins_with_the_name_of_an_own_one_is_of_the_same_owner() -> None:
    hosts = Hosts([service("acmebooksweb", routes=("web.acmebooks.dev",))])
    assert hosts.own("api.acmebookstore.com")
    assert not hosts.own("api.bookstore.com")
