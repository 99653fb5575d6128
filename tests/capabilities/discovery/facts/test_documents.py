"""Files of environment variables, owners, Markdown, static sites."""

from __future__ import annotations

import pytest

from chittyops.capabilities.discovery.service.facts import dotenv, markdown, owners, static

EXAMPLE = """\
# Copy me
PORT=3000
NODE_ENV=development
LOG_LEVEL=info
DATABASE_URL=postgres://localhost/app
REDIS_URL=
AUTH_URL=https://auth.acme.dev
STRIPE_SECRET_KEY=sk_test_xxx
export MAILBOX=
FEATURE_X=on
# OPTIONAL_API_KEY=
VITE_ANALYTICS_TOKEN=abc
lower=
"""


def test_an_example_tells_secrets_databases_and_addresses() -> None:
    found = dotenv.example(".env.example", EXAMPLE)
    assert [(each.name, each.line, each.source) for each in found.secrets] == [
        ("STRIPE_SECRET_KEY", 8, "example"),
        ("MAILBOX", 9, "example"),
        ("OPTIONAL_API_KEY", 11, "example"),
    ]
    assert found.databases == (("DATABASE_URL", 5), ("REDIS_URL", 6))
    assert [(each.kind, each.target, each.line) for each in found.references] == [
        ("own-port", "3000", 2),
        ("variable-url", "AUTH_URL", 7),
    ]


def test_a_real_file_with_values_is_an_error_that_names_no_value() -> None:
    found = dotenv.committed("api/.env", "PORT=1\nJWT_SECRET=Zq83hs7Yt2\nDB_PASSWORD='k39sh2kd8'\n")
    (problem,) = found.problems
    assert (problem.code, problem.severity, problem.line) == ("committed-env-file", "error", 2)
    assert "JWT_SECRET, DB_PASSWORD" in problem.message
    assert "Zq83" not in repr(found)
    assert "k39s" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "PORT=1\n",
        "API_TOKEN=\n",
        "API_TOKEN=<your token>\nJWT_SECRET=changeme\nSECRET_KEY=changethis\n",
        "DATABASE_URL=postgres://app:app@localhost:5432/app\n",
        "API_TOKEN=op://vault/item/field\n",
        "VITE_TOKEN=abc123def\n",
    ],
)
def test_a_real_file_without_secrets_is_only_mentioned(text: str) -> None:
    assert [each.severity for each in dotenv.committed(".env", text).problems] == ["info"]


def test_a_file_of_what_pages_show_to_everyone_is_kept_on_purpose() -> None:
    found = dotenv.committed("ui/.env.production", "VITE_API_URL=https://api.corp.io\nVITE_TITLE=Shop\n")
    assert not found.problems
    assert "literal-url" in {each.kind for each in found.references}


def test_the_settings_of_one_machine_are_never_kept_on_purpose() -> None:
    (problem,) = dotenv.committed("ui/.env.local", "VITE_API_URL=https://api.corp.io\n").problems
    assert (problem.code, problem.severity) == ("committed-env-file", "info")
    assert dotenv.committed("ui/.env.local", "# nothing yet\n").problems == ()


def test_a_credential_that_was_masked_counts_as_a_value() -> None:
    (problem,) = dotenv.committed(".dev.vars", "STRIPE_SECRET_KEY=" + "x" * 32 + "\n").problems
    assert problem.severity == "error"


def test_a_real_file_tells_the_hosts_of_its_addresses_and_no_more() -> None:
    text = "VITE_API_URL=https://u:p4ss@api.acme.dev/v1?k=1\nAUTH_URL=http://localhost:1\nSITE=https://acme.dev\n"
    text += "API_TOKEN=https://x.acme.dev/s3\nDATABASE_URL=postgres://a:b@db.acme.dev/x\n"
    found = dotenv.committed("web/.env", text)
    assert [(each.kind, each.target, each.line) for each in found.references] == [
        ("variable-url", "VITE_API_URL", 1),
        ("literal-url", "api.acme.dev", 1),
        ("variable-url", "AUTH_URL", 2),
        ("literal-url", "acme.dev", 3),
    ]
    assert found.databases == (("DATABASE_URL", 5),)
    assert "p4ss" not in repr(found)


def test_an_empty_file_is_no_problem() -> None:
    assert dotenv.committed(".env", "# nothing\n").problems == ()


def test_owners_in_order() -> None:
    text = "# who\n* @acme/all\n/apps/  @a b@acme.dev # note\n[Section]\n/docs/\n"
    assert owners.read("CODEOWNERS", text).owners == (
        ("*", ("@acme/all",)),
        ("/apps/", ("@a", "b@acme.dev")),
        ("/docs/", ()),
    )


README = """\
Set `STRIPE_SECRET_KEY` and the AUTH_TOKEN of prose; `PORT` too, `MAX_TOKENS`.

```sh
export OPENAI_API_KEY=...
wrangler secret put SESSION_SECRET --env production
wrangler secret put NAME
```

`YOUR_API_KEY` stands for yours. `process.env.DEPLOY_TOKEN` is read.
"""


def test_a_readme_names_secrets_in_code() -> None:
    found = markdown.read("api/README.md", README)
    assert {(each.name, each.line, each.source) for each in found.secrets} == {
        ("SESSION_SECRET", 5, "put"),
        ("STRIPE_SECRET_KEY", 1, "readme"),
        ("OPENAI_API_KEY", 4, "readme"),
    }


def test_other_documents_tell_only_what_is_put() -> None:
    found = markdown.read("docs/setup.md", README)
    assert [(each.name, each.source) for each in found.secrets] == [("SESSION_SECRET", "put")]


def test_a_page_without_a_build_is_a_site() -> None:
    (found,) = static.page("site/index.html", "<html><script src='app.js'></script></html>").deployments
    assert (found.platform, found.kind, found.rank) == ("static", "static", 5)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("index.html", '<script type="module" src="/src/main.tsx"></script>'),
        ("dist/index.html", "<html></html>"),
        ("a/templates/index.html", "<html></html>"),
        ("index.html", "<h1>{{ title }}</h1>"),
    ],
)
def test_pages_that_are_built_or_filled_in_are_none(path: str, text: str) -> None:
    assert static.page(path, text).deployments == ()


def test_hosts_that_a_site_passes_requests_on_to() -> None:
    text = "/api/*  https://api.acme.dev/:splat  200\n/old https://old.acme.dev 301\n/* /index.html 200\n"
    found = static.redirects("_redirects", text)
    assert [(each.kind, each.target, each.line) for each in found.references] == [("literal-url", "api.acme.dev", 1)]


def test_the_domain_of_a_site() -> None:
    (found,) = static.domain("docs/CNAME", "www.acme.dev\n").deployments
    assert (found.folder, found.stages[""].routes) == ("..", (("www.acme.dev", 1),))
    assert static.domain("CNAME", "not a domain\n").deployments == ()
