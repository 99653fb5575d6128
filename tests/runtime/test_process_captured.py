"""Short programs run for what they write, and programs that a person sits at."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.runtime.process import NOWHERE, Command, attended, captured, detach


def python(code: str, *arguments: str) -> Command:
    return Command((sys.executable, "-c", code, *arguments), os.environ)


def test_what_a_program_writes_is_returned_with_its_code() -> None:
    code = "import sys; print(sys.stdin.read()[::-1]); print('oh', file=sys.stderr); sys.exit(3)"
    done = captured(python(code), given=b"abc")
    assert (done.code, done.output, done.errors) == (3, b"cba\n", b"oh\n")


def test_what_it_wrote_does_not_show() -> None:
    assert "planted" not in repr(captured(python("print('planted')")))


def test_a_program_that_takes_too_long_is_ended_and_what_it_was_given_is_not_told() -> None:
    with pytest.raises(Unavailable) as caught:
        captured(python("import time; time.sleep(60)"), given=b"planted", timeout_seconds=0.2)
    assert "planted" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("run", [captured, attended])
def test_a_program_that_is_not_there_is_told(run: object) -> None:
    assert callable(run)
    with pytest.raises(Misconfigured, match="cannot run /no/such"):
        run(Command(("/no/such",)))


def test_an_attended_program_has_our_output_and_ends_with_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    assert attended(python("print('here'); raise SystemExit(4)")) == 4
    assert capfd.readouterr().out == "here\n"


def test_an_interrupt_is_the_affair_of_the_attended_program() -> None:
    before = signal.getsignal(signal.SIGINT)
    code = "import os, signal; os.kill(os.getppid(), signal.SIGINT)"
    # The signal may come before we are deaf to it only if the program is faster than one call of ours.
    assert attended(python(f"import time; time.sleep(0.5); {code}")) == 0
    assert signal.getsignal(signal.SIGINT) is before


def test_a_detached_program_reads_what_it_is_given(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    code = "import os, sys; os.read(0, 1); open(sys.argv[1], 'w').write('gone')"
    identity = detach(python(code, str(tmp_path / "told")), output=NOWHERE, given=reading)
    os.close(reading)
    time.sleep(0.2)
    assert identity.alive()
    assert not (tmp_path / "told").exists()
    os.close(writing)
    for _ in range(200):
        if (tmp_path / "told").exists():
            break
        time.sleep(0.05)
    assert (tmp_path / "told").read_text() == "gone"
