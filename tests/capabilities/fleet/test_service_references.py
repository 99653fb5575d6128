"""References are followed; circles, unknown names and secrets in plain files are errors at their place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.wiring import configuration, read_fleet
from chittyops.kernel import tree
from chittyops.kernel.errors import Misconfigured, Problem
from chittyops.kernel.secret import SecretRef

Cart = Callable[..., Path]


@pytest.fixture
def cart(write: Write) -> Cart:
    """Return a function that writes a fleet of cart and web, with these entries of cart's config and wrangler."""

    def written(
        config: dict[str, str], *, wrangler: str = "{}", web: str = '{SITE: web, KEY_OF_WEB: "x${secret:W}"}'
    ) -> Path:
        lines = "".join(f"      {key}: '{value}'\n" for key, value in config.items())
        return write(
            {
                "chittyops.yaml": f"""\
fleet: shop
environments:
  staging: {{config: {{REGION: eu, ZONE: "${{env.REGION}}-1", OF: "${{service.name}}!"}}}}
  production: {{config: {{REGION: us, ZONE: z, OF: o}}}}
services:
  cart:
    path: cart
    platform: cloudflare
    secrets: {{KEY: "sops:KEY"}}
    wrangler: {wrangler}
    config:
      NAME: basket
{lines}  web: {{path: web, secrets: {{W: "sops:W"}}, config: {web}}}
""",
                "cart/": "",
                "web/": "",
            }
        )

    return written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${service.NAME}", "basket"),
        ("a ${service.NAME} b ${web.SITE} c", "a basket b web c"),
        ("${env.ZONE}", "eu-1"),
        ("${env.OF}", "cart!"),
        ("${env.name}/${service.name}/${fleet.name}", "staging/cart/shop"),
        ("$${service.NAME}", "${service.NAME}"),
        ("$$${service.NAME}", "$${service.NAME}"),
        ("$${secret:KEY}", "${secret:KEY}"),
        ("${PORT:-8000} ${HOME} ${{ railway.VAR }} $x", "${PORT:-8000} ${HOME} ${{ railway.VAR }} $x"),
    ],
)
def test_a_reference_is_followed(cart: Cart, text: str, value: str) -> None:
    assert read_fleet(cart({"IT": text})).services["cart"].config["IT"] == value


def test_what_is_escaped_stays_plain_wherever_it_is_taken_to(cart: Cart) -> None:
    root = cart(
        {
            "PLAIN": "$${secret:KEY} $$${x} ${y}",
            "COPY": "<${service.PLAIN}>",
            "BOTH": "${service.COPY}${secret:KEY}",
        }
    )
    service = read_fleet(root).services["cart"]
    assert service.config["PLAIN"] == "${secret:KEY} $${x} ${y}"
    assert service.config["COPY"] == "<${secret:KEY} $${x} ${y}>"
    assert service.secrets["BOTH"].location == "<$${secret:KEY} $$${x} $${y}>${secret:KEY}"


def test_a_variable_that_holds_a_secret_becomes_a_template(cart: Cart) -> None:
    root = cart({"URL": "https://u:${secret:KEY}@${web.SITE}", "TOO": "${service.URL}/$${x}"})
    service = read_fleet(root).services["cart"]
    assert service.secrets["URL"] == SecretRef("template", "https://u:${secret:KEY}@web")
    assert service.secrets["TOO"] == SecretRef("template", "https://u:${secret:KEY}@web/$${x}")
    assert set(service.config) == {"NAME", "REGION", "ZONE", "OF"}


def test_a_number_that_is_referred_to_stays_one(cart: Cart) -> None:
    wrangler = '{limits: {cpu_ms: "${service.N}"}, name: "${service.N}-x", routes: ["${web.SITE}/*"]}'
    view = configuration(cart({"N": "5"}, wrangler=wrangler, web="{SITE: web}")).views["cart", "staging"]
    assert tree.value(view.resolved.entries["wrangler"]) == {
        "limits": {"cpu_ms": "5"}, "name": "5-x", "routes": ["web/*"],
    }  # fmt: skip
    assert tree.value(view.merged.entries["wrangler"])["name"] == "${service.N}-x"


