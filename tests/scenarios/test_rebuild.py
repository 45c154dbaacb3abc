"""The database is lost, the vault and the keys are not; a backup is put back; keys change under way."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import flow
from gateway.cli import admin
from gateway.intake.accept import Envelope
from gateway.intake.orphans import sweep_orphans
from storage import deliveries
from storage.cases import Case, CaseDocument, Item, Period
from storage.deadlines import Deadline
from storage.deliveries import Delivery, DeliveryState, Via
from storage.documents import Document, FactRow
from storage.outbox import OutboxEntry
from tests.builders import mails_forms, mails_medical, mails_others
from tests.builders.desk import CNSE, Sample
from tests.builders.letters import Attached
from tests.worlds import postgres
from tests.worlds.house import SENDER, Home
from tests.worlds.postgres import PostgresServer

BUILDERS: tuple[Callable[..., Sample], ...] = (
    mails_forms.acroform,
    mails_forms.unsigned_box,
    mails_forms.second_copy,
    mails_forms.extension_request,
    mails_medical.report_pdf,
    mails_medical.mixed_pdf,
    mails_others.question,
    mails_others.bounce,
    mails_others.stranger,
    mails_others.poison,
)


def _furnish(home: Home) -> None:
    for build in BUILDERS:
        home.carry(build(home.desk))
        home.clock.turn(timedelta(minutes=1))
    home.house.recorder.checkpoint(home.house.database)


def _memory(home: Home) -> dict[str, list[Any]]:
    """What must come back, without row numbers: by the mails and documents everything hangs on."""
    documents = {row.id: (row.delivery, row.position) for row in home.rows(Document)}
    cases = {case.id: case.form_reference for case in home.rows(Case)}
    return {
        "deliveries": sorted(
            (d.sha256, d.state, d.received_at, d.mailbox, d.circuit, d.envelope_from, d.set_aside_step)
            for d in home.rows(Delivery)
        ),
        "documents": sorted(
            (d.delivery, d.position, d.sha256, d.kind, d.confidentiality) for d in home.rows(Document)
        ),
        "facts": sorted((documents[f.document_id], f.name, f.value, f.source) for f in home.rows(FactRow)),
        "cases": sorted(
            (c.form_reference, c.patient_name, c.caisse, c.opened_by_delivery) for c in home.rows(Case)
        ),
        "filed": sorted((documents[f.document_id], cases[f.case_id]) for f in home.rows(CaseDocument)),
        "periods": sorted(
            (cases[p.case_id], p.origin, p.status, p.starts, p.ends) for p in home.rows(Period)
        ),
        "items": sorted((i.delivery, i.queue, i.kind, cases.get(i.case_id) or "") for i in home.rows(Item)),
        "deadlines": sorted((d.delivery, d.kind, d.due, d.state) for d in home.rows(Deadline)),
        "letters": sorted((o.message_id, o.letter, o.recipient) for o in home.rows(OutboxEntry)),
    }


def _lose_database(home: Home, request: pytest.FixtureRequest) -> None:
    home.close()
    if home.house.database.is_sqlite:
        for file in (home.root / "var").glob("passerelle.sqlite*"):
            file.unlink()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = home.house.database.url.rpartition("/")[2]
    server.drop_database(name)
    server.create_database(name)


def test_rebuild_gives_back_everything_that_hangs_on_the_mails(
    home: Home, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    _furnish(home)
    before = _memory(home)
    assert len(before["cases"]) == 3
    _lose_database(home, request)
    shutil.rmtree(home.root / "var" / "checkpoints")  # those of the lost log would accuse the new one
    assert admin._rebuild(argparse.Namespace(), home.house.settings) == 0
    assert f"{len(BUILDERS)} message(s) traités, dont 1 mis de côté" in capsys.readouterr().out
    home.reopen()
    assert _memory(home) == before
    assert all(a.via is Via.REBUILD for a in home.rows(deliveries.Arrival))
    assert home.house.recorder.verify(home.house.database).ok
    # a second time finds nothing to do
    assert sweep_orphans(home.door, home.clock.now() + timedelta(days=9999)) == 0


def test_checkpoints_kept_outside_tell_that_the_log_was_lost(
    sqlite_home: Home, request: pytest.FixtureRequest
) -> None:
    home = sqlite_home
    home.carry(mails_others.question(home.desk))
    home.house.recorder.checkpoint(home.house.database)
    _lose_database(home, request)
    home.reopen()
    verdict = home.house.recorder.verify(home.house.database)
    assert not verdict.ok
    assert verdict.reason


def test_a_mail_that_was_first_a_mere_attachment_comes_back_too(
    home: Home, request: pytest.FixtureRequest
) -> None:
    """The same bytes were a part before they were a mail: the vault holds one blob, and it is a mail."""
    inner = mails_forms.forwarded(home.desk)
    carrier = home.desk.sample(
        "porteur",
        "",
        SENDER,
        "TR",
        "Voir la pièce.",
        (Attached("message.eml", "message/rfc822", inner.raw),),
        expect="",
    )
    home.carry(carrier)
    home.clock.turn(timedelta(minutes=1))
    home.carry(inner)
    before = [d.sha256 for d in home.rows(Delivery)]
    _lose_database(home, request)
    home.reopen()
    assert sweep_orphans(home.door, home.clock.now() + timedelta(minutes=1)) == 2
    assert [d.sha256 for d in home.rows(Delivery)] == before


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    folder = tmp_path / "backup"
    folder.mkdir()
    return folder


def _dump(home: Home, folder: Path) -> None:
    """``docs/operations.md``: SQLite's own backup, or pg_dump."""
    url = home.house.database.url
    if home.house.database.is_sqlite:
        with sqlite3.connect(url.removeprefix("sqlite:///")) as source:
            copy = sqlite3.connect(folder / "passerelle.sqlite")
            source.backup(copy)
            copy.close()
        source.close()
        return
    _pg("pg_dump", "--format=custom", f"--file={folder / 'dump'}", url.replace("+psycopg", ""))


