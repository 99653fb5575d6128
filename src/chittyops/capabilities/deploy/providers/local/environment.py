"""The environment of a service: exactly what it is meant to see, secrets included."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from chittyops.capabilities.deploy.model import Target

HOST = "127.0.0.1"
_PASSED_ON = (
    "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


def machine_environment(environ: Mapping[str, str], *folders: Path) -> dict[str, str]:
    """Return what any program needs of the machine; nothing of the centre's own settings and credentials.

    ``folders`` are searched, in this order, for a ``.venv`` and for ``node_modules``: the first virtual
    environment gives ``python``, else the centre's interpreter does.
    """
    passed = {name: environ[name] for name in _PASSED_ON if name in environ}
    virtual = next((f / ".venv" for f in folders if (f / ".venv" / "bin" / "python").exists()), None)
    if virtual is not None:
        passed["VIRTUAL_ENV"] = str(virtual)
    python = virtual / "bin" if virtual else Path(sys.executable).parent
    scripts = [str(f / "node_modules" / ".bin") for f in folders if (f / "node_modules" / ".bin").is_dir()]
    path = [*scripts, str(python), environ.get("PATH", os.defpath)]
    for name in ("NO_PROXY", "no_proxy"):  # the services of a fleet reach each other on this machine
        passed[name] = ",".join(filter(None, [passed.get(name, ""), HOST, "localhost"]))
    return {**passed, "PATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}


def service_environment(target: Target, port: int, machine: Mapping[str, str]) -> dict[str, str]:
    """Return what a service is started with, its secrets left out. Its own config stands over addresses."""
    service = target.desired.service
    addresses = {f"{name.upper().replace('-', '_')}_URL": url for name, url in target.addresses.items()}
    listen = {"PORT": str(port), "HOST": HOST} if service.deploy.protocol != "none" else {}
    return {
        **machine,
        **addresses,
        **service.config,
        **listen,
        "CHITTYOPS_BUILD_ID": target.build_id,
        "CHITTYOPS_SERVICE": target.name,
        "CHITTYOPS_ENVIRONMENT": target.environment,
    }
