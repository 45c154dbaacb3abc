"""What the doctor says of the ledger, of the witness, of the time stamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.errors import PasserelleError
from gateway.evidence import health
from gateway.evidence.record import Kind, Recorder
from gateway.settings import Evidence, Settings
from storage import balances, outbox, stamps
from storage.db import Database
from storage.outbox import OutboxEntry, OutboxState
from tests.worlds.tsa import TimeStampAuthority

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def deposit(state: OutboxState, at: datetime) -> OutboxEntry:
    return OutboxEntry(
        message_id=f"<{state}@x.example>",
        circuit="c",
        letter=health.DEPOSIT,
        mailbox="a@b.example",
        recipient="temoin@ailleurs.example",
        subject="s",
        raw_sha256="0" * 64,
        state=state,
        created_at=at,
        next_attempt_at=at,
    )


def test_the_ledger(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        assert health.ledger(session) == "Tout tombe juste."
        balances.alarm(session, "a@b.example", AT.date(), 2)
        with pytest.raises(PasserelleError, match="1 jour"):
            health.ledger(session)


def test_the_witness(sqlite_database: Database) -> None:
    asked = Settings(evidence=Evidence(witness="temoin@ailleurs.example"))
    with sqlite_database.transaction() as session:
        assert "Aucun témoin" in health.witness(session, Settings(), AT)
        assert "premier dépôt" in health.witness(session, asked, AT)
        outbox.queue(session, deposit(OutboxState.SENT, AT))
        assert health.witness(session, asked, AT + timedelta(days=1)) == "Dernier dépôt le 23/11/2026."
        with pytest.raises(PasserelleError, match="date du 23/11/2026"):
            health.witness(session, asked, AT + timedelta(days=3))
        outbox.queue(session, deposit(OutboxState.QUEUED, AT))
        assert health.witness(session, asked, AT) == "Le dépôt du 23/11/2026 attend de partir."
        outbox.queue(session, deposit(OutboxState.GIVEN_UP, AT))
        with pytest.raises(PasserelleError, match="n'est pas parti"):
            health.witness(session, asked, AT)


def test_the_time_stamps(sqlite_database: Database, recorder: Recorder, tmp_path: Path) -> None:
    tsa = TimeStampAuthority(tmp_path / "tsa", SystemClock().now())
    url = "http://127.0.0.1:1/tsr"
    asked = Settings(evidence=Evidence(stamp_url=url, stamp_ca=tsa.ca))
    absent = Settings(evidence=Evidence(stamp_url=url, stamp_ca=tmp_path / "absent.pem"))
    with sqlite_database.transaction() as session:
        recorder.add(session, Kind.LOGIN, "person:a")
    recorder.checkpoint(sqlite_database)
    with sqlite_database.transaction() as session:
        assert "Aucune autorité" in health.time_stamps(session, Settings(), AT)
        with pytest.raises(PasserelleError, match="vont ensemble"):
            health.time_stamps(session, Settings(evidence=Evidence(stamp_url=url)), AT)
        with pytest.raises(PasserelleError, match="ne se lit pas"):
            health.time_stamps(session, absent, AT)
        assert "premier jeton" in health.time_stamps(session, asked, AT)
        stamps.add(session, stamps.StampRow(size=1, at=AT, authority=url, token=b"0"))
        assert "23/11/2026" in health.time_stamps(session, asked, AT)
        with pytest.raises(PasserelleError, match="ne répond plus"):
            health.time_stamps(session, asked, AT + timedelta(days=3))
