"""Two hundred credentials of many kinds in odd places: all are masked, and nearly all are reported."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from chittyops.capabilities.discovery.service.credentials import scan
from chittyops.capabilities.discovery.service.credentials.rules import KINDS

KEY = b"0123456789abcdef0123456789abcdef"
ALNUM = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
BASE64 = ALNUM + "+/"
UPPER = string.ascii_uppercase + "234567"


class Planted(NamedTuple):
    kind: str
    path: str
    text: str
    value: str


def draw(rng: random.Random, charset: str, size: int) -> str:
    return "".join(rng.choice(charset) for _ in range(size))


def uuid(rng: random.Random) -> str:
    return "-".join(draw(rng, HEX, size) for size in (8, 4, 4, 4, 12))


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def jwt(rng: random.Random, **claims: object) -> str:
    head = {"alg": "HS256", "typ": "JWT"}
    return f"{encoded(head)}.{encoded({'sub': draw(rng, ALNUM, 12), **claims})}.{draw(rng, ALNUM, 43)}"


# prefixes are put together here, so that no scanner takes this file for a leak
TOKENS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "aws-access-key-id": ("AWS_ACCESS_KEY_ID", lambda r: "AK" + "IA" + draw(r, UPPER, 16)),
    "aws-secret-access-key": ("AWS_SECRET_ACCESS_KEY", lambda r: draw(r, BASE64, 40)),
    "github-token": ("GITHUB_TOKEN", lambda r: "gh" + "p_" + draw(r, ALNUM, 36)),
    "gitlab-token": ("GITLAB_TOKEN", lambda r: "gl" + "pat-" + draw(r, ALNUM, 20)),
    "slack-token": ("SLACK_TOKEN", lambda r: "xo" + "xb-" + draw(r, "123456789", 12) + "-" + draw(r, ALNUM, 24)),
    "stripe-live-key": ("STRIPE_KEY", lambda r: "sk" + "_live_" + draw(r, ALNUM, 24)),
    "stripe-webhook-secret": ("STRIPE_WEBHOOK_SECRET", lambda r: "wh" + "sec_" + draw(r, ALNUM, 32)),
    "openai-key": ("OPENAI_API_KEY", lambda r: "sk" + "-proj-" + draw(r, ALNUM, 74)),
    "anthropic-key": ("ANTHROPIC_API_KEY", lambda r: "sk" + "-ant-api03-" + draw(r, ALNUM, 93) + "AA"),
    "google-api-key": ("GOOGLE_KEY", lambda r: "AI" + "za" + draw(r, ALNUM, 35)),
    "cloudflare-api-token": ("CLOUDFLARE_API_TOKEN", lambda r: draw(r, ALNUM, 40)),
    "cloudflare-global-key": ("CLOUDFLARE_API_KEY", lambda r: draw(r, HEX, 37)),
    "neon-api-key": ("NEON_API_KEY", lambda r: "na" + "pi_" + draw(r, LOWER, 64)),
    "neon-password": ("PGPASSWORD", lambda r: "np" + "g_" + draw(r, ALNUM, 12)),
    "railway-token": ("RAILWAY_TOKEN", uuid),
    "vercel-token": ("VERCEL_TOKEN", lambda r: draw(r, ALNUM, 24)),
    "supabase-token": ("SUPABASE_TOKEN", lambda r: "sb" + "p_" + draw(r, HEX, 40)),
    "supabase-service-role": ("SUPABASE_KEY", lambda r: jwt(r, role="service_role")),
    "jwt": ("SERVICE_JWT", lambda r: jwt(r, aud="internal")),
    "age-secret-key": ("AGE_KEY", lambda r: "AGE-SECRET" + "-KEY-1" + draw(r, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    "1password-service-account": ("OP_SERVICE_ACCOUNT_TOKEN", lambda r: "op" + "s_eyJ" + draw(r, ALNUM, 300)),
    "doppler-token": ("DOPPLER_TOKEN", lambda r: "dp" + ".pt." + draw(r, ALNUM, 43)),
    "vault-token": ("VAULT_TOKEN", lambda r: "hv" + "s." + draw(r, ALNUM, 24)),
    "npm-token": ("NPM_TOKEN", lambda r: "np" + "m_" + draw(r, ALNUM, 36)),
    "pypi-token": ("PYPI_TOKEN", lambda r: "py" + "pi-AgE" + draw(r, ALNUM, 150)),
    "sendgrid-key": ("SENDGRID_KEY", lambda r: "S" + "G." + draw(r, ALNUM, 22) + "." + draw(r, ALNUM, 43)),
    "twilio-auth-token": ("TWILIO_AUTH_TOKEN", lambda r: draw(r, HEX, 32)),
    "mailgun-key": ("MAILGUN_KEY", lambda r: "ke" + "y-" + draw(r, HEX, 32)),
    "mailchimp-key": ("MAILCHIMP_KEY", lambda r: draw(r, HEX, 32) + "-us" + "14"),
    "telegram-bot-token": ("TELEGRAM_TOKEN", lambda r: draw(r, "123456789", 10) + ":A" + "A" + draw(r, ALNUM, 33)),
    "notion-token": ("NOTION_TOKEN", lambda r: "nt" + "n_" + draw(r, ALNUM, 46)),
    "linear-key": ("LINEAR_KEY", lambda r: "li" + "n_api_" + draw(r, ALNUM, 40)),
    "huggingface-token": ("HF_TOKEN", lambda r: "h" + "f_" + draw(r, string.ascii_letters, 34)),
    "digitalocean-token": ("DO_TOKEN", lambda r: "do" + "p_v1_" + draw(r, HEX, 64)),
    "heroku-key": ("HEROKU_API_KEY", uuid),
    "azure-storage-key": ("AZURE_STORAGE_ACCOUNT_KEY", lambda r: draw(r, BASE64, 86) + "=="),
    "shopify-token": ("SHOPIFY_TOKEN", lambda r: "shp" + "at_" + draw(r, HEX, 32)),
    "plaid-secret": ("PLAID_SECRET", lambda r: draw(r, HEX, 30)),
    "sentry-token": ("SENTRY_AUTH_TOKEN", lambda r: "sn" + "trys_" + draw(r, ALNUM, 120)),
    "datadog-key": ("DATADOG_API_KEY", lambda r: draw(r, HEX, 32)),
    "grafana-token": ("GRAFANA_TOKEN", lambda r: "gl" + "sa_" + draw(r, ALNUM, 32) + "_" + draw(r, HEX, 8)),
    "postman-key": ("POSTMAN_KEY", lambda r: "PM" + "AK-" + draw(r, HEX, 24) + "-" + draw(r, HEX, 34)),
    "fly-token": ("FLY_API_TOKEN", lambda r: "fo" + "1_" + draw(r, ALNUM, 43)),
    "generic-secret": ("INTERNAL_SERVICE_TOKEN", lambda r: draw(r, ALNUM, 40)),
    "password": ("ADMIN_PASSWORD", lambda r: draw(r, ALNUM, 14) + "!a9Z"),
}

PLACES: dict[str, tuple[str, str]] = {
    "dotenv": (".env", "# keys\nPORT=3000\nNAME=VALUE\nLOG=info\n"),
    "dotenv quoted": (".env.production", 'export NAME="VALUE" # live\n'),
    "dotenv single": ("apps/web/.env.local", "NAME='VALUE'\n"),
    "dotenv commented": (".env.old", "# NAME=VALUE\n"),
    "dev vars": ("worker/.dev.vars", "NAME = VALUE\n"),
    "wrangler vars": ("wrangler.toml", 'name = "api"\nmain = "src/index.ts"\n\n[vars]\nNAME = "VALUE"\n'),
    "wrangler jsonc": ("wrangler.jsonc", '{\n  "name": "api",\n  "vars": { "NAME": "VALUE" },\n}\n'),
    "json": ("config/settings.json", '{"port": 1, "NAME": "VALUE", "debug": false}'),
    "json in json": ("state.json", '{"body": "{\\"NAME\\":\\"VALUE\\"}"}'),
    "json comment": ("tsconfig.dev.jsonc", '{\n  // "NAME": "VALUE",\n  "a": 1\n}\n'),
    "yaml": ("deploy/values.yaml", "env:\n  NAME: VALUE\n  OTHER: x\n"),
    "yaml anchor": ("ci.yml", 'defaults: &d\n  NAME: &secret "VALUE"\nuse: *secret\n'),
    "yaml pair": ("k8s/app.yaml", "env:\n  - name: NAME\n    value: VALUE\n"),
    "compose list": ("docker-compose.yml", "services:\n  api:\n    environment:\n      - NAME=VALUE\n"),
    "workflow env": (".github/workflows/ci.yml", 'jobs:\n  a:\n    env:\n      NAME: "VALUE"\n    steps: []\n'),
    "toml": ("app.toml", "[auth]\nNAME = 'VALUE'\n"),
    "ini": ("app.ini", "[main]\nNAME = VALUE\n"),
    "xml": ("app.config.xml", '<add key="NAME" value="VALUE" />\n'),
    "markdown table": ("docs/keys.md", "| Name | Value |\n|---|---|\n| `NAME` | `VALUE` |\n"),
    "markdown fence": ("README.md", "Set it:\n\n```bash\nexport NAME=VALUE\nnpm start\n```\n"),
    "heredoc": ("setup.sh", "cat > .env <<EOF\nNAME=VALUE\nEOF\n"),
    "shell": ("deploy.sh", '#!/bin/bash\nNAME="VALUE" npx wrangler deploy\n'),
    "shell default": ("run.sh", 'NAME="${NAME:-VALUE}"\n'),
    "flag": ("ops.sh", "tool login --NAME VALUE --yes\n"),
    "here string": ("put.sh", 'npx wrangler secret put NAME <<< "VALUE"\n'),
    "javascript": ("src/config.js", "export const config = { NAME: 'VALUE', retries: 3 };\n"),
    "fallback": ("src/env.ts", 'const NAME = process.env.NAME || "VALUE";\n'),
    "typed": ("src/typed.ts", 'const NAME: string = "VALUE";\n'),
    "template": ("src/call.ts", "await fetch(url, { body: `NAME=VALUE&n=${n}` });\n"),
    "python": ("app/settings.py", 'NAME = os.environ.get("NAME", "VALUE")\n'),
    "f-string": ("app/call.py", 'body = f"NAME=VALUE&user={user}"\n'),
    "go": ("main.go", 'NAME := "VALUE"\n'),
    "sql comment": ("schema.sql", "-- NAME: VALUE\nSELECT 1;\n"),
    "csv": ("keys.csv", 'name,value\nNAME,VALUE\n"other","x"\n'),
    "html": ("index.html", '<div data-NAME="VALUE"></div>\n'),
    "log": ("logs/app.log", "2026-01-02T03:04:05Z INFO start NAME=VALUE pid=1\n"),
    "package script": ("package.json", '{"scripts": {"dev": "NAME=VALUE vite --port 3000"}}'),
    "dockerfile": ("Dockerfile", "FROM node:20\nENV NAME VALUE\nENV PORT 80\n"),
    "query": ("notes.txt", "https://api.internal-host.io/v1/x?a=1&NAME=VALUE&b=2\n"),
    "terraform": ("main.tf", 'variable "x" {}\nlocals {\n  NAME = "VALUE"\n}\n'),
    "long line": ("bundle.js", "var a=1;" * 8_000 + 'x={NAME:"VALUE"};' + "var b=2;" * 8_000),
    "windows": ("notes.env", "A=1\r\nNAME=VALUE\r\nB=2\r\n"),
}


def planted() -> Iterator[Planted]:
    """Yield each kind in five places, in turn: 225 of them, the same in every run."""
    rng = random.Random(20260102)
    places = list(PLACES.items())
    for at in range(5 * len(TOKENS)):
        kind, (name, make) = list(TOKENS.items())[at % len(TOKENS)]
        _, (path, template) = places[(at * 11 + at // len(TOKENS)) % len(places)]
        value = make(rng)
        text = template.replace("NAME", name).replace("VALUE", value)
        yield Planted(kind, path, text, value)


def whole() -> Iterator[Planted]:
    """Yield what has a shape of its own and not a name."""
    rng = random.Random(7)
    secret = draw(rng, ALNUM, 24)
    schemes = {
        "postgres-url": "postgresql", "mysql-url": "mysql", "mongodb-url": "mongodb+srv",
        "redis-url": "rediss", "amqp-url": "amqps", "nats-url": "nats",
    }  # fmt: skip
    for kind, scheme in schemes.items():
        secret = draw(rng, ALNUM, 24)
        yield Planted(kind, "docs/setup.md", f"Use `{scheme}://app:{secret}@db7.prod-host.net:5432/main`.\n", secret)
        yield Planted(kind, "src/db.ts", f"connect('{scheme}://app:{secret}@10.1.2.3/main?x=1')\n", secret)
    yield Planted("basic-auth-url", ".git-remotes", f"https://deploy:{secret}@git.prod-host.net/a.git", secret)
    basic = base64.b64encode(f"svc:{secret}".encode()).decode()
    yield Planted("basic-auth", "call.sh", f"curl -H 'Authorization: Basic {basic}' https://a.b\n", basic)
    yield Planted("basic-auth", "poll.sh", f"curl -sf -u svc:{secret} https://a.b/health\n", secret)
    yield Planted("bearer-token", "call.sh", f'curl -H "Authorization: Bearer {secret}" https://a.b\n', secret)
    yield Planted("docker-config-auth", "docker.json", f'{{"auths":{{"ghcr.io":{{"auth":"{basic}"}}}}}}', basic)
    yield Planted("netrc-password", ".netrc", f"machine api.host.net\n  login svc\n  password {secret}\n", secret)
    yield Planted("npm-token", ".npmrc", f"//npm.host.net/:_authToken={secret}Aa1\n", secret)
    row = f"#HttpOnly_.host.net\tTRUE\t/\tTRUE\t1893456000\tsession_id\t{secret}\n"
    yield Planted("session-cookie", "cookies.txt", f"# Netscape HTTP Cookie File\n\n{row}", secret)
    hook = f"T{draw(rng, UPPER, 9)}/B{draw(rng, UPPER, 9)}/{secret}"
    yield Planted("slack-webhook", "notify.sh", f"curl -d x https://hooks.slack.com/services/{hook}\n", hook)
    hook = f"{draw(rng, '123456789', 18)}/{draw(rng, ALNUM, 68)}"
    yield Planted("discord-webhook", "notify.py", f'URL = "https://discord.com/api/webhooks/{hook}"\n', hook)
    yield Planted(
        "sentry-dsn", "src/s.ts", f"dsn: 'https://{(dsn := draw(rng, HEX, 32))}@o42.ingest.sentry.io/7'\n", dsn
    )
    body = "\n".join(draw(rng, BASE64, 64) for _ in range(12))
    for name, kind in (
        ("RSA ", "private-key"),
        ("EC ", "private-key"),
        ("OPENSSH ", "private-key"),
        ("", "private-key"),
    ):
        armour = f"-----BEGIN {name}PRIVATE{' KEY-----'}\n{body}\n-----END {name}PRIVATE{' KEY-----'}\n"
        yield Planted(kind, f"{name.strip()}_key.pem", armour, body)
        inline = json.dumps({"key": armour})
        yield Planted(kind, f"{name.strip()}_key.json", inline, body.replace("\n", "\\n"))
    account = json.dumps({"type": "service_account", "private_key": armour, "client_email": "a@b.iam"}, indent=1)
    yield Planted("gcp-service-account", "gcp.json", account, body.replace("\n", "\\n"))


ALL = [*planted(), *whole()]


def found(case: Planted) -> list[str]:
    return [leak.kind for leak in scan(case.path, case.text, KEY)[1]]


def test_there_are_two_hundred_of_forty_kinds() -> None:
    assert len(ALL) >= 200
    assert len({case.kind for case in ALL}) >= 40
    assert {case.kind for case in ALL} <= KINDS


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.kind} in {case.path}")
def test_a_credential_is_masked_wherever_it_is(case: Planted) -> None:
    masked, _ = scan(case.path, case.text, KEY)
    pieces = [piece for piece in case.value.replace("\\n", "\n").split("\n") if piece]
    assert [piece for piece in pieces if piece in masked] == []
    assert len(masked) == len(case.text)
    assert [len(line) for line in masked.split("\n")] == [len(line) for line in case.text.split("\n")]


def test_nearly_all_are_reported_and_by_their_kind() -> None:
    missed = [f"{case.kind} in {case.path}" for case in ALL if not found(case)]
    misnamed = [
        f"{case.kind} as {found(case)} in {case.path}" for case in ALL if found(case) and case.kind not in found(case)
    ]
    assert len(missed) <= 0.05 * len(ALL), missed
    assert len(misnamed) <= 0.05 * len(ALL), misnamed


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.kind} in {case.path}")
def test_one_credential_is_one_leak(case: Planted) -> None:
    assert len(found(case)) <= 1


SHAPED = {
    "live-api-key": "bb" + "_live_9DxTrq7vKyon4zWAvtMxrpQDwIe",
    "revenuecat-key": "sk" + "_tBQnKvWzRfYhLmXcJpDsGaEqUoViT",
    "convex-deploy-key": "prod:quick-otter-12" + "|" + encoded({"v2": "9f8e6c1b2a7d4053"}),
    "encrypted-jwt": ".".join(
        (encoded({"alg": "dir", "enc": "A256GCM"}), "", "k3Jd9fLq2Zx8", "Qm7Vn2Xc9Rt4Yp1Ls6Wd", "Zt5Hb8Kq3Nf7Jg2M")
    ),
}


@pytest.mark.parametrize(
    "text",
    [
        "The key is ready: `VALUE`\n",
        'KEY="${KEY:-VALUE}"\n',
        "const key =\n  process.env.KEY ||\n  'VALUE';\n",
        "open('wss://connect.acme.dev/?key=VALUE&region=eu')\n",
    ],
)
@pytest.mark.parametrize("kind", SHAPED)
def test_a_token_is_told_by_its_own_form_wherever_it_stands(kind: str, text: str) -> None:
    masked, leaks = scan("notes.md", text.replace("VALUE", SHAPED[kind]), KEY)
    assert [each.kind for each in leaks] == [kind]
    assert SHAPED[kind].partition("|")[2] not in masked or "|" not in SHAPED[kind]
    assert SHAPED[kind] not in masked


@pytest.mark.parametrize(
    "text",
    [
        "pk" + "_live_9DxTrq7vKyon4zWAvtMxrpQDwIe",
        "rzp" + "_live_9DxTrq7vKyon4zWAvtMxrpQDwIe",
        "bb" + "_live_xxxxxxxxxxxxxxxxxxxxxxxx",
        "sb_live_your_key_goes_here_please",
        "tts_live_8df0ece0d3f741c0af57a831",
    ],
)
def test_keys_that_are_public_or_made_up_are_no_leaks(text: str) -> None:
    assert scan("notes.md", f"It is `{text}`.\n", KEY)[1] == ()


def test_a_password_that_a_server_is_started_with() -> None:
    text = "command: redis-server --requirepass eYq7Xw2mKPC9mtyKV8oLd2t8\n"
    _, leaks = scan("docker-compose.yml", text, b"k" * 32)
    assert [(each.kind, each.line) for each in leaks] == [("password", 1)]
