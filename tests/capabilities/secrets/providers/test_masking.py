"""No form of a value gets through, however the output is cut; everything else does, byte by byte."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chittyops.capabilities.secrets.providers.masking import Masker

VALUE = 'p4ss w+rd/é"x\\?&='
MASK = b"[redacted]"

RELAY = """
import os, sys
from chittyops.capabilities.secrets.providers.masking import relay
from chittyops.runtime.becoming import become
sys.exit(relay(lambda: become(sys.argv[1:], {**os.environb, b"TOKEN": b"tok-1234-value"})[0], ["tok-1234-value"]))
"""


def shown(masker: Masker, *pieces: bytes) -> bytes:
    return b"".join([*(masker.feed(piece) for piece in pieces), masker.feed(b"", final=True)])


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        json.dumps(VALUE)[1:-1],
        json.dumps(VALUE, ensure_ascii=False)[1:-1],
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        VALUE.encode().hex(),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode().rstrip("="),
    ],
    ids=["plain", "json", "json utf-8", "url", "url strict", "form", "hex", "base64", "base64url"],
)
def test_each_form_is_masked_wherever_the_output_is_cut(form: str) -> None:
    text = f"before {form} after".encode()
    for cut in range(len(text) + 1):
        out = shown(Masker([VALUE]), text[:cut], text[cut:])
        assert out.replace(b"=", b"") == b"before " + MASK + b" after", cut
    single = [text[at : at + 1] for at in range(len(text))]
    assert shown(Masker([VALUE]), *single).replace(b"=", b"") == b"before " + MASK + b" after"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", ";", ";x"])
def test_base64_of_a_longer_text_shows_no_more_than_a_few_bits(before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}{VALUE}{after}".encode())
    out = shown(Masker([VALUE]), encoded)
    assert MASK in out
    assert len(out) - len(MASK) <= 4 * (len(before) + len(after) + 2) // 3 + 4


def test_every_line_of_a_long_value_is_masked() -> None:
    key = "-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----\n"
    assert shown(Masker([key]), b"| abcdefgh\r\n| ijklmnop\r\n") == b"| " + MASK + b"\r\n| " + MASK + b"\r\n"


def test_values_over_each_other_leave_nothing_of_either() -> None:
    assert shown(Masker(["abcdef", "defghi", "bcde"]), b"x abcdefghi y") == b"x " + MASK + b" y"
    assert shown(Masker(["abcdef", "defghi"]), b"x abcdef", b"ghi y") == b"x " + MASK + b" y"


def test_what_cannot_be_the_beginning_of_a_value_is_shown_at_once() -> None:
    masker = Masker(["secret-value"])
    assert masker.feed(b"Password: ") == b"Password: "
    assert masker.feed(b"sec") == b""
    assert masker.feed(b"ond ") == b"second "


def test_a_short_value_masks_nothing() -> None:
    assert shown(Masker(["1", "abc"]), b"1 abc") == b"1 abc"


@given(st.lists(st.text("abc", min_size=4, max_size=8), max_size=4), st.lists(st.binary(max_size=6), max_size=20))
def test_output_without_values_is_unchanged_and_with_them_has_none(values: list[str], pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    out = shown(Masker(values), *pieces)
    assert out == shown(Masker(values), whole)
    if not any(value.encode() in whole for value in values):
        assert all(piece in whole for piece in out.split(MASK))
    assert not any(value.encode() in piece for value in values for piece in out.split(MASK))


def relayed(*command: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-c", RELAY, *command]
    return subprocess.run(argv, capture_output=True, timeout=30, check=False, input=given)


def test_streams_stay_apart_and_the_exit_code_is_the_commands() -> None:
    done = relayed("sh", "-c", 'printf "out $TOKEN"; printf "err $TOKEN" >&2; cat; exit 7', given=b" given")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"out [redacted] given", b"err [redacted]")


def test_a_command_that_a_signal_ends_gives_128_and_its_number() -> None:
    assert relayed("sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM


def test_a_child_that_lives_on_does_not_hold_the_end_up() -> None:
    began = time.monotonic()
    done = relayed("sh", "-c", "sleep 20 & echo $!")
    took = time.monotonic() - began
    os.kill(int(done.stdout), signal.SIGKILL)
    assert took < 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_command(number: signal.Signals) -> None:
    script = "import signal,sys,time\n" + "".join(
        f"signal.signal({each:d}, lambda n, f: (print('got', n, flush=True), sys.exit(9)))\n" for each in (1, 2, 10, 15)
    )
    script += "print('ready', flush=True)\ntime.sleep(20)\n"
    command = [sys.executable, "-c", RELAY, sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == b"got %d\n" % number
        assert process.wait(10) == 9


def test_on_a_terminal_the_command_has_a_terminal_of_its_own() -> None:
    script = 'test -t 0 && test -t 1 && test -t 2 && echo "terminal $TOKEN"; read line; echo "read $line"; exit 5'
    own = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)" + RELAY
    master, slave = os.openpty()
    command = [sys.executable, "-c", own, "sh", "-c", script]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True) as process:
        os.close(slave)
        out = read_until(master, b"[redacted]")
        assert b"terminal [redacted]" in out
        os.write(master, b"typed\r")
        out += read_until(master, b"read typed")
        assert process.wait(10) == 5
    os.close(master)
    assert b"tok-1234" not in out


def read_until(descriptor: int, expected: bytes) -> bytes:
    out = b""
    while expected not in out:
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            break
        out += data
    return out
