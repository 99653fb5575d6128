"""The inputs of a service: whatever should make it deploy again changes them, and nothing else does."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.capabilities.fleet.conftest import Write

from chittyops.capabilities.fleet.model.content import FileKind
from chittyops.capabilities.fleet.model.inputs import ServiceInputs
from chittyops.capabilities.fleet.wiring import desired, read_fleet
from chittyops.capabilities.secrets.wiring import readable, scope_of
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.plan import digest
from chittyops.kernel.secret import Secret
from chittyops.kernel.service import Service
from chittyops.runtime.home import Home


class Standing:
    """A clock that tells the real time plus ``ahead_seconds``."""

    def __init__(self, ahead_seconds: float = 0) -> None:
        self.ahead = timedelta(seconds=ahead_seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic_seconds(self) -> float:
        return 0.0


ONE = "fleet: shop\nservices:\n  cart:\n    path: cart\n"


def _cart(root: Path, key: bytes = b"") -> ServiceInputs:
    fleet = read_fleet(root)
    read = readable(Home(root / "home"), {})

    def values(service: Service) -> dict[str, Secret]:
        return read(scope_of(fleet, service), service.secrets) if key else {}

    found = {each.service.name: each for each in desired(fleet, Standing(), key=key, values=values)}
    return found["cart"]


def _changed(before: ServiceInputs, after: ServiceInputs) -> set[str]:
    return {key for key in {*before.inputs, *after.inputs} if before.inputs.get(key) != after.inputs.get(key)}


def test_keys_and_digests(write: Write) -> None:
    text = (
        ONE
        + "    depends_on: [stock]\n    config: {A: 1}\n    secrets: {KEY: 'file:.env#KEY'}\n    platform: railway\n"
    )
    root = write({"chittyops.yaml": text + "  stock: {path: stock}\n", "cart/app.py": "x", "stock/app.py": "y"})
    cart = _cart(root)
    assert set(cart.inputs) == {
        "file.app.py", "config.A", "secret.KEY", "setting.platform", "setting.deploy.command", "depends_on.stock",
    }  # fmt: skip
    assert all(len(value) == 16 for value in cart.inputs.values())
    assert cart.content == digest({"file.app.py": cart.inputs["file.app.py"]})
    assert cart.digest == digest(cart.inputs)
    assert cart.source == str(root / "cart")


def test_the_same_files_elsewhere_have_the_same_digest(write: Write, tmp_path: Path) -> None:
    root = write({"chittyops.yaml": ONE, "cart/app.py": "x", "cart/sub/b.txt": "y"})
    other = tmp_path / "other"
    root.rename(other)
    moved = _cart(other)
    other.rename(root)
    assert _cart(root).digest == moved.digest


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"cart/app.py": "y"}, {"file.app.py"}),
        ({"cart/new.py": ""}, {"file.new.py"}),
        ({"chittyops.yaml": ONE + "    config: {A: 2}\n"}, {"config.A"}),
        ({"chittyops.yaml": ONE + "    config: {A: 1}\n    health: {path: /up}\n"}, {"setting.health.path"}),
        (
            {"chittyops.yaml": ONE + "    config: {A: 1}\n    deploy: {limits: {memory_mb: 5}}\n"},
            {"setting.deploy.limits.memory_mb"},
        ),
        ({"chittyops.yaml": ONE + "    config: {A: 1}\n    databases: {main: {}}\n"}, {"setting.databases.main"}),
        ({"chittyops.yaml": ONE + "    config: {A: 1}\n    owners: [me]\n    tests: make\n    tags: [x]\n"}, set()),
        ({"chittyops.yaml": "# a comment\n" + ONE + "    config: {A: 1}\n"}, set()),
        ({"cart/chittyops.yaml": "tags: [x]\n"}, set()),
        ({"cart/node_modules/x.js": "", "cart/__pycache__/a.pyc": "", "cart/.env": "", "cart/.env.local": ""}, set()),
        ({"cart/.dev.vars": "K=1", "cart/.dev.vars.staging": "", "cart/.venv/x": "", "cart/.git/HEAD": ""}, set()),
        ({"cart/.env.example": "K="}, {"file..env.example"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_changes_the_inputs(write: Write, changed: dict[str, str], expected: set[str]) -> None:
    root = write({"chittyops.yaml": ONE + "    config: {A: 1}\n", "cart/app.py": "x"})
    before = _cart(root)
    write(changed)
    assert _changed(before, _cart(root)) == expected


def test_the_executable_bit_counts(write: Write) -> None:
    root = write({"chittyops.yaml": ONE, "cart/app.py": "x"})
    before = _cart(root)
    (root / "cart/app.py").chmod(0o755)
    after = _cart(root)
    assert _changed(before, after) == {"file.app.py"}
    assert after.files["app.py"].kind is FileKind.EXECUTABLE


def test_ignore_files_count_from_the_root_down(write: Write) -> None:
    root = write({
        ".gitignore": "*.log\n/cart/private/\ndist/\n",
        ".chittyopsignore": "docs/\n",
        "chittyops.yaml": ONE,
        "cart/.gitignore": "tmp\n!keep.log\n",
        "cart/.chittyopsignore": "!dist/\n",
        "cart/app.py": "",
        "cart/a.log": "",
        "cart/keep.log": "",
        "cart/private/x": "",
        "cart/docs/x": "",
        "cart/tmp/x": "",
        "cart/dist/bundle.js": "",
        "cart/sub/.gitignore": "*.py\n!\n",
        "cart/sub/x.py": "",
        "cart/sub/x.txt": "",
    })  # fmt: skip
    assert set(_cart(root).files) == {
        ".gitignore",
        "app.py",
        "keep.log",
        "dist/bundle.js",
        "sub/.gitignore",
        "sub/x.txt",
    }


def test_a_service_within_another_is_no_part_of_it(write: Write) -> None:
    text = "fleet: shop\nservices: {all: {path: .}, cart: {path: apps/cart}}\n"
    root = write({"chittyops.yaml": text, "main.py": "", "apps/readme": "", "apps/cart/app.py": ""})
    found = {each.service.name: set(each.files) for each in desired(read_fleet(root), Standing())}
    assert found == {"all": {"main.py", "apps/readme"}, "cart": {"app.py"}}


def test_links(write: Write) -> None:
    root = write({"chittyops.yaml": ONE, "cart/app.py": "", "outside.txt": "", "cart/sub/x": ""})
    cart = root / "cart"
    (cart / "inside").symlink_to("app.py")
    (cart / "sub/up").symlink_to("../app.py")
    (cart / "folder").symlink_to("sub")
    (cart / "broken").symlink_to("nowhere")
    (cart / "out").symlink_to("../outside.txt")
    (cart / "absolute").symlink_to("/etc/passwd")
    os.mkfifo(cart / "pipe")
    before = _cart(root)
    assert set(before.files) == {"app.py", "sub/x", "inside", "sub/up", "folder", "broken"}
    assert before.files["sub/up"].target == "../app.py"
    assert [note.split(",")[0] for note in before.notes] == [
        "the link absolute leads out of the service's folder",
        "the link out leads out of the service's folder",
        "pipe is neither file",
    ]
    (cart / "inside").unlink()
    (cart / "inside").symlink_to("sub/x")
    assert _changed(before, _cart(root)) == {"file.inside"}


def test_a_secrets_value_counts_by_a_keyed_fingerprint(write: Write) -> None:
    text = ONE + "    secrets: {KEY: 'file:.dev.vars#KEY', GONE: 'file:.dev.vars#GONE', BUS: 'broker:events'}\n"
    root = write({"chittyops.yaml": text, "cart/app.py": "", "cart/.dev.vars": "KEY=planted-value\n"})
    before, without_key, other_key = _cart(root, b"k"), _cart(root), _cart(root, b"l")
    assert _changed(before, without_key) == {"secret.KEY"} == _changed(before, other_key)
    write({"cart/.dev.vars": "KEY=another\n"})
    assert _changed(before, _cart(root, b"k")) == {"secret.KEY"}
    assert _changed(without_key, _cart(root)) == set()
    assert "planted-value" not in repr(before)


def test_a_service_without_files_is_refused_by_name(write: Write) -> None:
    root = write(
        {"chittyops.yaml": ONE + "  stock: {path: stock}\n", "cart/.env": "x", "stock/x.log": "", ".gitignore": "*.log"}
    )
    with pytest.raises(Misconfigured) as raised:
        desired(read_fleet(root), Standing())
    assert [each.message for each in raised.value.problems] == [
        "cart has no files to deploy in cart",
        "stock has no files to deploy in stock",
    ]
    assert desired(read_fleet(root), Standing(), only=[]) == []


def test_a_name_that_is_not_utf8_is_refused(write: Write) -> None:
    root = write({"chittyops.yaml": ONE, "cart/app.py": ""})
    (root / "cart" / os.fsdecode(b"caf\xe9")).write_text("")
    with pytest.raises(Misconfigured, match=r"caf\\xe9 is not valid UTF-8"):
        _cart(root)


def test_names_with_blanks_and_signs(write: Write) -> None:
    root = write({"chittyops.yaml": ONE, "cart/a b §=~.txt": "", "cart/A.txt": "1", "cart/a.txt": "2"})
    assert set(_cart(root).files) == {"a b §=~.txt", "A.txt", "a.txt"}


class TestCache:
    """Hashes are remembered, and never trusted wrongly."""

    def _old(self, root: Path) -> None:
        for path in root.rglob("*"):
            os.utime(path, (1_000_000, 1_000_000))

    def _desired(self, root: Path, ahead_seconds: float = 60) -> ServiceInputs:
        return desired(read_fleet(root), Standing(ahead_seconds), cache_folder=root.parent / "cache")[0]

    def test_what_is_unchanged_is_not_read_again(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        root = write({"chittyops.yaml": ONE, "cart/app.py": "x"})
        first = self._desired(root)
        monkeypatch.setattr("chittyops.capabilities.fleet.providers.files.hashing._hash", None)
        assert self._desired(root) == first

    def test_a_file_of_this_moment_is_read_again(self, write: Write) -> None:
        root = write({"chittyops.yaml": ONE, "cart/app.py": "x"})
        status = (root / "cart/app.py").stat()
        first = self._desired(root, ahead_seconds=0)
        (root / "cart/app.py").write_text("y")
        os.utime(root / "cart/app.py", ns=(status.st_atime_ns, status.st_mtime_ns))
        assert _changed(first, self._desired(root)) == {"file.app.py"}

    def test_a_change_that_hides_its_time_is_seen(self, write: Write) -> None:
        root = write({"chittyops.yaml": ONE, "cart/app.py": "x"})
        self._old(root)
        first = self._desired(root)
        (root / "cart/app.py").write_text("y")
        self._old(root)
        assert _changed(first, self._desired(root)) == {"file.app.py"}

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "files": {"a": [1]}}', "\x00", "[" * 9999]
    )
    def test_a_broken_cache_is_an_empty_one(self, write: Write, text: str) -> None:
        root = write({"chittyops.yaml": ONE, "cart/app.py": "x"})
        first = self._desired(root)
        (file,) = (root.parent / "cache").iterdir()
        file.write_text(text)
        assert self._desired(root) == first

    def test_it_is_private_and_forgets(self, write: Write) -> None:
        root = write({"chittyops.yaml": ONE, "cart/app.py": "x", "cart/gone.py": "x"})
        self._desired(root)
        (root / "cart/gone.py").unlink()
        self._desired(root)
        (file,) = (root.parent / "cache").iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        assert "gone.py" not in file.read_text()
        assert "app.py" in file.read_text()


def test_a_thousand_services_are_read_and_hashed_within_seconds(write: Write) -> None:
    """The bound is loose, for a busy machine; it holds off anything quadratic."""
    files = {f"s{n}/{name}": f"{n}" for n in range(1000) for name in ("app.py", "a.py", "b.py")}
    entries = "".join(f"  s{n}:\n    path: s{n}\n    depends_on: [{f's{n - 1}' if n else ''}]\n" for n in range(1000))
    root = write({"chittyops.yaml": "fleet: big\nservices:\n" + entries, ".gitignore": "*.log\n", **files})
    begin = os.times().user
    assert len(desired(read_fleet(root), Standing())) == 1000
    assert os.times().user - begin < 5
