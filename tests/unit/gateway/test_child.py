"""A limited child from outside: its errors, its ceilings, its death, and what it leaves behind: nothing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import Unavailable
from gateway.triage.sandbox import Sandbox
from parsers.errors import Crashed, TooLarge
from parsers.limits import DEFAULT, MIB, Limits
from parsers.smime.model import Decryption, Opened, Trust
from parsers.unpack import Unpacked
from tests.worlds import children

AT = datetime(2026, 11, 23, tzinfo=UTC)
PLAIN = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: essai\r\n\r\nBonjour\r\n"


def _slow(parts: int) -> bytes:
    """Some 20 ms of unpacking a part."""
    part = b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>x &eacute; <b>y</b></p>" * 2000 + b"\r\n"
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * parts + b"--b--\r\n"


@pytest.fixture
def own() -> Iterator[list[Sandbox]]:
    """Sandboxes of a test's own, closed when it ends."""
    opened: list[Sandbox] = []
    yield opened
    for one in opened:
        one.close()


def _with_limits(own: list[Sandbox], **limits: int) -> Sandbox:
    own.append(Sandbox(replace(DEFAULT, **limits)))
    return own[-1]


def test_a_job_gives_back_a_value_of_its_own_type(sandbox: Sandbox) -> None:
    opened = sandbox.run("open", PLAIN, (), Trust(()), AT)
    assert isinstance(opened, Opened)
    assert (opened.entity, opened.security.decryption) == (PLAIN, Decryption.ABSENT)
    unpacked = sandbox.run("unpack", PLAIN, PLAIN, DEFAULT)
    assert isinstance(unpacked, Unpacked)
    assert unpacked.message.subject == "essai"


def test_a_parsers_error_comes_back_as_itself(sandbox: Sandbox) -> None:
    small = Limits(header_bytes=20)
    with pytest.raises(TooLarge, match="taille permise"):
        sandbox.run("unpack", PLAIN, PLAIN, small)


def test_anything_else_that_fails_in_a_child_is_a_crash_and_nothing_more(sandbox: Sandbox) -> None:
    with pytest.raises(Crashed, match="arrêtée"):
        sandbox.run("unpack", PLAIN)  # arguments are missing: a TypeError over there
    assert sandbox.run("unpack", PLAIN, PLAIN, DEFAULT).message.subject == "essai"


def test_a_job_that_lasts_is_stopped_by_the_kernel(own: list[Sandbox]) -> None:
    for limit in ("wall_seconds", "cpu_seconds"):
        hurried = _with_limits(own, **{limit: 1})
        with pytest.raises(Crashed, match="limites de temps, de calcul ou de mémoire"):
            hurried.run("unpack", _slow(400), _slow(400), DEFAULT)
        assert hurried.run("unpack", PLAIN, PLAIN, DEFAULT).message.subject == "essai"


def test_a_job_that_eats_memory_is_refused(own: list[Sandbox]) -> None:
    starved = _with_limits(own, memory_bytes=64 * MIB)
    big = b"\r\n" + b"a" * (60 * MIB)
    with pytest.raises((TooLarge, Crashed), match="mémoire"):
        starved.run("unpack", big, big, replace(DEFAULT, message_bytes=100 * MIB))


def test_a_fork_killed_at_work_is_a_crash_and_the_others_go_on(own: list[Sandbox]) -> None:
    one = _with_limits(own)
    one.warm()
    slow = _slow(60)
    with ThreadPoolExecutor(3) as pool, children.killed_at_work(one) as dead:
        answers = [pool.submit(one.run, "unpack", slow, slow, DEFAULT) for _ in range(3)]
        failures = [answer.exception() for answer in answers]
    assert len(dead) == 1
    assert [type(error) for error in failures if error] == [Crashed]


def test_a_zygote_that_died_is_replaced(own: list[Sandbox]) -> None:
    one = _with_limits(own)
    one.run("unpack", PLAIN, PLAIN, DEFAULT)
    before = children.zygote(one)
    os.kill(before, signal.SIGKILL)
    assert one.run("unpack", PLAIN, PLAIN, DEFAULT).message.subject == "essai"
    assert children.zygote(one) != before


def test_no_child_at_all_says_nothing_against_the_mail(
    own: list[Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that does not start: the machine is at fault, the work is tried again later."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="ne démarre pas"):
        _with_limits(own).run("unpack", PLAIN, PLAIN, DEFAULT)


def test_nothing_is_left_when_it_is_closed(own: list[Sandbox]) -> None:
    one = _with_limits(own)
    one.warm()
    pid = children.zygote(one)
    one.close()
    assert not Path(f"/proc/{pid}").exists()
