"""What a worker does about secrets beside rotations: it knows how old they are."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chittyops.app.secret_duties import ages
from chittyops.capabilities.fleet.wiring import read_fleet
from chittyops.capabilities.secrets import wiring
from chittyops.capabilities.secrets.model import Level, Part, Slot
from chittyops.kernel.secret import Secret
from chittyops.runtime.clock import SystemClock
from chittyops.runtime.home import Home

COMMITTED = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
OLD = Slot(Part(Level.FLEET, "", "local"), "OLD")
FREE = Slot(Part(Level.FLEET, "", "local"), "FREE")
NEW = Slot(Part(Level.FLEET, "", "local"), "NEW")


def git(root: Path, *words: str) -> None:
    at = COMMITTED.isoformat()
    identity = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", "me"), ("EMAIL", "me@example.com"), ("DATE", at))}  # fmt: skip
    subprocess.run(["git", *words], cwd=root, env={**os.environ, **identity}, check=True, capture_output=True)


def test_a_value_is_as_old_as_its_commit_or_its_last_rotation(tmp_path: Path, home: Home) -> None:
    root = tmp_path / "shop"
    (root / "cart").mkdir(parents=True)
    recipient = wiring.new_key(home, SystemClock(), keyring=False)
    (root / "chittyops.yaml").write_text(
        f"fleet: shop\nenvironments: {{local: {{}}}}\nsecrets:\n  recipients: {{me: {recipient}}}\n"
        "  policies: {OLD: {max_age_days: 30}, NEW: {max_age_days: 30}}\n"
        "services: {cart: {path: cart}}\n"
    )
    store = wiring.fleet_store(read_fleet(root), home, {})
    store.save(store.open("local"), {OLD: Secret("one"), FREE: Secret("two")})
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    store.save(store.open("local"), {NEW: Secret("three")})
    fleet = read_fleet(root)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert ages(fleet, home, environ, {}) == {OLD: COMMITTED}
    later = COMMITTED + timedelta(days=20)
    rotated = {("local", "fleet", "", "OLD"): later, ("local", "fleet", "", "FREE"): later}
    assert ages(fleet, home, environ, rotated) == {OLD: later}
