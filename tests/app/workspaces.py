"""Inventories for the pages of workspaces: a small one as people have it, a large one, a hostile one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

from chittyops.kernel.inventory import (
    Action,
    Credential,
    Dependency,
    Evidence,
    Finding,
    FoundService,
    Inventory,
    Migrations,
    Named,
    Script,
    Stage,
    Store,
    Suite,
    Workflow,
)


def fingerprint(text: str) -> str:
    """Return a fingerprint as the pipeline makes them."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def problem(code: str, severity: str, place: str, message: str, hint: str = "", service: str = "") -> Finding:
    """Return a problem at ``place`` (path:line)."""
    path, _, line = place.partition(":")
    return Finding(code, severity, path, message, int(line or 0), 1, hint, service, fingerprint(place + message))


def needs(target: str, kind: str, place: str, *, reachable: bool = True) -> Dependency:
    """Return a dependency that is said at ``place`` (path:line)."""
    path, _, line = place.partition(":")
    return Dependency(target, kind, (Evidence(path, int(line)),), reachable)


def service(name: str, path: str, *depends_on: Dependency, **more: object) -> FoundService:
    """Return a worker at ``path``."""
    repository = path.partition("/")[0]
    plain = FoundService(name, path, repository, "cloudflare", ("cloudflare",), "canonical", depends_on=depends_on)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


KV = {"kv": ({"binding": "CACHE", "id": "9ad1ec97"},)}
ORDERS = service(
    "orders", "shop/workers/orders",
    needs("cart", "service-binding", "shop/workers/orders/wrangler.toml:14"),
    needs("payments", "variable-url", "shop/workers/orders/src/pay.ts:8"),
    needs("ledger", "service-binding", "shop/workers/orders/wrangler.toml:18"),
    needs("api.stripe.com", "literal-url", "shop/workers/orders/src/pay.ts:21"),
    kind="worker", platforms=("cloudflare", "node"), owners=("@acme/checkout",), package_manager="pnpm",
    config_files=("shop/workers/orders/wrangler.toml",), entrypoint="shop/workers/orders/src/index.ts",
    entrypoint_state="present", health="/health",
    health_evidence=(Evidence("shop/workers/orders/src/index.ts", 12),),
    bindings={**KV, "queues": ({"binding": "EVENTS", "queue": "order-events"},)},
    vars=("LOG_LEVEL",), crons=("*/15 * * * *",),
    environments={
        "staging": Stage({"kv": ({"binding": "CACHE", "id": "1ab2c111"},)}, ("staging.acme.example/orders/*",)),
        "production": Stage(KV, ("acme.example/orders/*",), ("*/15 * * * *",), ("LOG_LEVEL",), "orders-production"),
    },
    secrets=(Named("STRIPE_KEY", (Evidence("shop/workers/orders/src/pay.ts", 4),)),),
    databases=(
        Store(
            "orders", "postgres", "DATABASE_URL",
            (Migrations("shop/workers/orders/migrations", "drizzle", 17, "unjournaled"),),
            (Evidence("shop/workers/orders/drizzle.config.ts", 6),),
        ),
    ),
    tests=Suite("vitest", "pnpm test", 23),
)  # fmt: skip

SERVICES = (
    service(
        "catalog", "shop/workers/catalog", owners=("@acme/catalog",), health="/health", tests=Suite("vitest", "", 9),
    ),
    service("accounts", "identity/accounts", platform="railway", owners=("@acme/identity",), health="/healthz"),
    service(
        "cart", "shop/workers/cart",
        needs("catalog", "service-binding", "shop/workers/cart/wrangler.toml:9"),
        needs("accounts", "literal-url", "shop/workers/cart/src/auth.ts:3"),
        owners=("@acme/checkout",), health="/health", tests=Suite("vitest", "", 14),
    ),
    service(
        "payments", "payments", needs("fraud", "literal-url", "payments/app/risk.py:40"),
        platform="fly", owners=("@acme/money",), tests=Suite("pytest", "", 41),
    ),
    service(
        "fraud", "fraud", needs("payments", "literal-url", "fraud/main.py:11", reachable=False),
        platform="python", owners=("@acme/money",),
    ),
    ORDERS,
    service(
        "storefront", "web/storefront",
        needs("cart", "literal-url", "web/storefront/lib/api.ts:5"),
        needs("orders", "literal-url", "web/storefront/lib/api.ts:6"),
        needs("catalog", "literal-url", "web/storefront/lib/api.ts:7"),
        platform="vercel", owners=("@acme/web",),
    ),
    service("admin", "web/admin", needs("orders", "literal-url", "web/admin/src/api.ts:2"), platform="vercel"),
    service(
        "orders", "attic/orders-old", status="copy", copy_of="shop/workers/orders", reason="11 of 12 files are equal",
    ),
)  # fmt: skip