def _restore_dump(home: Home, folder: Path) -> None:
    url = home.house.database.url
    if home.house.database.is_sqlite:
        shutil.copy(folder / "passerelle.sqlite", url.removeprefix("sqlite:///"))
        return
    _pg("pg_restore", f"--dbname={url.replace('+psycopg', '')}", str(folder / "dump"))


def _pg(program: str, *arguments: str) -> None:
    binaries = postgres.binaries()
    assert binaries is not None
    done = subprocess.run(
        [str(binaries / program), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_backup_and_restore_in_the_order_of_the_page(
    home: Home, request: pytest.FixtureRequest, backup: Path
) -> None:
    """Mails arrive between one copy and the next: what the database missed comes back from the vault."""
    var = home.root / "var"
    _furnish(home)
    shutil.copytree(var / "checkpoints", backup / "checkpoints")
    between = home.carry(mails_others.contestation(home.desk))
    home.house.recorder.checkpoint(home.house.database)
    _dump(home, backup)
    home.clock.turn(timedelta(minutes=1))
    missed = home.send(mails_others.quote(home.desk)).sha256
    shutil.copytree(var / "vault", backup / "vault")
    shutil.copytree(var / "keys", backup / "keys")
    before = _memory(home)

    _lose_database(home, request)
    for name in ("vault", "keys", "checkpoints"):
        shutil.rmtree(var / name)
        shutil.copytree(backup / name, var / name)
    _restore_dump(home, backup)
    home.reopen()
    verdict = home.house.recorder.verify(home.house.database)
    assert verdict.ok, verdict.reason
    assert home.delivery(between.sha256).state is DeliveryState.SCHEDULED
    home.clock.turn(timedelta(minutes=1))
    assert sweep_orphans(home.door, home.clock.now()) == 1
    assert _memory(home) == before
    assert home.run(missed) is DeliveryState.SCHEDULED


def test_the_key_of_the_vault_changes_while_mails_arrive_and_travel(home: Home) -> None:
    ring, vault = home.house.ring, home.house.vault
    old = ring.active_id
    ended = home.carry(mails_forms.unsigned_box(home.desk)).sha256
    half_way = home.send(mails_medical.report_pdf(home.desk)).sha256
    home.carry_until(half_way, DeliveryState.UNPACKED)
    question = mails_others.question(home.desk).raw
    arriving = home.door.open(Envelope(Via.SMTP, CNSE, SENDER, (CNSE,)))
    arriving.write(question[:100])

    new = ring.rotate()
    assert new != old
    assert sum(1 for _ in vault.rewrap()) == len(list(vault.list()))
    arriving.write(question[100:])
    accepted = arriving.commit().sha256

    assert home.run(half_way) is DeliveryState.SCHEDULED
    assert home.run(accepted) is DeliveryState.SCHEDULED
    assert vault.get(accepted) == question
    assert all(vault.get(sha256) for sha256 in (ended, half_way))
    home.reopen()  # a restart reads the new ring from its folder
    assert home.house.ring.active_id == new
    sum(1 for _ in home.house.vault.rewrap())  # the mail that was under way is wrapped anew by the next run
    assert home.house.vault.keys_in_use() == {new: len(list(home.house.vault.list()))}
    assert flow.run_to_rest(home.house, ended) is DeliveryState.SCHEDULED
