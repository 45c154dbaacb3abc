"""A form under a password: it waits, a person opens it, it is read again, and the password is nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import unlocking
from gateway.errors import NotFound, Refused
from gateway.evidence.record import Kind
from parsers.acroform import LOCKED
from storage.audit import EventRow
from storage.cases import Item
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document, FactRow
from storage.outbox import OutboxEntry
from storage.unlocked import UnlockedCopy
from tests.builders import bad_mails
from tests.builders.desk import Desk
from tests.builders.keychain import Keychain
from tests.worlds.command import CommandLine
from tests.worlds.house import Home

PASSWORD = "secret"
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def waiting(sqlite_home: Home) -> Delivery:
    found = sqlite_home.carry_raw(bad_mails.encrypted_pdf(sqlite_home.desk))
    assert found.state is DeliveryState.SCHEDULED
    return found


def _form(home: Home, mail: Delivery) -> Document:
    (found,) = home.rows(Document, delivery=mail.sha256, name="301.pdf")
    return found


def test_the_right_password_opens_it_and_the_original_stays(sqlite_home: Home, waiting: Delivery) -> None:
    home = sqlite_home
    before = _form(home, waiting)
    original = home.house.vault.get(before.sha256)
    assert before.trouble == LOCKED
    delivery, position = unlocking.find(home.house, waiting.sha256[:12], "301.pdf")
    unlocking.unlock(home.house, delivery, position, PASSWORD, "agent")
    assert home.run(waiting.sha256) is DeliveryState.SCHEDULED
    after = _form(home, waiting)
    assert (after.kind, after.trouble, after.pages) == ("se352-301", None, 1)
    assert after.sha256 == before.sha256
    assert home.house.vault.get(after.sha256) == original
    assert {f.name for f in home.rows(FactRow, document_id=after.id)} >= {"reference", "patient_name"}
    assert any(item.queue.startswith("cpam-") for item in home.rows(Item, delivery=waiting.sha256))
    assert len({e.message_id for e in home.rows(OutboxEntry)}) == len(home.rows(OutboxEntry))


def test_who_opened_it_is_told_and_the_password_is_kept_nowhere(
    sqlite_home: Home, waiting: Delivery
) -> None:
    home = sqlite_home
    secret = "Mot-de-passe-Unique-4711"
    with pytest.raises(Refused, match="n'ouvre pas"):
        unlocking.unlock(home.house, waiting.sha256, _form(home, waiting).position, secret, "agent")
    unlocking.unlock(home.house, waiting.sha256, _form(home, waiting).position, PASSWORD, "agent")
    home.run(waiting.sha256)
    (told,) = [e for e in home.rows(EventRow) if e.kind == Kind.RELEASED]
    assert b'"step":"unlock"' in told.body
    for path in home.root.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_wrong_password_changes_nothing(sqlite_home: Home, waiting: Delivery) -> None:
    home = sqlite_home
    events = len(home.rows(EventRow))
    for given in ("autre", "", "x" * 500):
        with pytest.raises(Refused, match=r"rien n['’]a"):
            unlocking.unlock(home.house, waiting.sha256, _form(home, waiting).position, given, "agent")
    assert home.rows(UnlockedCopy) == []
    assert len(home.rows(EventRow)) == events
    assert home.delivery(waiting.sha256).state is DeliveryState.SCHEDULED


def test_only_a_locked_document_of_a_mail_at_rest_takes_a_password(
    sqlite_home: Home, waiting: Delivery
) -> None:
    home = sqlite_home
    with pytest.raises(NotFound):
        unlocking.find(home.house, waiting.sha256, "9")
    with pytest.raises(NotFound):
        unlocking.find(home.house, "0" * 64, "1")
    body = next(d for d in home.rows(Document, delivery=waiting.sha256) if d.name != "301.pdf")
    with pytest.raises(NotFound, match="aucun mot de passe"):
        unlocking.unlock(home.house, waiting.sha256, body.position, PASSWORD, "agent")
    position = _form(home, waiting).position
    unlocking.unlock(home.house, waiting.sha256, position, PASSWORD, "agent")
    with pytest.raises(Refused, match="en cours"):
        unlocking.unlock(home.house, waiting.sha256, position, PASSWORD, "agent")


def test_the_command_line_reads_the_password_from_input(tmp_path: Path) -> None:
    cli = CommandLine.on(tmp_path)
    file = tmp_path / "locked.eml"
    file.write_bytes(bad_mails.encrypted_pdf(Desk(Keychain(AT), AT)))
    (received,) = cli.call("mail", "ingest", file, "--json").json
    wrong = cli.call("mail", "password", received["delivery"][:12], "301.pdf", given="autre\n")
    assert (wrong.status, wrong.out) == (1, "")
    assert "n'ouvre pas ce document ; rien n'a changé" in wrong.sentence
    right = cli.call("mail", "password", received["delivery"][:12], "301.pdf", given=f"{PASSWORD}\n")
    assert right.status == 0, right.err
    assert "ouverte et relue" in right.out
    queues = cli.call("queue", "list", "--json")
    assert any("cpam-" in str(row) for row in queues.json)
    forgotten = cli.call("admin", "forget-ocr")
    assert forgotten.status == 0, forgotten.err
    assert "0 page(s)" in forgotten.out