PROBLEMS = (
    problem(
        "undefined-service-binding", "error", "shop/workers/orders/wrangler.toml:18",
        "the binding LEDGER names ledger, which no service of the workspace is called",
        "deploy ledger first, or correct the name", "orders",
    ),
    problem(
        "binding-not-inherited", "error", "shop/workers/orders/wrangler.toml:31",
        "env.staging lacks queues that the top level has: EVENTS", "repeat them below env.staging", "orders",
    ),
    problem(
        "migration-unjournaled", "warning", "shop/workers/orders/migrations/meta/_journal.json:1",
        "15 of 17 migrations in shop/workers/orders/migrations are not in the journal",
        "generate them with drizzle-kit", "orders",
    ),
    problem(
        "shared-production-resource", "error", "identity/accounts/railway.json:22",
        "staging writes to the database of production", "give staging a database of its own", "accounts",
    ),
    problem("inert-workflow", "info", "attic/orders-old/.github/workflows/deploy.yml:1", "the workflow never runs"),
)  # fmt: skip

DEPLOY = Action("deploy", "deploy worker", "wrangler", "wrangler deploy --env production", 12, "production")
SHOP = Inventory(
    "acme", SERVICES, PROBLEMS,
    (
        Script(
            "shop/workers/orders/scripts/deploy.sh", "deploy.sh", "shell", 1, (DEPLOY,), ("deploy",),
            "deploys orders to production", ("CLOUDFLARE_API_TOKEN", "$1"), (), "orders", 40, "a" * 64,
        ),
        Script("payments/Makefile", "deploy", "make-target", 9, (), ("deploy",), service="payments", digest="b" * 64),
    ),
    (
        Workflow(
            "shop/.github/workflows/deploy.yml", "Deploy", ("push",), ("deploy",), (DEPLOY,), ("deploy",),
            service="orders",
        ),
    ),
    (Credential("stripe-key", "shop/workers/orders/.env", 3, 12, "7dcf23dfc430beb6", "orders"),),
    {"repositories": 6, "services": 9, "dependencies": 12, "problems": 5},
)  # fmt: skip

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"
HOSTILE = Inventory(
    "hostile",
    (
        service(
            EVIL, f"repo/{EVIL}", needs(EVIL + "2", "service-binding", f"{EVIL}:1"), needs("b", "tail", "x:1"),
            owners=(EVIL,), platform=EVIL, status=EVIL, reason=EVIL, health=EVIL, entrypoint=EVIL, kind=EVIL,
            entrypoint_state=EVIL, build=EVIL, start=("run", EVIL), package_manager=EVIL, config_files=(EVIL,),
            bindings={EVIL: ({"binding": EVIL, EVIL: EVIL},)}, routes=(EVIL,), vars=(EVIL,), crons=(EVIL,),
            secrets=(Named(EVIL, (Evidence(EVIL, 1),)),), tests=Suite(EVIL, EVIL, 1),
            databases=(Store(EVIL, EVIL, EVIL, (Migrations(EVIL, EVIL, 1, EVIL),), (Evidence(EVIL, 1),)),),
        ),
        service("b", "b", needs(EVIL, "literal-url", "b/x.ts:1"), copy_of=f"repo/{EVIL}", status="copy"),
    ),
    (Finding(EVIL, "error", EVIL, EVIL, 1, 1, EVIL, EVIL, fingerprint("evil")),),
    (Script(EVIL, EVIL, EVIL, 1, (Action(EVIL, EVIL, EVIL, EVIL, 1, EVIL, EVIL),), (EVIL,), EVIL, (EVIL,), (), EVIL),),
    (Workflow(EVIL, EVIL, (EVIL,), (EVIL,), (), (), active=False, reason=EVIL, service=EVIL),),
    (Credential(EVIL, EVIL, 1, 1, EVIL, EVIL),),
)  # fmt: skip


def generated(services: int = 600, repositories: int = 40, seed: int = 1) -> Inventory:
    """Return a large workspace, the same each time."""
    dice = random.Random(seed)
    words = ["billing", "auth", "search", "media", "ledger", "mail", "edge", "report"]
    kinds = ["service-binding", "literal-url", "variable-url"]
    names = [f"{dice.choice(words)}-{number}" for number in range(services)]
    found: list[FoundService] = []
    problems: list[Finding] = []
    for number, name in enumerate(names):
        path = f"repo-{dice.randrange(repositories):02}/{name}"
        near = names[max(0, number - 60) : number]
        wanted = [dice.choice(near) for _ in range(dice.choice([0, 1, 1, 2, 3]))] if near else []
        depends = [needs(n, dice.choice(kinds), f"{path}/src/index.ts:{dice.randrange(1, 300)}") for n in wanted]
        found.append(
            service(
                name, path, *depends, platform=dice.choice(["cloudflare", "cloudflare", "node", "railway"]),
                owners=(f"@acme/team-{dice.randrange(9)}",),
            )
        )  # fmt: skip
        for line in range(dice.choice([0, 0, 1, 3])):
            place = f"{path}/wrangler.toml:{line + 1}"
            problems.append(problem("placeholder-id", dice.choice(["error", "warning"]), place, name, "", name))
    return Inventory("large", tuple(found), tuple(problems), stats={"services": services, "problems": len(problems)})
