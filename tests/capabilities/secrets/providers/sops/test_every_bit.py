"""One flipped bit anywhere in a file is detected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.capabilities.secrets.providers.sops.conftest import FORMATS, file_of, typed, unsealed

from chittyops.capabilities.secrets.providers import sops
from chittyops.kernel.errors import ChittyOpsError
from chittyops.kernel.secret import Secret

VALUES: dict[str, dict[tuple[str, ...], Any]] = {
    "yaml": {
        ("a", "list"): [Secret("x"), Secret("y")],
        ("a", "flag"): typed("bool", "True"),
        ("a", "nothing"): typed("null", ""),
        ("empty",): "",
    },
    "json": {("a", "number"): typed("float", "1.5"), ("a", "none"): typed("null", ""), ("list",): [Secret("x")]},
    "env": {("A",): "x", ("EMPTY",): ""},
}


def flipped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield ``data`` with each of its bits flipped in turn."""
    for position, byte in enumerate(data):
        for bit in range(8):
            yield position, data[:position] + bytes([byte ^ 1 << bit]) + data[position + 1 :]


def accepted(data: bytes, path: str, identity: Any, values: object) -> list[tuple[int, bool]]:
    """Return where a flipped bit is not noticed, and whether the values are then the same."""
    found = []
    for position, altered in flipped(data):
        try:
            document = sops.load(altered, path, [identity])
        except ChittyOpsError:
            continue
        found.append((position, document.values == values))
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_every_bit_of_a_file_of_ours_counts(alice: Any, form: str) -> None:
    data = file_of([alice], form, VALUES[form])
    path = f"x.sops.{form}"
    assert accepted(data, path, alice, sops.load(data, path, [alice]).values) == []


@pytest.mark.parametrize("form", FORMATS)
def test_bits_that_sops_leaves_unprotected_change_no_value(alice: Any, form: str) -> None:
    """A file that sops wrote has no seal. What is not noticed there is the version, and the suffix that is not used."""
    values = {
        keys: value for keys, value in VALUES[form].items() if value != "" and keys[-1] not in {"nothing", "none"}
    }
    data = unsealed(file_of([alice], form, values))
    path = f"x.sops.{form}"
    found = accepted(data, path, alice, sops.load(data, path, [alice]).values)
    text = data.decode()
    lines = {text[text.rfind("\n", 0, position) + 1 : position].strip(' \t"') for position, _ in found}
    assert all(same for _, same in found)
    starts = ("version", "sops_version", "unencrypted_suffix", "sops_unencrypted_suffix")
    assert [line for line in lines if not line.startswith(starts)] == []


def test_comments_and_the_blocks_of_other_readers_count_as_well(alice: Any, bob: Any) -> None:
    document = sops.load(file_of([alice, bob], "env", {("A",): "x"}), "x.sops.env", [alice])
    from chittyops.capabilities.secrets.providers.sops.document import with_comments

    data = sops.dump(with_comments(document, [("ENC[]", " not for everyone", ()), (" plain", " plain", ())]))
    start = data.index(b"sops_age__list_1") if b"sops_age__list_1" in data else 0
    others = data[start : start + 400]
    positions = [*range(data.index(b"#"), data.index(b"sops_")), *range(start, start + len(others))]
    for position in positions:
        altered = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        with pytest.raises(ChittyOpsError):
            sops.load(altered, "x.sops.env", [alice])
