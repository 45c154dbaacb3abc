"""Whatever happens at a step, the mail is set aside with its step, reason and time, and the next goes on.

Every cause is a real one (a blob damaged or gone, a circuit no longer configured, a row spoilt, a child
killed); once it is removed, ``passerelle mail release`` sends the mail back to that step and it completes.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.cli import mail as mail_words
from gateway.errors import Refused
from gateway.evidence.record import Kind
from storage.cases import Case, Item
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document, IssueRow
from storage.outbox import OutboxEntry
from tests.builders import mails_forms, mails_medical, mails_others
from tests.builders.desk import CNSE
from tests.worlds import children
from tests.worlds.house import AT, SENDER, Home

TRANSPORTS = Path(__file__).resolve().parents[1] / "circuits" / "transports-sanitaires"
Trouble = Callable[[Home, str], AbstractContextManager[None]]


def _blob(home: Home, sha256: str) -> Path:
    return home.house.vault.folder / sha256[:2] / sha256


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """One byte of a blob turned over, as a tired disk does; then the backup put back."""
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    yield
    path.write_bytes(whole)


@contextmanager
def _gone(path: Path) -> Iterator[None]:
    whole = path.read_bytes()
    path.unlink()
    yield
    path.write_bytes(whole)


@contextmanager
def damaged_mail(home: Home, sha256: str) -> Iterator[None]:
    with _damaged(_blob(home, sha256)):
        yield


@contextmanager
def opened_entity_gone(home: Home, sha256: str) -> Iterator[None]:
    inner = home.delivery(sha256).opened_sha256 or ""
    assert inner != sha256
    with _gone(_blob(home, inner)):
        yield


@contextmanager
def document_gone(home: Home, sha256: str) -> Iterator[None]:
    document = next(d for d in home.rows(Document, delivery=sha256) if d.media_type.endswith("pdf"))
    with _gone(_blob(home, document.sha256)):
        yield


@contextmanager
def circuit_removed(home: Home, _sha256: str) -> Iterator[None]:
    before = home.house.settings
    home.reopen(circuits=(), extra_circuits=(TRANSPORTS,))
    yield
    home.reopen(circuits=before.circuits, extra_circuits=before.extra_circuits)


@contextmanager
def decision_spoilt(home: Home, sha256: str) -> Iterator[None]:
    """A row edited by hand: the only surprise our own errors do not foresee."""
    kept = home.delivery(sha256).decision
    spoil = text("UPDATE deliveries SET decision = '[1, 2]' WHERE sha256 = :sha256")
    with home.house.database.engine.begin() as connection:
        connection.execute(spoil, {"sha256": sha256})
    yield
    with home.house.database.transaction() as session:
        row = session.get(Delivery, sha256)
        assert row is not None
        row.decision = kept


@contextmanager
def picture_damaged(home: Home, sha256: str) -> Iterator[None]:
    ids = {d.id for d in home.rows(Document, delivery=sha256)}
    picture = next(
        i.picture_sha256 for i in home.rows(IssueRow) if i.document_id in ids and i.picture_sha256
    )
    with _damaged(_blob(home, picture)):
        yield


@dataclass(frozen=True, slots=True)
class Surprise:
    """At ``step`` (begun in ``state``), ``trouble`` strikes and ``reason`` is what a person reads."""

    step: str
    state: DeliveryState
    trouble: Trouble
    reason: str


SURPRISES = (
    Surprise("unseal", DeliveryState.RECEIVED, damaged_mail, "altéré|abîmé|endommagé"),
    Surprise("unpack", DeliveryState.OPENED, opened_entity_gone, "n'est pas dans le coffre"),
    Surprise("read", DeliveryState.UNPACKED, document_gone, "n'est pas dans le coffre"),
    Surprise("match", DeliveryState.READ, circuit_removed, "n'est plus dans la configuration"),
    Surprise("file", DeliveryState.DECIDED, decision_spoilt, "erreur imprévue"),
    Surprise("acknowledge", DeliveryState.FILED, picture_damaged, "altéré|abîmé|endommagé"),
    Surprise("compute", DeliveryState.ACKNOWLEDGED, circuit_removed, "n'est plus dans la configuration"),
)


def _release(home: Home, sha256: str) -> DeliveryState:
    """What ``passerelle mail release`` does, on an open house (``test_command_line.py`` runs the word)."""
    return home.run(mail_words._released(home.house, sha256[:12]))


@pytest.mark.parametrize("surprise", SURPRISES, ids=lambda s: s.step)
def test_set_aside_at_each_step_then_released(home: Home, surprise: Surprise) -> None:
    sample = mails_forms.unsigned_box(home.desk)
    if surprise.step == "unpack":
        sample = mails_medical.report_pdf(home.desk)
    sha256 = home.send(sample).sha256
    if surprise.state is not DeliveryState.RECEIVED:
        home.carry_until(sha256, surprise.state)
    with surprise.trouble(home, sha256):
        assert home.run(sha256) is DeliveryState.SET_ASIDE
        aside = home.delivery(sha256)
        assert (aside.set_aside_step, aside.set_aside_from) == (surprise.step, surprise.state)
        assert aside.set_aside_at == AT
        assert re.search(surprise.reason, aside.set_aside_reason or "")
        with home.house.database.reading() as session:
            events = home.house.recorder.events(session, [f"delivery:{sha256}"])
        assert [(e.fields or {})["step"] for e in events if e.kind == Kind.SET_ASIDE] == [surprise.step]
        if surprise.trouble is not circuit_removed:
            following = home.carry(mails_others.question(home.desk))
            assert following.state is DeliveryState.SCHEDULED
        assert _release(home, sha256) is DeliveryState.SET_ASIDE

    assert _release(home, sha256) is DeliveryState.SCHEDULED
    with pytest.raises(Refused, match="n'est pas mis de côté"):
        _release(home, sha256)
    done = home.delivery(sha256)
    assert (done.state, done.releases, done.set_aside_step) == (DeliveryState.SCHEDULED, 2, None)
    assert len(home.rows(OutboxEntry, delivery=sha256)) == 1
    assert len(home.rows(Item, delivery=sha256)) == 1
    assert len(home.rows(Case)) == (0 if surprise.step == "unpack" else 1)
    assert home.house.recorder.verify(home.house.database).ok


SLOW = (
    b"From: " + SENDER.encode() + b"\r\nTo: " + CNSE.encode() + b"\r\nSubject: lent\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"".join(
        b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>x &eacute; <b>y</b></p>" * 2000 + b"\r\n"
        for _ in range(60)
    )
    + b"--b--\r\n"
)
"""A mail whose unpacking takes a second or so."""


def test_a_child_killed_at_work_sets_its_mail_aside_and_the_next_goes_on(sqlite_home: Home) -> None:
    home = sqlite_home
    with children.killed_at_work(home.sandbox) as dead:
        killed = home.carry_raw(SLOW)
    assert len(dead) == 1
    assert (killed.state, killed.set_aside_step) == (DeliveryState.SET_ASIDE, "unpack")
    assert "limites de temps, de calcul ou de mémoire" in (killed.set_aside_reason or "")
    assert home.carry(mails_others.question(home.desk)).state is DeliveryState.SCHEDULED
    assert _release(home, killed.sha256) is DeliveryState.SCHEDULED


def test_a_dead_zygote_is_replaced(sqlite_home: Home) -> None:
    home = sqlite_home
    home.carry(mails_others.question(home.desk))
    first = children.zygote(home.sandbox)
    os.kill(first, signal.SIGKILL)
    assert home.carry(mails_others.contestation(home.desk)).state is DeliveryState.SCHEDULED
    assert children.zygote(home.sandbox) != first