NEITHER = "config.IT refers to what is neither a service nor the environment"
OWN = "a service refers to its own secrets, as ${secret:NAME}"
DECLARE = "declare that secret in this service, and refer to it as ${secret:NAME}"
LACKS = "does not have"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${service.NAMES}", f"config.IT refers to a variable that cart {LACKS}", 'did you mean "NAME"?'),
        ("${wbe.SITE}", NEITHER, "write $${ for a plain ${"),
        ("${env.REGIO}", f"config.IT refers to a variable that this environment {LACKS}", 'did you mean "REGION"?'),
        ("${fleet.owner}", NEITHER, "write ${fleet.name}"),
        ("${secret:KEYS}", "config.IT refers to a secret that cart does not declare", 'did you mean "KEY"?'),
        ("${service.KEY}", "config.IT refers to cart.KEY, which is a secret", OWN),
        ("${web.W}", "config.IT refers to web.W, which is a secret", OWN),
        ("${web.KEY_OF_WEB}", "config.IT refers to web.KEY_OF_WEB, which holds a secret of web", DECLARE),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere(cart: Cart, text: str, message: str, hint: str) -> None:
    root = cart({"IT": text, "ALSO": "${service.IT}"})
    with pytest.raises(Misconfigured) as raised:
        read_fleet(root)
    assert raised.value.problems == (Problem(message, raised.value.place, hint),)
    assert str(raised.value.place).endswith("chittyops.yaml:13:11")


@pytest.mark.parametrize("text", ["${secret:KEY}", "${service.HIDDEN}"])
def test_no_secret_may_stand_in_a_plain_file(cart: Cart, text: str) -> None:
    root = cart({"HIDDEN": "a${secret:KEY}"}, wrangler=f'{{vars: {{A: "x{text}"}}}}')
    with pytest.raises(Misconfigured) as raised:
        read_fleet(root)
    assert raised.value.message == "wrangler.vars.A would show a secret in a plain file"
    assert raised.value.place
    assert raised.value.place.line == 10


def test_a_circle_is_shown_whole_and_once(cart: Cart) -> None:
    root = cart(
        {"A": "${web.B}", "OUTSIDE": "${service.A}", "SELF": "x${service.SELF}"},
        web='{SITE: w, B: "${cart.A}"}',
    )
    with pytest.raises(Misconfigured) as raised:
        read_fleet(root)
    assert [each.message for each in raised.value.problems] == [
        "these values refer to each other in a circle: cart.A -> web.B -> cart.A",
        "these values refer to each other in a circle: cart.SELF -> cart.SELF",
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 11), min_size=12, max_size=12), st.integers(0, 11))
def test_a_circle_is_found_exactly_where_one_is(cart: Cart, refers_to: list[int], plain: int) -> None:
    """Each variable refers to another one, but for ``plain``: circles are where walking comes back."""
    config = {f"V{n}": "end" if n == plain else f"-${{service.V{to}}}" for n, to in enumerate(refers_to)}
    circles = set()
    for start in range(12):
        seen = [start]
        while seen[-1] != plain and refers_to[seen[-1]] not in seen:
            seen.append(refers_to[seen[-1]])
        if seen[-1] != plain:
            circles.add(frozenset(seen[seen.index(refers_to[seen[-1]]) :]))
    found = []
    try:
        read_fleet(cart(config, web="{SITE: w}"))
    except Misconfigured as error:
        found = [each.message.partition(": ")[2].split(" -> ") for each in error.problems]
    assert {frozenset(int(name.removeprefix("cart.V")) for name in circle) for circle in found} == circles
    assert len(found) == len(circles)
    assert all(circle[0] == circle[-1] for circle in found)


def test_a_service_that_no_layer_describes_is_reported_not_thrown(write: Write) -> None:
    root = write({"chittyops.yaml": "fleet: shop\nservices: {a: , b: {path: b, config: {X: '${a.Y}'}}}\n", "b/": ""})
    with pytest.raises(Misconfigured) as raised:
        read_fleet(root)
    assert len(raised.value.problems) == 2


def test_what_leads_nowhere_in_some_environments_is_told_once_with_their_names(write: Write) -> None:
    text = """\
fleet: shop
environments: {local: {config: {LOG: x}}, staging: {config: {ZONE: eu}}, production: {}}
services:
  cart:
    path: cart
    config: {NAMES: "${service.NAME}", AT: "${env.ZONE}"}
"""
    root = write({"chittyops.yaml": text, "cart/": ""})
    with pytest.raises(Misconfigured) as raised:
        read_fleet(root)
    assert {(each.message, each.hint) for each in raised.value.problems} == {
        ("config.NAMES refers to a variable that cart does not have", "known here: LOG, AT"),
        (
            "config.AT refers to a variable that this environment does not have in local, production",
            "known here: LOG",
        ),
    }
