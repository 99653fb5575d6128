"""What credentials look like, as data: by their own prefix, or by value together with the vendor named beside them.

Written from the formats that the vendors document. A body is what follows the prefix; it alone is judged for being a
placeholder. Kinds are published in reports: they are stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Prefixed:
    """A token that its own beginning tells. Where ``report`` is false it is masked and not reported."""

    kind: str
    prefix: str
    body: str
    report: bool = True


@dataclass(frozen=True, slots=True)
class InContext:
    """A value that is a credential only under a secret's name and with one of the ``words`` close by."""

    kind: str
    words: tuple[str, ...]
    value: str


_WORD = "[A-Za-z0-9_-]"
_ALNUM = "[A-Za-z0-9]"
_HEX = "[0-9a-f]"
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

PREFIXED: Final = (
    Prefixed("aws-access-key-id", "(?:AKIA|ASIA)", "[A-Z2-7]{16}"),
    Prefixed("github-token", "gh[pousr]_", f"{_ALNUM}{{36,251}}"),
    Prefixed("github-token", "github_pat_", f"{_ALNUM}{{22}}_{_ALNUM}{{59}}"),
    Prefixed(
        "gitlab-token",
        "gl(?:pat|dt|rt|ptt|cbt|oas|soat|ft|imt|agent|ffct)-",
        f"{_WORD}{{20,64}}(?:\\.{_WORD}{{2,20}}){{0,3}}",
    ),
    Prefixed("slack-token", "xox[abeoprs]-", f"{_WORD}{{20,250}}"),
    Prefixed("slack-token", "xapp-\\d-", f"{_WORD}{{20,250}}"),
    Prefixed("stripe-live-key", "[sr]k_live_", f"{_ALNUM}{{20,250}}"),
    Prefixed("stripe-test-key", "[sr]k_test_", f"{_ALNUM}{{20,250}}", report=False),
    Prefixed("stripe-webhook-secret", "whsec_", "[A-Za-z0-9+/]{24,64}=?"),
    Prefixed("anthropic-key", "sk-ant-(?:api|admin|oat|ort|sid)\\d\\d-", f"{_WORD}{{40,150}}"),
    Prefixed("openrouter-key", "sk-or-v1-", f"{_HEX}{{64}}"),
    Prefixed("openai-key", "sk-(?:proj|svcacct|admin|None)-", f"{_WORD}{{40,250}}"),
    Prefixed("openai-key", "sk-", f"{_ALNUM}{{40,60}}"),
    Prefixed("deepseek-key", "sk-", f"{_HEX}{{32}}"),
    Prefixed("google-api-key", "AIza", f"{_WORD}{{35}}"),
    Prefixed("google-oauth-secret", "GOCSPX-", f"{_WORD}{{28}}"),
    Prefixed("google-oauth-token", "ya29\\.", f"{_WORD}{{40,400}}"),
    Prefixed("cloudflare-api-token", "cf(?:ut|at|k)_", f"{_WORD}{{30,100}}"),
    Prefixed("cloudflare-origin-ca-key", "v1\\.0-", f"{_HEX}{{24}}-{_HEX}{{146}}"),
    Prefixed("neon-api-key", "napi_", f"{_ALNUM}{{40,80}}"),
    Prefixed("supabase-token", "sbp_(?:v0_)?", f"{_HEX}{{40}}"),
    Prefixed("supabase-secret-key", "sb_secret_", f"{_WORD}{{20,60}}"),
    Prefixed("vercel-token", "vc[pikarb]_", f"{_WORD}{{24,80}}"),
    Prefixed("netlify-token", "nf[pcoub]_", f"{_ALNUM}{{36}}"),
    Prefixed("render-api-key", "rnd_", f"{_ALNUM}{{28,40}}"),
    Prefixed("fly-token", "(?:fm[12]_|fo1_)", "[A-Za-z0-9+/=_,-]{40,2000}"),
    Prefixed("deno-deploy-token", "dd[po]_", f"{_ALNUM}{{36}}"),
    Prefixed("planetscale-token", "pscale_(?:tkn|pw|oauth)_", "[A-Za-z0-9_.=-]{32,64}"),
    Prefixed("tailscale-key", "tskey-(?:auth|api|client|scim|webhook)-", "[A-Za-z0-9]{8,24}-[A-Za-z0-9]{20,64}"),
    Prefixed("age-secret-key", "AGE-SECRET-KEY-1", "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    Prefixed("1password-service-account", "ops_", f"eyJ{_WORD}{{100,1500}}={{0,2}}"),
    Prefixed("doppler-token", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?", f"{_ALNUM}{{40,44}}"),
    Prefixed("vault-token", "hv[sbr]\\.", f"{_WORD}{{24,300}}"),
    Prefixed("terraform-token", f"{_ALNUM}{{14}}\\.atlasv1\\.", f"{_WORD}{{60,70}}"),
    Prefixed("pulumi-token", "pul-", f"{_HEX}{{40}}"),
    Prefixed("npm-token", "npm_", f"{_ALNUM}{{36}}"),
    Prefixed("pypi-token", "pypi-", f"AgE{_WORD}{{50,1000}}"),
    Prefixed("rubygems-key", "rubygems_", f"{_HEX}{{48}}"),
    Prefixed("docker-token", "dckr_[po]at_", f"{_WORD}{{24,40}}"),
    Prefixed("sendgrid-key", "SG\\.", f"{_WORD}{{20,24}}\\.{_WORD}{{39,50}}"),
    Prefixed("twilio-api-key", "SK", f"{_HEX}{{32}}"),
    Prefixed("mailgun-key", "key-", f"{_HEX}{{32}}"),
    Prefixed("mailgun-key", "", f"{_HEX}{{32}}-{_HEX}{{8}}-{_HEX}{{8}}"),
    Prefixed("mailchimp-key", "", f"{_HEX}{{32}}-us\\d{{1,2}}"),
    Prefixed("brevo-key", "xkeysib-", f"{_HEX}{{64}}-{_ALNUM}{{16}}"),
    Prefixed("resend-key", "re_", f"{_ALNUM}{{8}}_{_ALNUM}{{20,30}}"),
    Prefixed("telegram-bot-token", "\\d{8,10}:", f"AA{_WORD}{{33}}"),
    Prefixed("discord-bot-token", "", f"[MNO]{_WORD}{{23,27}}\\.{_WORD}{{6}}\\.{_WORD}{{27,40}}"),
    Prefixed("notion-token", "ntn_", f"{_ALNUM}{{40,60}}"),
    Prefixed("notion-token", "secret_", f"{_ALNUM}{{43}}"),
    Prefixed("linear-key", "lin_(?:api|oauth)_", f"{_ALNUM}{{32,64}}"),
    Prefixed("huggingface-token", "(?:hf|api_org)_", "[A-Za-z]{34}"),
    Prefixed("huggingface-token", "hf_", f"{_ALNUM}{{34,40}}"),
    Prefixed("replicate-token", "r8_", f"{_ALNUM}{{37}}"),
    Prefixed("groq-key", "gsk_", f"{_ALNUM}{{52}}"),
    Prefixed("xai-key", "xai-", f"{_ALNUM}{{70,90}}"),
    Prefixed("perplexity-key", "pplx-", f"{_ALNUM}{{40,56}}"),
    Prefixed("digitalocean-token", "do[opr]_v1_", f"{_HEX}{{64}}"),
    Prefixed("heroku-key", "HRKU-", f"{_WORD}{{36,64}}"),
    Prefixed("square-token", "sq0(?:atp|csp)-", f"{_WORD}{{22,43}}"),
    Prefixed("square-token", "EAAA", f"{_WORD}{{56,64}}"),
    Prefixed("shopify-token", "shp(?:at|ca|pa|ss)_", "[0-9a-fA-F]{32}"),
    Prefixed("plaid-token", "access-(?:sandbox|development|production)-", _UUID),
    Prefixed("paypal-token", "access_token\\$production\\$", f"{_ALNUM}{{16}}\\$[0-9a-f]{{32}}"),
    Prefixed("sentry-token", "sntry[su]_", "[A-Za-z0-9_=+/-]{40,300}"),
    Prefixed("grafana-token", "glsa_", f"{_ALNUM}{{32}}_[0-9a-fA-F]{{8}}"),
    Prefixed("grafana-token", "glc_", "eyJ[A-Za-z0-9+/]{30,400}={0,2}"),
    Prefixed("new-relic-key", "NR(?:AK|II|IQ|BR|JS)-", f"{_WORD}{{19,42}}"),
    Prefixed("postman-key", "PMAK-", f"{_HEX}{{24}}-{_HEX}{{34}}"),
    Prefixed("airtable-token", f"pat{_ALNUM}{{14}}\\.", f"{_HEX}{{64}}"),
    Prefixed("figma-token", "fig[dou]r?_", f"{_WORD}{{40,60}}"),
    Prefixed("hubspot-token", "pat-(?:na|eu)\\d-", _UUID),
    Prefixed("databricks-token", "dapi", f"{_HEX}{{32}}(?:-\\d)?"),
    Prefixed("atlassian-token", "ATATT3", "[A-Za-z0-9_=-]{80,250}"),
    Prefixed("circleci-token", "CCI(?:PAT|PRJ)_", f"{_ALNUM}{{20,24}}_{_HEX}{{40}}"),
    Prefixed("buildkite-token", "bk(?:ua|ct|st)_", f"{_ALNUM}{{30,60}}"),
    Prefixed("dynatrace-token", "dt0[a-z]\\d\\d\\.[A-Z0-9]{24}\\.", "[A-Z0-9]{64}"),
    Prefixed("launchdarkly-key", "(?:sdk|api)-", _UUID),
    Prefixed("convex-deploy-key", r"(?:dev|prod|preview):[a-z0-9-]{3,60}\|", "eyJ[A-Za-z0-9+/]{20,400}={0,2}"),
    # Many vendors took over the form that Stripe's keys have. Those beginning with "pk", and Razorpay's, are public.
    Prefixed("live-api-key", "(?!pk|rzp)[a-z]{2,3}_live_", rf"(?=\w*[A-Z])(?=\w*[a-z])(?=\w*\d){_WORD}{{20,250}}"),
    Prefixed("revenuecat-key", "sk_", rf"(?=\w*[A-Z])(?=\w*[a-z]){_ALNUM}{{28,32}}"),
    # An encrypted token (RFC 7516) has five parts; the second is empty where no key is wrapped.
    Prefixed(
        "encrypted-jwt",
        "eyJ",
        rf"{_WORD}{{10,2000}}(?:\.{_WORD}{{0,800}})(?:\.{_WORD}{{10,6000}}){{2}}\.{_WORD}{{16,60}}",
    ),
    Prefixed("jwt", "eyJ", f"{_WORD}{{10,2000}}\\.eyJ{_WORD}{{10,6000}}\\.{_WORD}{{20,2000}}"),
)

IN_CONTEXT: Final = (
    InContext("aws-secret-access-key", ("aws", "secret_access_key", "secretaccesskey"), "[A-Za-z0-9/+]{40}"),
    InContext("cloudflare-global-key", ("cloudflare", "cf_", "x-auth-key"), f"{_HEX}{{37}}"),
    InContext("cloudflare-api-token", ("cloudflare", "cf_"), f"{_WORD}{{40}}"),
    InContext("railway-token", ("railway",), _UUID),
    InContext("heroku-key", ("heroku",), _UUID),
    InContext("vercel-token", ("vercel",), f"{_ALNUM}{{24}}"),
    InContext("netlify-token", ("netlify",), f"{_WORD}{{40,64}}"),
    InContext("twilio-auth-token", ("twilio",), f"{_HEX}{{32}}"),
    InContext("datadog-key", ("datadog", "dd_", "dd-api", "dd-application"), f"{_HEX}{{32}}(?:{_HEX}{{8}})?"),
    InContext("plaid-secret", ("plaid",), f"{_HEX}{{30}}"),
    InContext("azure-storage-key", ("accountkey", "account_key", "azure"), "[A-Za-z0-9+/]{86}=="),
    InContext("azure-shared-access-key", ("sharedaccesskey", "azure"), "[A-Za-z0-9+/]{43}="),
    InContext("azure-client-secret", ("azure", "entra"), "[A-Za-z0-9_~.-]{3}\\dQ~[A-Za-z0-9_~.-]{31,34}"),
    InContext("npm-token", ("_authtoken", "npmrc"), f"{_UUID}|[A-Za-z0-9_=/+.-]{{20,200}}"),
    InContext("algolia-key", ("algolia",), f"{_HEX}{{32}}"),
    InContext("okta-token", ("okta",), f"00{_WORD}{{40}}"),
    InContext("fastly-token", ("fastly",), f"{_WORD}{{32}}"),
    InContext("codecov-token", ("codecov",), _UUID),
    InContext("snyk-token", ("snyk",), _UUID),
    InContext("sonar-token", ("sonar",), f"(?:sq[uap]_)?{_HEX}{{40}}"),
    InContext("postmark-token", ("postmark",), _UUID),
    InContext("clerk-key", ("clerk",), f"{_ALNUM}{{40,60}}"),
    InContext("upstash-token", ("upstash",), "[A-Za-z0-9=]{40,140}"),
    InContext("discord-token", ("discord",), f"{_WORD}{{32}}"),
)

DATABASE_SCHEMES: Final = {
    "postgres": "postgres-url",
    "postgresql": "postgres-url",
    "mysql": "mysql-url",
    "mysql2": "mysql-url",
    "mariadb": "mysql-url",
    "mssql": "sqlserver-url",
    "sqlserver": "sqlserver-url",
    "mongodb": "mongodb-url",
    "redis": "redis-url",
    "rediss": "redis-url",
    "amqp": "amqp-url",
    "amqps": "amqp-url",
    "nats": "nats-url",
    "tls": "nats-url",
    "clickhouse": "clickhouse-url",
    "cockroachdb": "postgres-url",
    "libsql": "libsql-url",
    "ldap": "ldap-url",
    "ldaps": "ldap-url",
    "smtp": "smtp-url",
    "smtps": "smtp-url",
    "ftp": "ftp-url",
    "sftp": "ftp-url",
}
"""Scheme of a URL, without ``+driver``, to the kind of a URL of it that holds a password."""

DESCRIPTIVE: Final = {
    "neon-password",
    "gcp-service-account",
    "private-key",
    "pgp-private-key",
    "slack-webhook",
    "discord-webhook",
    "teams-webhook",
    "sentry-dsn",
    "supabase-service-role",
    "basic-auth-url",
    "basic-auth",
    "netrc-password",
    "session-cookie",
    "docker-config-auth",
    "npmrc-auth",
    "generic-secret",
    "password",
    "bearer-token",
}
"""The kinds that are told by more than one expression: see places and assignments."""

KINDS: Final = frozenset(
    {each.kind for each in PREFIXED if each.report}
    | {each.kind for each in IN_CONTEXT}
    | set(DATABASE_SCHEMES.values())
    | DESCRIPTIVE
)
"""Every kind that a leak can have."""
