"""The environment of a service: exactly what it is meant to see, secrets included."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from chittyops.capabilities.deploy.model import Target

HOST = "127.0.0.1"
_VIRTUAL = ".venv"
_PYTHON = frozenset({"python", "python3"})
_PASSED_ON = (
    "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


def machine_environment(environ: Mapping[str, str], *folders: Path) -> dict[str, str]:
    """Return what any program needs of the machine; nothing of the centre's own settings and credentials.

    Programs are found in ``node_modules`` of ``folders`` first, then beside ``interpreter``.
    """
    passed = {name: environ[name] for name in _PASSED_ON if name in environ}
    python = interpreter(*folders).parent
    if python.parent.name == _VIRTUAL:
        passed["VIRTUAL_ENV"] = str(python.parent)
    scripts = [str(f / "node_modules" / ".bin") for f in folders if (f / "node_modules" / ".bin").is_dir()]
    path = [*scripts, str(python), environ.get("PATH", os.defpath)]
    for name in ("NO_PROXY", "no_proxy"):  # the services of a fleet reach each other on this machine
        passed[name] = ",".join(filter(None, [passed.get(name, ""), HOST, "localhost"]))
    return {**passed, "PATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}


def interpreter(*folders: Path) -> Path:
    """Return the Python of the first ``.venv`` in ``folders``, else the centre's own."""
    own = (folder / _VIRTUAL / "bin" / "python" for folder in folders)
    return next((path for path in own if path.exists()), Path(sys.executable))


def with_interpreter(argv: tuple[str, ...], *folders: Path) -> tuple[str, ...]:
    """Return ``argv`` with the ``interpreter`` for ``python``: systems differ in which of its names they have."""
    return (str(interpreter(*folders)), *argv[1:]) if argv[0] in _PYTHON else argv


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
