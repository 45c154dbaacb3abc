"""Kill -9 the whole gateway two hundred times on each database, at any moment; then count.

While hospitals send (and send again what was not acknowledged, as mail servers do), the gateway is
killed and born again. At the end every message that got its ``250`` is there exactly once, every case,
item, letter and due date exists once, and the log of evidence is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import shutil
import smtplib
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func
from sqlmodel import col, select

from gateway import bootstrap
from gateway.settings import load
from storage.cases import Case, Item, Period
from storage.db import Database
from storage.deadlines import Deadline
from storage.deliveries import Arrival, Delivery, DeliveryState
from storage.outbox import OutboxEntry, OutboxState
from tests.builders import forms
from tests.builders.desk import CNSE, DUNES, PDF, Desk
from tests.builders.keychain import Keychain
from tests.builders.letters import Attached
from tests.worlds.nursery import Nursery
from tests.worlds.ports import free_port

pytestmark = [pytest.mark.crash, pytest.mark.timeout(1200)]

KILLS = 200
MAILS_A_LIFE = 3
LONGEST_LIFE = 0.8
FORMS = 40
_PATIENCE_SECONDS = 300


class _Letterbox:
    """Where letters go: counts each Message-ID it is given."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        line = next(h for h in content.split(b"\r\n") if h.lower().startswith(b"message-id:"))
        self.seen[line.decode()] += 1
        return "250 2.0.0 OK"


@pytest.fixture
def letterbox() -> Iterator[tuple[_Letterbox, int]]:
    box, port = _Letterbox(), free_port()
    listener = Controller(box, hostname="127.0.0.1", port=port)
    listener.start()
    yield box, port
    listener.stop()


def _configured(folder: Path, database_url: str, letters: int) -> Path:
    """A copy of the configuration, on this database, with its letters going to ``letters``."""
    shutil.copytree("config", folder / "config")
    file = folder / "config" / "gateway.toml"
    file.write_text(
        f"""
[storage]
database = "{database_url}"
[smtp]
port = 0
[web]
enabled = false
[ocr]
engine = "off"
[outgoing]
port = {letters}
starttls = "never"
first_retry_seconds = 1
unanswered_seconds = 1
per_correspondent_per_day = 100000
"""
    )
    return file


def _mails() -> Iterator[bytes]:
    """Forms first (each its own authorisation), then questions without end; never twice the same."""
    desk = Desk(Keychain(datetime.now(UTC)), datetime.now(UTC))
    for seed in range(FORMS):
        pdf = forms.build_301(desk.form_301(1000 + seed, DUNES), "flat")
        yield desk.sample(
            f"301-{seed}", "", DUNES[2], f"Attestation {seed}", "Ci-joint.",
            (Attached("301.pdf", PDF, pdf),), expect="",
        ).raw  # fmt: skip
    for number in range(10_000):
        yield desk.sample(
            f"q-{number}", "", DUNES[2], f"Question {number}", f"Question {number} ?", expect=""
        ).raw


class _Hospital:
    """Sends, remembers what was acknowledged, sends again what was not."""

    def __init__(self) -> None:
        self._mails = _mails()
        self._unsure: list[bytes] = []
        self.begun = 0
        self.acknowledged: set[str] = set()

    def _next(self) -> bytes:
        self.begun += 1
        return next(self._mails)

    def send(self, port: int, count: int) -> None:
        dying = contextlib.suppress(OSError, smtplib.SMTPException)
        with dying, smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            for _ in range(count):
                raw = self._unsure.pop() if self._unsure else self._next()
                self._unsure.append(raw)
                client.sendmail(DUNES[2], [CNSE], raw)
                self._unsure.remove(raw)
                self.acknowledged.add(hashlib.sha256(raw).hexdigest())


def test_nothing_is_lost_or_doubled_by_two_hundred_sudden_deaths(
    database_url: str, tmp_path: Path, letterbox: tuple[_Letterbox, int]
) -> None:
    box, letters_port = letterbox
    config = _configured(tmp_path, database_url, letters_port)
    rng = random.Random(20261123)
    hospital = _Hospital()
    interrupted: Counter[DeliveryState] = Counter()
    nursery = Nursery(config)
    database = Database(database_url)
    try:
        for _ in range(KILLS):
            pid, port = nursery.birth()
            death = time.monotonic() + rng.uniform(0.0, LONGEST_LIFE)
            hospital.send(port, rng.randint(0, MAILS_A_LIFE))
            time.sleep(max(0.0, death - time.monotonic()))
            nursery.kill(pid)
            interrupted.update(_standing(database))
        pid, port = nursery.birth()
        hospital.send(port, 10)
        _wait_for_rest(database)
        nursery.kill(pid)
    finally:
        nursery.close()
    _count(database, hospital.acknowledged, min(FORMS, hospital.begun), box)
    database.close()
    _verify(config)
    # the deaths really fell in the journey, not only between messages
    assert len(interrupted) >= 5, interrupted


def _standing(database: Database) -> set[DeliveryState]:
    """States in which this death left some delivery half-way."""
    with database.reading() as session:
        found = session.exec(select(Delivery.state).distinct()).all()
    return {DeliveryState(state) for state in found} - {DeliveryState.SCHEDULED, DeliveryState.SET_ASIDE}


def _wait_for_rest(database: Database) -> None:
    limit = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < limit:
        with database.reading() as session:
            travelling = session.exec(
                select(func.count()).where(col(Delivery.state) != DeliveryState.SCHEDULED)
            ).one()
            waiting = session.exec(
                select(func.count()).where(col(OutboxEntry.state) == OutboxState.QUEUED)
            ).one()
        if not travelling and not waiting:
            return
        time.sleep(0.2)
    with database.reading() as session:
        left = session.exec(select(Delivery.state, func.count()).group_by(col(Delivery.state))).all()
    pytest.fail(f"the journeys did not all end: {left}, letters waiting: {waiting}")


def _count(database: Database, acknowledged: set[str], forms_sent: int, box: _Letterbox) -> None:
    with database.reading() as session:
        kept = list(session.exec(select(Delivery.sha256)))
        items = Counter(session.exec(select(Item.delivery)))
        letters = Counter(session.exec(select(OutboxEntry.delivery)))
        cases = list(session.exec(select(Case.form_reference)))
        periods = Counter(session.exec(select(Period.case_id)))
        deadlines = Counter(session.exec(select(Deadline.kind, Deadline.origin)))
        arrived = set(session.exec(select(Arrival.delivery)))
        sent = set(session.exec(select(OutboxEntry.message_id)))
    assert acknowledged, "nothing was ever acknowledged"
    assert acknowledged <= set(kept), "a message that got its 250 is missing"
    assert len(kept) == len(set(kept))
    assert set(kept) == arrived == set(items) == set(letters)
    assert set(items.values()) == {1}, "a message has several items"
    assert set(letters.values()) == {1}, "a message has several letters"
    assert len(cases) == len(set(cases)) == forms_sent, "one case an authorisation"
    assert set(periods.values()) == {1}
    assert set(deadlines.values()) == {1}
    received = {line.partition(":")[2].strip() for line in box.seen}
    assert received == sent, "every letter left; a repeated one keeps its Message-ID"


def _verify(config: Path) -> None:
    house = bootstrap.build(load(config))
    try:
        assert house.recorder.verify(house.database).ok
        for sha256 in list(house.vault.list()):
            assert hashlib.sha256(house.vault.get(sha256)).hexdigest() == sha256
    finally:
        house.close()
