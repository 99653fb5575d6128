"""A fleet with secrets in SOPS files, the key in a home of its own, and the command line run in it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyrage  # type: ignore[import-untyped]

from chittyops.capabilities.secrets.providers import sops
from chittyops.kernel.secret import Secret

SETTLED_SECONDS = 2.1
"""What is kept for the short way wants files that have not changed for two seconds."""

FLEET = """\
fleet: shop
environments: {local: {provider: local}, production: {}}
groups: {core: [api]}
services:
  api:
    path: api
    health: none
    config: {MODE: plain, URL: "postgres://api:${secret:TOKEN}@db/$${x"}
    secrets:
      TOKEN: sops:TOKEN
      FLAG: sops:FLAG
      FILED: file:.env#FILED
      CI: env:CI_SECRET
    environments:
      production: {config: {MODE: live}}
  bare: {path: bare, health: none}
"""

VALUES: dict[str, dict[tuple[str, ...], str]] = {
    "all": {("fleet", "TOKEN"): "planted-of-the-fleet", ("groups", "core", "FLAG"): "planted-flag"},
    "local": {("services", "api", "TOKEN"): "planted-té$t \"' of api"},
}
TOKEN = VALUES["local"]["services", "api", "TOKEN"]
FILED = "planted-filed"


@dataclass
class Workspace:
    """A workspace and a home."""

    root: Path
    home: Path
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)

    def __post_init__(self) -> None:
        """Write the files."""
        for service in ("api", "bare"):
            self.write(f"{service}/main.py", "")
        self.write("chittyops.yaml", FLEET)
        self.write("api/.env", f"FILED={FILED}\n")
        for environment, values in VALUES.items():
            self.seal(environment, values)
        self.home.mkdir(mode=0o700)
        self.key.parent.mkdir(mode=0o700)
        self.key.write_text(f"# a comment\n{self.identity}\n", "utf-8")
        self.key.chmod(0o600)

    @property
    def key(self) -> Path:
        """Return the file of the key."""
        return self.home / "keys" / "age.txt"

    def write(self, path: str, text: str) -> None:
        """Write a file of the workspace."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def seal(self, environment: str, values: Mapping[tuple[str, ...], str]) -> None:
        """Write the store's file of ``environment`` anew."""
        path = f"secrets/{environment}.sops.yaml"
        document = sops.create(path, (str(self.identity.to_public()),))
        sealed = sops.with_values(document, {keys: Secret(value) for keys, value in values.items()})
        self.write(path, sops.dump(sealed).decode())

    def settle(self) -> None:
        """Wait until what is read is kept."""
        time.sleep(SETTLED_SECONDS)

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of the command line."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "HOME": str(self.home), "CHITTYOPS_HOME": str(self.home), "CI_SECRET": "planted-ci", **more}

    def argv(self, *arguments: str) -> list[str]:
        """Return the command line for ``arguments``."""
        return [sys.executable, "-m", "chittyops", *arguments]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in the workspace, with ``more`` variables."""
        return subprocess.run(
            self.argv(*arguments), cwd=self.root, env=self.environ(**more), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
