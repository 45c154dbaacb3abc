"""A mail that no key opens waits in quarantine; the day its key is added, it goes where it should."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main as command
from gateway.evidence.record import Kind
from gateway.settings import Settings
from storage import cases, documents
from storage.cases import Case, CaseDocument, Item, ItemState
from storage.deliveries import Delivery, DeliveryState
from storage.documents import Document, FactRow
from storage.outbox import OutboxEntry
from tests.builders import forms
from tests.builders.desk import CNSE, DUNES, PDF, Desk, Sample
from tests.builders.letters import Attached
from tests.worlds.house import Home

FORMER = "ancienne@cnse.example"
"""Holder of the former key of the mailbox, which hospitals still use."""


def sealed(desk: Desk, *, signed: bool = True) -> Sample:
    """A 301 encrypted for a key that the mailbox does not have."""
    page = forms.build_301(desk.form_301(3, DUNES), "flat")
    keys = desk.keys
    signer = keys.of(DUNES[2]) if signed else keys.expired(DUNES[2])
    return desk.sample(
        f"301-fermee-{signed}",
        "301 chiffrée pour une ancienne clé",
        DUNES[2],
        "Attestation",
        "Ci-joint.",
        (Attached("301.pdf", PDF, page),),
        expect="quarantaine",
        protect=lambda content: keys.seal(content, signer, FORMER),
    )


def add_key(home: Home, folder: Path, email: str, mailbox: str = CNSE) -> None:
    """What ``passerelle admin add-identity`` does, in this house's own settings."""
    file = folder / f"{email}.pem"
    file.write_bytes(home.desk.keys.of(email).pem)
    words = ["admin", "add-identity", mailbox, str(file), "--retired"]
    arguments: Namespace = command.parser().parse_args(words)
    settings: Settings = home.house.settings
    assert arguments.run(arguments, settings) == 0


@pytest.fixture
def waiting(home: Home) -> Delivery:
    """The sealed 301, at the end of its first journey."""
    return home.carry(sealed(home.desk))


def told(home: Home, delivery: Delivery) -> list[tuple[str, dict[str, Any]]]:
    """What the log says of a mail: kinds and fields."""
    with home.house.database.reading() as session:
        events = home.house.recorder.events(session, [f"delivery:{delivery.sha256}"])
    return [(event.kind, dict(event.fields or {})) for event in events]


def test_the_key_opens_the_mail_and_the_mail_leaves_quarantine(
    home: Home, waiting: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [item.queue for item in home.rows(Item)] == ["quarantaine"]
    assert [entry.letter for entry in home.rows(OutboxEntry)] == ["demande-chiffrement"]
    add_key(home, tmp_path, FORMER)
    assert "1 message(s) qui attendaient une clé ont été ouverts et rangés." in capsys.readouterr().out
    after = home.delivery(waiting.sha256)
    assert (after.state, after.releases) == (DeliveryState.SCHEDULED, 1)
    assert (after.security or {})["decryption"] == "ok"
    assert {item.queue: item.state for item in home.rows(Item)} == {
        "quarantaine": ItemState.DONE,
        "cpam-594": ItemState.NEW,
    }
    assert [document.kind for document in home.rows(Document)].count("se352-301") == 1
    assert len(home.rows(Case)) == 1
    assert [e.letter for e in home.rows(OutboxEntry)] == ["demande-chiffrement", "accuse-reception"]


def test_the_log_says_why_it_went_again_and_why_quarantine_is_over(
    home: Home, waiting: Delivery, tmp_path: Path
) -> None:
    add_key(home, tmp_path, FORMER)
    (released,) = [fields for kind, fields in told(home, waiting) if kind == Kind.RELEASED]
    assert released["step"] == "unseal"
    (ended,) = [fields for kind, fields in told(home, waiting) if kind == Kind.ITEM_DONE]
    assert ended["reasons"][-1] == "le message a été ouvert et rangé dans sa file"
    assert home.house.recorder.verify(home.house.database).ok


@pytest.mark.parametrize(("email", "mailbox"), [("tiers@cnse.example", CNSE), (FORMER, "x@y.example")])
def test_a_key_that_opens_nothing_moves_nothing(
    home: Home, waiting: Delivery, tmp_path: Path, email: str, mailbox: str
) -> None:
    before = told(home, waiting)
    add_key(home, tmp_path, email, mailbox)
    assert home.delivery(waiting.sha256) == waiting
    assert told(home, waiting) == before


@pytest.mark.usefixtures("waiting")
def test_a_mail_that_stays_in_quarantine_tells_its_new_reason(home: Home, tmp_path: Path) -> None:
    other = home.carry(sealed(home.desk, signed=False))
    (item,) = home.rows(Item, delivery=other.sha256)
    with home.house.database.transaction() as session:
        assert cases.change_item(session, item.id or 0, item.version, state=ItemState.DONE)
    add_key(home, tmp_path, FORMER)
    (again,) = home.rows(Item, delivery=other.sha256)
    assert (again.queue, again.state) == ("quarantaine", ItemState.NEW)
    assert any("expiré" in reason for reason in again.reasons)
    assert not set(item.reasons) & set(again.reasons)


def test_what_people_did_to_the_closed_mail_is_kept(home: Home, waiting: Delivery, tmp_path: Path) -> None:
    (shut,) = [d for d in home.rows(Document) if d.media_type == "application/pkcs7-mime"]
    key, at = shut.id or 0, home.clock.now()
    with home.house.database.transaction() as session:
        case = cases.open_case(
            session,
            Case(
                reference="SPA-2026-09999",
                circuit=waiting.circuit,
                opened_at=at,
                opened_by_delivery=waiting.sha256,
                opened_by_position=99,
            ),
        )
        cases.file_document(session, key, case.id or 0, at, ["choisi par agent1"])
        documents.correct(session, key, "patient_name", "BENALI", "BENALI", "agent1", at)
    add_key(home, tmp_path, FORMER)
    assert home.delivery(waiting.sha256).state is DeliveryState.SCHEDULED
    (kept,) = home.rows(Document, id=key)
    assert kept.sha256 == shut.sha256
    assert kept.position == max(d.position for d in home.rows(Document))
    assert [link.case_id for link in home.rows(CaseDocument, document_id=key)] == [case.id]
    assert [f.person for f in home.rows(FactRow, document_id=key)] == ["agent1"]
