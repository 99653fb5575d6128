"""Scripts that hand secrets on: which sinks and references they become, and when a command can take their place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.capabilities.adoption.conftest import LATER, NOW, action, only_one, proposal, script, service, values

from chittyops.capabilities.adoption.model import Disposition, Outcome, Present, Proposal
from chittyops.capabilities.adoption.service import texts_wanted
from chittyops.kernel.inventory import Action, Evidence, FoundService, Inventory, Named, Script, Stage, Store

ACCOUNT = "0123456789abcdef0123456789abcdef"
TOML = f'name = "cart"\naccount_id = "{ACCOUNT}"  # ours\n'
STAGES = {"production": Stage(name="cart-production"), "staging": Stage(name="cart-trial")}
PUT = "wrangler secret put API_KEY"
PRODUCTION = "services.cart.environments.production"


def secret(name: str, *paths: str) -> Named:
    """Return a secret that is expected where ``paths`` say so."""
    return Named(name, tuple(Evidence(path, 1) for path in paths or ("cart/src/index.js",)))


def staged(**more: Any) -> FoundService:
    """Return a Worker with two environments."""
    return service(environments=STAGES, **{"secrets": (secret("API_KEY"),), **more})


def put(command: str = PUT, line: int = 1, tool: str = "wrangler") -> Action:
    """Return the action of a command that puts a secret."""
    words = command.split()
    stage = words[words.index("--env") + 1] if "--env" in words else ""
    return Action("secrets", "put secret", tool, command, line, environment=stage, target=words[3])


def found_in(
    text: str, *actions: Action, about: FoundService | None = None, toml: str = TOML, **more: Any
) -> tuple[Disposition, dict[str, Any]]:
    """Return what becomes of a shell script with this text, and what is to be written."""
    proposed = _proposed(text, *actions, about=about, toml=toml, **more)
    return only_one(proposed), values(proposed)


def _proposed(
    text: str,
    *actions: Action,
    about: FoundService | None = None,
    toml: str = TOML,
    inputs: tuple[str, ...] = (),
    present: Present | None = None,
) -> Proposal:
    texts = {"cart/put.sh": text, "cart/wrangler.toml": toml}
    one = script("cart/put.sh", *actions, inputs=inputs)
    return proposal(about or staged(), one, texts=texts, present=present)


SOURCES = {
    "a vault": (f'op read "op://Shop/cart/key" | {PUT} --env production\n', "op://Shop/cart/key"),
    "a vault, over two lines": (f"op read op://Shop/cart/key | \\\n  {PUT} --env production\n", "op://Shop/cart/key"),
    "a vault, by a variable": (
        f'KEY=$(op read "op://Shop/cart/key")\necho "$KEY" | {PUT} --env production\n',
        "op://Shop/cart/key",
    ),
    "a variable": (f"printf '%s' \"$GIVEN\" | {PUT} --env production\n", "env:GIVEN"),
    "a variable, as a here string": (f'{PUT} --env production <<< "$GIVEN"\n', "env:GIVEN"),
    "somebody who types": (f"{PUT} --env production\n", "sops:API_KEY"),
    "somebody who was asked": (
        f'read -sp "Key: " VALUE\necho "$VALUE" | {PUT} --env production\n',
        "sops:API_KEY",
    ),
}


def _line(text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if PUT in line)


@pytest.mark.parametrize("text", [text for text, _ in SOURCES.values()], ids=list(SOURCES))
def test_the_reference_is_where_the_script_takes_the_value(text: str) -> None:
    reference = dict(SOURCES.values())[text]
    one, written = found_in(text, put(f"{PUT} --env production", _line(text)), inputs=("GIVEN",))
    assert written[f"{PRODUCTION}.secrets.API_KEY"] == reference
    assert written["services.cart.secrets.API_KEY"] == "file:.dev.vars#API_KEY"
    asks = "chittyops secrets set API_KEY cart --env production && " if reference.startswith("sops:") else ""
    assert one.outcome is Outcome.REPLACED
    assert one.command == f"{asks}chittyops secrets push cart --env production"


@pytest.mark.parametrize(
    "text",
    [
        f"openssl rand -hex 32 | {PUT} --env production\n",
        f"{PUT} --env production < key.txt\n",
        f'KEY=$(cat key.txt)\necho "$KEY" | {PUT} --env production\n',
        f'KEY=$(op read op://a/b/c)\nKEY=other\necho "$KEY" | {PUT} --env production\n',
        f'echo "$UNKNOWN" | {PUT} --env production\n',
        "",
    ],
)
def test_a_value_from_nowhere_known_is_wrapped_and_the_sink_is_written(text: str) -> None:
    line = _line(text) if text else 1
    one, written = found_in(text, put(f"{PUT} --env production", line), inputs=("KEY",))
    assert (one.outcome, one.planned) == (Outcome.WRAPPED, "")
    assert "once it is said where API_KEY is taken from" in one.reason
    assert written[f"{PRODUCTION}.sinks.worker.secrets"] == ("API_KEY",)


@pytest.mark.parametrize(
    ("stage", "target"),
    [
        ("production", {"script": "cart", "environment": "production"}),
        ("staging", {"script": "cart-trial"}),
    ],
)
def test_the_sink_is_the_worker_of_the_environment(stage: str, target: dict[str, str]) -> None:
    _, written = found_in(f"{PUT} --env {stage}\n", put(f"{PUT} --env {stage}"))
    at = f"services.cart.environments.{stage}.sinks.worker."
    sink = {key.removeprefix(at): value for key, value in written.items() if key.startswith(at)}
    assert sink == {"kind": "cloudflare", "account": ACCOUNT, **target, "secrets": ("API_KEY",)}
    assert written[f"environments.{stage}"] == {}


def test_a_sink_names_no_account_where_the_file_names_none() -> None:
    toml = 'name = "cart"\n# account_id = "' + ACCOUNT + '"\n'
    one, written = found_in(f"{PUT} --env production\n", put(f"{PUT} --env production"), about=staged(), toml=toml)
    assert f"{PRODUCTION}.sinks.worker.account" not in written
    assert written[f"{PRODUCTION}.sinks.worker.script"] == "cart"
    assert one.outcome is Outcome.REPLACED


def test_a_worker_without_environments_has_a_sink_of_the_service() -> None:
    one, written = found_in(f"{PUT}\n", put(), about=service(secrets=(secret("API_KEY"),)))
    assert written["services.cart.sinks.worker.script"] == "cart"
    assert written["services.cart.secrets.API_KEY"] == "sops:API_KEY"
    assert one.command == "chittyops secrets set API_KEY cart --all && chittyops secrets push cart"


def test_what_an_example_says_is_in_a_file_stays_there_and_is_not_pushed_instead_of_what_is_typed() -> None:
    about = service(secrets=(secret("API_KEY", "cart/.dev.vars.example"),))
    one, written = found_in(f"{PUT}\n", put(), about=about)
    assert written["services.cart.secrets.API_KEY"] == "file:.dev.vars#API_KEY"
    assert one.outcome is Outcome.WRAPPED
    assert one.reason.endswith("not from file:.dev.vars#API_KEY")


def test_once_people_moved_the_value_into_the_store_the_command_takes_over() -> None:
    about = service(secrets=(secret("API_KEY", "cart/.dev.vars.example"),))
    proposed = {"services.cart.secrets.API_KEY": "file:.dev.vars#API_KEY"}
    cart = {"path": "cart", "platform": "cloudflare", "secrets": {"API_KEY": "sops:CART_KEY"}}
    present = Present({"fleet": "shop", "services": {"cart": cart}}, proposed)
    found = _proposed(f"{PUT}\n", put(), about=about, present=present)
    assert only_one(found).command == "chittyops secrets set CART_KEY cart --all && chittyops secrets push cart"
    assert "services.cart.secrets.API_KEY" not in values(found)
    assert not [remark for remark in found.remarks if "API_KEY" in remark.key]


@pytest.mark.parametrize(
    ("command", "about", "toml"),
    [
        (f"{PUT} --env production", staged(), TOML + f'[env.production]\naccount_id = "{ACCOUNT[::-1]}"\n'),
        (PUT, staged(), TOML),
        (f"{PUT} --env trial", staged(), TOML),
        (f"{PUT} --name other --env production", staged(), TOML),
        ("wrangler pages secret put API_KEY --env production", staged(), TOML),
        ("wrangler versions secret put API_KEY --env production", staged(), TOML),
    ],
    ids=["two accounts", "which environment", "no such one", "another Worker", "pages", "versions"],
)
def test_a_place_that_is_not_all_known_is_no_sink(command: str, about: FoundService, toml: str) -> None:
    one, written = found_in(f"{command}\n", put(command), about=about, toml=toml)
    assert one.outcome is Outcome.WRAPPED
    assert "does it once its sink says which account, Worker and environment" in one.reason
    assert not [key for key in written if ".sinks." in key]


@pytest.mark.parametrize(
    "text",
    [
        f'{{\n  "name": "cart",\n  // "account_id": "{ACCOUNT[::-1]}",\n  "account_id": "{ACCOUNT}"\n}}',
        f'{{"name": "cart", "account_id": "{ACCOUNT}"}}',
    ],
)
def test_the_account_is_read_from_json_too(text: str) -> None:
    _, written = found_in(f"{PUT} --env production\n", put(f"{PUT} --env production"), toml=text)
    assert written[f"{PRODUCTION}.sinks.worker.account"] == ACCOUNT


def test_scripts_that_put_secrets_into_one_worker_share_its_sink_and_others_may_list_it() -> None:
    first, second = f"{PUT} --env production", "wrangler secret put OTHER --env production"
    texts = {"cart/a.sh": f"{first}\n", "cart/b.sh": f"{second}\n", "cart/wrangler.toml": TOML}
    look = Action("secrets", "list secrets", "wrangler", "wrangler secret list", 1, environment="production")
    found = proposal(
        staged(),
        script("cart/a.sh", put(first)),
        script("cart/b.sh", put(second)),
        script("cart/look.sh", look),
        texts=texts,
    )
    assert values(found)[f"{PRODUCTION}.sinks.worker.secrets"] == ("API_KEY", "OTHER")
    listing = found.dispositions[2]
    assert (listing.outcome, listing.command) == (
        Outcome.REPLACED,
        "chittyops secrets push cart --env production --dry-run --unchanged",
    )


def test_two_places_that_would_be_one_sink() -> None:
    about = service(platform="node", secrets=(secret("A"), secret("B")), config_files=())
    lines = ("gh secret set A --repo acme/shop", "gh secret set B --repo acme/other")
    scripts = [script(f"cart/{at}.sh", Action("secrets", "put secret", "gh", line, 1)) for at, line in enumerate(lines)]
    texts = {f"cart/{at}.sh": f"{line}\n" for at, line in enumerate(lines)}
    found = proposal(about, *scripts, texts=texts)
    assert [each.outcome for each in found.dispositions] == [Outcome.REPLACED, Outcome.WRAPPED]
    assert values(found)["services.cart.sinks.github.secrets"] == ("A",)


def test_a_sink_of_that_name_that_people_lead_elsewhere() -> None:
    worker = {"kind": "cloudflare", "account": ACCOUNT, "script": "cart-two"}
    stage = {"deploy": {"environment": "production"}, "sinks": {"worker": worker}}
    cart = {"path": "cart", "platform": "cloudflare", "environments": {"production": stage}}
    present = Present({"fleet": "shop", "services": {"cart": cart}})
    one, written = found_in(f"{PUT} --env production\n", put(f"{PUT} --env production"), present=present)
    assert one.outcome is Outcome.WRAPPED
    assert not [key for key in written if ".sinks." in key]


def test_a_list_without_a_sink_is_wrapped() -> None:
    look = Action("secrets", "list secrets", "wrangler", "wrangler secret list", 1, environment="production")
    assert found_in("wrangler secret list --env production\n", look)[0].outcome is Outcome.WRAPPED


def test_what_is_read_from_a_vault_to_be_put_is_done_by_the_push() -> None:
    text = f"op read op://Shop/cart/key | {PUT} --env production\n"
    read = Action("secrets", "read secret", "op", "op read op://Shop/cart/key", 1)
    assert found_in(text, read, put(f"{PUT} --env production"))[0].outcome is Outcome.REPLACED
    other = Action("secrets", "read secret", "op", "op read op://Shop/cart/other", 1)
    assert found_in(text, other, put(f"{PUT} --env production"))[0].outcome is Outcome.WRAPPED


def test_a_loop_over_names_that_asks_for_each() -> None:
    text = 'for name in API_KEY TOKEN; do\n  wrangler secret put "$name" --env production\ndone\n'
    both = [put(f"wrangler secret put {name} --env production", 2) for name in ("API_KEY", "TOKEN")]
    one, written = found_in(text, *both)
    assert written[f"{PRODUCTION}.sinks.worker.secrets"] == ("API_KEY", "TOKEN")
    assert one.command.count("chittyops secrets set") == 2
    assert one.command.count("chittyops secrets push") == 1


def test_a_variable_of_a_database_is_no_secret_to_push() -> None:
    about = staged(databases=(Store("orders", "postgres", "API_KEY"),))
    one, written = found_in(f"{PUT} --env production\n", put(f"{PUT} --env production"), about=about)
    assert one.outcome is Outcome.WRAPPED
    assert not [key for key in written if ".sinks." in key or ".secrets." in key]


def test_a_secret_of_a_repository_is_a_github_sink() -> None:
    about = service(platform="node", secrets=(secret("CI_TOKEN"),), config_files=())
    command = 'gh secret set CI_TOKEN --repo acme/shop --body "$CI_TOKEN"'
    done = Action("secrets", "put secret", "gh", command.replace('"', ""), 1, target="$CI_TOKEN")
    one, written = found_in(f"{command}\n", done, about=about, inputs=("CI_TOKEN",))
    assert (one.outcome, one.command) == (Outcome.REPLACED, "chittyops secrets push cart")
    sink = {key.rpartition(".")[2]: value for key, value in written.items() if ".sinks.github." in key}
    assert sink == {"kind": "github", "repository": "acme/shop", "secrets": ("CI_TOKEN",)}
    assert written["services.cart.secrets.CI_TOKEN"] == "env:CI_TOKEN"
    own = Action("secrets", "put secret", "gh", "gh secret set CI_TOKEN", 1, target="CI_TOKEN")
    assert "once its sink says which repository" in found_in("gh secret set CI_TOKEN\n", own, about=about)[0].reason


@pytest.mark.parametrize(
    ("tool", "verb", "platform", "lacks"),
    [("vercel", "put secret", "vercel", "project"), ("railway", "set variables", "railway", "project and environment")],
)
def test_vendors_that_only_ids_tell_are_wrapped(tool: str, verb: str, platform: str, lacks: str) -> None:
    one = only_one(proposal(service(platform=platform), script("cart/x.sh", action("secrets", verb, tool))))
    assert one.reason == f"`chittyops secrets push cart` does it once its sink says which {lacks}"
    assert (one.outcome, one.planned) == (Outcome.WRAPPED, "")


@pytest.mark.parametrize(("tool", "verb"), [("fly", "put secret"), ("kubectl", "put secret"), ("curl", "put secret")])
def test_a_place_that_no_sink_is_for_has_no_command(tool: str, verb: str) -> None:
    one = only_one(proposal(service(), script("cart/x.sh", action("secrets", verb, tool)), abilities=LATER))
    assert one.reason == "nothing in ChittyOps does this work itself"


def test_a_program_leaves_its_settings_and_is_wrapped() -> None:
    one = script("cart/put.js", put(f"{PUT} --env production"), kind="javascript")
    texts = {"cart/put.js": f"run('{PUT} --env production')\n", "cart/wrangler.toml": TOML}
    found = proposal(staged(), one, texts=texts)
    assert only_one(found).outcome is Outcome.WRAPPED
    assert values(found)[f"{PRODUCTION}.sinks.worker.kind"] == "cloudflare"


def test_an_npm_script_is_read_as_a_whole() -> None:
    line = f'echo "$GIVEN" | {PUT} --env production'
    texts = {"cart/package.json": json.dumps({"scripts": {"put": line}}), "cart/wrangler.toml": TOML}
    one = script("cart/package.json", put(f"{PUT} --env production"), kind="npm-script", name="put", inputs=("GIVEN",))
    found = proposal(staged(), one, texts=texts)
    assert only_one(found).outcome is Outcome.REPLACED
    assert values(found)[f"{PRODUCTION}.secrets.API_KEY"] == "env:GIVEN"


def test_a_second_proposal_is_empty_though_the_script_is_gone() -> None:
    about = service(secrets=(secret("API_KEY"),))
    first = _proposed(f"{PUT}\n", put(), about=about)
    data: dict[str, Any] = {}
    for edit in first.edits:
        node = data
        for key in edit.keys[:-1]:
            node = node.setdefault(key, {})
        node[edit.keys[-1]] = list(edit.value) if isinstance(edit.value, tuple) else edit.value
    assert proposal(about, present=Present(data, first.values)).edits == ()
    again = _proposed(f"{PUT}\n", put(), about=about, present=Present(data, first.values))
    assert (again.edits, again.dispositions) == ((), first.dispositions)


OP_RUN = "op run --env-file=.env.op -- wrangler dev --port 8787"


def run(
    command: str, references: str, kind: str = "npm-script", about: FoundService | None = None
) -> tuple[Disposition, Mapping[str, Any]]:
    """Return what becomes of a script that runs ``command`` with the references of a file, and what is written."""
    both = (
        Action("secrets", "inject secrets", "op", command, 1),
        Action("other", "start development server", "wrangler", command, 1),
    )
    one = script("cart/package.json", *both, kind=kind, name="dev")
    found = proposal(about or service(secrets=(secret("API_KEY"),)), one, texts={"cart/.env.op": references})
    return only_one(found), values(found)


def test_a_command_run_with_references_is_run_by_chittyops() -> None:
    one, written = run(OP_RUN, "# ours\nAPI_KEY=op://Shop/cart/key\nEXTRA=op://Shop/cart/extra\n")
    assert (one.outcome, one.command) == (Outcome.REPLACED, "chittyops run cart -- wrangler dev --port 8787")
    assert written["services.cart.secrets.API_KEY"] == "op://Shop/cart/key"
    assert written["services.cart.secrets.EXTRA"] == "op://Shop/cart/extra"


@pytest.mark.parametrize(
    ("command", "references", "kind", "about"),
    [
        (OP_RUN, "", "npm-script", None),
        (OP_RUN, "API_KEY=op://a/b/c\nPLAIN=1\n", "npm-script", None),
        (OP_RUN, "EXTRA=op://a/b/c\n", "npm-script", None),
        (OP_RUN, "API_KEY=op://a/b/c\n", "shell", None),
        ("op run -- wrangler dev", "API_KEY=op://a/b/c\n", "npm-script", None),
        (f"{OP_RUN} --var $X", "API_KEY=op://a/b/c\n", "npm-script", None),
        (OP_RUN, "API_KEY=op://a/b/c\n", "npm-script", service(secrets=(secret("API_KEY", "cart/.env.example"),))),
    ],
    ids=["no file", "plain values", "not all", "runs anywhere", "no file named", "variable", "lies in a file"],
)
def test_a_command_that_would_not_get_the_same_is_wrapped(
    command: str, references: str, kind: str, about: FoundService | None
) -> None:
    assert run(command, references, kind, about)[0].outcome is Outcome.WRAPPED


def test_the_texts_that_are_wanted_are_those_that_tell_something() -> None:
    both = (Action("secrets", "inject secrets", "op", OP_RUN, 1), put())
    scripts: tuple[Script, ...] = (script("cart/package.json", *both, kind="npm-script", name="dev"),)
    inventory = Inventory("shop", (service(),), (), scripts)
    assert texts_wanted(inventory) == ("cart/package.json", "cart/wrangler.toml", "cart/.env.op")


def test_values_in_files_are_proposed_for_the_store_once() -> None:
    about = service(secrets=(secret("A"), secret("B")))
    found = proposal(about, service("web", "web", secrets=(secret("C"),)))
    (remark,) = found.remarks
    assert remark.text == (
        "2 secrets of cart are read from .dev.vars; so is 1 other. `chittyops secrets import cart/.dev.vars cart` "
        "takes the values into the store; then write sops:NAME instead of file:.dev.vars#NAME"
    )
    data = {"fleet": "shop", "services": {"cart": {"path": "cart", "secrets": {"A": "sops:A", "B": "env:B"}}}}
    assert not [remark for remark in proposal(about, present=Present(data)).remarks if "secrets" in remark.key]


@pytest.mark.parametrize("abilities", [NOW, LATER])
def test_what_needs_a_decision_is_never_called_planned(abilities: Any) -> None:
    for verb in ("read secret", "pull variables", "make secret", "load variables", "write secrets"):
        one = only_one(proposal(service(), script("cart/x.sh", action("secrets", verb, "x")), abilities=abilities))
        assert (one.outcome, one.planned) == (Outcome.WRAPPED, ""), verb
        assert one.reason.startswith("`chittyops "), verb
