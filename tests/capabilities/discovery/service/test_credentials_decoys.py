"""What is no credential is not reported, and what discovery needs to read is not masked."""

# ruff: noqa: E501, Q000, RUF001 - samples stand on one line each, as they are in files

from __future__ import annotations

import base64
import hashlib
import random
import string
import time

import pytest

from chittyops.capabilities.discovery.service.credentials import scan

KEY = b"k" * 32
ALNUM = string.ascii_letters + string.digits
AKIA = "AK" + "IA"

DECOYS = [
    ("LOG.md", "- notes of the 144th pass: T3+T4+T5+T6."),
    ("api.md", "token:sha256_hash_16_chars"),
    (
        "api.test.ts",
        "'Authorization': 'Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiJtYWxsb3J5IiwiaWF0IjoxNjAwMDAwMDAwfQ.'",
    ),
    ("README.md", 'const key = "sk-test-1234567890abcdef1234567890abcdef";'),
    ("README.md", "OPENAI_API_KEY=sk-..."),
    ("README.md", "ANTHROPIC_API_KEY=sk-ant-..."),
    ("README.md", 'GITHUB_TOKEN="ghp_..."   # needed'),
    ("README.md", "GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ("README.md", "GITHUB_TOKEN=ghp_" + "0" * 36),
    ("README.md", "GITHUB_TOKEN=ghp_yourPersonalAccessTokenGoesHere123456"),
    ("README.md", "token: ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("README.md", f"aws_access_key_id = {AKIA}IOSFODNN7EXAMPLE"),
    ("README.md", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("README.md", "export API_KEY=<your-key>"),
    ("README.md", "export API_KEY=your_api_key_here"),
    ("README.md", "API_KEY=YOUR_API_KEY"),
    ("README.md", "API_KEY=${API_KEY}"),
    ("README.md", "API_KEY=changeme"),
    ("README.md", "API_KEY=dummy-key-for-local-use-only-123"),
    ("README.md", "API_TOKEN=[REDACTED]"),
    ("README.md", "API_TOKEN=****************"),
    ("README.md", "API_TOKEN=…"),
    ("README.md", 'curl -H "Authorization: Bearer YOUR_TOKEN_HERE_1234567890" https://api.host.io'),
    ("README.md", 'curl -H "Authorization: Bearer $TOKEN" https://api.host.io'),
    ("README.md", 'curl -H "Authorization: Bearer <token>" https://api.host.io'),
    ("README.md", "curl -u user:password https://api.host.io"),
    ("README.md", "curl -u admin:admin https://api.host.io"),
    ("README.md", 'curl -u "$USER:$PASS" https://api.host.io'),
    ("README.md", "Authorization: Basic dXNlcjpwYXNzd29yZA=="),
    ("README.md", "DATABASE_URL=postgresql://user:password@host:5432/database"),
    ("README.md", 'DATABASE_URL="postgresql://user:pass@host/dbname"'),
    ("README.md", "postgresql://user:password@ep-example.region.neon.tech/dbname?sslmode=require"),
    ("README.md", "postgres://postgres:postgres@localhost:5432/app"),
    ("README.md", "postgres://app:app@127.0.0.1:5432/app"),
    ("README.md", "mysql://root:root@localhost/db"),
    ("README.md", "mongodb://admin:secret@mongo:27017/app"),
    ("README.md", "redis://default:redis@redis:6379"),
    ("README.md", "amqp://guest:guest@rabbitmq:5672/"),
    ("README.md", "postgresql://fake:fake@localhost/fake"),
    ("README.md", "postgresql://${USER}:${PASSWORD}@${HOST}/db"),
    ("README.md", "postgresql://{role}:{password}@{host}/{db}"),
    ("README.md", "postgresql://USER:[YOUR-PASSWORD]@db.host.co:5432/postgres"),
    ("README.md", "https://user:pass@example.com/path"),
    ("README.md", "https://first.host.io:123,foo:bar@second.host.io/path"),
    ("README.md", "mysql://scott:tiger@192.168.0.1/test"),
    ("README.md", "redis://u:p@ss@host"),
    ("README.md", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
    ("README.md", "https://discord.com/api/webhooks/123456789012345678/your-webhook-token"),
    ("README.md", "-----BEGIN PRIVATE" + " KEY-----\n...\n-----END PRIVATE" + " KEY-----"),
    ("README.md", "# -----BEGIN RSA PRIVATE" + " KEY-----\n# MIIE...\n"),
    ("README.md", "| `CHAT_ID_TOKEN` | ecosystem.js:190 | needed | **ADD to catalog** |"),
    ("README.md", "| `SERVICE_TOKEN` | `tenant-migration.js:452` | Document + provision |"),
    ("README.md", "| GITHUB TOKEN | ccxj5dagexrih3kmq4dz53ueq4 | Test |"),
    ("README.md", "Set the token: `wrangler secret put API_TOKEN --env production`"),
    ("README.md", "Tokens expire after 3600 seconds; refresh_token: see below"),
    ("README.md", "password: at least 12 characters"),
    ("jwt.md", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"),
    ("test/auth.test.ts", "const sessionToken = 'session-abc123def456';"),
    ("test/auth.test.ts", 'expect(scrub("ghp_RealisticGitHubTokenAbcdefg123")).toContain("x");'),
    ("test/auth.test.ts", 'const token = "test-token-1234567890-abcdef";'),
    ("test/auth.test.ts", 'const token = "valid-jwt-token";'),
    ("test/auth.test.ts", "headers: { Authorization: 'Bearer mercury_secret_token' }"),
    ("test/auth.test.ts", 'const secret = "a".repeat(64);'),
    ("test/auth.test.ts", 'const password = "correct horse battery staple";'),
    ("test/auth.test.ts", 'const password = "hunter2";'),
    ("test/auth.test.ts", 'password: "Password123!"'),
    ("test/auth.test.ts", 'private_key: "-----BEGIN PRIVATE' + ' KEY-----\\nFAKE\\n-----END PRIVATE' + ' KEY-----\\n",'),
    ("src/auth.ts", "const token = await getAccessTokenFromKeychain2(user);"),
    ("src/auth.ts", "const token = request.headers.get('Authorization')?.slice(7);"),
    ("src/auth.ts", "const STORAGE_KEY = 'app-operating-preferences-v1';"),
    ("src/auth.ts", "const TOKEN_URL = 'https://login.host.io/oauth2/v2.0/token';"),
    ("src/auth.ts", "const tokenHeader = 'x-internal-service-token-v2';"),
    ("src/auth.ts", "type Props = { accessToken: string; refreshToken?: string };"),
    ("src/auth.ts", "if (!env.API_TOKEN) throw new Error('API_TOKEN is missing: set it with wrangler');"),
    ("src/auth.ts", "const max_tokens = 4096;"),
    ("src/auth.ts", "export const tokenPattern = /gh[pous]_[A-Za-z0-9]{36}/g;"),
    ("src/auth.ts", "const secretName = 'projects/my-app/secrets/db-password/versions/3';"),
    ("src/auth.ts", "const apiKey = process.env.API_KEY ?? '';"),
    ("src/auth.ts", "const key = `user:${id}:session`;"),
    ("src/auth.ts", "const publicKey = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=';"),
    ("src/auth.ts", "authProvider: 'cloudflare-access-team-42',"),
    ("src/a.css", ".password-strength-indicator-2 { background: #ff00ff }"),
    ("src/i18n.json", '{"password": "Password", "token": "Token", "forgotPassword": "Forgot your password?"}'),
    (".env.example", "JWT_SECRET=your-super-secret-jwt-key-change-in-production-123"),
    (".env.example", "SESSION_SECRET=replace_me_with_32_random_characters_0001"),
    (".env.example", "STRIPE_SECRET_KEY=sk_test_xxx"),
    (".env.example", "DATABASE_PASSWORD=postgres"),
    (".env.example", "SERVICE_TOKEN="),
    (".env", "API_TOKEN=op://vault/item/credential"),
    (".env", "API_TOKEN=${OTHER_TOKEN}"),
    (".env", "AUTH_URL=https://auth.host.io"),
    (".env", "NEXT_PUBLIC_SITE_KEY=0x4AAAAAAADnPIDROrmt1Wwj"),
    ("docker-compose.yml", "environment:\n  POSTGRES_PASSWORD: postgres\n"),
    ("docker-compose.yml", "environment:\n  - POSTGRES_PASSWORD=devpassword\n"),
    ("docker-compose.yml", "secrets:\n  db_password:\n    file: ./secrets/db_password.txt\n"),
    (".github/workflows/ci.yml", "permissions:\n  id-token: write\n"),
    (".github/workflows/ci.yml", "env:\n  TOKEN: ${{ secrets.GITHUB_TOKEN }}\n"),
    (".github/workflows/ci.yml", "uses: actions/checkout@8f4b7f84864484a7bf31766abe9204da3cbe65b3 # token"),
    (".github/workflows/ci.yml", "env:\n  JWT_SECRET: test-secret-for-ci-only-1234\n"),
    ("package.json", '{"dependencies": {"jsonwebtoken": "^9.0.2", "csrf-token": "1.2.3-beta.4"}}'),
    ("package.json", '{"scripts": {"set-token": "wrangler secret put TOKEN --env staging"}}'),
    ("package-lock.json", '"node_modules/jsonwebtoken": {"integrity": "sha512-PRp66vJ865SSqOlgqS8hujT5U4AOgMfhrwYIuIhfKaoSCZcirrmASQr8CX7cUg+RMih+hgznrjp99o+W4pJLHQ=="}'),
    ("wrangler.toml", '[[kv_namespaces]]\nbinding = "AUTH_TOKENS"\nid = "0f2ac74b498b48028cb68387c421e279"\n'),
    ("wrangler.jsonc", '{"d1_databases": [{"binding": "SECRETS_DB", "database_id": "8e1c1f6e-2f3d-4f0a-9f57-0c9a3d6e2b11"}]}'),
    ("wrangler.toml", '[[secrets_store_secrets]]\nbinding = "KEY"\nstore_id = "0f2ac74b498b48028cb68387c421e279"\nsecret_name = "api_key"\n'),
    ("seed.sql", "INSERT INTO users (name, password_hash) VALUES ('a', NULL);"),
    ("main.tf", 'password = random_password.db.result\n'),
    ("main.tf", 'api_key = var.cloudflare_api_key\n'),
    ("values.yaml", "existingSecret: app-credentials-v2\nsecretName: db-password\n"),
    ("app.py", 'TOKEN = os.environ["SERVICE_TOKEN"]'),
    ("app.py", "def check(token: str, password: str | None = None) -> bool: ..."),
    ("app.py", 'parser.add_argument("--api-key", help="the key to use, 32 characters")'),
    ("deploy.sh", 'TOKEN=$(op read "op://vault/item/token")'),
    ("deploy.sh", 'echo "Set token:" && npx wrangler deploy "src/index.ts"'),
    ("deploy.sh", "gh auth login --with-token < token.txt"),
    ("deploy.sh", "docker build --secret id=npmrc,src=.npmrc ."),
    (".npmrc", "//registry.host.net/:_authToken=${NPM_TOKEN}"),
    (".secrets.baseline", '"hashed_secret": "df99ad98cabfe1616640820bcfb345ef5b10077f",\n"is_secret": false'),
    ("test_docker.py", '{"authorizationToken": "' + base64.b64encode(b"AWS:ecrpassword").decode() + '"}'),
    ("README.md", "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="),
    ("docs.json", '{"apiKey": "phc_zQ7LmW2xKd9Rt4Vb8Nc3Hj6Pf1Sg5Ye0Ua7Ti2Ox4"}'),
    ("README.md", "postgresql://app:p%40ss%23word@localhost:5432/app"),
    ("crypto.test.ts", 'secret: "a1B2c3D4e5F6g7H8i9J0-_K1L2M3N4O5P6",'),
    ("a.test.ts", 'secret: "whsec_8d1f3a63705c44206ca655813bf91b67", // dummy secret'),
    ("links.ts", '// This is not actually a secret key, it only makes names differ\nconst XOR_SECRET_KEY = "58ff90c0dc372ded858cbf8fb2306066";'),
    ("webhooks.mdx", '{"email": "a@host.io", "token": "vbT8hi3jKQmrFP_LN1WcS"}'),
    ("read.pipe", 'TOKEN "endpoint__dns_get_14d__v0_endpoint_read_7283" READ'),
    ("form.tsx", '{ key: "GITLAB_CLIENT_SECRET", placeholder: "gloas-f79cfa9a03c97f6ffab303177a5a6778a53c61e3914ba093412f68a9298a1b28" }'),
    ("bearer.spec.ts", '"Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"'),
    ("README.md", "With curl, or `date -u +%Y-%m-%dT00:00:00.000Z`."),
    ("compose.dev.yml", "- STORE_USER=devstore-service\n- STORE_PASSWORD=devstore-service123\n"),
]  # fmt: skip

REAL = [
    (".env", "STORE_USER=app\nSTORE_PASSWORD=k8#Lq2vT9xWz\n"),
    ("guide.mdx", "OIDC_CLIENT_SECRET=4f4dwP0ZoOAqMW8fM9290A7uIS3E8Xg29xe1umhlB_s"),
    ("guide.mdx", '{"env": {"NOTES_TOKEN": "vbT8hi3jKQmrFP_LN1WcS"}}'),
    ("config.yaml", "secret: " + base64.b64encode(hashlib.sha256(b"a").digest()).decode()),
    ("a.ts", '// the secret of production\nconst SECRET_KEY = "58ff90c0dc372ded858cbf8fb2306066";'),
]
"""What stands beside the decoys and is none."""


@pytest.mark.parametrize(("path", "text"), REAL, ids=range(len(REAL)))
def test_what_looks_like_a_decoy_and_is_none_is_reported(path: str, text: str) -> None:
    assert len(scan(path, text, KEY)[1]) == 1


@pytest.mark.parametrize(("path", "text"), DECOYS, ids=range(len(DECOYS)))
def test_a_decoy_is_not_reported(path: str, text: str) -> None:
    assert scan(path, text, KEY)[1] == ()


def test_there_are_a_hundred_decoys() -> None:
    assert len(DECOYS) >= 100


NEEDED = [
    ("wrangler.toml", 'name = "auth-token-service"\n[[kv_namespaces]]\nbinding = "TOKENS"\nid = "0f2ac74b498b48028cb68387c421e279"'),
    ("wrangler.jsonc", '{"kv_namespaces": [{"binding": "AUTH_TOKENS", "id": "0f2ac74b498b48028cb68387c421e279"}]}'),
    ("wrangler.jsonc", '{"hyperdrive": [{"binding": "SECRET_DB", "id": "8e1c1f6e2f3d4f0a9f570c9a3d6e2b11"}], "vars": {"AUTH_URL": "https://auth.host.io", "TOKEN_TTL": "3600"}}'),
    ("wrangler.toml", '[[secrets_store_secrets]]\nbinding = "API_KEY"\nstore_id = "0f2ac74b498b48028cb68387c421e279"\nsecret_name = "stripe_key"'),
    (".env.example", "API_TOKEN=your_token\nOTHER_KEY=<key>\nDATABASE_URL=postgres://localhost/app"),
    ("ci.yml", "env:\n  API_TOKEN: ${{ secrets.API_TOKEN }}\n  KEY: op://vault/item/key\nsecrets: inherit\n"),
    ("ci.yml", "- uses: cloudflare/wrangler-action@v3\n  with:\n    apiToken: ${{ secrets.CF_API_TOKEN }}\n    command: deploy --env production"),
    ("compose.yml", "environment:\n  AUTH_TOKEN: ${AUTH_TOKEN:?missing}\n  TOKEN_URL: http://auth:8080\n"),
    ("src/a.ts", "const token = process.env.SERVICE_TOKEN; fetch(env.TOKEN_SERVICE_URL); await env.AUTH.fetch(request);"),
    ("src/a.ts", "import { signToken } from './auth/token-signer';\nconst url = `https://${env.AUTH_HOST}/token?x=${y}`;"),
    ("src/a.ts", "const secretKey = 'STRIPE_SECRET_KEY'; const auth = env[secretKey];"),
    ("a.sh", 'echo "$TOKEN" | npx wrangler secret put API_TOKEN --env production\nop read "op://vault/item/token"'),
    ("a.sh", "TOKEN=$(cat token.txt) ./deploy.sh --token-file token.txt --secrets-file .env"),
    ("package.json", '{"scripts": {"secrets": "tsx scripts/secrets.ts", "token": "./token.sh", "with-secrets": "node with-secrets.js vite dev"}}'),
    ("render.yaml", "envVars:\n  - key: JWT_SECRET\n    generateValue: true\n  - key: API_TOKEN\n    sync: false\n"),
    ("migrations/meta/_journal.json", '{"entries": [{"idx": 0, "tag": "0000_auth_tokens", "when": 1774315592286}]}'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), NEEDED, ids=range(len(NEEDED)))
def test_what_discovery_reads_is_left_as_it_is(path: str, text: str) -> None:
    assert scan(path, text, KEY)[0] == text


def test_equal_values_have_equal_digests_whatever_they_are_called() -> None:
    value = "".join(random.Random(3).choices(ALNUM, k=40))
    first = scan(".env", f"SERVICE_TOKEN={value}\n", KEY)[1][0]
    second = scan("a.yaml", f"x: 1\n  cloudflare_api_token: '{value}'\n", KEY)[1][0]
    other = scan(".env", f"SERVICE_TOKEN={value}\n", b"another key")[1][0]
    assert first.digest == second.digest != other.digest
    assert first.kind != second.kind
    assert (second.line, second.column) == (2, 26)


def test_a_value_is_masked_where_its_name_is_not() -> None:
    value = "".join(random.Random(4).choices(ALNUM, k=40))
    assert value not in scan("a.md", f"seen: {value}\n\nAPI_TOKEN={value}\n", KEY)[0]


def test_what_is_printed_into_the_command_that_stores_it_is_masked() -> None:
    masked, _ = scan("a.sh", 'echo "tell nobody" | npx wrangler secret put API_TOKEN --env production\n', KEY)
    assert masked == 'echo "xxxx xxxxxx" | npx wrangler secret put API_TOKEN --env production\n'


def test_other_characters_keep_their_places() -> None:
    value = "".join(random.Random(5).choices(ALNUM, k=40))
    text = f"# İstanbul – ключ 🔑\nAPI_TOKEN='{value}' # ✓\n"
    masked, leaks = scan("a.sh", text, KEY)
    assert masked == text.replace(value, "x" * 40)
    assert (leaks[0].line, leaks[0].column) == (2, 12)


HARD = {
    "one character": "a" * 1_000_000,
    "dashes": "-" * 1_000_000,
    "names": "token=" * 160_000,
    "keys": "key" * 330_000,
    "quotes": 'token="' * 140_000,
    "openings": 'secret: "' + "a1" * 500_000,
    "schemes": "://" * 330_000,
    "users": "://a:b" * 160_000,
    "tokens": "eyJ" * 330_000,
    "dotted": "eyJaaaaaaaaaaaaaaaaa." * 48_000,
    "hex": "0123456789abcdef" * 62_500,
    "armour": ("-----BEGIN PRIVATE" + " KEY-----") * 35_000,
    "blanks": "password" + " " * 1_000_000,
    "lines": "password:\n" * 100_000,
    "netrc": "machine a login " * 60_000,
    "tabs": "\t" * 1_000_000,
    "basic": "basic " * 160_000,
    "curl": "curl -u " * 120_000,
    "pipes": "echo " * 100_000 + "secret put",
    "prints": "echo a secret put " * 55_000,
    "sig": "?sig=" * 200_000,
    "minified": "token:a.b,key:'x',auth=c," * 5_200,
}


@pytest.mark.parametrize("name", HARD)
def test_no_text_takes_long(name: str) -> None:
    text = HARD[name]
    times = []
    for _ in range(2):
        started = time.process_time()
        scan("a.txt", text, KEY)
        times.append(time.process_time() - started)
    assert min(times) < 1.0  # of a megabyte, on a busy machine; 0.1 to 0.3 as a rule
