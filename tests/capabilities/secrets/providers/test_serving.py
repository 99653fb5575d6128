"""The socket: whom the kernel says is calling, and that it is private from the first moment."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from chittyops.capabilities.secrets.providers.serving import caller, listening
from chittyops.kernel.errors import Conflict

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="needs SO_PEERCRED, which Linux has")


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "socket"


def test_the_kernel_tells_who_calls(path: Path) -> None:
    with listening(path, 0o600) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        connection, _ = listener.accept()
        with connection:
            assert caller(connection) == os.geteuid()


def test_the_socket_is_private_and_gone_afterwards(path: Path) -> None:
    before = os.umask(0o022)
    try:
        with listening(path, 0o600):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            with pytest.raises(Conflict, match="serves at"), listening(path, 0o600):
                pass
        assert not path.exists()
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
