"""What goes wrong around the mails: a full disk, a vault that cannot be written, a database that leaves.

Nothing accepted is lost, nothing is half written, each refusal is a French sentence, and when the cause is
gone the work goes on by itself: nobody has to release anything.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import flow
from gateway.errors import Unavailable
from gateway.intake.orphans import sweep_orphans
from gateway.triage.sandbox import Sandbox
from storage.deliveries import Arrival, Delivery, DeliveryState
from storage.errors import DatabaseUnavailable, VaultFull, VaultReadOnly
from storage.outbox import OutboxEntry
from tests.builders import mails_medical, mails_others
from tests.builders.desk import Desk
from tests.worlds import disk
from tests.worlds.house import Home, Opener, open_home, settings_for
from tests.worlds.postgres import PostgresServer


@pytest.fixture
def cramped(opener: Opener, tmp_path: Path) -> Iterator[Home]:
    """A home whose vault has a small disk of its own."""
    with disk.small_disk(tmp_path / "disk") as folder:
        home = opener()
        storage = home.house.settings.storage.model_copy(update={"vault": folder / "vault"})
        home.reopen(storage=storage)
        yield home
        home.close()


def test_a_full_disk_refuses_at_the_door_and_waits_in_the_journey(cramped: Home) -> None:
    home = cramped
    folder = home.house.vault.folder.parent
    under_way = home.send(mails_medical.report_pdf(home.desk)).sha256
    question = mails_others.question(home.desk)
    with disk.filled(folder):
        with pytest.raises(VaultFull, match="plein ; ce contenu n'a pas été gardé"):
            home.send(question)
        with pytest.raises(Unavailable, match="plein"):
            home.run(under_way)
        assert home.delivery(under_way).state is DeliveryState.RECEIVED
        assert len(home.rows(Delivery)) == 1
    assert home.run(under_way) is DeliveryState.SCHEDULED
    assert home.carry(question).state is DeliveryState.SCHEDULED


def test_a_vault_that_cannot_be_written_refuses_and_waits(home: Home) -> None:
    under_way = home.send(mails_medical.report_pdf(home.desk)).sha256
    question = mails_others.question(home.desk)
    with disk.read_only(home.house.vault.folder):
        with pytest.raises(VaultReadOnly, match="ne peut être écrit"):
            home.send(question)
        with pytest.raises(Unavailable, match="vérifiez ses droits"):
            home.run(under_way)
        assert home.delivery(under_way).state is DeliveryState.RECEIVED
        assert home.house.vault.get(under_way)
    assert home.run(under_way) is DeliveryState.SCHEDULED
    assert home.carry(question).state is DeliveryState.SCHEDULED


def _away(home: Home, question: bytes, under_way: str) -> None:
    """What must hold while the database is away."""
    with pytest.raises(Unavailable, match="ne répond pas"):
        flow.advance(home.house, under_way)
    with pytest.raises((Unavailable, DatabaseUnavailable), match=r"rien n'(a été enregistré|est accepté)"):
        home.accept(question)


def _back(home: Home, question: bytes, under_way: str) -> None:
    """The journey goes on; the mail that was refused is sent again, and is there once."""
    assert home.run(under_way) is DeliveryState.SCHEDULED
    home.clock.turn(timedelta(minutes=1))
    assert sweep_orphans(home.door, home.clock.now()) == 1  # its blob was first, its row never came
    again = home.accept(question)
    assert again.duplicate
    assert home.run(again.sha256) is DeliveryState.SCHEDULED
    assert len(home.rows(Delivery)) == 2
    assert len(home.rows(Arrival, delivery=again.sha256)) == 2
    assert len(home.rows(OutboxEntry)) == 2
    assert home.house.recorder.verify(home.house.database).ok


@pytest.mark.postgres
def test_a_postgresql_server_that_stops_and_comes_back(
    postgres_server: PostgresServer, desk: Desk, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A server of its own: ``postgres_server``, which says whether there is one, serves the others."""
    folder = Path(tempfile.mkdtemp(prefix="passerelle-pg-"))  # which an unprivileged account must reach
    server = PostgresServer(folder)
    server.start()
    try:
        home = open_home(settings_for(tmp_path, server.url("postgres")), desk, sandbox)
        under_way = home.send(mails_medical.report_pdf(desk)).sha256
        home.carry_until(under_way, DeliveryState.UNPACKED)
        question = mails_others.question(desk).raw
        server.stop()
        _away(home, question, under_way)
        server.start()
        _back(home, question, under_way)
        home.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_an_sqlite_file_locked_by_another_program(sqlite_home: Home) -> None:
    home = sqlite_home
    under_way = home.send(mails_medical.report_pdf(home.desk)).sha256
    home.carry_until(under_way, DeliveryState.UNPACKED)
    question = mails_others.question(home.desk).raw
    with home.house.database.engine.connect() as connection:  # the pool has one: it waits less from now on
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    file = home.house.database.url.removeprefix("sqlite:///")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    _away(home, question, under_way)
    holder.execute("ROLLBACK")
    holder.close()
    _back(home, question, under_way)
