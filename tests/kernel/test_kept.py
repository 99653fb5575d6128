"""Where originals are kept."""

from __future__ import annotations

from chittyops.kernel.kept import is_kept_file, kept_file, kept_script, kept_target


def test_an_original_stays_beside_its_shim() -> None:
    assert kept_file("scripts/deploy.sh") == "scripts/.adopted.deploy.sh"
    assert is_kept_file(kept_file("deploy.sh"))
    assert not is_kept_file("scripts/deploy.sh")


def test_names_within_a_file_are_told_apart() -> None:
    assert (kept_script("deploy"), kept_target("deploy")) == ("adopted:deploy", "adopted-deploy")
