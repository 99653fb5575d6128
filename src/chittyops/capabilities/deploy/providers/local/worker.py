"""Workers: wrangler's configuration made into one that Miniflare runs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from chittyops.capabilities.deploy.model import Target
from chittyops.capabilities.deploy.providers.local.launch import Command
from chittyops.capabilities.deploy.providers.local.wrangler import WorkerConfig, read_wrangler
from chittyops.kernel.errors import Misconfigured

HOST = "127.0.0.1"


def worker_command(
    target: Target,
    folder: Path,
    *,
    host_script: Path,
    port: int,
    environ: Mapping[str, str],
    secret: Collection[str],
    data: Path,
) -> Command:
    """Return what runs the Worker in ``folder``.

    The configuration goes to stdin; of the ``secret`` variables it holds the names alone: the host takes
    their values from its environment. ``data`` is where KV, D1, R2 and Durable Objects keep theirs.
    """
    service = target.desired.service
    path = folder / service.deploy.launch.value
    config = read_wrangler(path, target.environment)
    inherited = {*secret, *service.config, "CHITTYOPS_BUILD_ID", "CHITTYOPS_SERVICE", "CHITTYOPS_ENVIRONMENT"}
    addresses = {name for name in environ if name.endswith("_URL") and name not in secret}
    document = {
        "root": str(path.parent),
        "main": config.main,
        "host": HOST,
        "port": port,
        "name": config.name or target.name,
        "compatibilityDate": config.compatibility_date,
        "compatibilityFlags": config.compatibility_flags,
        "variables": dict(config.variables),
        "inherited": sorted((inherited | addresses) & environ.keys()),
        "services": {binding: _address(target, binding, name) for binding, name in config.services.items()},
        "data": str(data),
        **_storage(config),
    }
    return Command(("node", "--no-warnings", str(host_script)), stdin=json.dumps(document).encode())


def _storage(config: WorkerConfig) -> dict[str, object]:
    return {
        "kvNamespaces": config.kv_namespaces,
        "d1Databases": config.d1_databases,
        "r2Buckets": config.r2_buckets,
        "queueProducers": config.queue_producers,
        "queueConsumers": config.queue_consumers,
        "durableObjects": config.durable_objects,
    }


def _address(target: Target, binding: str, worker: str) -> str:
    """Return the URL of the service that a service binding means: by its name, with or without the fleet's."""
    names = (worker, worker.removeprefix(f"{target.fleet}-"), binding.lower().replace("_", "-"))
    for name in names:
        if name in target.addresses:
            return target.addresses[name]
    message = f"the binding {binding} leads to {worker}, which {target.name} does not depend on"
    raise Misconfigured(message, hint=f"add {names[1]} to depends_on")
