"""Small inventories, written by hand: what discovery would have found."""

from __future__ import annotations

from typing import Any

from chittyops.kernel.inventory import (
    Action,
    Credential,
    Dependency,
    Evidence,
    Finding,
    FoundService,
    Inventory,
    Named,
    Script,
    Workflow,
)


def service(name: str, *, needs: tuple[str, ...] = (), repository: str = "", **more: Any) -> FoundService:
    """Return a living Worker in a folder of its name; ``needs`` are services it is bound to."""
    holder = repository or name
    path = more.pop("path", f"{holder}/{name}" if repository else name)
    config = f"{path}/wrangler.jsonc"
    return FoundService(
        **{
            "name": name,
            "path": path,
            "repository": holder,
            "platform": "cloudflare",
            "platforms": ("cloudflare",),
            "status": "canonical",
            "kind": "worker",
            "config_files": (config,),
            "depends_on": tuple(Dependency(each, "service-binding", (Evidence(config, 7),)) for each in needs),
        }
        | more
    )


def act(category: str, verb: str, command: str = "", **more: Any) -> Action:
    """Return an action; its tool is the first word of its command."""
    return Action(category, verb, (command or "tool").split()[0], command or "tool", more.pop("line", 2), **more)


def script(path: str, *actions: Action, **more: Any) -> Script:
    """Return a shell script of 10 lines that does ``actions``; the service is its first folder."""
    categories = tuple(dict.fromkeys(each.category for each in actions))
    given: dict[str, Any] = {
        "name": path.rpartition("/")[2],
        "kind": "shell",
        "line": 1,
        "lines": 10,
        "service": path.partition("/")[0],
    }
    return Script(path, **(given | {"actions": actions, "categories": categories} | more))


def workflow(path: str, *actions: Action, **more: Any) -> Workflow:
    """Return a workflow that does ``actions``."""
    categories = tuple(dict.fromkeys(each.category for each in actions))
    given: dict[str, Any] = {"name": "CI", "triggers": ("push",), "jobs": ("job",), "service": path.partition("/")[0]}
    return Workflow(path, **(given | {"actions": actions, "categories": categories} | more))


def problem(code: str, severity: str, path: str, **more: Any) -> Finding:
    """Return a problem of the service that is the first folder of ``path``."""
    given: dict[str, Any] = {
        "message": f"{code} is here",
        "line": 3,
        "column": 5,
        "hint": "mend it",
        "service": path.partition("/")[0],
    }
    return Finding(code, severity, path, **(given | {"fingerprint": f"{code}:{path}"} | more))


def inventory(*services: FoundService, **more: Any) -> Inventory:
    """Return an inventory of ``services``."""
    return Inventory(**({"workspace": "shop", "services": services, "problems": ()} | more))


def secret(name: str, *places: str) -> Named:
    """Return a secret that is expected in ``places``."""
    return Named(name, tuple(Evidence(each, 4) for each in places))


def credential(kind: str, path: str, fingerprint: str) -> Credential:
    """Return a committed credential."""
    return Credential(kind, path, 2, 9, fingerprint, path.partition("/")[0])


def shop() -> Inventory:
    """Return a workspace that has a bit of everything, for the forms of the report."""
    deploys = act("deploy", "deploy worker", "wrangler deploy --env production", environment="production")
    return inventory(
        service("accounts"),
        service("orders", needs=("accounts", "ledger")),
        service(
            "storefront", needs=("orders",), health="/health", health_evidence=(Evidence("storefront/src/a.ts", 9),)
        ),
        problems=(
            problem("placeholder-id", "error", "orders/wrangler.jsonc"),
            problem("no-tests", "warning", "accounts/package.json"),
            problem("link-out-of-workspace", "info", "accounts/link", line=0, column=0),
        ),
        scripts=(
            script("orders/deploy.sh", deploys, digest="same"),
            script("accounts/deploy.sh", deploys, digest="same"),
            script("accounts/backup.sh", act("backup", "back up database", "pg_dump x"), digest="other"),
        ),
        workflows=(workflow("orders/.github/workflows/ci.yml", act("testing", "run tests", "npm test")),),
        credentials=(
            credential("github-token", "accounts/.env", "f00d"),
            credential("github-token", "orders/.env", "f00d"),
        ),
    )
