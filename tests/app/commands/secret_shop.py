"""A workspace with a store of secrets, for the tests of its commands."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
from click.testing import CliRunner, Result

from chittyops.app.commands.secrets import secrets

FLEET = """\
fleet: shop
environments:
  staging: {{provider: local}}
  production: {{provider: local, protected: true}}
groups:
  core: [cart]
services:
  cart:
    path: cart
    secrets: {{API_KEY: "sops:API_KEY", DATABASE: "sops:DB_URL", TOKEN: "env:CART_TOKEN"}}
  api:
    path: api
    secrets: {{API_KEY: "sops:API_KEY"}}
secrets:
  recipients: {{ann: {recipient}}}
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace, and the key of who works in it."""

    folder: Path
    recipient: str

    def run(self, *words: str, given: str | bytes | None = None) -> Result:
        """Run ``chittyops secrets WORDS``; raises what it raises."""
        result = CliRunner().invoke(secrets, words, input=given, catch_exceptions=False)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def code(self, *words: str) -> int:
        """Run ``chittyops secrets WORDS`` and return the exit code."""
        result = CliRunner().invoke(secrets, words, catch_exceptions=False, standalone_mode=False)
        return int(result.return_value or 0)

    def git(self, *words: str) -> None:
        """Run git as nobody in particular."""
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
        environ = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, env=environ)

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


def shop(folder: Path, home: Path, *, policies: str = "") -> Shop:
    """Make the workspace in ``folder``, a repository, with a new key in ``home``."""
    identity = pyrage.x25519.Identity.generate()
    (home / "keys").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    key = home / "keys" / "age.txt"
    key.touch(0o600)
    key.write_text(f"{identity}\n")
    for name in ("cart", "api"):
        (folder / name).mkdir(parents=True)
    made = Shop(folder, str(identity.to_public()))
    (folder / "chittyops.yaml").write_text(FLEET.format(recipient=made.recipient) + policies)
    made.git("init", "-q", "-b", "main")
    return made
