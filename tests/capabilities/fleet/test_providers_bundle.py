"""Bundles: the same bytes for the same files, and nothing that leads out of their folder."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.capabilities.fleet.conftest import Write
from tests.capabilities.fleet.test_wiring import ONE, Standing

from chittyops.capabilities.fleet.model.inputs import ServiceInputs
from chittyops.capabilities.fleet.wiring import desired, pack, read_fleet, unpack
from chittyops.kernel.errors import Conflict, Misconfigured, Refused


@pytest.fixture
def cart(write: Write) -> ServiceInputs:
    long = "x" * 120
    root = write(
        {"chittyops.yaml": ONE, "cart/app.py": "x" * 1000, "cart/sub/é.txt": "", f"cart/{long}/{long}": "deep"}
    )
    (root / "cart/run").write_text("#!/bin/sh\n")
    (root / "cart/run").chmod(0o700)
    (root / "cart/sub/link").symlink_to("../app.py")
    return desired(read_fleet(root), Standing())[0]


def _packed(inputs: ServiceInputs) -> bytes:
    return b"".join(pack(inputs))


def test_there_and_back(cart: ServiceInputs, tmp_path: Path) -> None:
    unpack(io.BytesIO(_packed(cart)), tmp_path / "bundles/x", cart.content)
    out = tmp_path / "bundles/x"
    assert {str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir() or path.is_symlink()} == set(
        cart.files
    )
    assert (out / "app.py").read_text() == "x" * 1000
    assert (out / "sub/link").readlink() == Path("../app.py")
    assert (out / "run").stat().st_mode & 0o777 == 0o755
    assert [path.name for path in (tmp_path / "bundles").iterdir()] == ["x"]


def test_the_same_bytes_whatever_owner_time_and_mode(cart: ServiceInputs) -> None:
    before = _packed(cart)
    for path in Path(cart.source).rglob("*"):
        if not path.is_symlink() and path.is_file():
            path.touch()
    assert _packed(cart) == before
    assert len(before) % tarfile.BLOCKSIZE == 0


def test_a_file_that_changed_since_is_a_conflict(cart: ServiceInputs) -> None:
    for text in ("y" * 1000, "x" * 999, "x" * 1001):
        (Path(cart.source) / "app.py").write_text(text)
        with pytest.raises(Conflict, match=r"app\.py changed"):
            _packed(cart)
    (Path(cart.source) / "app.py").unlink()
    with pytest.raises(Conflict, match=r"app\.py changed"):
        _packed(cart)


def test_other_content_is_refused_and_leaves_nothing(cart: ServiceInputs, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not hold the files"):
        unpack(io.BytesIO(_packed(cart)), tmp_path / "bundles/x", "0" * 64)
    assert list((tmp_path / "bundles").iterdir()) == []


def test_a_bundle_that_is_there_is_left_alone(cart: ServiceInputs, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    unpack(io.BytesIO(b"not even read"), tmp_path / "x", cart.content)
    assert list((tmp_path / "x").iterdir()) == []


def test_size_is_bounded(cart: ServiceInputs, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="larger than allowed"):
        unpack(io.BytesIO(_packed(cart)), tmp_path / "x", cart.content, max_bytes=999)


def _tar(*members: tuple[str, bytes, str]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info, io.BytesIO())
    stream.seek(0)
    return stream


FILE, LINK, HARD, DEVICE, FOLDER = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE


@pytest.mark.parametrize(
    "members",
    [
        [("/etc/x", FILE, "")],
        [("../x", FILE, "")],
        [("a/../../x", FILE, "")],
        [("a/../x", FILE, "")],
        [("./x", FILE, "")],
        [("a", FILE, ""), ("a", FILE, "")],
        [("a", LINK, "/etc/passwd")],
        [("a", LINK, "../../x")],
        [("a/b", LINK, "../../x")],
        [("a", LINK, "b"), ("a/x", FILE, "")],
        [("a", HARD, "/etc/passwd")],
        [("a", DEVICE, "")],
        [("a", FOLDER, "")],
    ],
    ids=str,
)
def test_what_leads_out_is_refused(members: list[tuple[str, bytes, str]], tmp_path: Path) -> None:
    with pytest.raises(Refused):
        unpack(_tar(*members), tmp_path / "bundles/x", "")
    assert list((tmp_path / "bundles").iterdir()) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_bundle_never_becomes_a_folder(cart: ServiceInputs, tmp_path: Path, data: st.DataObject) -> None:
    packed = bytearray(_packed(cart))
    at = data.draw(st.integers(0, len(packed) - 1))
    if data.draw(st.booleans()):
        packed = packed[:at]
    else:
        packed[at] ^= data.draw(st.integers(1, 255))
    folder = tmp_path / "bundles" / "x"
    try:
        unpack(io.BytesIO(bytes(packed)), folder, cart.content)
    except (Misconfigured, Refused):
        assert not folder.exists()
    else:
        # Padding, owners and times are no part of the content: what was unpacked is what was packed.
        assert (folder / "app.py").read_text() == "x" * 1000
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        folder.rmdir()
