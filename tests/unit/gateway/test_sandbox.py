"""The parent's side of the limited children: one job, several in turn, and children that die."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import date

import pytest

from gateway.triage.jobs import ReadOutcome, ReadRequest
from gateway.triage.sandbox import Sandbox
from parsers.errors import Crashed, Unsupported
from parsers.limits import Limits
from parsers.reading import Context
from tests.worlds import children

pytestmark = pytest.mark.timeout(120)

_LIMITS = Limits()
_MAIL = b"From: a@hopital.example\r\nSubject: essai\r\n\r\nBonjour\r\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(_LIMITS)
    yield made
    made.close()


def _request(content: bytes, media_type: str = "text/plain", pages: int = 200) -> ReadRequest:
    return ReadRequest(
        content, media_type, Context("piece"), (), {}, "0" * 64, date(2026, 11, 23), Limits(pages=pages), {}
    )


def test_a_job_is_done_in_a_child(sandbox: Sandbox) -> None:
    assert sandbox.run("unpack", _MAIL, _MAIL, _LIMITS).message.subject == "essai"


def test_jobs_asked_in_turn_answer_in_order_and_a_refusal_stands_in_its_place(sandbox: Sandbox) -> None:
    requests = [
        (_request(b"premier"),),
        (_request(b"inconnu", "application/x-unknown"),),
        (_request(b"dernier"),),
    ]
    first, refused, last = sandbox.run_in_turn("read", requests)
    assert isinstance(first, ReadOutcome)
    assert isinstance(refused, Unsupported)
    assert isinstance(last, ReadOutcome)


def test_a_child_that_dies_is_replaced_for_the_jobs_that_remain(sandbox: Sandbox) -> None:
    slow = _request(b"Une ligne de texte parmi bien d'autres.\n" * 45_000, pages=10_000)
    sandbox.run("unpack", _MAIL, _MAIL, _LIMITS)
    with children.killed_at_work(sandbox) as dead:
        crashed, last = sandbox.run_in_turn("read", [(slow,), (_request(b"dernier"),)])
    assert dead
    assert isinstance(crashed, Crashed)
    assert isinstance(last, ReadOutcome)


def test_a_fork_killed_while_it_waits_is_replaced(sandbox: Sandbox) -> None:
    sandbox.run("unpack", _MAIL, _MAIL, _LIMITS)
    for pid in children.forks(sandbox):
        os.kill(pid, signal.SIGKILL)
    assert sandbox.run("unpack", _MAIL, _MAIL, _LIMITS).message.subject == "essai"


def test_a_zygote_that_died_is_replaced(sandbox: Sandbox) -> None:
    sandbox.run("unpack", _MAIL, _MAIL, _LIMITS)
    os.kill(children.zygote(sandbox), signal.SIGKILL)
    assert sandbox.run("unpack", _MAIL, _MAIL, _LIMITS).message.subject == "essai"
